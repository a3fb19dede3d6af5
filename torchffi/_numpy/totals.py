"""Totals in a wider dtype than the operand's, block by block, so that no wide copy is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import Raw

BLOCK: Final = 2**16  # elements
_Dtypes = dict["np.dtype[Any]", "np.dtype[Any]"]
# The dtype that totals of a dtype are computed in: float32 loses terms after 2**24 of them.
TOTAL: Final[_Dtypes] = {
    np.dtype(np.float16): np.dtype(np.float64),
    np.dtype(np.float32): np.dtype(np.float64),
    np.dtype(np.float64): np.dtype(np.float64),
    np.dtype(np.complex64): np.dtype(np.complex128),
    np.dtype(np.complex128): np.dtype(np.complex128),
}
HALF: Final = np.dtype(np.float16)
# The dtype that layers compute in, as LibTorch's: a result of float16 is rounded once.
WIDE: Final[_Dtypes] = {dtype: dtype for dtype in TOTAL} | {HALF: np.dtype(np.float32)}


def blocks(x: Raw, whole: tuple[int, ...] = ()) -> Iterator[tuple[slice, ...]]:
    """Indices that divide an array into blocks of about ``BLOCK`` elements.

    Args:
        x: The array.
        whole: Axes that are not divided, not negative.
    """
    room, sides = BLOCK, list(x.shape)
    for axis in whole:
        room //= max(x.shape[axis], 1)
    for axis in sorted(set(range(x.ndim)) - set(whole), key=lambda axis: abs(x.strides[axis])):
        sides[axis] = min(x.shape[axis], max(room, 1))
        room //= max(sides[axis], 1)
    for starts in product(*(range(0, n, max(m, 1)) for n, m in zip(x.shape, sides, strict=True))):
        yield tuple(slice(i, i + m) for i, m in zip(starts, sides, strict=True))


def sum_of(
    function: Callable[..., Any], x: Raw, axes: tuple[int, ...], *others: Raw, keepdims: bool
) -> Raw:
    """The sum over axes, in float64, of a function of the elements.

    Args:
        function: Takes a block of x, and the elements of the others that broadcast to it.
        x: The array.
        axes: The axes, not negative.
        others: Arrays of the shape of x with the axes of length 1.
        keepdims: Whether the axes are kept with length 1.
    """
    result = np.zeros([1 if i in axes else n for i, n in enumerate(x.shape)])
    for index in blocks(x):
        kept = tuple(slice(None) if i in axes else one for i, one in enumerate(index))
        terms = function(x[index], *(other[kept] for other in others))
        result[kept] += np.add.reduce(terms, axes, np.float64, keepdims=True)
    return result if keepdims else np.squeeze(result, axes)


def in_blocks(
    function: Callable[..., Any], x: Raw, *arguments: Any, whole: tuple[int, ...] = ()
) -> Raw:
    """The function of an array, called for block after block, in float32 for float16.

    Args:
        function: Returns an array of the shape of its first argument.
        x: The array.
        arguments: More arguments.
        whole: Axes that are not divided.
    """
    wide = WIDE.get(x.dtype, x.dtype)
    result = np.empty(x.shape, x.dtype)
    for index in blocks(x, tuple(axis % x.ndim for axis in whole)):
        result[index] = function(x[index].astype(wide, copy=False), *arguments)
    return result
