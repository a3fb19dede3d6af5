"""Reductions over axes.

Source: Array API standard, "Statistical Functions".
"""

from __future__ import annotations

from torchffi import dtypes
from torchffi._core import arguments
from torchffi._core.argument_kinds import AXES, AXIS_OR_NONE, DTYPE, FLAG, NUMBER, OPERAND
from torchffi._core.arguments import Axis, tensor
from torchffi._core.dispatch import NULL, pointer, run
from torchffi._core.fast_path import fast_path
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Any
from torchffi.dtypes import ANY, FLOATING, INEXACT, NUMERIC, REAL, DType
from torchffi.errors import ShapeError


def reduce(
    operation: str,
    x: Tensor,
    axis: Axis,
    dtype: DType,
    *parameters: Any,
    primitive: str | None = None,
) -> Tensor:
    """Calls a primitive with the arguments tensor, axes, parameters."""
    primitive = primitive or operation
    if axis is None:
        return run(primitive, dtype, x, NULL, 0, *parameters)
    axes = arguments.axes(operation, axis, x)
    if axes:
        return run(primitive, dtype, x, axes, *parameters)
    # LibTorch reads an empty list of axes as all axes: add an axis of length 1 and reduce that.
    result = run(primitive, dtype, run("unsqueeze", x._dtype, x, 0), (0,), *parameters)
    return result if result.ndim == x.ndim else run("squeeze", dtype, result, 0)


def wider(dtype: DType) -> DType:
    """The dtype of a sum."""
    return dtypes.sum_dtype("sum", dtype, None)


SUM = fast_path("sum", ANY, wider, x=OPERAND, axis=AXES, keepdims=FLAG, dtype=DTYPE)
PROD = fast_path("prod", ANY, wider, x=OPERAND, axis=AXES, keepdims=FLAG, dtype=DTYPE)
MEAN = fast_path("mean", INEXACT, x=OPERAND, axis=AXES, keepdims=FLAG)
VAR = fast_path("var", FLOATING, x=OPERAND, axis=AXES, correction=NUMBER, keepdims=FLAG)
STD = fast_path("std", FLOATING, x=OPERAND, axis=AXES, correction=NUMBER, keepdims=FLAG)
MAX = fast_path("amax", REAL, x=OPERAND, axis=AXES, keepdims=FLAG)
MIN = fast_path("amin", REAL, x=OPERAND, axis=AXES, keepdims=FLAG)


@SUM
def sum(
    x: Tensor, /, *, axis: Axis = None, dtype: DType | None = None, keepdims: bool = False
) -> Tensor:
    """Sum.

    Args:
        x: A tensor of any dtype; bools count as 0 and 1.
        axis: An axis, a tuple of them, or None for all.
        dtype: The dtype of the result. If None, int64 or uint64 for integers, else that of x.
        keepdims: Whether the reduced axes are kept with length 1.

    Source: aten::sum.dim_IntList.
    """
    x = tensor("sum", x)
    wide = dtypes.sum_dtype("sum", x._dtype, dtype)
    return reduce("sum", x, axis, wide, bool(keepdims), wide)


@PROD
def prod(
    x: Tensor, /, *, axis: Axis = None, dtype: DType | None = None, keepdims: bool = False
) -> Tensor:
    """Product. Arguments are those of :func:`sum`.

    Source: aten::prod.dim_int.
    """
    x = tensor("prod", x)
    wide = dtypes.sum_dtype("prod", x._dtype, dtype)
    return reduce("prod", x, axis, wide, bool(keepdims), wide)


@MEAN
def mean(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Arithmetic mean.

    Args:
        x: A tensor of a floating-point or complex dtype.
        axis: An axis, a tuple of them, or None for all.
        keepdims: Whether the reduced axes are kept with length 1.

    Raises:
        TypeError: If x is of another dtype.

    Source: aten::mean.dim.
    """
    x = tensor("mean", x)
    dtypes.check("mean", x._dtype, INEXACT)
    return reduce("mean", x, axis, x._dtype, bool(keepdims))


@VAR
def var(
    x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Variance.

    Args:
        x: A tensor of a floating-point dtype.
        axis: An axis, a tuple of them, or None for all.
        correction: Subtracted from the number of elements in the divisor: 0 for a population, 1 for
            a sample.
        keepdims: Whether the reduced axes are kept with length 1.

    Raises:
        TypeError: If x is of another dtype.

    Source: aten::var.correction.
    """
    x = tensor("var", x)
    dtypes.check("var", x._dtype, FLOATING)
    return reduce("var", x, axis, x._dtype, float(correction), bool(keepdims))


@STD
def std(
    x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """Standard deviation, the root of the variance. Arguments are those of :func:`var`.

    Source: aten::std.correction.
    """
    x = tensor("std", x)
    dtypes.check("std", x._dtype, FLOATING)
    return reduce("std", x, axis, x._dtype, float(correction), bool(keepdims))


def _extreme(operation: str, primitive: str, x: Tensor, axis: Axis, keepdims: bool) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x._dtype, REAL)
    axes = arguments.axes(operation, axis, x)
    if any_empty(x, axes):
        raise ShapeError(f"{operation}: cannot reduce empty axes {axes} of shape {x.shape}")
    return reduce(operation, x, axis, x._dtype, bool(keepdims), primitive=primitive)


def any_empty(x: Tensor, axes: tuple[int, ...]) -> bool:
    """Whether any of the axes has length 0."""
    return 0 in [x.shape[axis] for axis in axes]


@MAX
def max(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest element; NaN if any element is NaN.

    Args:
        x: A tensor of a real dtype, not empty along the axes.
        axis: An axis, a tuple of them, or None for all.
        keepdims: Whether the reduced axes are kept with length 1.

    Raises:
        TypeError: If x is of another dtype.
        ValueError: If it is empty along an axis.

    Source: aten::amax.
    """
    return _extreme("max", "amax", x, axis, keepdims)


@MIN
def min(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest element; NaN if any element is NaN. Arguments and errors are those of :func:`max`.

    Source: aten::amin.
    """
    return _extreme("min", "amin", x, axis, keepdims)


def _running(
    operation: str,
    primitive: str,
    initial: int,
    x: Tensor,
    axis: int | None,
    dtype: DType | None,
    include_initial: bool,
) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x._dtype, ANY if dtype else NUMERIC)
    if axis is None and x.ndim != 1:
        raise ShapeError(f"{operation}: axis is required unless x is 1-D; x has shape {x.shape}")
    along = arguments.axis(operation, -1 if axis is None else axis, x)
    wide = dtypes.sum_dtype(operation, x._dtype, dtype)
    result = run(primitive, wide, x, pointer(along), wide)
    if not include_initial:
        return result
    shape = (*x.shape[:along], 1, *x.shape[along + 1 :])
    first = run("expand", wide, arguments.scalar_tensor(operation, initial, wide, x), shape)
    return run("cat", wide, [first, result], along)


@fast_path("cumsum", NUMERIC, wider, x=OPERAND, axis=AXIS_OR_NONE, dtype=DTYPE)
def cumulative_sum(
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: DType | None = None,
    include_initial: bool = False,
) -> Tensor:
    """Running sums along an axis.

    Args:
        x: A tensor of a numeric dtype.
        axis: The axis; may be None if x is 1-D.
        dtype: The dtype of the result. If None, int64 or uint64 for integers, else that of x.
        include_initial: Whether the result has an additional 0 in front.

    Raises:
        ValueError: If axis is None and x is not 1-D.
        IndexError: If the axis is out of range.

    Source: aten::cumsum.
    """
    return _running("cumulative_sum", "cumsum", 0, x, axis, dtype, include_initial)


@fast_path("cumprod", NUMERIC, wider, x=OPERAND, axis=AXIS_OR_NONE, dtype=DTYPE)
def cumulative_prod(
    x: Tensor,
    /,
    *,
    axis: int | None = None,
    dtype: DType | None = None,
    include_initial: bool = False,
) -> Tensor:
    """Running products along an axis; the initial value is 1. Otherwise as :func:`cumulative_sum`.

    Source: aten::cumprod.
    """
    return _running("cumulative_prod", "cumprod", 1, x, axis, dtype, include_initial)
