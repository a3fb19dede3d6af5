"""Reductions. axes=None means all axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchffi._numpy.checks import Raw, in_numpy
from torchffi.dtypes import DType
from torchffi.errors import ShapeError


def sum(x: Raw, axes: tuple[int, ...] | None, keepdims: bool, dtype: DType) -> Raw:
    exact = in_numpy(dtype, -1)
    return np.asarray(np.sum(x, axes, _wide(exact), keepdims=keepdims), exact)


def prod(x: Raw, axes: tuple[int, ...] | None, keepdims: bool, dtype: DType) -> Raw:
    return np.asarray(np.prod(x, axes, in_numpy(dtype, -1), keepdims=keepdims))


def mean(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    total = np.sum(x, axes, _wide(x.dtype), keepdims=keepdims)
    return np.asarray(total / total.dtype.type(_count(x, axes)), x.dtype)


def var(x: Raw, axes: tuple[int, ...] | None, correction: float, keepdims: bool) -> Raw:
    wide = x.astype(_wide(x.dtype), copy=False)
    distance = np.abs(wide - mean(wide, axes, True)) ** 2
    total = np.sum(distance, axes, keepdims=keepdims)
    divisor = total.dtype.type(max(_count(x, axes) - correction, 0))
    return np.asarray(total / divisor, x.real.dtype)


def _wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype to accumulate in: float16 would overflow."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _count(x: Raw, axes: tuple[int, ...] | None) -> int:
    return (
        x.size if axes is None else int(np.prod([x.shape[axis] for axis in axes], dtype=np.int64))
    )


def _check_not_empty(x: Raw, axes: tuple[int, ...] | None) -> None:
    if _count(x, axes) == 0:
        raise ShapeError(f"cannot reduce an empty axis of shape {x.shape}")


def amax(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    _check_not_empty(x, axes)
    return np.asarray(np.max(x, axes, keepdims=keepdims))


def amin(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    _check_not_empty(x, axes)
    return np.asarray(np.min(x, axes, keepdims=keepdims))


def all(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    return np.asarray(np.all(x, axes, keepdims=keepdims))


def any(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    return np.asarray(np.any(x, axes, keepdims=keepdims))


def argmax(x: Raw, axis: int | None, keepdims: bool) -> Raw:
    _check_not_empty(x, None if axis is None else (axis,))
    return np.asarray(np.argmax(x, axis, keepdims=keepdims), np.int64)


def argmin(x: Raw, axis: int | None, keepdims: bool) -> Raw:
    _check_not_empty(x, None if axis is None else (axis,))
    return np.asarray(np.argmin(x, axis, keepdims=keepdims), np.int64)


def cumsum(x: Raw, axis: int, dtype: DType) -> Raw:
    return np.cumsum(x, axis, in_numpy(dtype, -1))


def cumprod(x: Raw, axis: int, dtype: DType) -> Raw:
    return np.cumprod(x, axis, in_numpy(dtype, -1))
