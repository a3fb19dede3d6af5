"""Shapes and order of elements."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from torchffi._numpy.checks import Raw, check_broadcast_to
from torchffi.errors import InvalidArgumentError, ShapeError


def reshape(x: Raw, shape: tuple[int, ...]) -> Raw:
    try:
        return x.reshape(shape)
    except ValueError:
        raise ShapeError(
            f"shape {x.shape} of {x.size} elements does not fit {tuple(shape)}"
        ) from None


def view(x: Raw, shape: tuple[int, ...]) -> Raw:
    result = x.reshape(shape)
    if x.size and not np.may_share_memory(result, x):
        raise InvalidArgumentError("this shape requires a copy")
    return result


def expand(x: Raw, shape: tuple[int, ...]) -> Raw:
    added = len(shape) - x.ndim
    whole = tuple(x.shape[i - added] if n == -1 and i >= added else n for i, n in enumerate(shape))
    check_broadcast_to(x, whole)
    steps = [0] * added + [
        step if n == m else 0 for step, n, m in zip(x.strides, x.shape, whole[added:], strict=True)
    ]
    # np.broadcast_to() returns a read-only view; LibTorch's is writable.
    return np.lib.stride_tricks.as_strided(x, whole, steps)


def permute(x: Raw, axes: tuple[int, ...]) -> Raw:
    return np.transpose(x, axes)


def t(x: Raw) -> Raw:
    if x.ndim != 2:
        raise ShapeError(f"shape {x.shape}, expected 2 axes")
    return np.asarray(x.T)


def matrix_transpose(x: Raw) -> Raw:
    if x.ndim < 2:
        raise ShapeError(f"shape {x.shape} has fewer than 2 axes")
    return np.swapaxes(x, -2, -1)


def unsqueeze(x: Raw, axis: int) -> Raw:
    return np.expand_dims(x, axis)


def squeeze(x: Raw, axis: int) -> Raw:
    return np.squeeze(x, axis)


def flip(x: Raw, axes: tuple[int, ...]) -> Raw:
    return np.array(np.flip(x, axes))


def roll(x: Raw, shifts: tuple[int, ...], axes: tuple[int, ...]) -> Raw:
    return np.roll(x, shifts, axes)


def tile(x: Raw, counts: tuple[int, ...]) -> Raw:
    return np.tile(x, counts)


def repeat(x: Raw, counts: Raw, axis: int) -> Raw:
    return np.repeat(x, counts, axis)


def tril(x: Raw, k: int) -> Raw:
    return np.tril(x, k)


def triu(x: Raw, k: int) -> Raw:
    return np.triu(x, k)


def _check_same_shape(arrays: Sequence[Raw], skip: int | None) -> None:
    for array in arrays[1:]:
        a, b = list(arrays[0].shape), list(array.shape)
        if skip is not None and len(a) == len(b):
            a[skip] = b[skip]
        if a != b:
            others = "" if skip is None else f" in other axes than {skip}"
            raise ShapeError(f"shapes {arrays[0].shape} and {array.shape} differ{others}")


def cat(tensors: Sequence[Raw], axis: int) -> Raw:
    _check_same_shape(tensors, axis)
    return np.concatenate(tensors, axis)


def stack(tensors: Sequence[Raw], axis: int) -> Raw:
    _check_same_shape(tensors, None)
    return np.stack(tensors, axis)
