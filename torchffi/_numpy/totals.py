"""Totals of many terms, as precise as in a wider dtype than the operand's, without a wide copy of it.

Short runs of terms are added in the operand's dtype, which takes half the time, and their sums in the
wider one. LibTorch also adds runs (cascade summation).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import Raw

_add: Final[Callable[..., Any]] = np.add.reduce
BLOCK: Final = 2**17  # elements
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
# The dtypes of which runs are added without a conversion, and the length of a run that is added one by
# one. Along contiguous axes NumPy itself adds pairwise, which is as precise for any length.
_RUNS: Final = frozenset({np.dtype(np.float32), np.dtype(np.complex64)})
_RUN: Final = 64
_FEW: Final = (
    2**13
)  # elements: up to here the conversion takes less time than the division into runs
# The dtype that layers compute in, as LibTorch's: a result of float16 is rounded once.
WIDE: Final[_Dtypes] = {dtype: dtype for dtype in TOTAL} | {HALF: np.dtype(np.float32)}


def blocks(x: Raw, whole: tuple[int, ...] = (), room: int = BLOCK) -> Iterator[tuple[slice, ...]]:
    """Indices that divide an array into blocks.

    Args:
        x: The array.
        whole: Axes that are not divided, not negative.
        room: How many elements a block may have; more if the whole axes have more.
    """
    sides = list(x.shape)
    for axis in whole:
        room //= max(x.shape[axis], 1)
    for axis in sorted(set(range(x.ndim)) - set(whole), key=lambda axis: abs(x.strides[axis])):
        sides[axis] = min(x.shape[axis], max(room, 1))
        if _RUN < sides[axis] < x.shape[axis]:
            sides[axis] -= sides[axis] % _RUN  # so that no run is shorter
        room //= max(sides[axis], 1)
    for starts in product(*(range(0, n, max(m, 1)) for n, m in zip(x.shape, sides, strict=True))):
        yield tuple(slice(i, i + m) for i, m in zip(starts, sides, strict=True))


def total(x: Raw, axes: tuple[int, ...] | None, keepdims: bool = False) -> Any:
    """The sum over axes, None for all; in a wider dtype unless it is an array of many terms.

    Where a sum of runs overflows, the sum is computed in the wider dtype.
    """
    if x.size > _FEW and x.dtype in _RUNS:
        result = _total_of_runs(x, axes, keepdims)
        if np.isfinite(_add(result, None)):
            return result
    return _add(x, axes, TOTAL[x.dtype], keepdims=keepdims)


def _total_of_runs(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    """The sum over axes by runs in the operand's dtype."""
    over = tuple(range(x.ndim)) if axes is None else tuple(axis % x.ndim for axis in axes)
    if (sums := _total_of_products(x, over)) is not None:
        shape = [1 if i in over else n for i, n in enumerate(x.shape) if keepdims or i not in over]
        return sums.reshape(shape)
    # From the outermost in memory to the innermost.
    sides = sorted(
        (i for i, n in enumerate(x.shape) if n > 1), key=lambda i: (-abs(x.strides[i]), i)
    )
    inner: list[int] = []  # the axes that are one in memory, which NumPy adds pairwise
    while sides and sides[-1] in over and _continues(x, sides[-1], inner):
        inner.append(sides.pop())
    rest = tuple(axis for axis in over if axis in sides)
    if inner:
        part = _add(x, tuple(inner) if rest else over, keepdims=keepdims or bool(rest))
    elif math.prod([x.shape[axis] for axis in rest]) <= _RUN:
        return _add(x, over, keepdims=keepdims)
    else:
        axis = max(rest, key=lambda axis: x.shape[axis])
        part = _runs(x, axis)
    return _add(part, over, TOTAL[x.dtype], keepdims=keepdims) if rest else part


# Runs in memory that a product with ones adds: BLAS adds to many totals at once, as precisely as NumPy.
_ROW: Final = 256
_LEAST: Final = 256  # elements of a product: NumPy takes a tenth of a microsecond to begin one
_ones: Final = np.ones(2 * _ROW, np.float32)


def _total_of_products(x: Raw, over: tuple[int, ...]) -> Any:
    """The sum over neighbouring axes of a contiguous array of float32, by products with ones.

    Up to 20 times as fast as a reduction by NumPy. None for other arrays, and for short axes that others
    follow.
    """
    first, end = min(over, default=0), max(over, default=0) + 1
    if x.dtype != np.float32 or not x.flags.c_contiguous or end - first != len(over):
        return None
    lead, length, trail = (
        math.prod(x.shape[i:j]) for i, j in ((0, first), (first, end), (end, None))
    )
    run = _ROW if trail == 1 else _RUN
    run = length if length <= 2 * run else run
    if run < 2 or (trail > 1 and run * trail < _LEAST):
        return None
    count, rest = divmod(length, run)
    rows, whole = x.reshape(lead, length, trail), count * run
    if trail > 1:
        sums = np.matmul(_ones[None, :run], rows[:, :whole].reshape(lead, count, run, trail))
        sums = sums.reshape(lead, count, trail)
        last = np.matmul(_ones[None, :rest], rows[:, whole:])[:, 0] if rest else None
    elif lead <= count:
        sums = np.matmul(rows[:, :whole].reshape(lead, count, run), _ones[:run])
        last = np.matmul(rows[:, whole:, 0], _ones[:rest]) if rest else None
    else:
        rows = rows[..., 0]
        sums = np.empty((lead, count), x.dtype)
        for i in range(count):
            np.matmul(rows[:, i * run : (i + 1) * run], _ones[:run], out=sums[:, i])
        last = np.matmul(rows[:, whole:], _ones[:rest]) if rest else None
    if count == 1 and last is None:
        return sums
    result = _add(sums, 1, TOTAL[x.dtype])
    return result if last is None else result + last.reshape(result.shape)


def _continues(x: Raw, axis: int, inner: list[int]) -> bool:
    """Whether an axis is one in memory with inner ones, of which the outermost is the last."""
    if not inner:
        return bool(x.strides[axis])  # NumPy adds a repeated element one by one
    return bool(x.strides[axis] == x.strides[inner[-1]] * x.shape[inner[-1]])


def _runs(x: Raw, axis: int) -> Raw:
    """The array with sums of runs along an axis, and the terms after the last run."""
    count, rest = divmod(x.shape[axis], _RUN)
    before: tuple[slice, ...] = (slice(None),) * axis
    shape = (*x.shape[:axis], count, _RUN, *x.shape[axis + 1 :])
    whole, after = (*before, slice(count * _RUN)), (*before, slice(count * _RUN, None))
    sums: Raw = _add(x[whole].reshape(shape), axis + 1)
    if not rest:
        return sums
    last = _add(x[after], axis, keepdims=True)
    return np.concatenate([sums, last], axis)


def scratch(buffer: Raw, shape: tuple[int, ...]) -> Raw:
    """An array of a shape, at the start of the memory of another one."""
    return buffer[: math.prod(shape)].reshape(shape)


def sum_of(
    function: Callable[..., Any],
    x: Raw,
    axes: tuple[int, ...],
    *others: Raw,
    keepdims: bool,
    dtype: np.dtype[Any] | None = None,
    add: Callable[..., Any] = total,
) -> Raw:
    """The sum over axes, in float64, of a function of the elements.

    Args:
        function: Takes a block of x, the elements of the others that broadcast to it, and an array of
            the dtype for the results.
        x: The array.
        axes: The axes, not negative.
        others: Arrays of the shape of x with the axes of length 1.
        keepdims: Whether the axes are kept with length 1.
        dtype: That of the results; float64 if None.
        add: Adds the results of one of several blocks, as :func:`total`.
    """
    room = BLOCK if dtype is None else BLOCK * 8 // dtype.itemsize  # as many bytes as of float64
    buffer = np.empty(min(x.size, room), dtype)
    if x.size <= BLOCK:
        terms = function(x, *others, scratch(buffer, x.shape))
        return np.asarray(_add(terms, axes, np.float64, keepdims=keepdims))
    result = np.zeros([1 if i in axes else n for i, n in enumerate(x.shape)])
    for index in blocks(x, (), room):
        kept = tuple(slice(None) if i in axes else one for i, one in enumerate(index))
        block = x[index]
        terms = function(block, *(other[kept] for other in others), scratch(buffer, block.shape))
        result[kept] += add(terms, axes, True)
    return result if keepdims else np.squeeze(result, axes)


DOT: Final = 2**12  # terms of a product of vectors: BLAS adds to a few totals, one by one


def dots(a: Raw, b: Raw, axes: tuple[int, ...], keepdims: bool) -> Any:
    """The sums of products over the last axes, in float64; None unless they are contiguous."""
    lead = a.ndim - len(axes)
    if not (a.flags.c_contiguous and b.flags.c_contiguous and a.shape == b.shape) or (
        min(axes, default=-1) < lead
    ):
        return None
    shape = a.shape[:lead]
    a, b = a.reshape(*shape, -1), b.reshape(*shape, -1)
    count, rest = divmod(a.shape[-1], DOT)
    whole = a.shape[-1] - rest
    result: Any = 0.0
    if count:
        runs = (*shape, count, DOT)
        found = _dot(a[..., :whole].reshape(runs), b[..., :whole].reshape(runs))
        result = _add(found, -1, np.float64)
    if rest:
        result = result + np.asarray(_dot(a[..., whole:], b[..., whole:]), np.float64)
    return result.reshape(*shape, *(1,) * len(axes)) if keepdims else result


def _dot(a: Raw, b: Raw) -> Raw:
    return np.matmul(a[..., None, :], b[..., None])[..., 0, 0]  # type: ignore[no-any-return]


def into_blocks(function: Callable[..., Any], x: Raw, *arguments: Any) -> Raw:
    """The function of an array, called for block after block, in float32 for float16.

    What it computes on the way stays in the cache, and what it returns is in place.

    Args:
        function: Takes an array, one of its shape and dtype for the result, and the arguments.
        x: The array.
        arguments: More arguments.
    """
    result = np.empty(x.shape, x.dtype)
    if x.dtype == HALF:
        for index in blocks(x):
            block = x[index].astype(WIDE[HALF])
            function(block, values := np.empty_like(block), *arguments)
            result[index] = values
    elif x.size <= BLOCK:
        function(x, result, *arguments)
    else:
        for index in blocks(x):
            function(x[index], result[index], *arguments)
    return result


def in_blocks(
    function: Callable[..., Any],
    x: Raw,
    *arguments: Any,
    whole: tuple[int, ...] = (),
    room: int = BLOCK,
) -> Raw:
    """The function of an array, called for block after block, in float32 for float16.

    Args:
        function: Returns an array of the shape of its first argument.
        x: The array.
        arguments: More arguments.
        whole: Axes that are not divided.
        room: How many elements a block may have.
    """
    wide = WIDE.get(x.dtype, x.dtype)
    result = np.empty(x.shape, x.dtype)
    for index in blocks(x, tuple(axis % x.ndim for axis in whole), room):
        result[index] = function(x[index].astype(wide, copy=False), *arguments)
    return result
