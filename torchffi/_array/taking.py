"""Elements of a tensor by indices, or by a range or one index of an axis.

Source: Array API standard, "Indexing Functions"; narrow and select are ATen's.
"""

from __future__ import annotations

from torchffi._array import broadcasting
from torchffi._core import arguments
from torchffi._core.argument_kinds import AXIS_OR_NONE, INDICES, INTEGER, OPERAND
from torchffi._core.arguments import tensor
from torchffi._core.dispatch import pointer, run
from torchffi._core.fast_path import fast_path
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY
from torchffi.errors import AxisError, ShapeError


@fast_path("take", ANY, x=OPERAND, indices=INDICES, axis=AXIS_OR_NONE)
def take(x: Tensor, indices: Tensor, /, *, axis: int | None = None) -> Tensor:
    """The elements at indices of an axis.

    Args:
        x: A tensor of at least one axis.
        indices: A 1-D integer tensor; a negative index counts from the end.
        axis: The axis; may be None if x is 1-D.

    Returns:
        A new tensor with the shape of x, except that the axis has the length of ``indices``.

    Raises:
        IndexError: If the axis or an index is out of range.
        TypeError: If the indices are not integers.
        ValueError: If the indices are not 1-D, or axis is None and x is not 1-D.

    Source: aten::index.Tensor.
    """
    x, picked = tensor("take", x), arguments.indices("take", tensor("take", indices))
    if picked.ndim != 1:
        raise ShapeError(f"take: indices have shape {picked.shape}, expected one axis")
    if axis is None and x.ndim != 1:
        raise ShapeError(f"take: axis is required unless x is 1-D; x has shape {x.shape}")
    along = arguments.axis("take", 0 if axis is None else axis, x)
    return run("take", x.dtype, x, picked, pointer(along))


@fast_path("take_along_axis", ANY, x=OPERAND, indices=INDICES, axis=INTEGER)
def take_along_axis(x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """For each 1-D slice along an axis, the elements at the matching slice of indices.

    Args:
        x: A tensor.
        indices: An integer tensor with as many axes as x; the other axes broadcast. A negative index
            counts from the end.
        axis: The axis.

    Returns:
        A new tensor of the broadcast shape, with the length of ``indices`` along the axis.

    Raises:
        IndexError: If the axis or an index is out of range.
        TypeError: If the indices are not integers.
        ValueError: If the shapes do not fit.

    Source: aten::gather.
    """
    operation = "take_along_axis"
    x, picked = tensor(operation, x), arguments.indices(operation, tensor(operation, indices))
    along = arguments.axis(operation, axis, x)
    if picked.ndim != x.ndim:
        raise ShapeError(
            f"{operation}: indices have shape {picked.shape}, expected {x.ndim} axes, as in {x.shape}"
        )
    broadcasting.meet(
        operation,
        (*x.shape[:along], 1, *x.shape[along + 1 :]),
        (*picked.shape[:along], 1, *picked.shape[along + 1 :]),
    )
    return run("take_along_axis", x.dtype, x, picked, along)


NARROW = fast_path("narrow", ANY, x=OPERAND, axis=INTEGER, start=INTEGER, length=INTEGER)


@NARROW
def narrow(x: Tensor, axis: int, start: int, length: int, /) -> Tensor:
    """A view of ``length`` elements along an axis, beginning at ``start``.

    Args:
        x: A tensor.
        axis: The axis, of length n.
        start: The first index, in [-n, n].
        length: 0 to n - start.

    Raises:
        IndexError: If an argument is out of range.

    Source: aten::narrow.
    """
    x = tensor("narrow", x)
    along = arguments.axis("narrow", axis, x)
    start = arguments.integer("narrow", "start", start)
    length = arguments.integer("narrow", "length", length)
    size = x.shape[along]
    first = start + size if start < 0 else start
    if not 0 <= first <= size or not 0 <= length <= size - first:
        raise AxisError(
            f"narrow: {length} elements from {start} on are out of range for shape {x.shape}"
        )
    return run("slice", x.dtype, x, along, first, first + length, 1)


@fast_path("select", ANY, x=OPERAND, axis=INTEGER, index=INTEGER)
def select(x: Tensor, axis: int, index: int, /) -> Tensor:
    """A view of the elements at one index of an axis, without that axis.

    Args:
        x: A tensor.
        axis: The axis, of length n.
        index: In [-n, n).

    Raises:
        IndexError: If an argument is out of range.

    Source: aten::select.int.
    """
    x = tensor("select", x)
    along = arguments.axis("select", axis, x)
    index = arguments.integer("select", "index", index)
    if not -x.shape[along] <= index < x.shape[along]:
        raise AxisError(
            f"select: index {index} is out of range for axis {along} of shape {x.shape}"
        )
    return run("select", x.dtype, x, along, index)
