"""Fourier transforms. The arguments are an array, lengths, axes and the name of the norm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _transform(name: str) -> Callable[..., Any]:
    def transform(x: Any, lengths: Any, _: int, axes: Any, __: int, norm: Any) -> Any:
        import numpy.fft  # by the first transform: it takes as long as ten of our own files

        return getattr(numpy.fft, name)(x, lengths, axes, norm)

    return transform


fft_fftn, fft_ifftn = _transform("fftn"), _transform("ifftn")
fft_rfftn, fft_irfftn = _transform("rfftn"), _transform("irfftn")
