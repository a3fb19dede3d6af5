"""Fourier transforms, and what goes with them.

The norm is a number, as in the C ABI. Lengths and axes are NULL, which is false, for all of the array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchffi._numpy.checks import TYPES, Raw, no_device
from torchffi.errors import InvalidArgumentError, NotSupportedError, ShapeError

_NORMS = ("backward", "ortho", "forward")


def _function(name: str, x: Raw) -> Callable[..., Raw]:
    import numpy.fft  # by the first transform: it takes as long as ten of our own files

    if x.size == 0 or x.dtype.itemsize < 4:
        raise ShapeError(f"no transform of {x.dtype} of shape {x.shape}")
    if name in ("fft_irfft", "fft_hfft", "fft_irfftn") and x.dtype.kind != "c":
        raise NotSupportedError(f"no transform of {x.dtype}")
    return getattr(numpy.fft, name.removeprefix("fft_"))  # type: ignore[no-any-return]


def _along_axis(name: str) -> Callable[..., Raw]:
    def transform(x: Raw, n: Any, axis: int, norm: int) -> Raw:
        return _function(name, x)(x, n[0] if n else None, axis, _NORMS[norm])

    return transform


def _along_axes(name: str) -> Callable[..., Raw]:
    def transform(x: Raw, lengths: Any, nlengths: int, axes: Any, naxes: int, norm: int) -> Raw:
        along = axes or tuple(range(x.ndim))
        if not along or len(set(axes or ())) != naxes or nlengths not in (0, len(along)):
            raise InvalidArgumentError(f"{nlengths} lengths for axes {along}")
        if lengths and min(lengths) < 1:
            raise InvalidArgumentError(f"lengths {lengths}, expected 1 or more")
        return _function(name, x)(x, lengths or None, along, _NORMS[norm])

    return transform


fft_fft, fft_ifft = _along_axis("fft_fft"), _along_axis("fft_ifft")
fft_rfft, fft_irfft = _along_axis("fft_rfft"), _along_axis("fft_irfft")
fft_hfft, fft_ihfft = _along_axis("fft_hfft"), _along_axis("fft_ihfft")
fft_fftn, fft_ifftn = _along_axes("fft_fftn"), _along_axes("fft_ifftn")
fft_rfftn, fft_irfftn = _along_axes("fft_rfftn"), _along_axes("fft_irfftn")


def _shift(x: Raw, axes: Any, sign: int) -> Raw:
    along = axes or tuple(range(x.ndim))
    if len({axis % x.ndim for axis in along}) != len(along):
        raise InvalidArgumentError(f"axes {along} repeat an axis")
    return np.roll(x, [sign * (x.shape[axis] // 2) for axis in along], along) if along else x.copy()


def fft_fftshift(x: Raw, axes: Any, naxes: int) -> Raw:
    return _shift(x, axes, 1)


def fft_ifftshift(x: Raw, axes: Any, naxes: int) -> Raw:
    return _shift(x, axes, -1)


_CHUNK = 2**13  # numbers that are counted at a time: they stay in the cache


def _ramps(n: int, d: float, dtype: int, device: int, *counts: range) -> Raw:
    """The counts times 1 / (n * d), in float64 as NumPy, then rounded to the dtype."""
    if device >= 0:
        raise no_device()
    if n < 1 or not d:
        raise InvalidArgumentError(f"n is {n}, d is {d}")
    result, at = np.empty(sum(map(len, counts)), TYPES[dtype]), 0
    for part in counts:
        for start in range(part.start, part.stop, _CHUNK):
            block = np.arange(start, min(start + _CHUNK, part.stop), dtype=np.float64)
            block *= 1.0 / (n * d)
            result[at : at + block.size] = block
            at += block.size
    return result


def fft_fftfreq(n: int, d: float, dtype: int, device: int) -> Raw:
    return _ramps(n, d, dtype, device, range((n + 1) // 2), range(-(n // 2), 0))


def fft_rfftfreq(n: int, d: float, dtype: int, device: int) -> Raw:
    return _ramps(n, d, dtype, device, range(n // 2 + 1))
