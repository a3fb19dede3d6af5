"""Reductions. ``axes`` is a tuple of integers, or NULL (false) for all axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchffi._numpy.checks import TYPES, Raw
from torchffi.errors import AxisError, ShapeError

Axes = tuple[int, ...]
_FLOAT16 = np.dtype(np.float16)


def _no_axis(axes: Axes) -> AxisError:
    """The error of an axis of a 0-d array, where NumPy accepts 0 and -1."""
    return AxisError(f"axis {axes[0]} is out of range for shape ()")


def sum(x: Raw, axes: Axes, naxes: int, keepdims: bool, dtype: int) -> Raw:
    if naxes and not x.ndim:
        raise _no_axis(axes)
    exact = TYPES[dtype]
    # float16 would overflow during the sum.
    total = np.sum(x, axes or None, np.float32 if exact is _FLOAT16 else exact, keepdims=keepdims)
    return np.asarray(total, exact)


def prod(x: Raw, axes: Axes, naxes: int, keepdims: bool, dtype: int) -> Raw:
    if naxes and not x.ndim:
        raise _no_axis(axes)
    return np.asarray(np.prod(x, axes or None, TYPES[dtype], keepdims=keepdims))


def mean(x: Raw, axes: Axes, naxes: int, keepdims: bool) -> Raw:
    if naxes and not x.ndim:
        raise _no_axis(axes)
    wide = x.astype(np.float32) if x.dtype == _FLOAT16 else x
    total = np.sum(wide, axes or None, keepdims=keepdims)
    count = x.size // max(total.size, 1)
    return np.asarray(total / total.dtype.type(count), x.dtype)


def _spread(root: Callable[[Any], Any]) -> Callable[..., Raw]:
    """The variance, or a function of it."""

    def primitive(x: Raw, axes: Axes, naxes: int, correction: float, keepdims: bool) -> Raw:
        if naxes and not x.ndim:
            raise _no_axis(axes)
        wide = x.astype(np.float32) if x.dtype == _FLOAT16 else x
        total = np.sum(wide, axes or None, keepdims=True)
        kind, count = wide.real.dtype.type, x.size // max(total.size, 1)
        squares = np.square(np.abs(wide - total / kind(count)))
        result = np.sum(squares, axes or None, keepdims=keepdims) / kind(max(count - correction, 0))
        return np.asarray(root(result), x.real.dtype)

    return primitive


var, std = _spread(np.asarray), _spread(np.sqrt)


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


def _cumulative(function: Callable[..., Any]) -> Callable[..., Raw]:
    def primitive(x: Raw, axis: Axes, dtype: int) -> Raw:
        if x.ndim != 1 and not (axis and x.ndim):
            raise _no_axis(axis) if axis else ShapeError(f"shape {x.shape} does not have one axis")
        return np.asarray(function(x, axis[0] if axis else 0, TYPES[dtype]))

    return primitive


cumsum, cumprod = _cumulative(np.cumsum), _cumulative(np.cumprod)
