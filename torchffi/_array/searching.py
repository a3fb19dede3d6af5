"""Searching.

Source: Array API standard, "Searching Functions".
"""

from __future__ import annotations

from torchffi import dtypes
from torchffi._array.statistical import any_empty, reduce
from torchffi._core import arguments
from torchffi._core.argument_kinds import (
    AXES,
    AXIS_OR_NONE,
    BOOLS,
    FLAG,
    INDICES_OR_NONE,
    OPERAND,
    SAME,
    SAME_OR_SCALAR,
    either,
)
from torchffi._core.arguments import Axis, Scalar, tensor
from torchffi._core.dispatch import pointer, run, run_many
from torchffi._core.dtype_classes import PASSED
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import Several, scalars
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Literal
from torchffi.dtypes import ANY, REAL
from torchffi.errors import DTypeError, InvalidArgumentError, ShapeError


@fast_path("count_nonzero", ANY, dtypes.int64, x=OPERAND, axis=AXES, keepdims=FLAG)
def count_nonzero(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Number of nonzero elements.

    Args:
        x: A tensor of any dtype.
        axis: An axis, a tuple of them, or None for all.
        keepdims: Whether the reduced axes are kept with length 1.

    Returns:
        A tensor of int64.

    Source: aten::ne.Scalar, aten::sum.dim_IntList.
    """
    x = tensor("count_nonzero", x)
    return reduce("count_nonzero", x, axis, dtypes.int64, bool(keepdims))


@fast_path(
    "searchsorted",
    REAL,
    dtypes.int64,
    x1=OPERAND,
    x2=SAME,
    side=either("left", "right"),
    sorter=INDICES_OR_NONE,
)
def searchsorted(
    x1: Tensor,
    x2: Tensor | Scalar,
    /,
    *,
    side: Literal["left", "right"] = "left",
    sorter: Tensor | None = None,
) -> Tensor:
    """The indices at which elements must be inserted to keep the order.

    Args:
        x1: A tensor of a real dtype and shape (n,), in ascending order.
        x2: A tensor of a real dtype, or a Python scalar.
        side: ``"left"``: before equal elements; ``"right"``: after them.
        sorter: Indices that sort x1, an integer tensor of shape (n,); None if it is sorted.

    Returns:
        A tensor of int64, of the shape of x2, with values in [0, n].

    Raises:
        ValueError: If x1 is not 1-D, sorter has another shape, or for another ``side``.
        IndexError: If an index in sorter is out of range.
        TypeError: If a dtype is not supported, or the two do not mix.

    Source: aten::searchsorted.Tensor.
    """
    x1 = tensor("searchsorted", x1)
    above = arguments.beyond(x2, x1.dtype)
    if above and x1.dtype.kind in dtypes.INTEGER:  # it comes before or after all elements
        lowest, highest = dtypes.limits(x1.dtype)
        x2, side = (highest, "right") if above > 0 else (lowest, "left")
    a, b = arguments.pair("searchsorted", x1, x2, REAL, of_one_kind=True)
    if a.ndim != 1:
        raise ShapeError(f"searchsorted: x1 has shape {a.shape}, expected one axis")
    if side not in ("left", "right"):
        raise InvalidArgumentError(f"searchsorted: side is {side!r}, expected 'left' or 'right'")
    if sorter is not None:
        sorter = tensor("searchsorted", sorter)
        if sorter.dtype.kind not in dtypes.INTEGER:
            raise DTypeError(f"searchsorted: sorter is {sorter.dtype}, expected integers")
        sorter = arguments.indices("searchsorted", sorter)
        if sorter.shape != a.shape:
            raise ShapeError(f"searchsorted: sorter has shape {sorter.shape}, expected {a.shape}")
    return run("searchsorted", dtypes.int64, a, b, side == "right", sorter)


@fast_path("where", ANY, condition=BOOLS, x1=OPERAND, x2=SAME_OR_SCALAR)
def where(condition: Tensor, x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """Elements of x1 where the condition is true, of x2 elsewhere. All three broadcast.

    Args:
        condition: A tensor of bool.
        x1, x2: Tensors of any dtype, or Python scalars.

    Returns:
        A tensor of the broadcast shape, in the promoted dtype of x1 and x2.

    Raises:
        TypeError: If the condition is of another dtype, or x1 and x2 do not mix.

    Source: aten::where.self.
    """
    if type(x1) in PASSED and isinstance(condition, Tensor):
        kind = type(x2)
        if kind in PASSED:  # two numbers, which have a default dtype
            whole = kind is int and type(x1) is int
            default = dtypes.default_int if whole else dtypes.default_float
            kind = condition._backend.classes[default]
        operand = scalars.operand(kind, x1)  # type: ignore[arg-type]
        if operand is not None:
            return where(condition, operand, x2)
    condition = tensor("where", condition)
    if condition.dtype is not dtypes.bool:
        raise DTypeError(f"where: the condition is {condition.dtype}, expected bool")
    if arguments.is_scalar(x1) and (isinstance(x2, Tensor) or arguments.is_scalar(x2)):
        if isinstance(x2, Tensor):
            dtype, like = arguments.scalar_dtype("where", x1, x2._dtype), x2
            x2 = arguments.astype(x2, dtype)
        else:
            dtype, like = arguments.dtype_of_scalars("where", x1, x2), condition
        return where(condition, arguments.scalar_operand("where", x1, dtype, like), x2)
    a, b = arguments.pair("where", x1, x2, ANY)
    return run("where", a.dtype, condition, a, b)


def _index_of(operation: str, x: Tensor, axis: int | None, keepdims: bool) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x.dtype, REAL)
    axes = arguments.axes(operation, None if axis is None else (axis,), x)
    if any_empty(x, axes):
        raise ShapeError(f"{operation}: cannot reduce empty axes {axes} of shape {x.shape}")
    along = pointer(None if axis is None else axes[0])
    return run(operation, dtypes.int64, x, along, bool(keepdims))


ARGMAX = fast_path("argmax", REAL, dtypes.int64, x=OPERAND, axis=AXIS_OR_NONE, keepdims=FLAG)
ARGMIN = fast_path("argmin", REAL, dtypes.int64, x=OPERAND, axis=AXIS_OR_NONE, keepdims=FLAG)


@ARGMAX
def argmax(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the largest element, the first of equal ones.

    Args:
        x: A tensor of a real dtype, not empty along the axis.
        axis: The axis; None for the index into the flattened elements.
        keepdims: Whether the reduced axes are kept with length 1.

    Returns:
        A tensor of int64.

    Raises:
        TypeError: If x is of another dtype.
        ValueError: If it is empty along the axis.

    Source: aten::argmax.
    """
    return _index_of("argmax", x, axis, keepdims)


@ARGMIN
def argmin(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the smallest element, the first of equal ones.

    Arguments and errors are those of :func:`argmax`.

    Source: aten::argmin.
    """
    return _index_of("argmin", x, axis, keepdims)


@fast_path("nonzero_numpy", ANY, Several(tuple, None), x=OPERAND)
def nonzero(x: Tensor, /) -> tuple[Tensor, ...]:
    """The indices of the nonzero elements, in C order.

    Args:
        x: A tensor of at least one axis.

    Returns:
        A tuple with a tensor of int64 for each axis, of shape (number found,).

    Raises:
        ValueError: If x has no axis.

    Source: aten::nonzero_numpy.
    """
    x = tensor("nonzero", x)
    if x.ndim == 0:
        raise ShapeError("nonzero: the tensor has no axis, expected at least one")
    return run_many("nonzero_numpy", [dtypes.int64] * x.ndim, x)
