"""Indexing. The index None takes a whole axis."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from torchffi._numpy.checks import Raw
from torchffi.errors import AxisError, ShapeError

_slice = builtins.slice


def select(x: Raw, axis: int, index: int) -> Raw:
    return x[(_slice(None),) * axis + (index, ...)]


def slice(x: Raw, axis: int, start: int, stop: int, step: int) -> Raw:
    return x[(_slice(None),) * axis + (_slice(start, stop, step),)]


def _key(indices: Sequence[Raw | None]) -> tuple[Any, ...]:
    return tuple(_slice(None) if index is None else index for index in indices)


def _check_indices(indices: Sequence[Raw | None]) -> None:
    shapes = [i.shape for i in indices if i is not None and i.dtype != np.bool_]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"shapes {' and '.join(map(str, shapes))} do not broadcast") from None


def index(x: Raw, indices: Sequence[Raw | None]) -> Raw:
    _check_indices(indices)
    return np.asarray(x[_key(indices)])


def index_put_(x: Raw, indices: Sequence[Raw | None], values: Raw) -> None:
    _check_indices(indices)
    key = _key(indices)
    try:
        x[key] = values
    except ValueError:
        raise ShapeError(
            f"shape {values.shape} does not broadcast to {x[key].shape}, the indexed elements"
        ) from None


def take(x: Raw, indices: Raw, axis: int) -> Raw:
    return np.asarray(np.take(x, indices, axis))


def take_along_axis(x: Raw, indices: Raw, axis: int) -> Raw:
    if indices.size and indices.min() < 0:  # NumPy would count them from the end
        raise AxisError(f"index {indices.min()} is out of bounds for axis {axis}")
    return np.take_along_axis(x, indices, axis)


def nonzero(x: Raw) -> Raw:
    return np.argwhere(x)
