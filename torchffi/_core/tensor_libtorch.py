"""What a tensor is on LibTorch: a handle. Its hot methods call LibTorch at once.

What LibTorch refuses there, and all that is less plain, takes the way of every tensor, which converts,
falls back, or tells what is wrong.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from torchffi import dtypes
from torchffi._core import backends, dtype_classes
from torchffi._core.arguments import Axis, Scalar
from torchffi._core.backends import FFI
from torchffi._core.tensor import Tensor
from torchffi._libtorch import primitives as on_ffi
from torchffi._libtorch.calls import made_sizes
from torchffi._libtorch.loader import Owner, borrow, ffi, lib, own
from torchffi.dtypes import DType

# A look into lib costs as much as a look at the handle.
_item = lib.rt_torch_tensor_item_double
_reshape = lib.rt_torch_tensor_reshape
_select = lib.rt_torch_tensor_select
_sum = lib.rt_torch_tensor_sum
_NULL = ffi.NULL


class FFITensor(Owner, Tensor):
    """A tensor of LibTorch. Its data is a handle, which it owns."""

    __slots__ = ()
    _backend = FFI

    def _free(self) -> None:
        dtype_classes.end(self, Owner._release)

    def _forget(self) -> None:
        with contextlib.suppress(AttributeError):
            del self._seen

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements along each axis."""
        try:
            seen = self._seen
        except AttributeError:  # nobody has asked yet
            seen = self._seen = on_ffi.shape(self._data)
        return seen if type(seen) is tuple else seen.shape

    def numpy(self) -> np.ndarray[Any, Any]:
        """A NumPy array over the same memory, which it keeps alive.

        Raises:
            TypeError: For bfloat16, which NumPy does not have, and for CUDA memory.
        """
        try:
            view: np.ndarray[Any, Any] = self._seen.view()
        except AttributeError:  # nobody has asked for an array yet
            self._seen = array = self._fresh_array()
            view = array.view()
        return view

    def __float__(self) -> float:
        value: float = _item(self._data)
        return value if value == value else Tensor.__float__(self)  # a NaN, or none at all

    def __getitem__(self, key: Any) -> Tensor:
        if type(key) is int:
            try:
                handle = _select(self._data, 0, key)
            except OverflowError:
                handle = 0
            if handle:
                return own(handle, type(self))
        return Tensor.__getitem__(self, key)

    def reshape(self, *shape: Any) -> Tensor:
        """See :func:`torchffi.reshape`. The dimensions may also stand one by one."""
        dims = shape[0] if len(shape) == 1 and type(shape[0]) is tuple else shape
        for n in dims:
            if type(n) is not int:
                return Tensor.reshape(self, *shape)
        try:
            handle = _reshape(self._data, made_sizes[dims], len(dims))
        except KeyError:
            handle = 0  # the usual way makes them
        return own(handle, type(self)) if handle else Tensor.reshape(self, *shape)

    def sum(
        self, axis: Axis = None, *, dtype: DType | None = None, keepdims: bool = False
    ) -> Tensor:
        """See :func:`torchffi.sum`."""
        if axis is None and dtype is None and keepdims is False:
            data = self._data  # first, for a freed tensor refuses here
            kind, code = _sums[type(self)]
            handle = _sum(data, _NULL, 0, 0, code)
            if handle:
                return own(handle, kind)
        return Tensor.sum(self, axis, dtype=dtype, keepdims=keepdims)


_classes = dtype_classes.of_dtypes(FFITensor)
_wider = {dtype: dtypes.sum_dtype("sum", dtype, None) for dtype in dtypes.ALL}
# What the sum of all of a tensor is: its class, and the code of its dtype.
_sums = {_classes[dtype]: (_classes[wide], wide.code) for dtype, wide in _wider.items()}


def _operator(name: str, of_handles: Callable[[int, int], int]) -> Callable[..., Tensor]:
    """An operator that takes no detour where both operands are such tensors of one dtype."""
    of_any: Callable[..., Tensor] = getattr(Tensor, name)

    def operator(self: Tensor, other: Tensor | Scalar) -> Tensor:
        alike = type(self)
        if type(other) is not alike:
            return of_any(self, other)
        handle = of_handles(self._data, other._data)
        return own(handle, alike) if handle else of_any(self, other)

    return operator


for _name, _of_handles in (
    ("__add__", lib.rt_torch_tensor_add),
    ("__sub__", lib.rt_torch_tensor_sub),
    ("__mul__", lib.rt_torch_tensor_mul),
    ("__matmul__", lib.rt_torch_tensor_matmul),
):
    _made = _operator(_name, _of_handles)
    for _dtype in _classes.keys() - {dtypes.bool}:
        setattr(_classes[_dtype], _name, _made)

backends.register(FFI, own, borrow, _classes)
