"""DLPack structures in ctypes, and a producer that counts the calls of its deleter."""

from __future__ import annotations

import ctypes
from typing import Any

from torchffi._libtorch.loader import ffi, lib

READ_ONLY, IS_COPIED = 1, 2
CPU, CUDA, PINNED, METAL, MANAGED = 1, 2, 3, 8, 13
INT, UINT, FLOAT, OPAQUE, BFLOAT, COMPLEX, BOOL = range(7)

DELETER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("byte_offset", ctypes.c_uint64),
    ]


class Managed(ctypes.Structure):
    _fields_ = [
        ("dl_tensor", DLTensor),
        ("manager_ctx", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    ]


class Versioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("manager_ctx", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("dl_tensor", DLTensor),
    ]


def structure(versioned: bool) -> Any:
    """An empty structure: float32 on the CPU, without axes, data or deleter."""
    made = Versioned(1, 0) if versioned else Managed()
    tensor = made.dl_tensor
    tensor.device_type, tensor.code, tensor.bits, tensor.lanes = CPU, FLOAT, 32, 1
    return made


def pointer(made: ctypes.Structure) -> Any:
    """The structure as the C ABI takes it."""
    return ffi.cast("void *", ctypes.addressof(made))


def int64s(values: list[int]) -> Any:
    return (ctypes.c_int64 * max(len(values), 1))(*values)


_new = ctypes.PYFUNCTYPE(ctypes.py_object, *[ctypes.c_void_p] * 3)(
    ("PyCapsule_New", ctypes.pythonapi)
)
_name = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(
    ("PyCapsule_GetName", ctypes.pythonapi)
)
_get = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)
NAMES = {True: ctypes.c_char_p(b"dltensor_versioned"), False: ctypes.c_char_p(b"dltensor")}


def name(capsule: Any) -> str:
    return str(_name(capsule).decode())


def opened(capsule: Any) -> Any:
    """The structure inside a capsule."""
    kind = Versioned if name(capsule).endswith("_versioned") else Managed
    return kind.from_address(_get(capsule, name(capsule).encode()))


def capsule_of(made: ctypes.Structure) -> Any:
    """A capsule that calls the deleter unless the structure was consumed."""
    drop = int(ffi.cast("uintptr_t", ffi.addressof(lib, "torchffi_destroy_capsule")))
    which = ctypes.cast(NAMES[isinstance(made, Versioned)], ctypes.c_void_p)
    return _new(ctypes.addressof(made), which, drop)


class Producer:
    """Exports six float32 values, 0 to 5, of shape (2, 3).

    Attributes:
        deleted: The number of calls of its deleter.
        asked: The keywords of each call of ``__dlpack__``.
    """

    def __init__(self, versioned: bool = True) -> None:
        self.deleted = 0
        self.asked: list[dict[str, Any]] = []
        self.values = (ctypes.c_float * 6)(*range(6))
        self.shape, self.strides = int64s([2, 3]), int64s([3, 1])
        self.made = structure(versioned)
        self.tensor: DLTensor = self.made.dl_tensor
        self.tensor.data = ctypes.addressof(self.values)
        self.tensor.ndim = 2
        self.tensor.shape = ctypes.addressof(self.shape)
        self.tensor.strides = ctypes.addressof(self.strides)
        self._deleter = DELETER(self._delete)
        self.made.deleter = ctypes.cast(self._deleter, ctypes.c_void_p).value
        self.device = (CPU, 0)

    def _delete(self, made: int) -> None:
        assert made == ctypes.addressof(self.made)
        self.deleted += 1

    def set_shape(self, dims: list[int], strides: list[int] | None) -> None:
        self.shape, self.strides = int64s(dims), int64s(strides or [])
        self.tensor.ndim = len(dims)
        self.tensor.shape = ctypes.addressof(self.shape)
        self.tensor.strides = None if strides is None else ctypes.addressof(self.strides)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __dlpack__(self, **keywords: Any) -> Any:
        self.asked.append(keywords)
        return capsule_of(self.made)
