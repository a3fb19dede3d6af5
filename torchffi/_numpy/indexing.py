"""Indexing. Among indices, 0 takes a whole axis."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np

from torchffi._numpy import choices
from torchffi._numpy.checks import Raw, check_writable, shares_memory
from torchffi._numpy.choices import FEW
from torchffi.errors import AxisError, InvalidArgumentError, ShapeError

_slice = builtins.slice
_ALL = (_slice(None),)


def select(x: Raw, axis: int, index: int) -> Raw:
    if not axis:
        return x[index, ...]
    if axis < -x.ndim:
        raise AxisError(f"axis {axis} is out of range for shape {x.shape}")
    return x[_ALL * (axis if axis >= 0 else axis + x.ndim) + (index, ...)]


def slice(x: Raw, axis: int, start: int, stop: int, step: int) -> Raw:
    if not axis:
        return x[start:stop:step]
    return x[_ALL * axis + (_slice(start, stop, step),)]


def narrow(x: Raw, axis: int, start: int, length: int) -> Raw:
    size = x.shape[axis]
    first = start + size if start < 0 else start
    if first < 0 or length < 0 or first + length > size:
        raise AxisError(f"{length} elements from {start} on are out of range for length {size}")
    part = _slice(first, first + length)
    return x[_ALL * (axis if axis >= 0 else axis + x.ndim) + (part,)] if axis else x[part]


def _key(indices: Sequence[Raw | Literal[0]]) -> tuple[Any, ...]:
    return tuple(_slice(None) if isinstance(index, int) else index for index in indices)


def _check_indices(indices: Sequence[Raw | Literal[0]]) -> None:
    shapes = [i.shape for i in indices if not isinstance(i, int) and i.dtype != np.bool_]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"shapes {' and '.join(map(str, shapes))} do not broadcast") from None


def index(x: Raw, indices: Sequence[Raw | Literal[0]], count: int) -> Raw:
    if count == 1 and not isinstance(indices[0], int) and indices[0].ndim:
        one = indices[0]
        return choices.pick(x, one) if one.size > FEW else np.asarray(x[one])
    _check_indices(indices)
    return np.asarray(x[_key(indices)])


_BASIC: Final = frozenset({int, _slice, type(None), type(...)})


def basic_index(x: Raw, keys: tuple[Any, ...]) -> Raw:
    """A view by integers, slices with positive steps, None and an ellipsis."""
    dots = False
    for key in keys:
        kind = type(key)
        if kind is _slice:
            if key.step is not None and key.step < 1:
                raise InvalidArgumentError("a step below 1")
        elif key is ...:
            dots = True
        elif kind is not int and key is not None:
            raise InvalidArgumentError("other keys")
    return x[keys if dots else (*keys, ...)]  # an ellipsis gives a view also of one element


def basic_index_put_(x: Raw, keys: tuple[Any, ...], values: Raw) -> None:
    """Overwrites what such keys select; their steps may be negative."""
    if not _BASIC.issuperset(map(type, keys)):
        raise InvalidArgumentError("other keys")
    if not values.ndim and 0 not in x.strides:
        x[keys] = values
        return
    view = x[keys if ... in keys else (*keys, ...)]
    if values.ndim > view.ndim:  # NumPy would drop leading axes
        raise ShapeError(f"shape {values.shape} does not broadcast to {view.shape}")
    if 0 in view.strides:
        check_writable(view)
    if values.ndim and shares_memory(view, values):
        values = values.copy()  # NumPy can read elements that it has already written
    view[...] = values


_PICKED: Final = frozenset({int, _slice, type(None), type(...), np.ndarray})


def _pick(x: Raw, keys: tuple[Any, ...]) -> Raw:
    """A copy by such keys, slices with negative steps, and arrays with axes."""
    for key in keys:
        kind = type(key)
        if kind not in _PICKED or (kind is np.ndarray and not key.ndim):
            raise InvalidArgumentError("other keys")
    return np.asarray(x[keys])


pick = _pick  # only arrays have it


def index_put_(x: Raw, indices: Sequence[Raw | Literal[0]], count: int, values: Raw) -> None:
    # NumPy does not notice that an index changes while it writes.
    for place, one in enumerate(indices):
        if not isinstance(one, int) and np.may_share_memory(one, x):
            indices = [*indices[:place], one.copy(), *indices[place + 1 :]]
    if values.ndim and np.may_share_memory(values, x):
        values = values.copy()
    key: Any = indices[0]
    alone = count == 1 and not isinstance(key, int) and key.ndim
    if not alone:
        _check_indices(indices)
        key = _key(indices)
    try:
        if alone and key.size > FEW:
            choices.put(x, key, values)
        else:
            x[key] = values
    except ValueError:
        raise ShapeError(
            f"shape {values.shape} does not broadcast to {x[key].shape}, the indexed elements"
        ) from None


def take(x: Raw, indices: Raw, axis: tuple[int, ...]) -> Raw:
    """``axis`` is a tuple of one integer, or NULL if x has only one axis."""
    if indices.ndim != 1 or not x.ndim or not (axis or x.ndim == 1):
        raise ShapeError(f"indices {indices.shape} do not pick from one axis of shape {x.shape}")
    return x.take(indices, axis[0] if axis else 0)


def take_along_axis(x: Raw, indices: Raw, axis: int) -> Raw:
    return np.take_along_axis(x, indices, axis)


def nonzero(x: Raw) -> Raw:
    return np.array(x.nonzero()).T if x.ndim else np.argwhere(x)


def nonzero_numpy(x: Raw) -> tuple[Raw, ...]:
    if not x.ndim:
        raise ShapeError("the tensor has no axis, expected at least one")
    return np.nonzero(x)
