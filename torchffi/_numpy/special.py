"""Functions that NumPy does not have, or with other special values than the standard's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import all_axes
from torchffi._numpy.totals import BLOCK, HALF, blocks, in_blocks, into_blocks, total
from torchffi.errors import InvalidArgumentError

Array = np.ndarray[Any, Any]

# W. J. Cody, "Rational Chebyshev Approximations for the Error Function", Mathematics of Computation 23
# (1969): numerator and denominator for erf on |x| <= 0.46875, and for exp(x * x) * erfc(x) on
# 0.46875 <= x <= 4 and, in 1 / (x * x), above. Highest power first.
_SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
     3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
     1.23033935480374942e3),
)  # fmt: skip
_LARGE = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip
_SQRT_PI = 1.7724538509055160273
_FEW: Final = 2**10  # elements: up to here ndarray.clip() takes longer than np.maximum()
_SIGNED: Final = np.dtype(np.int64)
_UNSIGNED: Final = np.dtype(np.uint64)
_SHORT: Final = 2**13  # elements: up to here argmax() takes less time than a reduction


def largest(x: Array) -> Any:
    """The largest element of an array that is not empty, as a number; NaN if there is one."""
    return np.maximum.reduce(x, None) if x.size > _SHORT else x.item(x.argmax())


def least(x: Array) -> Any:
    """The least element of an array that is not empty, as a number; NaN if there is one."""
    return np.minimum.reduce(x, None) if x.size > _SHORT else x.item(x.argmin())


def are_places(x: Array, length: int) -> bool:
    """Whether all elements are indices of an axis of a length, not negative."""
    if x.dtype is _SIGNED:  # as unsigned numbers, negative ones are beyond any length
        y = x.view(_UNSIGNED)
        most = np.maximum.reduce(y, None) if y.size > _SHORT else y.size and y.item(y.argmax())
        return not y.size or bool(most < length)
    if x.size > _SHORT:
        return bool(np.minimum.reduce(x, None) >= 0 and np.maximum.reduce(x, None) < length)
    return not x.size or bool(x.item(x.argmin()) >= 0 and x.item(x.argmax()) < length)


def _rounded(a: Array, b: Array, quotient: Array) -> Array:
    """The quotient of an infinite and another number is rounded: -1 // inf is -0, inf // 2 is inf."""
    infinite = np.isinf(a) | np.isinf(b)
    if not infinite.any():
        return quotient
    return np.where(infinite, np.floor(np.true_divide(a, b)), quotient)


def _signed(a: Array, b: Array, remainder: Array) -> Array:
    """A remainder of 0 also has the sign of the divisor."""
    return np.where(remainder == 0, np.copysign(remainder, b), remainder)


# Corrections of NumPy's results for floating point.
QUOTIENTS: Final[dict[str, Callable[[Array, Array, Array], Array]]] = {
    "floor_divide": _rounded,
    "remainder": _signed,
}


def erf(x: Array) -> Array:
    """The error function by Cody's rational approximations, within 4 ulp in float64."""
    if x.size > BLOCK // 4:  # it has many temporary arrays of float64
        return in_blocks(erf, x, room=BLOCK // 4)
    wide = np.asarray(x, np.float64)
    size = np.abs(wide)
    result = np.ones_like(wide)  # the result for |x| >= 6
    small, middle = size <= 0.46875, (size > 0.46875) & (size <= 4)
    large = (size > 4) & (size < 6)
    y = wide[small]
    z = y * y
    result[small] = y * (np.polyval(_SMALL[0], z) / np.polyval(_SMALL[1], z))
    y = size[middle]
    tail = np.polyval(_MIDDLE[0], y) / np.polyval(_MIDDLE[1], y)
    result[middle] = 1 - np.exp(-y * y) * tail
    y = size[large]
    z = 1 / (y * y)
    tail = 1 / _SQRT_PI - z * (np.polyval(_LARGE[0], z) / np.polyval(_LARGE[1], z))
    result[large] = 1 - np.exp(-y * y) * tail / y
    result[np.isnan(wide)] = np.nan
    return np.asarray(np.where(small, result, np.copysign(result, wide)), x.dtype)


def clip(x: Array, low: Any, high: Any) -> Array:
    """The elements from low to high, in the common dtype: high where it is below low."""
    if x.size > _FEW:
        return x.clip(low, high)  # in one pass; it takes longer to begin
    result = np.maximum(x, low)
    broadcasts = not result.ndim or (isinstance(high, np.ndarray) and high.ndim)
    return np.asarray(np.minimum(result, high, out=None if broadcasts else result))


def _rsqrt(x: Array, result: Array) -> None:
    np.sqrt(x, out=result)
    np.divide(1, result, out=result)


def rsqrt(x: Array) -> Array:
    if x.size > BLOCK or x.dtype == HALF:
        return into_blocks(_rsqrt, x)
    return np.asarray(1 / np.sqrt(x))


# With a number, np.maximum() compares one element after another: it takes four times as long as
# ndarray.clip().


def at_least(x: Array, low: Any) -> Array:
    """The elements, but not below low."""
    if x.size > _FEW and x.dtype.kind == "f" and not np.ndim(low):
        return x.clip(low, np.inf)
    return np.asarray(np.maximum(x, low))


def at_most(x: Array, high: Any) -> Array:
    """The elements, but not above high."""
    if x.size > _FEW and x.dtype.kind == "f" and not np.ndim(high):
        return x.clip(-np.inf, high)
    return np.asarray(np.minimum(x, high))


def relu(x: Array) -> Array:
    return at_least(x, 0)


def _sigmoid(x: Array, result: Array, dividend: Any = 1) -> None:
    np.negative(x, out=result)
    np.exp(result, out=result)
    np.add(result, 1, out=result)
    np.divide(dividend, result, out=result)


def sigmoid(x: Array) -> Array:
    if x.size > BLOCK or x.dtype == HALF:
        return into_blocks(_sigmoid, x)
    return np.asarray(1 / (1 + np.exp(-x)))


def silu(x: Array) -> Array:
    if x.size > BLOCK or x.dtype == HALF:
        return into_blocks(lambda x, result: _sigmoid(x, result, x), x)
    return np.asarray(x / (1 + np.exp(-x)))


# ---- In blocks, which stay in the cache


# Totals of exponentials from which nothing that counts is missing: of none that overflows or underflows.
_LOW: Final = 1e-20
_HIGH: Final = 1e30


def logsumexp(x: Array, axes: Any, keepdims: bool) -> Any:
    """The logarithm of the sum of the exponentials over an axis, several, or all (None)."""
    if not x.ndim:
        return logsumexp(x.reshape(1), axes, False)
    if x.size <= BLOCK:
        found = np.asarray(_log_of_exponentials(x, axes))
        return found if keepdims else found.squeeze(axes)
    along = all_axes(x, (axes,) if isinstance(axes, int) else axes or ())
    result = np.empty([1 if i in along else n for i, n in enumerate(x.shape)], x.dtype)
    for index in blocks(x, along):
        kept = tuple(slice(None) if i in along else one for i, one in enumerate(index))
        result[kept] = _log_of_exponentials(x[index], along)
    return result if keepdims else result.squeeze(along)


def _log_of_exponentials(x: Array, axes: Any) -> Any:
    sums = _total_of(np.asarray(np.exp(x)), axes)
    if sums.size and least(sums) > _LOW and largest(sums) < _HIGH:
        return np.log(sums)
    shift = np.maximum.reduce(x, axes, keepdims=True, initial=-np.inf)
    if not np.isfinite(shift).all():
        shift = np.where(np.isinf(shift), x.dtype.type(0), shift)
    terms = np.asarray(np.subtract(x, shift))
    np.exp(terms, out=terms)
    return np.log(_total_of(terms, axes)) + shift


def _total_of(terms: Array, axes: Any) -> Array:
    """The sum over axes, which are kept, in the dtype of the terms."""
    if terms.size <= _SHORT:
        return np.asarray(np.add.reduce(terms, axes, keepdims=True))
    along = all_axes(terms, (axes,) if isinstance(axes, int) else axes or ())
    return np.asarray(total(terms, along, True), terms.dtype)


def is_close(
    x: Array, other: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Whether elements of one dtype are close to those of another array."""
    if x.dtype != other.dtype:
        raise InvalidArgumentError(f"dtypes {x.dtype} and {other.dtype} differ, expected one")
    if rtol < 0 or atol < 0:
        raise InvalidArgumentError(f"rtol is {rtol} and atol {atol}, expected at least 0")
    if x.dtype.kind != "f":
        return np.isclose(x, other, rtol, atol, equal_nan)
    if x.size <= BLOCK or x.shape != other.shape:
        return _are_close(x, other, rtol, atol, equal_nan)
    result = np.empty(x.shape, np.bool_)
    for index in blocks(x):
        result[index] = _are_close(x[index], other[index], rtol, atol, equal_nan)
    return result


def _are_close(x: Array, other: Array, rtol: float, atol: float, equal_nan: bool) -> Any:
    """Whether elements are equal, or differ by a finite number that is small enough."""
    away = np.abs(x - other)
    found = (away <= atol + np.abs(rtol * other)) & np.isfinite(away)
    found = found | (x == other)
    return found | (np.isnan(x) & np.isnan(other)) if equal_nan else found
