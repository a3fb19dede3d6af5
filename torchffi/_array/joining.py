"""Joining, splitting and repeating tensors.

Source: Array API standard, "Manipulation Functions".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest

from torchffi import dtypes
from torchffi._array.manipulation import reshape
from torchffi._core import arguments
from torchffi._core.argument_kinds import AXIS_OR_NONE, INTEGER, LENGTHS, OPERAND, TENSORS
from torchffi._core.arguments import tensor
from torchffi._core.dispatch import pointer, run
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import Several
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import is_numpy, np
from torchffi._stdlib.typing import Final
from torchffi.dtypes import ANY
from torchffi.errors import InvalidArgumentError, ShapeError


def _joined(operation: str, arrays: Sequence[Tensor]) -> list[Tensor]:
    tensors = [tensor(operation, array) for array in arrays]
    if not tensors:
        raise InvalidArgumentError(f"{operation}: no tensors, expected at least one")
    dtype = tensors[0].dtype
    for other in tensors[1:]:
        dtype = arguments.common_dtype(operation, dtype, other.dtype, mixes=True)
    return [arguments.astype(one, dtype) for one in tensors]


@fast_path("cat", ANY, arrays=TENSORS, axis=INTEGER)
def concat(arrays: Sequence[Tensor], /, *, axis: int | None = 0) -> Tensor:
    """Joins tensors along an existing axis.

    Args:
        arrays: Tensors whose shapes differ only along the axis; their dtypes are promoted.
        axis: The axis; None flattens the tensors first.

    Raises:
        ValueError: If the shapes differ along another axis.
        IndexError: If the axis is out of range.

    Source: aten::cat.
    """
    tensors = _joined("concat", arrays)
    if axis is None:
        tensors, axis = [reshape(x, (-1,)) for x in tensors], 0
    along = arguments.axis("concat", axis, tensors[0])
    first = tensors[0].shape
    if all(x.ndim == len(first) for x in tensors):
        length = sum(x.shape[along] for x in tensors)
        arguments.new_shape("concat", (*first[:along], length, *first[along + 1 :]))
    return run("cat", tensors[0].dtype, tensors, along)


@fast_path("stack", ANY, arrays=TENSORS, axis=INTEGER)
def stack(arrays: Sequence[Tensor], /, *, axis: int = 0) -> Tensor:
    """Joins tensors along a new axis.

    Args:
        arrays: Tensors of the same shape; their dtypes are promoted.
        axis: The position of the new axis in the result.

    Raises:
        ValueError: If the shapes differ.
        IndexError: If the axis is out of range.

    Source: aten::stack.
    """
    tensors = _joined("stack", arrays)
    arguments.check_ndim("stack", tensors[0].ndim + 1)
    along = arguments.axis("stack", axis, tensors[0], extra=1)
    arguments.new_shape("stack", (len(tensors), *tensors[0].shape))
    return run("stack", tensors[0].dtype, tensors, along)


@fast_path("unbind", ANY, Several(tuple), x=OPERAND, axis=INTEGER)
def unstack(x: Tensor, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """Splits a tensor along an axis into views without that axis.

    Args:
        x: A tensor of at least one axis.
        axis: The axis, of length n.

    Returns:
        n tensors, one for each index.

    Raises:
        IndexError: If the axis is out of range.

    Source: aten::unbind.int.
    """
    x = tensor("unstack", x)
    along = arguments.axis("unstack", axis, x)
    return tuple(run("select", x.dtype, x, along, i) for i in range(x.shape[along]))


_TOGETHER: Final = 64


def iterate(x: Tensor) -> Iterator[Tensor]:
    """Views along the first axis, ``_TOGETHER`` in one call."""
    count = len(x)
    if count <= _TOGETHER:
        return iter(unstack(x))
    parts = (x[i : i + _TOGETHER] for i in range(0, count, _TOGETHER))
    return chain.from_iterable(map(unstack, parts))


@fast_path("tile", ANY, x=OPERAND, repetitions=LENGTHS)
def tile(x: Tensor, repetitions: tuple[int, ...], /) -> Tensor:
    """The whole tensor repeated along axes.

    Args:
        x: A tensor.
        repetitions: Number of repetitions for each of the last axes. More of them than axes add axes
            in front.

    Returns:
        A new tensor.

    Raises:
        ValueError: If a number is negative.

    Source: aten::tile.
    """
    x = tensor("tile", x)
    counts = arguments.new_shape("tile", repetitions)
    sides = zip_longest(counts[::-1], x.shape[::-1], fillvalue=1)
    arguments.new_shape("tile", tuple(n * m for n, m in sides)[::-1])
    return run("tile", x.dtype, x, counts)


@fast_path("repeat_interleave", ANY, x=OPERAND, repeats=INTEGER, axis=AXIS_OR_NONE)
def repeat(x: Tensor, repeats: int | Tensor, /, *, axis: int | None = None) -> Tensor:
    """Each element repeated in its place.

    Args:
        x: A tensor.
        repeats: Number of repetitions: an int, or an integer tensor of shape (1,) or (n,), with one
            number for each index.
        axis: The axis, of length n; None flattens x first.

    Returns:
        A new tensor with the shape of x, except along the axis.

    Raises:
        ValueError: If a number is negative, or their count is not n.
        TypeError: If they are not integers.
        IndexError: If the axis is out of range.

    Source: aten::repeat_interleave.self_int, aten::repeat_interleave.self_Tensor.
    """
    x = tensor("repeat", x)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    along = arguments.axis("repeat", axis, x)
    length = x.shape[along]
    before, behind = x.shape[:along], x.shape[along + 1 :]
    if not isinstance(repeats, int) and not is_numpy(repeats, "integer"):
        repeats = tensor("repeat", repeats)
        dtypes.check("repeat", repeats.dtype, dtypes.INTEGER)
        if repeats.shape not in ((), (1,), (length,)):
            raise ShapeError(
                f"repeat: repeats has shape {repeats.shape}, expected (1,) or ({length},)"
            )
        total = _total(repeats) * (1 if repeats.shape == (length,) else length)
        arguments.new_shape("repeat", (*before, total, *behind))
        counts = run("expand", repeats.dtype, repeats, (length,))
        return run("repeat", x.dtype, x, arguments.astype(counts, dtypes.int64), along)
    (count,) = arguments.new_shape("repeat", int(repeats))
    arguments.new_shape("repeat", (*before, length * count, *behind))
    return run("repeat_interleave", x.dtype, x, count, pointer(along))


def _total(counts: Tensor) -> int:
    """The exact sum of counts, which LibTorch and NumPy add without looking for an overflow."""
    array = counts.cpu()._array_view()
    if array.size and array.min() < 0:
        raise InvalidArgumentError(f"repeat: {array.min()} is negative; expected 0 or more")
    if array.sum(dtype=np.float64) < 2.0**62:
        return int(array.sum(dtype=np.int64))
    return sum(map(int, array.tolist() if array.ndim else [array.item()]))
