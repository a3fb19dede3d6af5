"""Reductions. ``axes`` is a tuple of integers, or NULL (false) for all axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import TYPES, Raw, check_not_empty, no_axis
from torchffi._numpy.totals import BLOCK, TOTAL, WIDE, blocks, total
from torchffi.errors import ShapeError

Axes = tuple[int, ...]
_Reduction = Callable[..., Any]
_add: Final[_Reduction] = np.add.reduce
_multiply: Final[_Reduction] = np.multiply.reduce


def sum(x: Raw, axes: Axes, naxes: int, keepdims: bool, dtype: int) -> Raw:
    if naxes and not x.ndim:
        raise no_axis(axes)
    exact = TYPES[dtype]
    if exact is x.dtype and exact in TOTAL:
        return np.asarray(total(x, axes or None, keepdims), exact)
    return np.asarray(_add(x, axes or None, TOTAL.get(exact, exact), keepdims=keepdims), exact)


def prod(x: Raw, axes: Axes, naxes: int, keepdims: bool, dtype: int) -> Raw:
    if naxes and not x.ndim:
        raise no_axis(axes)
    exact = TYPES[dtype]
    wide = WIDE.get(exact, exact)
    return np.asarray(_multiply(x, axes or None, wide, keepdims=keepdims), exact)


def count_nonzero(x: Raw, axes: Axes, naxes: int, keepdims: bool) -> Raw:
    if naxes and not x.ndim:
        raise no_axis(axes)
    if not axes and not keepdims:
        return np.asarray(np.count_nonzero(x), np.int64)
    return np.asarray(np.count_nonzero(x, axes or None, keepdims=keepdims), np.int64)


def _reduction(function: Callable[..., Any], of_nothing: bool) -> Callable[..., Raw]:
    def primitive(x: Raw, axes: Axes, naxes: int, keepdims: bool) -> Raw:
        if naxes and not x.ndim:
            raise no_axis(axes)
        if not (x.size or of_nothing):
            check_not_empty(x, axes)
        return np.asarray(function(x, axes or None, None, None, keepdims))  # of a scalar, too

    return primitive


amax, amin = _reduction(np.maximum.reduce, False), _reduction(np.minimum.reduce, False)
all, any = _reduction(np.logical_and.reduce, True), _reduction(np.logical_or.reduce, True)


def _of_all(function: Callable[..., Any]) -> Callable[[Raw], Raw]:
    """The reduction of all elements, which are bools, to an array of one."""

    def reduce(x: Raw) -> Raw:
        return function(x, None, None, np.empty((), np.bool_))  # type: ignore[no-any-return]

    return reduce


any_of, all_of = _of_all(np.logical_or.reduce), _of_all(np.logical_and.reduce)  # of methods


# ---- Along one axis: a tuple of one integer, or NULL for all elements in C order


def _index_of(function: Callable[..., Any]) -> Callable[..., Raw]:
    def primitive(x: Raw, axis: Axes, keepdims: bool) -> Raw:
        if not axis and not keepdims and x.size:
            return function(x, None, np.empty((), np.int64))  # type: ignore[no-any-return]
        if axis and not x.ndim:
            raise no_axis(axis)
        if not x.size:
            check_not_empty(x, (axis[0],) if axis else axis)
        elif not keepdims and x.ndim > 1:
            return function(x, axis[0])  # type: ignore[no-any-return]
        found = function(x, axis[0] if axis else None, None, keepdims=keepdims)
        return np.asarray(found, np.int64)

    return primitive


argmax_of, argmin_of = np.ndarray.argmax, np.ndarray.argmin  # with the arguments of the methods
argmax, argmin = _index_of(np.ndarray.argmax), _index_of(np.ndarray.argmin)


def _cumulative(ufunc: np.ufunc) -> Callable[..., Raw]:
    def primitive(x: Raw, axis: Axes, dtype: int) -> Raw:
        if x.ndim != 1 and not (axis and x.ndim):
            raise no_axis(axis) if axis else ShapeError(f"shape {x.shape} does not have one axis")
        along, exact = axis[0] if axis else 0, TYPES[dtype]
        wide = TOTAL.get(exact, exact)
        if wide is exact or x.size <= BLOCK:
            return np.asarray(ufunc.accumulate(x, along, wide), exact)
        result = np.empty(x.shape, exact)
        for index in blocks(x, (along % x.ndim,)):
            _accumulate(ufunc, x[index], along % x.ndim, result[index], wide)
        return result

    return primitive


def _accumulate(ufunc: np.ufunc, x: Raw, axis: int, out: Raw, wide: Any) -> None:
    """Accumulates in a wider dtype, some elements of the axis at a time."""
    step = max(1, BLOCK * x.shape[axis] // x.size)
    before: tuple[slice, ...] = (slice(None),) * axis
    first, end = (*before, slice(1)), (*before, slice(-1, None))
    last: Any = None
    for start in range(0, x.shape[axis], step):
        part = (*before, slice(start, start + step))
        terms = x[part].astype(wide)
        if last is not None:
            ufunc(terms[first], last, out=terms[first])
        ufunc.accumulate(terms, axis, out=terms)
        out[part] = terms
        last = terms[end]


cumsum, cumprod = _cumulative(np.add), _cumulative(np.multiply)
