"""Memory shared with NumPy, and tensors as bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from torchffi import devices, dtypes
from torchffi.errors import DTypeError, InvalidArgumentError
from torchffi.routing import create, default_backend, lending

if TYPE_CHECKING:
    from torchffi.tensor import Tensor


@lending
def from_numpy(array: np.ndarray[Any, Any], /) -> Tensor:
    """A tensor over an array's own memory, without a copy: each sees what the other writes.

    Args:
        array: An array of a dtype that torchffi has, in the machine's byte order. For LibTorch it
            must be writable and aligned and have no negative stride.

    Returns:
        A tensor of the same shape and dtype. It keeps the array's memory alive.

    Raises:
        TypeError: For something else than an array, or another dtype.
        ValueError: If LibTorch cannot use the memory; ``asarray(array)`` copies it.

    Source: at::from_blob.
    """
    if not isinstance(array, np.ndarray):
        raise DTypeError(f"from_numpy: expected a numpy.ndarray, got {type(array).__name__}")
    dtypes.by_numpy(array.dtype)  # or else it tells what is wrong
    try:
        return default_backend().lend(array)
    except BufferError as error:
        raise InvalidArgumentError(
            f"from_numpy: LibTorch cannot share this memory, for {error}; asarray(array) makes a copy"
        ) from None


def from_bytes(data: bytes, shape: tuple[int, ...], dtype: str, device: str) -> Tensor:
    """A tensor of values in C order: what a pickled tensor comes back as."""
    kind = dtypes.by_name(dtype)
    return create("from_bytes", kind, data, tuple(shape), kind, devices.number(device))
