"""Argument checks of the primitives on NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from torchffi.dtypes import DType
from torchffi.errors import (
    InvalidArgumentError,
    NotSupportedError,
    ShapeError,
    TorchError,
    UnavailableError,
)

Raw = np.ndarray[Any, Any]


def check_writable(a: Raw) -> None:
    """Raises ValueError if elements share memory, as in a broadcast view."""
    if a.size and any(n > 1 and not s for n, s in zip(a.shape, a.strides, strict=True)):
        raise InvalidArgumentError(
            "more than one element of the tensor refers to a single memory location; clone() it first"
        )


def no_broadcast(a: Raw, b: Raw, error: ValueError) -> TorchError:
    """The error for two operands for which NumPy raised a ValueError."""
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return ShapeError(f"shapes {a.shape} and {b.shape} do not broadcast")
    return InvalidArgumentError(str(error))


def check_broadcast_to(value: Raw, shape: tuple[int, ...]) -> None:
    """Raises ValueError if the value does not broadcast to exactly this shape."""
    fits = value.ndim <= len(shape) and all(
        n in (1, m) for n, m in zip(value.shape[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise ShapeError(f"shape {value.shape} does not broadcast to {shape}")


def in_numpy(dtype: DType, device: int) -> Any:
    """NumPy's dtype, for creation functions. The device must be -1, the CPU."""
    if device >= 0:
        raise UnavailableError("the NumPy backend has no CUDA; use device='cpu'")
    if dtype.numpy is None:
        raise NotSupportedError(f"NumPy has no {dtype}; use float32, or the backend ffi")
    return dtype.numpy
