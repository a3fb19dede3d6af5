"""Sums of squares and of other powers, and whether squares overflow or underflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import Raw
from torchffi._numpy.totals import BLOCK, TOTAL, dots, sum_of, total

# The squares of numbers between 1 / SAFE and SAFE do neither.
SAFE: Final = {np.dtype(np.float32): 1e15, np.dtype(np.float64): 1e140}

FEW: Final = 2**10  # elements: for more, a product of vectors adds too many to a total


def in_range(totals: Any, dtype: np.dtype[Any]) -> bool:
    """Whether no square may have overflowed or underflowed in a dtype, by the totals of the squares."""
    safe = SAFE[dtype] ** 2
    if np.ndim(totals) == 0:
        return bool(1 / safe <= totals <= safe)
    least, most = np.min(totals, initial=safe), np.max(totals, initial=0)
    return bool(1 / safe <= least and most <= safe)  # False also for NaN


def powers_of(x: Raw, order: float) -> Callable[[Raw, Raw], Raw]:
    """A function for :func:`sum_of`: the magnitudes to a power, in a wider dtype."""
    wide = TOTAL[x.dtype]

    def powers(block: Raw, result: Raw) -> Raw:
        np.abs(block.astype(wide, copy=False), out=result)
        return np.power(result, order, out=result)

    return powers


def total_of_squares(x: Raw, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The sum of the squares of real numbers over axes, which are not negative; x may be overwritten."""
    found = dots(x, x, axes, keepdims) if x.dtype in SAFE else None
    return total(np.square(x, out=x), axes, keepdims) if found is None else found


def of_few(x: Raw) -> Any:
    """The sum of the squares of up to FEW real numbers, in float64."""
    flat = x.astype(np.float64).ravel()
    return flat.dot(flat)


def squares(x: Raw, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The sum of the squared magnitudes over axes, which are not negative, in float64."""
    if x.size <= FEW and x.dtype.kind != "c" and axes == tuple(range(x.ndim)):
        found = np.asarray(of_few(x))
        return found.reshape((1,) * x.ndim) if keepdims else found
    if x.size <= BLOCK:
        wide = (np.abs(x) if x.dtype.kind == "c" else x).astype(np.float64)
        wide *= wide
        return np.add.reduce(wide, axes, None, None, keepdims)  # type: ignore[call-overload]
    parts = x.view(x.real.dtype) if x.dtype.kind == "c" and x.flags.c_contiguous else x
    if parts.dtype in SAFE:
        found = dots(parts, parts, axes, keepdims)
        if found is not None and in_range(found, parts.dtype):
            return found
    return sum_of(powers_of(x, 2), x, axes, keepdims=keepdims)
