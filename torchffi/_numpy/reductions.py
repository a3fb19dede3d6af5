"""Reductions. ``axes`` is a tuple of integers, or NULL (false) for all axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import TYPES, Raw
from torchffi._numpy.totals import BLOCK, TOTAL, WIDE, blocks, sum_of
from torchffi.errors import AxisError, InvalidArgumentError, ShapeError

Axes = tuple[int, ...]
_Reduction = Callable[..., Any]
_add: Final[_Reduction] = np.add.reduce
_multiply: Final[_Reduction] = np.multiply.reduce
_largest: Final[_Reduction] = np.maximum.reduce
_smallest: Final[_Reduction] = np.minimum.reduce


def _no_axis(axes: Axes) -> AxisError:
    """The error of an axis of a 0-d array, where NumPy accepts 0 and -1."""
    return AxisError(f"axis {axes[0]} is out of range for shape ()")


def _all_axes(x: Raw, axes: Axes) -> Axes:
    if not axes:
        return tuple(range(x.ndim))
    if not -x.ndim <= min(axes) <= max(axes) < x.ndim:
        raise AxisError(f"axes {axes} are out of range for shape {x.shape}")
    return tuple(axis % x.ndim for axis in axes)


def _drop(result: Raw, axes: Axes, keepdims: bool) -> Raw:
    return (
        result
        if keepdims
        else result.reshape([n for i, n in enumerate(result.shape) if i not in axes])
    )


def sum(x: Raw, axes: Axes, naxes: int, keepdims: bool, dtype: int) -> Raw:
    if naxes and not x.ndim:
        raise _no_axis(axes)
    exact = TYPES[dtype]
    return np.asarray(_add(x, axes or None, TOTAL.get(exact, exact), keepdims=keepdims), exact)


def prod(x: Raw, axes: Axes, naxes: int, keepdims: bool, dtype: int) -> Raw:
    if naxes and not x.ndim:
        raise _no_axis(axes)
    exact = TYPES[dtype]
    wide = WIDE.get(exact, exact)
    return np.asarray(_multiply(x, axes or None, wide, keepdims=keepdims), exact)


def count_nonzero(x: Raw, axes: Axes, naxes: int, keepdims: bool) -> Raw:
    if naxes and not x.ndim:
        raise _no_axis(axes)
    return np.asarray(np.count_nonzero(x, axes or None, keepdims=keepdims), np.int64)


# ---- Functions that are homogeneous of degree 1


_SAFE = 1e140  # the squares of numbers between 1 / _SAFE and _SAFE neither overflow nor underflow


def _out_of_range(result: Raw) -> bool:
    """Whether a square may have overflowed or underflowed on the way."""
    return not (np.isfinite(result) & (np.abs(result) >= 1 / _SAFE)).all()


def _rescaled(x: Raw, axes: Axes, keepdims: bool, result: Raw, again: Callable[[Raw], Raw]) -> Raw:
    """The result computed again, of x divided by a power of 2 near its largest magnitude."""
    if not x.size:
        return result
    along = _all_axes(x, axes)
    if x.dtype.kind == "c":
        peak = _largest(np.abs(x), along, keepdims=True)
    else:
        peak = np.maximum(_largest(x, along, keepdims=True), -_smallest(x, along, keepdims=True))
    usable = np.isfinite(peak) & ((peak > _SAFE) | (peak < 1 / _SAFE)) & (peak > 0)
    if not usable.any():
        return result
    scale = np.where(usable, np.exp2(np.floor(np.log2(peak))), 1)
    return np.asarray(again(x / scale) * _drop(scale, along, keepdims))


def mean(x: Raw, axes: Axes, naxes: int, keepdims: bool) -> Raw:
    if naxes and not x.ndim:
        raise _no_axis(axes)
    total = _add(x, axes or None, TOTAL[x.dtype], keepdims=keepdims)
    result = np.asarray(total / total.dtype.type(x.size // max(total.size, 1)), x.dtype)
    if not np.isfinite(result).all():
        return _rescaled(x, axes, keepdims, result, lambda y: mean(y, axes, naxes, keepdims))
    return result


def _square(x: Raw, centre: Raw) -> Raw:
    return np.asarray(np.square(np.abs(x - centre)))


def _spread(root: Callable[[Any], Any] | None) -> Callable[..., Raw]:
    """The variance, or a function of it."""

    def primitive(x: Raw, axes: Axes, naxes: int, correction: float, keepdims: bool) -> Raw:
        if naxes and not x.ndim:
            raise _no_axis(axes)
        total = _add(x, axes or None, TOTAL[x.dtype], keepdims=True)
        count = x.size // max(total.size, 1)
        centre = np.asarray(total)
        centre /= max(count, 1)
        if x.size > BLOCK:
            result = sum_of(_square, x, _all_axes(x, axes), centre, keepdims=keepdims)
        else:
            squares = np.square(np.abs(x - centre))
            result = np.asarray(_add(squares, axes or None, keepdims=keepdims))
        result /= max(count - correction, 0)
        if root is not None:
            result = np.asarray(root(result))
            if x.real.dtype == np.float64 and _out_of_range(result):
                result = _rescaled(
                    x,
                    axes,
                    keepdims,
                    result,
                    lambda y: primitive(y, axes, naxes, correction, keepdims),
                )
        return np.asarray(result, x.real.dtype)

    return primitive


var, std = _spread(None), _spread(np.sqrt)


def vector_norm(x: Raw, axes: Axes, naxes: int, order: float, keepdims: bool) -> Raw:
    if naxes and not x.ndim:
        raise _no_axis(axes)
    order = float(order)
    if order != order:
        raise InvalidArgumentError("order is NaN, expected a number")
    if order < 0 or order == np.inf:
        _check_not_empty(x, axes)
    if order == 0:
        return np.asarray(np.count_nonzero(x, axes or None, keepdims=keepdims), x.real.dtype)
    if abs(order) == np.inf:
        extreme = _largest if order > 0 else _smallest
        return np.asarray(extreme(np.abs(x), axes or None, keepdims=keepdims))

    def power(block: Raw) -> Raw:
        return np.asarray(np.abs(block.astype(TOTAL[x.dtype], copy=False)) ** order)

    total = sum_of(power, x, _all_axes(x, axes), keepdims=keepdims)
    result = np.asarray(total ** (1 / order))
    if x.real.dtype == np.float64 and _out_of_range(result):
        result = _rescaled(
            x, axes, keepdims, result, lambda y: vector_norm(y, axes, naxes, order, keepdims)
        )
    return np.asarray(result, x.real.dtype)


def _check_not_empty(x: Raw, axes: Axes) -> None:
    lengths = [x.shape[axis] for axis in axes] if axes else x.shape
    if 0 in lengths:
        raise ShapeError(f"cannot reduce an empty axis of shape {x.shape}")


def _reduction(function: Callable[..., Any], of_nothing: bool) -> Callable[..., Raw]:
    def primitive(x: Raw, axes: Axes, naxes: int, keepdims: bool) -> Raw:
        if naxes and not x.ndim:
            raise _no_axis(axes)
        if not (x.size or of_nothing):
            _check_not_empty(x, axes)
        return np.asarray(function(x, axes or None, keepdims=keepdims))

    return primitive


amax, amin = _reduction(np.max, False), _reduction(np.min, False)
all, any = _reduction(np.all, True), _reduction(np.any, True)


# ---- Along one axis: a tuple of one integer, or NULL for all elements in C order


def _index_of(function: Callable[..., Any]) -> Callable[..., Raw]:
    def primitive(x: Raw, axis: Axes, keepdims: bool) -> Raw:
        if axis and not x.ndim:
            raise _no_axis(axis)
        if not x.size:
            _check_not_empty(x, (axis[0],) if axis else axis)
        return np.asarray(function(x, axis[0] if axis else None, keepdims=keepdims), np.int64)

    return primitive


argmax, argmin = _index_of(np.argmax), _index_of(np.argmin)


def _cumulative(ufunc: np.ufunc) -> Callable[..., Raw]:
    def primitive(x: Raw, axis: Axes, dtype: int) -> Raw:
        if x.ndim != 1 and not (axis and x.ndim):
            raise _no_axis(axis) if axis else ShapeError(f"shape {x.shape} does not have one axis")
        along, exact = axis[0] if axis else 0, TYPES[dtype]
        wide = TOTAL.get(exact, exact)
        if wide is exact or x.size <= BLOCK:
            return np.asarray(ufunc.accumulate(x, along, wide), exact)
        result = np.empty(x.shape, exact)
        for index in blocks(x, (along % x.ndim,)):
            source, target = np.moveaxis(x[index], along, 0), np.moveaxis(result[index], along, 0)
            step = max(1, BLOCK * len(source) // source.size)
            last = np.full((1, *source.shape[1:]), ufunc.identity, wide)
            for start in range(0, len(source), step):
                terms = np.concatenate([last, source[start : start + step]], dtype=wide)
                ufunc.accumulate(terms, out=terms)
                target[start : start + step] = terms[1:]
                last = terms[-1:].copy()
        return result

    return primitive


cumsum, cumprod = _cumulative(np.add), _cumulative(np.multiply)
