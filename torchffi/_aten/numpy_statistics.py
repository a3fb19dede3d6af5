"""ATen operators on NumPy: sums and quantiles, comparisons as a whole, algebra, and a few functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from torchffi._array import linear_algebra, searching, statistical, utility
from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._aten.numpy_elementwise import promoted
from torchffi._aten.numpy_in_place import in_place, in_place_name
from torchffi._aten.numpy_indexing import kthvalue
from torchffi._core.tensor import Tensor
from torchffi._numpy import linalg
from torchffi._numpy.checks import Raw
from torchffi._numpy.special import is_close, logsumexp
from torchffi.dtypes import int64
from torchffi.errors import DTypeError, InvalidArgumentError, ShapeError

Axes = int | Sequence[int] | None


def _axes(dim: Axes) -> Any:
    """Axes for NumPy: None for all, also if the list is empty."""
    return tuple(dim) or None if isinstance(dim, (list, tuple)) else dim


# ---- Sums


def _count_nonzero(x: Tensor, dim: Axes = None) -> Tensor:
    return searching.count_nonzero(x, axis=_axes(dim))


def _nansum(x: Raw, dim: Axes = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    wide = dtype.numpy if dtype is not None else np.int64 if x.dtype.kind in "biu" else x.dtype
    return np.asarray(np.nansum(x, _axes(dim), wide, keepdims=keepdim))


def _nanmean(x: Raw, dim: Axes = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    wide = x.dtype if dtype is None else dtype.numpy
    counts = np.sum(~np.isnan(x), _axes(dim), keepdims=keepdim)
    return np.asarray(np.nansum(x, _axes(dim), wide, keepdims=keepdim) / counts).astype(wide)


def _aminmax(x: Raw, *, dim: int | None = None, keepdim: bool = False) -> tuple[Raw, Raw]:
    return np.amin(x, dim, keepdims=keepdim), np.amax(x, dim, keepdims=keepdim)


# ---- Quantiles


def _median(x: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower median; NaN if there is one, which sorts last."""
    if dim is None:
        flat = x.reshape((-1,))
        return _median(flat, 0)[0]
    length = x.shape[dim] if x.ndim else 1
    if not length:
        raise ShapeError(f"shape {x.shape} has no elements along axis {dim}")
    values, places = kthvalue(x, (length + 1) // 2, dim, keepdim)
    if x.dtype.kind != "floating point":
        return values, places
    last, last_places = kthvalue(x, length, dim, keepdim)
    missing = last != last
    return searching.where(missing, last, values), searching.where(missing, last_places, places)


def _quantile_of(function: Any) -> Function:
    def quantile(
        x: Raw,
        q: Any,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Any:
        found = function(x, q, dim, method=interpolation, keepdims=keepdim)
        return np.asarray(found, x.dtype)

    return quantile


def _histc(x: Raw, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    low, high = float(min), float(max)
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
    if low == high:
        low, high = low - 1, high + 1
    if not low < high:
        raise InvalidArgumentError(f"min is {min} and max {max}, expected min < max")
    return np.histogram(x, bins, (low, high))[0].astype(x.dtype)


def _bincount(x: Raw, weights: Raw | None = None, minlength: int = 0) -> Any:
    if x.ndim != 1:
        raise ShapeError(f"expected one axis, got shape {x.shape}")
    if weights is None:
        return np.bincount(x, None, minlength)
    wide = weights if weights.dtype == np.float32 else weights.astype(np.float64)
    return np.bincount(x, wide, minlength).astype(wide.dtype)


def _cov(
    x: Raw, *, correction: int = 1, fweights: Raw | None = None, aweights: Raw | None = None
) -> Any:
    found = np.cov(x, ddof=correction, fweights=fweights, aweights=aweights)
    return np.asarray(found, x.dtype if x.dtype.kind in "fc" else np.float32)


def _corrcoef(x: Raw) -> Any:
    return np.asarray(np.corrcoef(x), x.dtype if x.dtype.kind in "fc" else np.float32)


# ---- Comparisons as a whole


def _allclose(*arguments: Any, **named: Any) -> bool:
    return bool(utility.all(_IS_CLOSE(*arguments, **named)))


def _equal(x: Tensor, other: Tensor) -> bool:
    if x.dtype is not other.dtype:
        raise DTypeError(f"dtypes {x.dtype} and {other.dtype} differ, expected one")
    return x.shape == other.shape and bool(utility.all(x == other))


# ---- Functions of numbers


def _lerp(start: Raw, end: Raw, weight: Any) -> Any:
    """By the nearer end, so that both ends are exact."""
    weight = np.asarray(weight, start.dtype)
    step = end - start
    return np.where(np.abs(weight) < 0.5, start + weight * step, end - step * (1 - weight))


def _addcmul(x: Raw, first: Raw, second: Raw, *, value: Any = 1) -> Any:
    return np.asarray(x + np.asarray(value, x.dtype) * first * second)


def _addcdiv(x: Raw, first: Raw, second: Raw, *, value: Any = 1) -> Any:
    if x.dtype.kind in "biu":
        raise InvalidArgumentError("integers cannot be divided here; convert them first")
    return np.asarray(x + np.asarray(value, x.dtype) * (first / second))


def _fmod(x: Any, other: Any) -> Any:
    x, other = promoted(x, other)
    divisor = other.tolist() if isinstance(other, Tensor) and other.size == 1 else other
    if x.dtype.kind != "floating point" and isinstance(divisor, (int, Tensor)):
        zero = not bool(utility.all(other != 0)) if isinstance(other, Tensor) else divisor == 0
        if zero:
            raise InvalidArgumentError("an integer was divided by 0")
    return _FMOD(x, other)


def _nan_to_num(
    x: Raw, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Any:
    return np.nan_to_num(x, nan=nan or 0.0, posinf=posinf, neginf=neginf)


def _logit(x: Raw, eps: float | None = None) -> Any:
    x = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.asarray(np.log(x / (1 - x)))


def _xlogy(x: Raw, y: Any) -> Any:
    y = np.asarray(y, x.dtype)
    return np.where((x == 0) & ~np.isnan(y), np.zeros((), x.dtype), x * np.log(y))


def _floating(function: Any) -> Function:
    """A function whose result for integers and bools is of float32."""

    def of(x: Raw) -> Any:
        return np.asarray(function(x if x.dtype.kind == "f" else x.astype(np.float32)))

    floats, others = of_arrays(of), of_arrays(of, "iub", keeps_dtype=False)
    return lambda x: (floats if x.dtype.kind == "floating point" else others)(x)


# ---- Algebra


def _of_linalg(name: str) -> Function:
    """A function of torchffi.linalg."""

    def of(*arguments: Any) -> Any:
        from torchffi import linalg

        return getattr(linalg, name)(*arguments)

    return of


def _slogdet(x: Tensor) -> tuple[Tensor, Tensor]:
    from torchffi.linalg import slogdet

    return tuple(slogdet(x))  # type: ignore[return-value]


def _cholesky(x: Tensor, upper: bool = False) -> Tensor:
    from torchffi.linalg import cholesky

    return cholesky(x, upper=upper)


def _mv(x: Tensor, y: Tensor) -> Tensor:
    if x.ndim != 2 or y.ndim != 1:
        raise ShapeError(f"expected a matrix and a vector, got shapes {x.shape} and {y.shape}")
    return linear_algebra.matmul(x, y)


def _dist(x: Tensor, other: Tensor, p: float = 2) -> Tensor:
    from torchffi.linalg import vector_norm

    return vector_norm(x - other, ord=p)


_REAL: Final = "fiub"
_IS_CLOSE: Final = of_arrays(is_close, "fiucb", keeps_dtype=False)
_BINCOUNT: Final = of_arrays(_bincount, "iu", keeps_dtype=False)
_COUNT: Final = of_arrays(_bincount, "i")
_FMOD: Final = of_arrays(np.fmod, "fiu")
_NEW: Final[dict[str, Function]] = {
    **dict.fromkeys(("lerp.Scalar", "lerp.Tensor"), of_arrays(_lerp, "fc")),
    "addcmul": of_arrays(_addcmul, "fiuc"),
    "addcdiv": of_arrays(_addcdiv, "fiuc"),
    "frac": of_arrays(lambda x: x - np.trunc(x)),
    **dict.fromkeys(("fmod.Tensor", "fmod.Scalar"), _fmod),
    "nan_to_num": of_arrays(_nan_to_num, "fiuc"),
    "logit": of_arrays(_logit),
    **dict.fromkeys(("xlogy.Tensor", "xlogy.Scalar_Other"), of_arrays(_xlogy)),
    "deg2rad": _floating(np.deg2rad),
    "rad2deg": _floating(np.rad2deg),
    "sinc": _floating(np.sinc),
    "exp2": _floating(np.exp2),
}
TABLE: Final[dict[str, Function]] = {
    **_NEW,
    **{in_place_name(name): in_place(function) for name, function in _NEW.items()},
    **dict.fromkeys(("count_nonzero", "count_nonzero.dim_IntList"), _count_nonzero),
    "nansum": of_arrays(_nansum, _REAL, keeps_dtype=False),
    "nanmean": of_arrays(_nanmean, keeps_dtype=False),
    "logsumexp": of_arrays(lambda x, dim, keepdim=False: logsumexp(x, _axes(dim), keepdim)),
    "aminmax": of_arrays(_aminmax, _REAL, widens=False),
    "cumprod": lambda x, dim, *, dtype=None: statistical.cumulative_prod(x, axis=dim, dtype=dtype),
    **dict.fromkeys(("median", "median.dim"), _median),
    **dict.fromkeys(("quantile", "quantile.scalar"), of_arrays(_quantile_of(np.quantile))),
    **dict.fromkeys(("nanquantile", "nanquantile.scalar"), of_arrays(_quantile_of(np.nanquantile))),
    "histc": of_arrays(_histc),
    "bincount": lambda x, *arguments, **named: (
        _COUNT if x.dtype is int64 and not (arguments or named) else _BINCOUNT
    )(x, *arguments, **named),
    "cov": of_arrays(_cov, _REAL + "c", keeps_dtype=False),
    "corrcoef": of_arrays(_corrcoef, _REAL + "c", keeps_dtype=False),
    "isclose": _IS_CLOSE,
    "allclose": _allclose,
    "equal": _equal,
    "heaviside": of_arrays(np.heaviside),
    "diff": lambda x, n=1, dim=-1: utility.diff(x, n=n, axis=dim),
    "dist": _dist,
    "dot": of_arrays(linalg.dot_of, "fiuc"),
    "vdot": of_arrays(linalg.vdot_of, "fiuc"),
    "mv": _mv,
    **dict.fromkeys(("outer", "ger"), linear_algebra.outer),
    "kron": of_arrays(np.kron, "fiuc"),
    "det": _of_linalg("det"),
    "inverse": _of_linalg("inv"),
    "matrix_power": _of_linalg("matrix_power"),
    "slogdet": _slogdet,
    "cholesky": _cholesky,
}
