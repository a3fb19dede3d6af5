"""Products of vectors, matrices and tensors.

Source: Array API standard, "Linear Algebra Functions"; addmm is ATen's.
"""

from __future__ import annotations

from collections.abc import Sequence

from torchffi import dtypes
from torchffi._array import broadcasting
from torchffi._core import arguments
from torchffi._core.argument_kinds import INTEGER, NUMBER, OPERAND, SAME, Kind
from torchffi._core.arguments import integer, tensor
from torchffi._core.dispatch import pointer, run
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import of_two
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Final
from torchffi.dtypes import ANY, INEXACT, NUMERIC
from torchffi.errors import AxisError, InvalidArgumentError, ShapeError

Axes = int | tuple[Sequence[int], Sequence[int]]


def _pair(operation: str, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
    a, b = tensor(operation, x1), tensor(operation, x2)
    return arguments.pair(operation, a, b, NUMERIC, of_one_kind=True)


@of_two("matmul", "matmul", NUMERIC)
def matmul(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Matrix product over the last two axes; the axes before broadcast.

    Args:
        x1: A tensor of shape (n,) or (..., m, n), of a numeric dtype.
        x2: A tensor of shape (n,) or (..., n, p), of a numeric dtype.

    Returns:
        A tensor of shape (..., m, p), without the axis of a vector, in the promoted dtype.

    Raises:
        ValueError: If the shapes do not fit.
        TypeError: If a dtype is not numeric, or the two do not mix.

    Source: aten::matmul.
    """
    x1, x2 = _pair("matmul", x1, x2)
    return run("matmul", x1.dtype, x1, x2)


@fast_path("addmm", INEXACT, bias=SAME, x1=OPERAND, x2=SAME, beta=NUMBER, alpha=NUMBER)
def addmm(bias: Tensor, x1: Tensor, x2: Tensor, /, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Beta * bias + alpha * (x1 @ x2).

    Args:
        bias: A tensor that broadcasts to (m, p).
        x1: A tensor of shape (m, n).
        x2: A tensor of shape (n, p).
        beta: Factor of the bias; 0 ignores its values. An integer if the dtype is.
        alpha: Factor of the product. An integer if the dtype is.

    Returns:
        A tensor of shape (m, p).

    Raises:
        ValueError: If the shapes do not fit, or a factor is not an integer for an integer dtype.
        TypeError: If a dtype is not numeric, or they do not mix.

    Source: aten::addmm.
    """
    x1, x2 = _pair("addmm", x1, x2)
    dtype = dtypes.promote("addmm", tensor("addmm", bias).dtype, x1.dtype)
    for name, factor in (("beta", beta), ("alpha", alpha)):
        if dtype.kind in dtypes.INTEGER and not float(factor).is_integer():
            raise InvalidArgumentError(
                f"addmm: {name} must be an integer for {dtype}, got {factor}"
            )
    bias, x1, x2 = (arguments.astype(x, dtype) for x in (bias, x1, x2))
    return run("addmm", dtype, bias, x1, x2, float(beta), float(alpha))


@fast_path("outer", NUMERIC, x1=OPERAND, x2=SAME)
def outer(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Every element of one vector times every element of the other.

    Args:
        x1: A tensor of shape (n,), of a numeric dtype.
        x2: A tensor of shape (m,), of a numeric dtype.

    Returns:
        A tensor of shape (n, m), in the promoted dtype.

    Raises:
        ValueError: If one is not 1-D.
        TypeError: If a dtype is not numeric, or the two do not mix.

    Source: aten::mul.Tensor.
    """
    x1, x2 = _pair("outer", x1, x2)
    for x in (x1, x2):
        if x.ndim != 1:
            raise ShapeError(f"outer: expected a 1-D tensor, got shape {x.shape}; use reshape()")
    return run("outer", x1.dtype, x1, x2)


def _of_vectors(operation: str, x1: Tensor, x2: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Two operands with the same length along the axis, which broadcast."""
    x1, x2 = _pair(operation, x1, x2)
    lowest = -min(x1.ndim, x2.ndim)
    for x in (x1, x2):
        arguments.axis(operation, axis, x)
    if axis >= 0:
        raise AxisError(f"{operation}: axis must be negative ({lowest} to -1), got {axis}")
    if x1.shape[axis] != x2.shape[axis]:
        raise ShapeError(f"{operation}: shapes {x1.shape} and {x2.shape} differ along axis {axis}")
    broadcasting.meet(operation, x1.shape, x2.shape)
    return x1, x2


@fast_path("vecdot", NUMERIC, x1=OPERAND, x2=SAME, axis=INTEGER)
def vecdot(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Sum of conj(x1) * x2 along an axis; the other axes broadcast.

    Args:
        x1, x2: Tensors of a numeric dtype.
        axis: The axis of both, negative (counted from the last); its lengths are the same.

    Returns:
        A tensor of the broadcast shape without the axis, in the promoted dtype.

    Raises:
        ValueError: If the shapes do not fit.
        IndexError: If the axis is out of range.
        TypeError: If a dtype is not numeric, or the two do not mix.

    Source: aten::mul.Tensor, aten::sum.dim_IntList.
    """
    x1, x2 = _of_vectors("vecdot", x1, x2, axis)
    return run("vecdot", x1.dtype, x1, x2, axis)


@fast_path("cross", NUMERIC, x1=OPERAND, x2=SAME, axis=INTEGER)
def cross(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Cross product of vectors of 3 elements along an axis; the other axes broadcast.

    Args:
        x1, x2: Tensors of a numeric dtype.
        axis: The axis of both, negative (counted from the last), of length 3.

    Returns:
        A tensor of the broadcast shape, in the promoted dtype.

    Raises:
        ValueError: If the axis is not of length 3, or the shapes do not broadcast.
        IndexError: If the axis is out of range.
        TypeError: If a dtype is not numeric, or the two do not mix.

    Source: aten::linalg_cross.
    """
    x1, x2 = _of_vectors("cross", x1, x2, axis)
    if x1.shape[axis] != 3:
        raise ShapeError(f"cross: axis {axis} must have length 3; x1 has shape {x1.shape}")
    return run("cross", x1.dtype, x1, x2, axis)


def _contracted(x1: Tensor, x2: Tensor, axes: Axes) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes of each tensor that tensordot() sums over, counted from 0."""
    if isinstance(axes, int):
        most = min(x1.ndim, x2.ndim)
        if not 0 <= axes <= most:
            raise InvalidArgumentError(
                f"tensordot: axes is {axes}, expected 0 to {most} for shapes "
                f"{x1.shape} and {x2.shape}"
            )
        first, second = tuple(range(x1.ndim - axes, x1.ndim)), tuple(range(axes))
    else:
        if len(axes) != 2:
            raise InvalidArgumentError(
                f"tensordot: axes is {axes}, expected an int or two sequences of axes"
            )
        first = arguments.axes("tensordot", tuple(axes[0]), x1)
        second = arguments.axes("tensordot", tuple(axes[1]), x2)
    if [x1.shape[i] for i in first] != [x2.shape[i] for i in second]:
        raise ShapeError(
            f"tensordot: shapes {x1.shape} and {x2.shape} differ along axes {first} and {second}"
        )
    return first, second


# One number of axes; lists of them take the slow path.
_CONTRACTED: Final = Kind("if type({0}) is not int:\n    REFUSE", "NULL, NULL, {0}")


@fast_path("tensordot", NUMERIC, x1=OPERAND, x2=SAME, axes=_CONTRACTED)
def tensordot(x1: Tensor, x2: Tensor, /, *, axes: Axes = 2) -> Tensor:
    """Sum of products over some axes of each tensor, for all combinations of the other axes.

    Args:
        x1, x2: Tensors of a numeric dtype.
        axes: Two sequences, the axes of x1 and of x2, with pairwise equal lengths; or an int n, for
            the last n axes of x1 and the first n of x2.

    Returns:
        A tensor with the other axes of x1, then those of x2, in the promoted dtype.

    Raises:
        ValueError: If the axes do not fit each other.
        IndexError: If an axis is out of range.
        TypeError: If a dtype is not numeric, or the two do not mix.

    Source: aten::tensordot.
    """
    x1, x2 = _pair("tensordot", x1, x2)
    first, second = _contracted(x1, x2, axes)
    arguments.check_ndim("tensordot", x1.ndim + x2.ndim - 2 * len(first))
    return run("tensordot", x1.dtype, x1, x2, pointer(first), second)


def _triangle(operation: str, x: Tensor, k: int) -> Tensor:
    x = tensor(operation, x)
    if x.ndim < 2:
        raise ShapeError(f"{operation}: shape {x.shape} has fewer than 2 axes")
    rows, columns = x.shape[-2:]
    return run(operation, x.dtype, x, max(-rows - 1, min(integer(operation, "k", k), columns + 1)))


@fast_path("tril", ANY, x=OPERAND, k=INTEGER)
def tril(x: Tensor, /, *, k: int = 0) -> Tensor:
    """Lower triangles of matrices, as a copy: elements above a diagonal are 0.

    Args:
        x: A tensor of shape (..., m, n).
        k: The diagonal: 0 for the main one, positive above it, negative below it.

    Raises:
        ValueError: If x has fewer than two axes.

    Source: aten::tril.
    """
    return _triangle("tril", x, k)


@fast_path("triu", ANY, x=OPERAND, k=INTEGER)
def triu(x: Tensor, /, *, k: int = 0) -> Tensor:
    """Upper triangles of matrices, as a copy. Arguments and errors are those of :func:`tril`.

    Source: aten::triu.
    """
    return _triangle("triu", x, k)
