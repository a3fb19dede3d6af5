"""What a tensor is on each backend, and the operators that go without a detour there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchffi import dtypes, lifetimes
from torchffi.backends.numpy.quiet import quietly
from torchffi.dtypes import DType
from torchffi.errors import HandleError
from torchffi.loader import lib
from torchffi.operands import Scalar
from torchffi.routing import FFI, NUMPY, register
from torchffi.tensor import Tensor

_FREED = "the tensor was freed"


class _FFITensor(Tensor):
    """A tensor of LibTorch. Its data is a handle, which the registry frees."""

    __slots__ = ()
    _backend = FFI

    def _free(self) -> None:
        if not lifetimes.release(self._data):
            raise HandleError(_FREED)
        _end(self, _FreedFFITensor)


class _NumpyTensor(Tensor):
    """A tensor of NumPy. Its data is an array."""

    __slots__ = ()
    _backend = NUMPY

    def _free(self) -> None:
        _end(self, _FreedNumpyTensor)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._data.shape  # type: ignore[no-any-return]


class _Freed:
    """What is left of a tensor after :func:`torchffi.tensor_free`."""

    __slots__ = ()
    _alive = False

    @property
    def _data(self) -> Any:
        raise HandleError(_FREED)

    @property
    def shape(self) -> tuple[int, ...]:
        raise HandleError(_FREED)

    def _free(self) -> None:
        raise HandleError(_FREED)


class _FreedFFITensor(_Freed, _FFITensor):
    __slots__ = ()


class _FreedNumpyTensor(_Freed, _NumpyTensor):
    __slots__ = ()


def _end(tensor: Tensor, freed: type[Tensor]) -> None:
    try:
        del tensor._data
    except AttributeError:  # another thread was first
        raise HandleError(_FREED) from None
    tensor.__class__ = freed


_new = object.__new__


def _wrap_handle(handle: int, dtype: DType) -> Tensor:
    """A tensor that owns a handle: what :func:`lifetimes.own` does, without calling it."""
    try:
        tensor = _new(_FFITensor)
        tensor._data = handle
        tensor._dtype = dtype
        at_once = handle >= lifetimes.AT_ONCE
        reference = lifetimes.Reference(tensor, lifetimes.now if at_once else lifetimes.later)
        reference.handle = handle
        lifetimes.owned[handle] = reference
    except BaseException:
        lib.rt_torch_tensor_free(handle)
        raise
    if len(lifetimes.waiting) >= lifetimes.BATCH:
        lifetimes.free_waiting()
    return tensor


def _swift(name: str, of_handles: Callable[[int, int], int], of_arrays: Callable[..., Any]) -> None:
    """Lets an operator of two tensors of one backend and numeric dtype take no detour.

    What is refused, and all else, takes the way of every operator, which also tells what is wrong.
    """
    of_any = getattr(Tensor, name)
    numeric = frozenset(dtype for dtype in dtypes.ALL if dtype.kind in dtypes.NUMERIC)

    def on_libtorch(self: Tensor, other: Tensor | Scalar) -> Tensor:
        if type(other) is _FFITensor and other._dtype is self._dtype and self._dtype in numeric:
            handle = of_handles(self._data, other._data)
            if handle:
                return _wrap_handle(handle, self._dtype)
        return of_any(self, other)  # type: ignore[no-any-return]

    def on_numpy(self: Tensor, other: Tensor | Scalar) -> Tensor:
        if type(other) is _NumpyTensor and other._dtype is self._dtype and self._dtype in numeric:
            try:
                array = quietly(of_arrays, self._data, other._data)
            except ValueError:
                return of_any(self, other)  # type: ignore[no-any-return]
            tensor = _new(_NumpyTensor)
            tensor._data = array if type(array) is np.ndarray else np.asarray(array)
            tensor._dtype = self._dtype
            return tensor
        return of_any(self, other)  # type: ignore[no-any-return]

    setattr(_FFITensor, name, on_libtorch)
    setattr(_NumpyTensor, name, on_numpy)


_swift("__add__", lib.rt_torch_tensor_add, np.add)
_swift("__sub__", lib.rt_torch_tensor_sub, np.subtract)
_swift("__mul__", lib.rt_torch_tensor_mul, np.multiply)
_swift("__matmul__", lib.rt_torch_tensor_matmul, np.matmul)


def _wrap_array(array: np.ndarray[Any, Any], dtype: DType) -> Tensor:
    tensor = _new(_NumpyTensor)
    exact = array.dtype is dtype.numpy or array.dtype == dtype.numpy
    tensor._data = array if exact else array.astype(dtype.numpy)
    tensor._dtype = dtype
    return tensor


register(FFI, _wrap_handle, _FFITensor, _FreedFFITensor)
register(NUMPY, _wrap_array, _NumpyTensor, _FreedNumpyTensor)
