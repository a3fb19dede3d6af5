"""Fourier transforms. The arguments are an array, lengths, axes and the name of the norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _transform(name: str) -> Callable[..., Any]:
    def transform(x: Any, lengths: Any, axes: Any, norm: Any) -> Any:
        import numpy.fft  # imported late, because it takes long

        return getattr(numpy.fft, name)(x, lengths, axes, norm)

    return transform


fft_fftn, fft_ifftn = _transform("fftn"), _transform("ifftn")
fft_rfftn, fft_irfftn = _transform("rfftn"), _transform("irfftn")
