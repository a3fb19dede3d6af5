"""NumPy arrays over the memory of LibTorch tensors, and the check for the other direction."""

from __future__ import annotations

from torchffi._core.lifetimes import Owner, make
from torchffi._lazy_numpy import np
from torchffi._libtorch.calls import check_status, last_error
from torchffi._libtorch.loader import ffi, lib
from torchffi._stdlib.typing import Any
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, InvalidArgumentError


class _Export(Owner):
    """A handle with ``__array_interface__``: the base of an exported array."""

    __slots__ = ("__array_interface__",)
    __array_interface__: dict[str, Any]


REQUIRES_GRAD = (
    "the tensor requires gradients, and what another library computes with its memory is not "
    "recorded; use detach() first, as in t.detach().numpy()"
)
_LAYOUT = ffi.typeof("int64_t[]")
_WORDS = 5 + 2 * lib.RT_TORCH_MAX_NDIM


def layout_of(x: int) -> list[int]:
    """The values of ``rt_torch_tensor_layout()`` for a handle."""
    values = ffi.new(_LAYOUT, _WORDS)
    count = check_status(lib.rt_torch_tensor_layout(x, values, _WORDS))
    return ffi.unpack(values, count)  # type: ignore[no-any-return]


def array_over(x: int, dtype: DType, *, checked: bool = False) -> np.ndarray[Any, Any]:
    """An array over a tensor's memory. It owns another handle, so it can outlive the tensor.

    Args:
        x: The handle of the tensor.
        dtype: The dtype of the tensor.
        checked: Whether to refuse a tensor that requires gradients, which an array escapes.

    Raises:
        TypeError: For a dtype that NumPy does not have, and for CUDA memory.
        ValueError: For a tensor that requires gradients, if ``checked``.
    """
    if dtype.numpy is None:
        raise DTypeError(
            f"NumPy has no {dtype}; convert with astype(torchffi.float32) before numpy()"
        )
    address, place, _, ndim, *layout, requires_grad = layout_of(x)
    if requires_grad and checked:
        raise InvalidArgumentError(REQUIRES_GRAD)
    if place >= 0:
        raise DTypeError("NumPy cannot see CUDA memory; copy with cpu() before numpy()")
    dims, size = layout[:ndim], dtype.itemsize
    if not address:
        return np.empty(dims, dtype.numpy)
    memory = make(_Export, lib.rt_torch_tensor_alias, x)
    if memory is None:
        raise last_error()
    memory.__array_interface__ = {
        "version": 3,
        "shape": tuple(dims),
        "strides": tuple([step * size for step in layout[ndim:]]),
        "typestr": dtype.numpy.str,
        "data": (address, False),
    }
    return np.asarray(memory)


def reason_against(array: np.ndarray[Any, Any]) -> str:
    """Why LibTorch cannot use an array's memory; ``""`` if it can."""
    if not array.flags.writeable:
        return "the array is read-only"
    if not array.flags.aligned:
        return "the elements are not aligned"
    if array.dtype == np.complex128 and array.ctypes.data % 16:
        return "the elements are not aligned to 16 bytes, which LibTorch needs for complex128"
    if not array.dtype.isnative:
        return "the elements are not in native byte order"
    steps = [step for n, step in zip(array.shape, array.strides, strict=True) if n > 1]
    if min(steps, default=0) < 0:
        return "negative stride"
    if any(step % array.itemsize for step in steps):
        return "stride is not a multiple of the element size"
    return ""
