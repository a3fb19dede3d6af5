"""Changes of shape and of the order of elements.

Source: Array API standard, "Manipulation Functions"; narrow, select and swap_axes are ATen's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from torchffi._core import arguments
from torchffi._core.argument_kinds import AXES, INTEGER, INTEGERS, OPERAND, TUPLE
from torchffi._core.arguments import Axis, tensor
from torchffi._core.dispatch import run
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import of_one
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY
from torchffi.errors import InvalidArgumentError, ShapeError, TorchError


@fast_path("reshape", ANY, x=OPERAND, shape=INTEGERS)
def reshape(x: Tensor, /, shape: int | Sequence[int], *, copy: bool | None = None) -> Tensor:
    """The same elements in another shape, in C order.

    Args:
        x: A tensor.
        shape: The shape; one dimension may be -1 and is then computed from the others.
        copy: True always copies, False raises if a copy is needed, None copies if needed.

    Returns:
        A view if the strides allow it, else a copy.

    Raises:
        ValueError: If the number of elements differs, or a copy is needed and ``copy`` is False.

    Source: aten::reshape.
    """
    x = tensor("reshape", x)
    dims = arguments.shape("reshape", shape)
    if dims and min(dims) < -1:
        raise ShapeError(f"reshape: shape {x.shape} of {x.size} elements does not fit {dims}")
    arguments.check_ndim("reshape", len(dims))
    if copy is False:
        return _seen_as(x, dims)
    return run("reshape", x._dtype, x.clone() if copy else x, dims)


@cache
def _view() -> Any:
    from torchffi._core.by_name.overloads import Overload  # late, because it takes long

    return Overload("aten::view")


def viewed(x: Tensor, dims: Sequence[int]) -> Tensor | None:
    """A view of a tensor on LibTorch in another shape; None if there is none, or for other arguments."""
    try:
        return _view()(x, dims)  # type: ignore[no-any-return]
    except TorchError:
        return None


def _seen_as(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    known = math.prod(n for n in dims if n != -1)
    if dims.count(-1) > 1 or (x.size % known if known and -1 in dims else x.size != known):
        raise ShapeError(f"reshape: shape {x.shape} of {x.size} elements does not fit {dims}")
    try:
        return run("view", x.dtype, x, dims)
    except InvalidArgumentError:
        raise InvalidArgumentError(
            f"reshape: shape {x.shape} with strides {x.strides} cannot be viewed as {dims} without a "
            "copy, but copy=False"
        ) from None


@fast_path("permute", ANY, x=OPERAND, axes=TUPLE)
def permute_dims(x: Tensor, /, axes: tuple[int, ...]) -> Tensor:
    """A view with the axes in another order.

    Args:
        x: A tensor.
        axes: Every axis once.

    Raises:
        ValueError: If an axis is missing or repeated.
        IndexError: If an axis is out of range.

    Source: aten::permute.
    """
    x = tensor("permute_dims", x)
    order = arguments.axes("permute_dims", tuple(axes), x)
    if len(order) != x.ndim:
        raise InvalidArgumentError(
            f"permute_dims: axes {axes} must contain each axis of shape {x.shape} once"
        )
    return run("permute", x.dtype, x, order)


@of_one("matrix_transpose", ANY)
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


@of_one("t", ANY)
def transposed(x: Tensor, /) -> Tensor:
    """A matrix transposed, as a view: ``x.T``.

    Args:
        x: A tensor of shape (m, n).

    Raises:
        ValueError: If x is not 2-D.

    Source: aten::t.
    """
    x = tensor("T", x)
    if x.ndim != 2:
        raise ShapeError(f"T: shape {x.shape}, expected 2 axes; use mT")
    return swap_axes(x, 0, 1)


SWAP_AXES = fast_path("transpose", ANY, x=OPERAND, axis1=INTEGER, axis2=INTEGER)


@SWAP_AXES
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
    a, b = arguments.axis("swap_axes", axis1, x), arguments.axis("swap_axes", axis2, x)
    order[a], order[b] = order[b], order[a]
    return run("permute", x.dtype, x, tuple(order))


@fast_path("moveaxis", ANY, x=OPERAND, source=INTEGERS, destination=INTEGERS)
def moveaxis(
    x: Tensor, source: int | tuple[int, ...], destination: int | tuple[int, ...], /
) -> Tensor:
    """A view with some axes moved to other positions; the others keep their order.

    Args:
        x: A tensor.
        source: The axes to move, an axis or a tuple of them.
        destination: The position of each of them in the result.

    Raises:
        ValueError: If the numbers of sources and destinations differ, or an axis is repeated.
        IndexError: If an axis is out of range.

    Source: aten::movedim.intlist.
    """
    x = tensor("moveaxis", x)
    origin = arguments.axes("moveaxis", source, x)
    target = arguments.axes("moveaxis", destination, x)
    if len(origin) != len(target):
        raise InvalidArgumentError(
            f"moveaxis: source has {len(origin)} axes, but destination has {len(target)}"
        )
    order = [axis for axis in range(x.ndim) if axis not in origin]
    for place, axis in sorted(zip(target, origin, strict=True)):
        order.insert(place, axis)
    return run("permute", x.dtype, x, tuple(order))


@fast_path("unsqueeze", ANY, x=OPERAND, axis=INTEGER)
def expand_dims(x: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """A view with new axes of length 1.

    Args:
        x: A tensor.
        axis: The positions of the new axes in the result, an axis or a tuple of them.

    Raises:
        IndexError: If an axis is out of range.
        ValueError: If an axis is repeated.

    Source: aten::unsqueeze.
    """
    x = tensor("expand_dims", x)
    new = axis if isinstance(axis, (tuple, list)) else (axis,)
    arguments.check_ndim("expand_dims", x.ndim + len(new))
    places = arguments.axes("expand_dims", tuple(new), x, extra=len(new))
    for place in sorted(places):
        x = run("unsqueeze", x.dtype, x, place)
    return x if places else run("alias", x.dtype, x)


SQUEEZE = fast_path("squeeze", ANY, x=OPERAND, axis=INTEGER)


@SQUEEZE
def squeeze(x: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """A view without some axes of length 1.

    Args:
        x: A tensor.
        axis: The axes to remove.

    Raises:
        ValueError: If one of them does not have length 1.
        IndexError: If an axis is out of range.

    Source: aten::squeeze.dim.
    """
    x = tensor("squeeze", x)
    for one in sorted(arguments.axes("squeeze", axis, x), reverse=True):
        if x.shape[one] != 1:
            raise ShapeError(f"squeeze: axis {one} of shape {x.shape} must have length 1")
        x = run("squeeze", x.dtype, x, one)
    return x


@fast_path("flip", ANY, x=OPERAND, axis=AXES)
def flip(x: Tensor, /, *, axis: Axis = None) -> Tensor:
    """The elements in reverse order along axes, as a copy.

    Args:
        x: A tensor.
        axis: An axis, a tuple of them, or None for all.

    Source: aten::flip.
    """
    x = tensor("flip", x)
    return run("flip", x.dtype, x, arguments.axes("flip", axis, x))


@fast_path("roll", ANY, x=OPERAND, shift=INTEGERS, axis=AXES)
def roll(
    x: Tensor, /, shift: int | tuple[int, ...], *, axis: int | tuple[int, ...] | None = None
) -> Tensor:
    """The elements shifted cyclically along axes, as a copy.

    Args:
        x: A tensor.
        shift: The shift towards larger indices: a number for each axis, or one for all.
        axis: The axes; None shifts the flattened elements and keeps the shape.

    Raises:
        ValueError: If the numbers of shifts and axes differ.
        IndexError: If an axis is out of range.

    Source: aten::roll.
    """
    x = tensor("roll", x)
    shifts = arguments.integers("roll", "shift", shift)
    if axis is None:
        if len(shifts) != 1:
            raise InvalidArgumentError(f"roll: {len(shifts)} shifts without axes; expected one")
        flat = run("reshape", x.dtype, x, (-1,))
        rolled = run("roll", x.dtype, flat, (_within(shifts[0], x.size),), (0,))
        return run("reshape", x.dtype, rolled, x.shape)
    given = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(arguments.axis("roll", one, x) for one in given)
    if len(shifts) not in (1, len(axes)):
        raise InvalidArgumentError(
            f"roll: {len(shifts)} shifts for {len(axes)} axes; expected one per axis, or one for all"
        )
    if len(shifts) == 1:
        shifts *= len(axes)
    if not axes:
        return x.clone()
    far = tuple(_within(n, x.shape[along]) for n, along in zip(shifts, axes, strict=True))
    return run("roll", x.dtype, x, far, axes)


def _within(shift: int, length: int) -> int:
    return shift % length if length else 0
