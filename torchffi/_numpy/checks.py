"""Argument checks of the primitives on NumPy."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from torchffi.dtypes import ALL, by_code
from torchffi.errors import (
    AxisError,
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


def shares_memory(a: Raw, b: Raw) -> bool:
    """Whether two arrays may share memory; two that own theirs do not, unless they are the same."""
    if a.base is None and b.base is None:
        return a is b
    return np.may_share_memory(a, b)


def no_broadcast(a: Raw, b: Raw, error: ValueError) -> TorchError:
    """The error for two operands for which NumPy raised a ValueError."""
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return ShapeError(f"shapes {a.shape} and {b.shape} do not broadcast")
    return InvalidArgumentError(str(error))


def no_product(a: Raw, b: Raw) -> TorchError:
    """The error of two operands without a matrix product."""
    return ShapeError(f"shapes {a.shape} and {b.shape} are incompatible for a matrix product")


def check_broadcast_to(value: Raw, shape: tuple[int, ...]) -> None:
    """Raises ValueError if the value does not broadcast to exactly this shape."""
    fits = value.ndim <= len(shape) and all(
        n in (1, m) for n, m in zip(value.shape[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise ShapeError(f"shape {value.shape} does not broadcast to {shape}")


def no_axis(axes: tuple[int, ...]) -> AxisError:
    """The error of an axis of a 0-d array, where NumPy accepts 0 and -1."""
    return AxisError(f"axis {axes[0]} is out of range for shape ()")


def all_axes(x: Raw, axes: tuple[int, ...]) -> tuple[int, ...]:
    """The axes, not negative; without any, all."""
    if not axes:
        return tuple(range(x.ndim))
    if not -x.ndim <= min(axes) <= max(axes) < x.ndim:
        raise AxisError(f"axes {axes} are out of range for shape {x.shape}")
    return tuple(axis % x.ndim for axis in axes)


def check_not_empty(x: Raw, axes: tuple[int, ...]) -> None:
    """Raises ValueError if one of the axes is empty; without any, one of all."""
    lengths = [x.shape[axis] for axis in axes] if axes else x.shape
    if 0 in lengths:
        raise ShapeError(f"cannot reduce an empty axis of shape {x.shape}")


class _Types(dict[int, "np.dtype[Any]"]):
    """NumPy's dtype of each code of the C ABI."""

    def __missing__(self, code: int) -> np.dtype[Any]:
        raise NotSupportedError(f"NumPy has no {by_code(code)}; use float32, or the backend ffi")


TYPES: Final = _Types({dtype.code: dtype.numpy for dtype in ALL if dtype.numpy is not None})


def no_device() -> UnavailableError:
    """The error of a device other than -1, the CPU."""
    return UnavailableError("the NumPy backend has no CUDA; use device='cpu'")
