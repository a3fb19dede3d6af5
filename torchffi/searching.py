"""Where things are.

Source: Array API standard, "Searching Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchffi import dtypes, operands
from torchffi.dtypes import ANY, REAL
from torchffi.errors import DTypeError, ShapeError
from torchffi.operands import Scalar, tensor
from torchffi.routing import run
from torchffi.statistical import any_empty

if TYPE_CHECKING:
    from torchffi.tensor import Tensor


def where(condition: Tensor, x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """Elements of x1 where the condition is true, of x2 elsewhere. All three broadcast.

    Args:
        condition: A tensor of bool.
        x1, x2: Tensors of any dtype, one of which may be a Python scalar.

    Returns:
        A tensor of the broadcast shape, in the dtype where x1 and x2 meet.

    Raises:
        TypeError: If the condition is of another dtype, or x1 and x2 do not mix.

    Source: aten::where.self.
    """
    condition = tensor("where", condition)
    if condition.dtype is not dtypes.bool:
        raise DTypeError(f"where: the condition is {condition.dtype}, expected bool")
    a, b = operands.pair("where", x1, x2, ANY)
    return run("where", a.dtype, condition, a, b)


def _index_of(operation: str, x: Tensor, axis: int | None, keepdims: bool) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x.dtype, REAL)
    axes = operands.axes(operation, None if axis is None else (axis,), x)
    if any_empty(x, axes):
        raise ShapeError(f"{operation}: shape {x.shape} has no element along axes {axes}")
    if axis is not None:
        return run(operation, dtypes.int64, x, axes[0], bool(keepdims))
    found = run(operation, dtypes.int64, x, None, False)
    return found.reshape((1,) * x.ndim) if keepdims else found


def argmax(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the largest element, the first of equal ones.

    Args:
        x: A tensor of a real dtype, not empty along the axis.
        axis: The axis; None counts through all elements in C order.
        keepdims: Whether the reduced axes stay with length 1.

    Returns:
        A tensor of int64.

    Raises:
        TypeError: If x is of another dtype.
        ValueError: If it is empty along the axis.

    Source: aten::argmax.
    """
    return _index_of("argmax", x, axis, keepdims)


def argmin(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Index of the smallest element, the first of equal ones.

    Arguments and errors are those of :func:`argmax`.

    Source: aten::argmin.
    """
    return _index_of("argmin", x, axis, keepdims)


def nonzero(x: Tensor, /) -> tuple[Tensor, ...]:
    """The indices of the elements that are not 0, in C order.

    Args:
        x: A tensor of one axis or more.

    Returns:
        For each axis a tensor of int64, shape (number found,).

    Raises:
        ValueError: If x has no axis.

    Source: aten::nonzero.
    """
    x = tensor("nonzero", x)
    if x.ndim == 0:
        raise ShapeError("nonzero: the tensor has no axis, expected at least one")
    found = run("nonzero", dtypes.int64, x)
    return tuple(run("select", dtypes.int64, found, 1, axis) for axis in range(x.ndim))
