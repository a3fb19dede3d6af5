"""Host memory, and what an array has."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchffi.backends.numpy.checks import (
    Raw,
    in_numpy,
)
from torchffi.dtypes import DType
from torchffi.errors import (
    ShapeError,
    UnavailableError,
)


def from_bytes(data: bytes, shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    return np.array(np.frombuffer(data, in_numpy(dtype, device)).reshape(shape))


def from_numpy(array: Raw) -> Raw:
    own: Raw = array.view(np.ndarray)  # a shape of its own, and no subclass
    return own


def numpy(x: Raw, dtype: DType) -> Raw:
    view: Raw = x.view()
    return view


def item(x: Raw, dtype: DType) -> Any:
    if x.size != 1:
        raise ShapeError(f"item: shape {x.shape} has {x.size} elements, expected exactly one")
    return x.item()


def to_bytes(x: Raw, nbytes: int) -> bytes:
    return x.tobytes()


# ---- What an array has, and how it is stored


def shape(x: Raw) -> tuple[int, ...]:
    return x.shape


def strides(x: Raw) -> tuple[int, ...]:
    return tuple(step // x.itemsize for step in x.strides)


def device(x: Raw) -> int:
    return -1


def is_cuda(x: Raw) -> bool:
    return False


def alias(x: Raw) -> Raw:
    return np.asarray(x.view())


def clone(x: Raw) -> Raw:
    return np.array(x)


def contiguous(x: Raw) -> Raw:
    return np.asarray(x, order="C")


def to_dtype(x: Raw, dtype: DType) -> Raw:
    return x.astype(in_numpy(dtype, -1), copy=False)


def to_device(x: Raw, device: int) -> Raw:
    if device >= 0:
        raise UnavailableError("the NumPy backend has no CUDA; create the tensor on backend ffi")
    return x
