"""Mean, variance and norms: functions that are homogeneous. ``axes``: see :mod:`reductions`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import Raw, all_axes, check_not_empty, no_axis
from torchffi._numpy.squares import (
    FEW,
    SAFE,
    in_range,
    of_few,
    powers_of,
    squares,
    total_of_squares,
)
from torchffi._numpy.totals import BLOCK, sum_of, total
from torchffi.errors import InvalidArgumentError

Axes = tuple[int, ...]
_add: Final[Callable[..., Any]] = np.add.reduce
_largest: Final[Callable[..., Any]] = np.maximum.reduce
_smallest: Final[Callable[..., Any]] = np.minimum.reduce
_SINGLE, _DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def _rescaled(x: Raw, axes: Axes, keepdims: bool, result: Raw, again: Callable[[Raw], Raw]) -> Raw:
    """The result computed again, of x divided by a power of 2 near its largest magnitude."""
    if not x.size:
        return result
    along = all_axes(x, axes)
    if x.dtype.kind == "c":
        peak = _largest(np.abs(x), along, keepdims=True)
    else:
        peak = np.maximum(_largest(x, along, keepdims=True), -_smallest(x, along, keepdims=True))
    safe = SAFE[_DOUBLE]
    usable = np.isfinite(peak) & ((peak > safe) | (peak < 1 / safe)) & (peak > 0)
    if not usable.any():
        return result
    powers = np.ldexp(
        np.ones_like(peak), np.frexp(peak)[1] - 1
    )  # log2() may round up, to an infinite one
    scale = np.where(usable, powers, 1)
    kept = scale if keepdims else np.squeeze(scale, along)
    return np.asarray(again(x / scale) * kept)


# ---- Mean, variance, standard deviation


def mean(x: Raw, axes: Axes, naxes: int, keepdims: bool) -> Raw:
    if naxes and not x.ndim:
        raise no_axis(axes)
    terms = total(x, axes or None, keepdims)
    result = np.asarray(terms / terms.dtype.type(x.size // max(terms.size, 1)), x.dtype)
    if not np.isfinite(result).all():
        return _rescaled(x, axes, keepdims, result, lambda y: mean(y, axes, naxes, keepdims))
    return result


def _away(x: Raw, centre: Raw, result: Raw) -> Raw:
    """The distances from the centre."""
    return np.subtract(x, centre, out=result)


def _distances(x: Raw, centre: Raw, result: Raw) -> Raw:
    """Their squares."""
    return np.square(_away(x, centre, result), out=result)


def _squared_distances(x: Raw, along: Axes, centre: Raw, keepdims: bool) -> Any:
    """The sum of the squares of the distances from the centre, in float64."""
    if x.dtype == _SINGLE:
        narrow = centre.astype(x.dtype)
        result = sum_of(
            _away, x, along, narrow, keepdims=keepdims, dtype=x.dtype, add=total_of_squares
        )
        if in_range(result, x.dtype):
            return result
    return sum_of(_distances, x, along, centre, keepdims=keepdims)


def _spread(root: bool) -> Callable[..., Raw]:
    """The variance, or its square root."""

    def primitive(x: Raw, axes: Axes, naxes: int, correction: float, keepdims: bool) -> Raw:
        if naxes and not x.ndim:
            raise no_axis(axes)
        along = axes or None
        large = x.size > BLOCK
        centre = np.asarray(
            total(x, along, True) if large else _add(x, along, np.float64, None, True), np.float64
        )
        count = x.size // max(centre.size, 1)
        centre /= max(count, 1)
        if large:
            total_ = _squared_distances(x, all_axes(x, axes), centre, keepdims)
        else:
            away = x - centre
            away *= away
            total_ = np.asarray(_add(away, along, None, None, keepdims))
        safe = not root or x.dtype != _DOUBLE or in_range(total_, x.dtype)
        result = np.asarray(total_ / max(count - correction, 0))
        result = np.asarray(np.sqrt(result) if root else result, x.dtype)
        if safe:
            return result
        return _rescaled(
            x, axes, keepdims, result, lambda y: primitive(y, axes, naxes, correction, keepdims)
        )

    return primitive


var, std = _spread(False), _spread(True)


# ---- Norms


def vector_norm(x: Raw, axes: Axes, naxes: int, order: float, keepdims: bool) -> Raw:
    if naxes and not x.ndim:
        raise no_axis(axes)
    order = float(order)
    if order != order:
        raise InvalidArgumentError("order is NaN, expected a number")
    if order < 0 or order == np.inf:
        check_not_empty(x, axes)
    if order == 0:
        return np.asarray(np.count_nonzero(x, axes or None, keepdims=keepdims), x.real.dtype)
    if abs(order) == np.inf:
        extreme = _largest if order > 0 else _smallest
        return np.asarray(extreme(np.abs(x), axes or None, keepdims=keepdims))
    if order == 2:
        powers = squares(x, all_axes(x, axes), keepdims)
        result = np.asarray(np.sqrt(powers))
    else:
        powers = sum_of(powers_of(x, order), x, all_axes(x, axes), keepdims=keepdims)
        result = np.asarray(powers ** (1 / order))
    result = np.asarray(result, x.real.dtype)
    if result.dtype == _DOUBLE and not in_range(np.square(result), _DOUBLE):
        return _rescaled(
            x, axes, keepdims, result, lambda y: vector_norm(y, axes, naxes, order, keepdims)
        )
    return result


def _norm_of(x: Raw) -> Raw:
    """The square root of the sum of the squares of all elements."""
    if x.size > FEW or x.dtype is not _SINGLE:
        return vector_norm(x, (), 0, 2.0, False)
    return np.array(math.sqrt(of_few(x)), _SINGLE)


norm_of = _norm_of  # of the method without arguments
