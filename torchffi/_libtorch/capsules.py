"""DLPack capsules: Python objects that carry a DLPack structure from one library to another.

CFFI cannot handle Python objects, so the binding gets the addresses of the interpreter's C functions.
Each direction is one call in C: no signal handler can run while a structure has no owner, or two.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from torchffi._libtorch.calls import last_error
from torchffi._libtorch.loader import ffi, lib
from torchffi.errors import InvalidArgumentError


def _prototype(result: Any, *arguments: Any) -> Any:
    return ctypes.PYFUNCTYPE(result, *arguments)


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))


def _of_python(name: str) -> Any:
    address = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value
    return ffi.cast("void *", address)


FUNCTIONS = (
    "PyGILState_Ensure", "PyGILState_Release", "PyCapsule_IsValid", "PyCapsule_GetPointer",
    "PyCapsule_SetName", "PyErr_BadArgument", "PyCapsule_New",
)  # fmt: skip


def set_functions(*names: str) -> None:
    """Passes the interpreter's functions ``FUNCTIONS`` to the binding."""
    lib.torchffi_set_capsule_functions([_of_python(name) for name in names])


set_functions(*FUNCTIONS)

_to_capsule = _prototype(ctypes.py_object, ctypes.c_int64, ctypes.c_int32, ctypes.c_int32)(
    _address(ffi.addressof(lib, "torchffi_to_capsule"))
)
# A separate prototype, because argtypes of ctypes.pythonapi functions are shared by the whole process.
_is_valid = _prototype(ctypes.c_int, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_IsValid", ctypes.pythonapi)
)
# The names are stored in the binding, because a capsule does not copy its name.
_NEW, _USED = (
    [ffi.string(lib.torchffi_capsule_name(versioned, used)) for versioned in (0, 1)]
    for used in (0, 1)
)


def pack(tensor: int, versioned: bool, copied: bool) -> object:
    """A capsule over the memory of a tensor. It keeps the memory alive until it is consumed or freed.

    Args:
        tensor: A handle.
        versioned: Whether it holds the structure of DLPack 1.x, or the unversioned one before that.
        copied: Whether to set DLPack's flag that the memory is a copy, which only the consumer uses.
    """
    try:
        return _to_capsule(tensor, versioned, copied)
    except TypeError:  # raised by PyErr_BadArgument
        raise last_error() from None


def unpack(make: Callable[..., Any], capsule: object, may_copy: bool) -> Any:
    """A tensor over the structure in a capsule.

    Args:
        make: Calls a C function and wraps the handle in a tensor.
        capsule: The capsule.
        may_copy: Whether memory that LibTorch cannot share may be copied.

    Raises:
        ValueError: If it is not a DLPack capsule, or has already been consumed.
    """
    for versioned in (1, 0):
        if _is_valid(capsule, _NEW[versioned]):
            address = ffi.cast("void *", id(capsule))
            return make(lib.torchffi_from_capsule, address, versioned, may_copy)
    if any(_is_valid(capsule, name) for name in _USED):
        raise InvalidArgumentError("from_dlpack: this DLPack capsule has already been consumed")
    raise InvalidArgumentError(f"from_dlpack: expected a DLPack capsule, got {capsule!r:.60}")
