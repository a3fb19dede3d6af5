"""Shapes and order of elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import methodcaller

import numpy as np

from torchffi._numpy.checks import TYPES, Raw
from torchffi.errors import AxisError, InvalidArgumentError, ShapeError

_MOST_OPERANDS = 32  # of np.broadcast(), which takes a quarter of the time of np.broadcast_shapes()
_TOO_MANY = 2**63  # elements: NumPy adds and multiplies lengths modulo 2**64


def reshape(x: Raw, dims: tuple[int, ...], ndim: int) -> Raw:
    try:
        if ndim and min(dims) < -1:  # NumPy reads any negative number as -1
            raise ValueError
        return x.reshape(dims)
    except ValueError:
        raise ShapeError(f"shape {x.shape} of {x.size} elements does not fit {dims}") from None


def view(x: Raw, dims: tuple[int, ...], ndim: int) -> Raw:
    result = reshape(x, dims, ndim)
    if x.size and not np.may_share_memory(result, x):
        raise InvalidArgumentError("this shape requires a copy")
    return result


# With the arguments of the methods; only arrays have them.
reshape_to, permute_to, squeeze_to = np.ndarray.reshape, np.ndarray.transpose, np.ndarray.squeeze


def _unflatten(x: Raw, axis: int, sizes: tuple[int, ...]) -> Raw:
    shape = x.shape
    place = axis if axis >= 0 else axis + len(shape)
    if not 0 <= place < len(shape) or type(sizes) is not tuple:
        raise AxisError(f"axis {axis} is out of range for shape {shape}")
    return x.reshape(shape[:place] + sizes + shape[place + 1 :])  # type: ignore[no-any-return]


unflatten_to = _unflatten  # only arrays have it


def view_dtype(x: Raw, dtype: int) -> Raw:
    return x.view(TYPES[dtype])


def expand(x: Raw, dims: tuple[int, ...], ndim: int) -> Raw:
    steps = [0] * (len(dims) - x.ndim)
    lengths = dims[len(steps) :]
    for own, step, n in zip(x.shape, x.strides, lengths, strict=False):
        if own not in (n, 1):
            break
        steps.append(step if own == n else 0)
    if len(steps) != len(dims) or len(lengths) != x.ndim or min(dims, default=0) < 0:
        raise ShapeError(f"shape {x.shape} does not broadcast to {dims}")
    # np.broadcast_to() returns a read-only view; LibTorch's is writable.
    if x.flags.c_contiguous and x.size and 0 not in dims:
        return np.ndarray(dims, x.dtype, x, 0, tuple(steps))  # type: ignore[no-any-return]
    return np.lib.stride_tricks.as_strided(x, dims, steps)


def permute(x: Raw, axes: tuple[int, ...], naxes: int) -> Raw:
    for axis in axes:
        if not -x.ndim <= axis < x.ndim:  # NumPy reads axes modulo 2**32
            raise AxisError(f"axes {axes} are out of range for shape {x.shape}")
    return x.transpose(axes)  # type: ignore[no-any-return]


transpose = np.ndarray.swapaxes


def moveaxis(
    x: Raw, source: tuple[int, ...], nsource: int, destination: tuple[int, ...], ndestination: int
) -> Raw:
    order, count = list(range(x.ndim)), len(source)
    known = {*order} >= {*source, *destination} and count == len(destination)
    if not known or not count == len({*source}) == len({*destination}):
        return np.moveaxis(x, source, destination)  # negative axes and wrong ones
    for axis in source:
        order.remove(axis)
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return x.transpose(order)  # type: ignore[no-any-return]


# They raise for too few axes.
t, matrix_transpose = methodcaller("transpose", 1, 0), methodcaller("swapaxes", -2, -1)


def unsqueeze(x: Raw, axis: int) -> Raw:
    if not -x.ndim - 1 <= axis <= x.ndim:
        raise AxisError(f"axis {axis} is out of range for shape {x.shape}")
    return x[(slice(None),) * (axis if axis >= 0 else axis + x.ndim + 1) + (None, ...)]


def squeeze(x: Raw, axis: int) -> Raw:
    if not x.ndim:
        raise AxisError(f"axis {axis} is out of range for shape ()")
    return x.squeeze(axis)


def flip(x: Raw, axes: tuple[int, ...], naxes: int) -> Raw:
    return np.array(np.flip(x, axes if axes == () else axes or None))  # NULL: all axes


def roll(x: Raw, shifts: tuple[int, ...], nshifts: int, axes: tuple[int, ...], naxes: int) -> Raw:
    if nshifts != (naxes or 1):  # NumPy would broadcast them
        raise InvalidArgumentError(f"{nshifts} shifts for {naxes} axes")
    return np.roll(x, shifts, axes or None)


def tile(x: Raw, counts: tuple[int, ...], ncounts: int) -> Raw:
    if x.size * math.prod(counts) >= _TOO_MANY:
        raise InvalidArgumentError("too many elements")
    return np.tile(x, counts)


def repeat(x: Raw, counts: Raw, axis: int) -> Raw:
    return x.repeat(counts, axis)


def repeat_interleave(x: Raw, repeats: int, axis: tuple[int, ...]) -> Raw:
    """``axis`` is a tuple of one integer, or NULL for the flattened array."""
    if x.size * repeats >= _TOO_MANY:
        raise InvalidArgumentError("too many elements")
    return x.repeat(repeats, axis[0] if axis else None)


def unbind(x: Raw, axis: int) -> list[Raw]:
    return [x[(slice(None),) * (axis % x.ndim) + (i, ...)] for i in range(x.shape[axis])]


def broadcast_tensors(tensors: Sequence[Raw], count: int) -> list[Raw]:
    if count <= _MOST_OPERANDS:
        shape = np.broadcast(*tensors).shape
    else:
        shape = np.broadcast_shapes(*[x.shape for x in tensors])
    return [x.view() if x.shape == shape else expand(x, shape, len(shape)) for x in tensors]


def meshgrid(tensors: Sequence[Raw], count: int, swapped: bool) -> list[Raw]:
    if any(x.ndim != 1 for x in tensors):
        raise ShapeError("expected tensors of one axis")
    order = [1, 0, *range(2, count)] if swapped and count > 1 else list(range(count))
    shape = tuple(tensors[i].size for i in order)
    sides = [tuple(-1 if i == mine else 1 for i in order) for mine in range(count)]
    pairs = zip(tensors, sides, strict=True)
    return [expand(x.reshape(side), shape, count) for x, side in pairs]


def _triangle(function: Callable[[Raw, int], Raw]) -> Callable[[Raw, int], Raw]:
    def primitive(x: Raw, diagonal: int) -> Raw:
        if x.ndim < 2:
            raise ShapeError(f"shape {x.shape} has fewer than 2 axes")
        return function(x, diagonal)

    return primitive


tril, triu = _triangle(np.tril), _triangle(np.triu)


def _check_same_shape(arrays: Sequence[Raw], skip: int | None) -> None:
    for array in arrays[1:]:
        a, b = list(arrays[0].shape), list(array.shape)
        if skip is not None and len(a) == len(b):
            a[skip] = b[skip]
        if a != b:
            others = "" if skip is None else f" in other axes than {skip}"
            raise ShapeError(f"shapes {arrays[0].shape} and {array.shape} differ{others}")


def cat(tensors: Sequence[Raw], count: int, axis: int) -> Raw:
    size = 0
    for x in tensors:
        size += x.size
    if size >= _TOO_MANY:
        raise InvalidArgumentError("too many elements")
    try:
        return np.concatenate(tensors, axis)
    except ValueError:
        _check_same_shape(tensors, axis)
        raise


def stack(tensors: Sequence[Raw], count: int, axis: int) -> Raw:
    try:
        return np.stack(tensors, axis)
    except ValueError:
        _check_same_shape(tensors, None)
        raise
