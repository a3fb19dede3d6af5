"""Arrays whose memory LibTorch is to use: whether it can, and where it lies."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchffi.errors import InvalidArgumentError
from torchffi.loader import ffi

_VOID_P = ffi.typeof("void *")


def lendable(array: np.ndarray[Any, Any]) -> bool:
    """Whether LibTorch can use the array's own memory: writable, aligned, no negative stride."""
    return array.flags.carray or bool(
        array.flags.writeable
        and array.flags.aligned
        and min(array.strides, default=0) >= 0
        and not any(step % array.itemsize for step in array.strides)
    )


def check_lendable(array: np.ndarray[Any, Any]) -> None:
    """Refuses what is not lendable."""
    if not lendable(array):
        raise InvalidArgumentError(
            "from_numpy: LibTorch cannot share this memory, for the array is read-only, unaligned, or "
            "has a negative stride; asarray(array) makes a copy"
        )


def strided(array: np.ndarray[Any, Any]) -> tuple[Any, int, list[int]]:
    """Where an array begins, how many bytes it reaches over, and its strides in elements."""
    check_lendable(array)
    address = ffi.cast(_VOID_P, array.__array_interface__["data"][0])
    steps = zip(array.shape, array.strides, strict=True)
    last = sum((n - 1) * step for n, step in steps)
    nbytes = array.itemsize + last if array.size else 0
    return address, nbytes, [step // array.itemsize for step in array.strides]
