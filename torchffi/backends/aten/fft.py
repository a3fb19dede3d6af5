"""Fourier transforms."""

from __future__ import annotations

_NAMES = ("fft_fftn", "fft_ifftn", "fft_irfftn", "fft_rfftn")
OPERATORS: dict[str, str] = {name: f"aten::{name}" for name in _NAMES}
