"""DLPack capsules: Python objects that carry a DLPack structure from one library to another.

Each direction is one call in C, which holds the GIL while the structure changes its owner. CFFI cannot
pass Python objects, so they travel by address.
"""

from __future__ import annotations

from collections.abc import Callable

from torchffi._libtorch.calls import last_error
from torchffi._libtorch.loader import lib
from torchffi._stdlib.typing import Any
from torchffi.errors import InvalidArgumentError, OutOfMemoryError


def pack(tensor: int, versioned: bool, copied: bool) -> object:
    """A capsule over the memory of a tensor. It keeps the memory alive until it is consumed or freed.

    Args:
        tensor: A handle.
        versioned: Whether it holds the structure of DLPack 1.x, or the unversioned one before that.
        copied: Whether to set DLPack's flag that the memory is a copy, which only the consumer uses.
    """
    owner: list[object] = []
    status = lib.torchffi_to_capsule(tensor, versioned, copied, id(owner))
    if status == -2:
        raise OutOfMemoryError("to_dlpack: no memory for a capsule")
    if status < 0:
        raise last_error()
    return owner[0]


def unpack(make: Callable[..., Any], capsule: object, may_copy: bool) -> Any:
    """A tensor over the structure in a capsule; None if LibTorch refuses it.

    Args:
        make: Calls a C function and wraps the handle in a tensor.
        capsule: The capsule.
        may_copy: Whether memory that LibTorch cannot share may be copied.

    Raises:
        ValueError: If it is not a DLPack capsule, or has already been consumed.
    """
    tensor = make(lib.torchffi_from_capsule, id(capsule), may_copy)
    if tensor is None:
        state = lib.torchffi_capsule_state(id(capsule))
        if state == 0:
            raise InvalidArgumentError("from_dlpack: this DLPack capsule has already been consumed")
        if state < 0:
            raise InvalidArgumentError(
                f"from_dlpack: expected a DLPack capsule, got {capsule!r:.60}"
            )
    return tensor
