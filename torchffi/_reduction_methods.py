"""The reductions as methods of Tensor. They also take PyTorch's ``dim`` and ``keepdim``."""

from __future__ import annotations

from torchffi._array import searching, statistical, utility
from torchffi._core.arguments import Axis
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Any, Final, NoReturn
from torchffi.dtypes import DType
from torchffi.errors import ArgumentError


def _axis(name: str, axis: Any, dim: Any) -> Any:
    """The axes to reduce, by the standard's name for them or by PyTorch's."""
    if axis is not None and dim is not None:
        raise ArgumentError(f"{name}: axis is {axis!r} and dim is {dim!r}; give one of them")
    found = axis if dim is None else dim
    return tuple(found) if isinstance(found, list) else found


def _refuse(name: str) -> NoReturn:
    """PyTorch gives these functions with ``dim`` a meaning that differs from the standard's."""
    if name in ("max", "min"):
        raise ArgumentError(
            f"{name}: PyTorch's {name}(dim) returns values and indices; use a{name}(dim) or "
            f"arg{name}(dim), or {name}(axis=...)"
        )
    raise ArgumentError(
        f"{name}: PyTorch's {name}(dim) has a correction of 1 by default; write {name}(axis=..., "
        "correction=1)"
    )


@statistical.SUM
def _sum_(
    self: Tensor,
    axis: Axis = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
    keepdims: bool = False,
    dim: Axis = None,
) -> Tensor:
    """See :func:`torchffi.sum`."""
    axis = _axis("sum", axis, dim)
    return statistical.sum(self, axis=axis, dtype=dtype, keepdims=keepdims or keepdim)


@statistical.PROD
def _prod_(
    self: Tensor,
    axis: Axis = None,
    keepdim: bool = False,
    *,
    dtype: DType | None = None,
    keepdims: bool = False,
    dim: Axis = None,
) -> Tensor:
    """See :func:`torchffi.prod`."""
    axis = _axis("prod", axis, dim)
    return statistical.prod(self, axis=axis, dtype=dtype, keepdims=keepdims or keepdim)


@statistical.MEAN
def _mean_(
    self: Tensor,
    axis: Axis = None,
    keepdim: bool = False,
    *,
    keepdims: bool = False,
    dim: Axis = None,
) -> Tensor:
    """See :func:`torchffi.mean`."""
    axis = _axis("mean", axis, dim)
    return statistical.mean(self, axis=axis, keepdims=keepdims or keepdim)


@statistical.VAR
def _var_(
    self: Tensor,
    axis: Axis = None,
    keepdim: bool = False,
    *,
    correction: float = 0.0,
    keepdims: bool = False,
    dim: Axis = None,
    unbiased: bool | None = None,
) -> Tensor:
    """See :func:`torchffi.var`. PyTorch's ``dim`` and ``keepdim`` need a correction, or ``unbiased``."""
    if unbiased is not None:
        correction = float(unbiased)
    elif (dim is not None or keepdim) and not correction:
        _refuse("var")
    axis = _axis("var", axis, dim)
    return statistical.var(self, axis=axis, correction=correction, keepdims=keepdims or keepdim)


@statistical.STD
def _std_(
    self: Tensor,
    axis: Axis = None,
    keepdim: bool = False,
    *,
    correction: float = 0.0,
    keepdims: bool = False,
    dim: Axis = None,
    unbiased: bool | None = None,
) -> Tensor:
    """See :func:`torchffi.std`. PyTorch's ``dim`` and ``keepdim`` need a correction, or ``unbiased``."""
    if unbiased is not None:
        correction = float(unbiased)
    elif (dim is not None or keepdim) and not correction:
        _refuse("std")
    axis = _axis("std", axis, dim)
    return statistical.std(self, axis=axis, correction=correction, keepdims=keepdims or keepdim)


@statistical.MAX
def _max_(
    self: Tensor,
    axis: Axis = None,
    keepdim: bool = False,
    *,
    keepdims: bool = False,
    dim: Axis = None,
) -> Tensor:
    """See :func:`torchffi.max`."""
    if dim is not None or keepdim:
        _refuse("max")
    return statistical.max(self, axis=axis, keepdims=keepdims)


@statistical.MIN
def _min_(
    self: Tensor,
    axis: Axis = None,
    keepdim: bool = False,
    *,
    keepdims: bool = False,
    dim: Axis = None,
) -> Tensor:
    """See :func:`torchffi.min`."""
    if dim is not None or keepdim:
        _refuse("min")
    return statistical.min(self, axis=axis, keepdims=keepdims)


@utility.ALL_TRUE
def _all_(
    self: Tensor,
    axis: Axis = None,
    keepdim: bool = False,
    *,
    keepdims: bool = False,
    dim: Axis = None,
) -> Tensor:
    """See :func:`torchffi.all`."""
    axis = _axis("all", axis, dim)
    return utility.all(self, axis=axis, keepdims=keepdims or keepdim)


@utility.ANY_TRUE
def _any_(
    self: Tensor,
    axis: Axis = None,
    keepdim: bool = False,
    *,
    keepdims: bool = False,
    dim: Axis = None,
) -> Tensor:
    """See :func:`torchffi.any`."""
    axis = _axis("any", axis, dim)
    return utility.any(self, axis=axis, keepdims=keepdims or keepdim)


@searching.ARGMAX
def _argmax_(
    self: Tensor,
    axis: int | None = None,
    keepdim: bool = False,
    *,
    keepdims: bool = False,
    dim: int | None = None,
) -> Tensor:
    """See :func:`torchffi.argmax`."""
    axis = _axis("argmax", axis, dim)
    return searching.argmax(self, axis=axis, keepdims=keepdims or keepdim)


@searching.ARGMIN
def _argmin_(
    self: Tensor,
    axis: int | None = None,
    keepdim: bool = False,
    *,
    keepdims: bool = False,
    dim: int | None = None,
) -> Tensor:
    """See :func:`torchffi.argmin`."""
    axis = _axis("argmin", axis, dim)
    return searching.argmin(self, axis=axis, keepdims=keepdims or keepdim)


METHODS: Final = {
    "sum": _sum_,
    "prod": _prod_,
    "mean": _mean_,
    "var": _var_,
    "std": _std_,
    "max": _max_,
    "min": _min_,
    "all": _all_,
    "any": _any_,
    "argmax": _argmax_,
    "argmin": _argmin_,
}
for _name, _method in METHODS.items():
    _method.__name__, _method.__qualname__ = _name, f"Tensor.{_name}"
