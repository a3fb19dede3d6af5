"""Shape, order and joining.

Source: Array API standard, "Manipulation Functions"; narrow, expand and permute are ATen's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torchffi import dtypes, operands
from torchffi.errors import AxisError, InvalidArgumentError, ShapeError
from torchffi.operands import Axis, tensor
from torchffi.routing import run

if TYPE_CHECKING:
    from torchffi.tensor import Tensor


def reshape(x: Tensor, /, shape: int | Sequence[int], *, copy: bool | None = None) -> Tensor:
    """The same elements in another shape, in C order.

    Args:
        x: A tensor.
        shape: The shape; one dimension may be -1, what is left over.
        copy: True always copies, False raises where a copy is needed, None shares where possible.

    Returns:
        A tensor over the same memory where the strides allow it.

    Raises:
        ValueError: If the number of elements does not fit.

    Source: aten::reshape.
    """
    x = tensor("reshape", x)
    dims = operands.shape("reshape", shape)
    if any(n < -1 for n in dims):
        raise ShapeError(f"reshape: shape {x.shape} of {x.size} elements does not fit {dims}")
    operands.check_ndim("reshape", len(dims))
    if copy is False and not x.is_contiguous():
        raise InvalidArgumentError(
            "reshape: this tensor is not contiguous, so copy=False cannot be"
        )
    return run("reshape", x.dtype, x.clone() if copy else x, dims)


def permute_dims(x: Tensor, /, axes: tuple[int, ...]) -> Tensor:
    """A view with the axes in another order.

    Args:
        x: A tensor.
        axes: Every axis once.

    Raises:
        ValueError: If an axis is missing or stands there twice.
        IndexError: If one is out of range.

    Source: aten::permute.
    """
    x = tensor("permute_dims", x)
    order = operands.axes("permute_dims", tuple(axes), x)
    if len(order) != x.ndim:
        raise InvalidArgumentError(
            f"permute_dims: axes {axes} for shape {x.shape}, expected each once"
        )
    return run("permute", x.dtype, x, order)


def matrix_transpose(x: Tensor, /) -> Tensor:
    """A view with the last two axes exchanged.

    Args:
        x: A tensor of shape (..., m, n).

    Raises:
        ValueError: If x has fewer than two axes.

    Source: aten::transpose.int.
    """
    x = tensor("matrix_transpose", x)
    if x.ndim < 2:
        raise ShapeError(f"matrix_transpose: shape {x.shape} has fewer than 2 axes")
    return swap_axes(x, -2, -1)


def swap_axes(x: Tensor, axis1: int, axis2: int, /) -> Tensor:
    """A view with two axes exchanged.

    Args:
        x: A tensor.
        axis1, axis2: The axes.

    Raises:
        IndexError: If one is out of range.

    Source: aten::transpose.int.
    """
    order = list(range(x.ndim))
    a, b = operands.axis("swap_axes", axis1, x), operands.axis("swap_axes", axis2, x)
    order[a], order[b] = order[b], order[a]
    return run("permute", x.dtype, x, tuple(order))


def broadcast_to(x: Tensor, /, shape: Sequence[int]) -> Tensor:
    """A view stretched to a larger shape; an axis of length 1 repeats.

    Args:
        x: A tensor.
        shape: The shape.

    Raises:
        ValueError: If x does not broadcast to it.

    Source: aten::expand.
    """
    x = tensor("broadcast_to", x)
    return run("expand", x.dtype, x, operands.new_shape("broadcast_to", shape))


def expand_dims(x: Tensor, /, *, axis: int = 0) -> Tensor:
    """A view with a new axis of length 1.

    Args:
        x: A tensor.
        axis: Where the new axis stands in the result.

    Raises:
        IndexError: If it is out of range.

    Source: aten::unsqueeze.
    """
    x = tensor("expand_dims", x)
    operands.check_ndim("expand_dims", x.ndim + 1)
    return run("unsqueeze", x.dtype, x, operands.axis("expand_dims", axis, x, extra=1))


def squeeze(x: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """A view without axes of length 1.

    Args:
        x: A tensor.
        axis: The axes to drop.

    Raises:
        ValueError: If one of them is longer.
        IndexError: If one is out of range.

    Source: aten::squeeze.dim.
    """
    x = tensor("squeeze", x)
    for one in sorted(operands.axes("squeeze", axis, x), reverse=True):
        if x.shape[one] != 1:
            raise ShapeError(f"squeeze: axis {one} of shape {x.shape} is not of length 1")
        x = run("squeeze", x.dtype, x, one)
    return x


def flip(x: Tensor, /, *, axis: Axis = None) -> Tensor:
    """The elements in reverse order along axes, as a copy.

    Args:
        x: A tensor.
        axis: The axes; None for all.

    Source: aten::flip.
    """
    x = tensor("flip", x)
    return run("flip", x.dtype, x, operands.axes("flip", axis, x))


def _joined(operation: str, arrays: Sequence[Tensor]) -> list[Tensor]:
    tensors = [tensor(operation, array) for array in arrays]
    if not tensors:
        raise InvalidArgumentError(f"{operation}: no tensors, expected at least one")
    dtype = tensors[0].dtype
    for other in tensors[1:]:
        dtype = dtypes.promote(operation, dtype, other.dtype)
    return [operands.astype(one, dtype) for one in tensors]


def concat(arrays: Sequence[Tensor], /, *, axis: int | None = 0) -> Tensor:
    """Joins tensors along an axis that they have.

    Args:
        arrays: Tensors of the same shape but along the axis; their dtypes meet.
        axis: The axis; None flattens the tensors first.

    Raises:
        ValueError: If the shapes differ elsewhere.
        IndexError: If the axis is out of range.

    Source: aten::cat.
    """
    tensors = _joined("concat", arrays)
    if axis is None:
        tensors, axis = [reshape(x, (-1,)) for x in tensors], 0
    along = operands.axis("concat", axis, tensors[0])
    return run("cat", tensors[0].dtype, tensors, along)


def stack(arrays: Sequence[Tensor], /, *, axis: int = 0) -> Tensor:
    """Joins tensors along a new axis.

    Args:
        arrays: Tensors of the same shape; their dtypes meet.
        axis: Where the new axis stands in the result.

    Raises:
        ValueError: If the shapes differ.
        IndexError: If the axis is out of range.

    Source: aten::stack.
    """
    tensors = _joined("stack", arrays)
    operands.check_ndim("stack", tensors[0].ndim + 1)
    along = operands.axis("stack", axis, tensors[0], extra=1)
    return run("stack", tensors[0].dtype, tensors, along)


def narrow(x: Tensor, axis: int, start: int, length: int, /) -> Tensor:
    """A view of ``length`` elements from ``start`` on along an axis.

    Args:
        x: A tensor.
        axis: The axis, of length n.
        start: The first index, in [-n, n].
        length: 0 to n - start.

    Raises:
        IndexError: If a number is out of range.

    Source: aten::narrow.
    """
    x = tensor("narrow", x)
    along = operands.axis("narrow", axis, x)
    size = x.shape[along]
    first = start + size if start < 0 else start
    if not 0 <= first <= size or not 0 <= length <= size - first:
        raise AxisError(
            f"narrow: {length} elements from {start} on are out of range for shape {x.shape}"
        )
    return run("slice", x.dtype, x, along, first, first + length, 1)


def select(x: Tensor, axis: int, index: int, /) -> Tensor:
    """A view of the elements at one index of an axis, which is dropped.

    Args:
        x: A tensor.
        axis: The axis, of length n.
        index: In [-n, n).

    Raises:
        IndexError: If a number is out of range.

    Source: aten::select.int.
    """
    x = tensor("select", x)
    along = operands.axis("select", axis, x)
    if not -x.shape[along] <= index < x.shape[along]:
        raise AxisError(
            f"select: index {index} is out of range for axis {along} of shape {x.shape}"
        )
    return run("select", x.dtype, x, along, index)
