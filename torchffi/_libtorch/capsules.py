"""DLPack capsules: what carries a structure of memory from one library to another.

CFFI knows no Python objects, so the interpreter's own C functions make and open them. A capsule's
destructor is plain C in the binding: it also works late, when Python code no longer does.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from torchffi._libtorch.loader import ffi, lib
from torchffi.errors import InvalidArgumentError

_pointer, _object = ctypes.c_void_p, ctypes.py_object


def _function(name: str, result: Any, *arguments: Any) -> Any:
    # A prototype of our own: that of ctypes.pythonapi is everybody's to change.
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


_new = _function("PyCapsule_New", _object, _pointer, _pointer, _pointer)
_is_valid = _function("PyCapsule_IsValid", ctypes.c_int, _object, _pointer)
_get = _function("PyCapsule_GetPointer", _pointer, _object, _pointer)
_rename = _function("PyCapsule_SetName", ctypes.c_int, _object, _pointer)


def _address(pointer: Any) -> int:
    return int(ffi.cast("uintptr_t", pointer))


_DROP = _address(ffi.addressof(lib, "torchffi_capsule_drop"))
# The names live in the binding: a capsule does not copy its own.
_FRESH, _USED = (
    [_address(lib.torchffi_capsule_name(versioned, used)) for versioned in (0, 1)]
    for used in (0, 1)
)


def pack(managed: Any, versioned: bool) -> object:
    """A capsule that owns a structure until somebody takes it over."""
    try:
        return _new(_address(managed), _FRESH[versioned], _DROP)
    except BaseException:
        lib.rt_torch_dlpack_free(managed, versioned)
        raise


def unpack(capsule: object, take: Callable[[Any, bool], int]) -> int:
    """Hands the structure in a capsule over.

    Args:
        capsule: The capsule.
        take: Is called with the structure and whether it is a versioned one, and returns a handle
            once the structure is its own.

    Raises:
        ValueError: If it is no capsule of DLPack, or was taken over before.
    """
    for versioned in (True, False):
        if _is_valid(capsule, _FRESH[versioned]):
            handle = take(ffi.cast("void *", _get(capsule, _FRESH[versioned])), versioned)
            _rename(capsule, _USED[versioned])
            return handle
    if any(_is_valid(capsule, name) for name in _USED):
        raise InvalidArgumentError("from_dlpack: the capsule was used before; it serves once")
    raise InvalidArgumentError(f"from_dlpack: expected a capsule of DLPack, got {capsule!r:.60}")
