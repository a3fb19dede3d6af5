"""Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchffi.backends.numpy.checks import Raw

Transform = Callable[[Raw, tuple[int, ...], tuple[int, ...], str], Raw]


def _transform(function: Callable[..., Any]) -> Transform:
    def primitive(x: Raw, sizes: tuple[int, ...], axes: tuple[int, ...], norm: str) -> Raw:
        result = function(x, sizes, axes, norm)
        # NumPy 1 computes everything in double precision.
        single = np.complex64 if result.dtype.kind == "c" else np.float32
        return np.asarray(result, single if x.real.itemsize == 4 else result.dtype)

    return primitive


fft_fftn = _transform(np.fft.fftn)
fft_ifftn = _transform(np.fft.ifftn)
fft_rfftn = _transform(np.fft.rfftn)
fft_irfftn = _transform(np.fft.irfftn)
