"""Host memory, and properties of arrays."""

from __future__ import annotations

from operator import methodcaller
from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import TYPES, Raw, no_device
from torchffi.dtypes import DType, by_numpy
from torchffi.errors import DTypeError, InvalidArgumentError, ShapeError, UnavailableError

# NumPy 2.1 added the keywords of __dlpack__() and the versioned capsule.
_KEYWORDS: Final = np.lib.NumpyVersion(np.__version__) >= "2.1.0"
DLPACK_VERSION: Final = (1, 0) if _KEYWORDS else None


def from_bytes(data: bytes, dims: tuple[int, ...], ndim: int, dtype: int, device: int) -> Raw:
    if device >= 0:
        raise no_device()
    return np.array(np.frombuffer(data, TYPES[dtype]).reshape(dims))


def to_dlpack(x: Raw, version: tuple[int, int] | None, copy: bool | None) -> object:
    """A capsule over the array's memory; over a copy if it is read-only and the version has no flag."""
    try:
        if _KEYWORDS:
            return x.__dlpack__(max_version=version, copy=copy)
        return (x.copy() if copy else x).__dlpack__()
    except BufferError as error:
        if copy is None:
            return to_dlpack(x, version, True)
        raise InvalidArgumentError(str(error)) from None


class _Producer:
    """A producer that returns a given capsule, for np.from_dlpack()."""

    def __init__(self, capsule: object) -> None:
        self.capsule = capsule

    def __dlpack__(self, **_: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


def from_dlpack(capsule: object, may_copy: bool) -> Raw:
    """An array over the memory in a capsule that was requested for ``DLPACK_VERSION``."""
    try:
        array: Raw = np.from_dlpack(_Producer(capsule))
    except (BufferError, RuntimeError, ValueError) as error:
        kind = DTypeError if "dtype" in str(error) else InvalidArgumentError
        raise kind(f"from_dlpack: NumPy cannot take the memory: {error}") from None
    by_numpy(array.dtype)  # raises for unsupported dtypes
    # NumPy treats memory from unversioned producers as read-only, because they have no flag for it.
    return array if array.flags.writeable or not may_copy else array.copy()


def item(x: Raw, dtype: DType) -> Any:
    if x.size != 1:
        raise ShapeError(f"item: shape {x.shape} has {x.size} elements, expected exactly one")
    return x.item()


# With the arguments of the methods.
item_of, typed_astype, dlpack_of = np.ndarray.item, np.ndarray.astype, np.ndarray.__dlpack__


def to_bytes(x: Raw, nbytes: int) -> bytes:
    return x.tobytes()


# ---- Properties and copies


def shape(x: Raw) -> tuple[int, ...]:
    return tuple(x.shape)


def strides(x: Raw) -> tuple[int, ...]:
    return tuple(step // x.itemsize for step in x.strides)


def device(x: Raw) -> int:
    return -1


def layout_name(x: Raw) -> str:
    return "strided"


def is_cuda(x: Raw) -> bool:
    return False


alias, clone = methodcaller("view"), np.array


def contiguous(x: Raw) -> Raw:
    return np.asarray(x, order="C")


def to_dtype(x: Raw, dtype: int) -> Raw:
    return x.astype(TYPES[dtype], copy=False)


def astype(x: Raw, dtype: int) -> Raw:
    return x.astype(TYPES[dtype])


def to_device(x: Raw, device: int) -> Raw:
    if device >= 0:
        raise UnavailableError("the NumPy backend has no CUDA; create the tensor on backend ffi")
    return x
