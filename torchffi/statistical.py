"""Reductions over axes.

``axis`` is an axis, a tuple of them, or None for all; ``keepdims`` keeps the reduced axes with length 1.

Source: Array API standard, "Statistical Functions" and "Utility Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torchffi import dtypes, operands
from torchffi.dtypes import ANY, FLOATING, INEXACT, REAL, DType
from torchffi.errors import ShapeError
from torchffi.operands import Axis, tensor
from torchffi.routing import run

if TYPE_CHECKING:
    from torchffi.tensor import Tensor


def _reduce(
    operation: str,
    x: Tensor,
    axis: Axis,
    dtype: DType,
    *parameters: Any,
    primitive: str | None = None,
) -> Tensor:
    axes = operands.axes(operation, axis, x)
    primitive = primitive or operation
    if axes:
        return run(primitive, dtype, x, axes, *parameters)
    # LibTorch takes an empty list of axes for all of them: give it one of length 1 to reduce.
    result = run(primitive, dtype, run("unsqueeze", x.dtype, x, 0), (0,), *parameters)
    return result if result.ndim == x.ndim else run("squeeze", dtype, result, 0)


def _sum_dtype(operation: str, x: Tensor, dtype: DType | None) -> DType:
    if dtype is not None:
        dtype = dtypes.given(operation, dtype, dtype)
        dtypes.check_conversion(operation, x.dtype, dtype)
        return dtype
    if x.dtype.kind == "unsigned integer":
        return dtypes.uint64
    return dtypes.int64 if x.dtype.kind in ("bool", "signed integer") else x.dtype


def sum(
    x: Tensor, /, *, axis: Axis = None, dtype: DType | None = None, keepdims: bool = False
) -> Tensor:
    """Sum.

    Args:
        x: A tensor of any dtype; bools count as 0 and 1.
        axis: See above.
        dtype: Of the result. If None int64 or uint64 for integers, else that of x.
        keepdims: See above.

    Source: aten::sum.dim_IntList.
    """
    x = tensor("sum", x)
    wide = _sum_dtype("sum", x, dtype)
    return _reduce("sum", x, axis, wide, bool(keepdims), wide)


def prod(
    x: Tensor, /, *, axis: Axis = None, dtype: DType | None = None, keepdims: bool = False
) -> Tensor:
    """Product. Arguments are those of :func:`sum`.

    Source: aten::prod.dim_int.
    """
    x = tensor("prod", x)
    wide = _sum_dtype("prod", x, dtype)
    return _reduce("prod", x, axis, wide, bool(keepdims), wide)


def mean(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Arithmetic mean.

    Args:
        x: A tensor of a floating-point or complex dtype.
        axis: See above.
        keepdims: See above.

    Raises:
        TypeError: If x is of another dtype.

    Source: aten::mean.dim.
    """
    x = tensor("mean", x)
    dtypes.check("mean", x.dtype, INEXACT)
    return _reduce("mean", x, axis, x.dtype, bool(keepdims))


def var(
    x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Variance.

    Args:
        x: A tensor of a floating-point dtype.
        axis: See above.
        correction: Taken from the number of elements in the divisor: 0 for a population, 1 for a
            sample.
        keepdims: See above.

    Raises:
        TypeError: If x is of another dtype.

    Source: aten::var.correction.
    """
    x = tensor("var", x)
    dtypes.check("var", x.dtype, FLOATING)
    return _reduce("var", x, axis, x.dtype, float(correction), bool(keepdims))


def std(
    x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Standard deviation, the root of the variance. Arguments are those of :func:`var`.

    Source: aten::var.correction, aten::sqrt.
    """
    return run("sqrt", x.dtype, var(x, axis=axis, correction=correction, keepdims=keepdims))


def _extreme(operation: str, primitive: str, x: Tensor, axis: Axis, keepdims: bool) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x.dtype, REAL)
    axes = operands.axes(operation, axis, x)
    if any_empty(x, axes):
        raise ShapeError(f"{operation}: shape {x.shape} has no element along axes {axes}")
    return _reduce(operation, x, axes, x.dtype, bool(keepdims), primitive=primitive)


def any_empty(x: Tensor, axes: tuple[int, ...]) -> bool:
    """Whether the tensor has no element along some of the axes."""
    return 0 in [x.shape[axis] for axis in axes]


def max(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest element, NaN if there is one.

    Args:
        x: A tensor of a real dtype, not empty along the axes.
        axis: See above.
        keepdims: See above.

    Raises:
        TypeError: If x is of another dtype.
        ValueError: If it is empty along an axis.

    Source: aten::amax.
    """
    return _extreme("max", "amax", x, axis, keepdims)


def min(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest element, NaN if there is one. Arguments and errors are those of :func:`max`.

    Source: aten::amin.
    """
    return _extreme("min", "amin", x, axis, keepdims)


def all(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every element is true, that is, not 0.

    Args:
        x: A tensor of any dtype.
        axis: See above.
        keepdims: See above.

    Returns:
        A tensor of bool.

    Source: aten::all.dims.
    """
    x = tensor("all", x)
    dtypes.check("all", x.dtype, ANY)
    return _reduce("all", x, axis, dtypes.bool, bool(keepdims))


def any(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether any element is true, that is, not 0. Arguments are those of :func:`all`.

    Source: aten::any.dims.
    """
    x = tensor("any", x)
    return _reduce("any", x, axis, dtypes.bool, bool(keepdims))
