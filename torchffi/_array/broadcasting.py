"""Broadcasting: an axis of length 1 is repeated, and missing axes are added in front.

Source: Array API standard, "Broadcasting".
"""

from __future__ import annotations

from collections.abc import Sequence

from torchffi._core import arguments
from torchffi._core.argument_kinds import LENGTHS, OPERAND, TENSORS, either
from torchffi._core.arguments import new_shape, tensor
from torchffi._core.dispatch import run
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import Several
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Final, Literal
from torchffi.dtypes import ANY
from torchffi.errors import InvalidArgumentError, ShapeError


def meet(operation: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that the shapes broadcast to. ``operation`` is the name for the error message."""
    result = [1] * max(map(len, shapes), default=0)
    for shape in shapes:
        for i, n in enumerate(shape, len(result) - len(shape)):
            if n != 1 and result[i] not in (1, n):
                together = " and ".join(map(str, shapes))
                raise ShapeError(f"{operation}: shapes {together} do not broadcast")
            result[i] = n if n != 1 else result[i]
    return tuple(result)


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that the shapes broadcast to; () for no shapes.

    Raises:
        ValueError: If they do not broadcast.
    """
    operation = "broadcast_shapes"
    return meet(operation, *(arguments.new_shape(operation, shape) for shape in shapes))


_VIEWS: Final = Several(tuple)


@fast_path("broadcast_tensors", ANY, _VIEWS, arrays=TENSORS)
def broadcast_arrays(*arrays: Tensor) -> tuple[Tensor, ...]:
    """Views of the tensors in the shape that they broadcast to; the dtypes are unchanged.

    Raises:
        ValueError: If they do not broadcast.

    Source: aten::broadcast_tensors.
    """
    tensors = [tensor("broadcast_arrays", array) for array in arrays]
    shape = meet("broadcast_arrays", *(x.shape for x in tensors))
    return tuple(run("expand", x.dtype, x, shape) for x in tensors)


@fast_path("expand", ANY, x=OPERAND, shape=LENGTHS)
def broadcast_to(x: Tensor, /, shape: Sequence[int]) -> Tensor:
    """A view in a larger shape, in which axes of length 1 are repeated.

    Args:
        x: A tensor.
        shape: The shape.

    Raises:
        ValueError: If x does not broadcast to it.

    Source: aten::expand.
    """
    x = tensor("broadcast_to", x)
    return run("expand", x.dtype, x, arguments.new_shape("broadcast_to", shape))


@fast_path("meshgrid", ANY, _VIEWS, arrays=TENSORS, indexing=either("ij", "xy"))
def meshgrid(*arrays: Tensor, indexing: Literal["xy", "ij"] = "xy") -> tuple[Tensor, ...]:
    """The coordinates of every point of a grid, one tensor for each axis of the grid.

    Args:
        arrays: 1-D tensors: the coordinates along each axis of the grid, of lengths n, m, ...
        indexing: ``"ij"``: the results have shape (n, m, ...); ``"xy"``: (m, n, ...).

    Returns:
        Views of the arrays, as many as there are. Their elements share memory: ``clone()`` one to
        write to it.

    Raises:
        ValueError: If an array is not 1-D, or for another ``indexing``.

    Source: aten::meshgrid.indexing.
    """
    if indexing not in ("xy", "ij"):
        raise InvalidArgumentError(f"meshgrid: indexing is {indexing!r}, expected 'xy' or 'ij'")
    tensors = [tensor("meshgrid", array) for array in arrays]
    for x in tensors:
        if x.ndim != 1:
            raise ShapeError(f"meshgrid: expected 1-D tensors, got shape {x.shape}")
    order = list(range(len(tensors)))
    if indexing == "xy":
        order[:2] = order[1::-1]
    shape = new_shape("meshgrid", [tensors[i].size for i in order])
    return tuple(
        x.reshape([-1 if i == mine else 1 for i in order]).expand(shape)
        for mine, x in enumerate(tensors)
    )
