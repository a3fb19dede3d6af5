"""Adds the operators and methods to Tensor: functions of the namespace, declared in declarations.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import ModuleType

from torchffi import _numpy_indexing, _torch_methods
from torchffi import _reduction_methods as reductions
from torchffi._array import (
    broadcasting,
    conversion,
    data_types,
    elementwise,
    indexing,
    joining,
    linear_algebra,
    manipulation,
    taking,
    utility,
)
from torchffi._aten import layers, queries
from torchffi._aten.methods import at_first_use
from torchffi._autograd import tensors as gradients
from torchffi._core import printing
from torchffi._core.argument_kinds import EACH, OPERAND
from torchffi._core.arguments import Axis, Scalar
from torchffi._core.dispatch import run
from torchffi._core.fast_path import fast_path
from torchffi._core.lifetimes import speedups
from torchffi._core.operations import of_one
from torchffi._core.tensor import Tensor
from torchffi._core.tensor_libtorch import FFITensor
from torchffi._core.tensor_numpy import NumpyTensor
from torchffi._libtorch.loader import lib
from torchffi._operators import Operators
from torchffi._stdlib.typing import TYPE_CHECKING, Any
from torchffi._torch_methods import one_sequence
from torchffi.dtypes import ANY, DType
from torchffi.errors import HandleError

if TYPE_CHECKING:
    from torchffi._array.dlpack import DeviceType


_is_contiguous = lib.rt_torch_tensor_is_contiguous


def _array_namespace_(self: Tensor, /, *, api_version: str | None = None) -> ModuleType:
    """The module torchffi, whose functions take this tensor. ValueError for an unknown version."""
    from torchffi._array import inspection

    return inspection.namespace(api_version)


@data_types.ASTYPE
def _astype_(self: Tensor, dtype: DType, /, *, copy: bool = True) -> Tensor:
    """The elements converted to a dtype: see :func:`torchffi.astype`."""
    return data_types.astype(self, dtype, copy=copy)


@of_one("clone", ANY)
def _clone_(self: Tensor) -> Tensor:
    """A copy. Source: aten::clone."""
    return run("clone", self._dtype, self)


def _contiguous_(self: Tensor) -> Tensor:
    """The elements in C order without gaps; self if they are. Source: aten::contiguous."""
    return self if self.is_contiguous() else run("contiguous", self._dtype, self)


_made_contiguous = of_one("contiguous", ANY)(_contiguous_)


def _contiguous_on_libtorch(self: Tensor) -> Tensor:
    return self if _is_contiguous(self._data) == 1 else _made_contiguous(self)


def _dlpack_(
    self: Tensor,
    *,
    stream: int | None = None,
    max_version: tuple[int, int] | None = None,
    dl_device: tuple[int, int] | None = None,
    copy: bool | None = None,
) -> object:
    """Exports the memory; called by the ``from_dlpack()`` of another library.

    Args:
        stream: None on the CPU. On CUDA, the consumer's stream as the standard numbers them;
            unless it is -1, the device is synchronized.
        max_version: The newest DLPack version that the consumer supports; from (1, 0) on the
            capsule is versioned.
        dl_device: The device that the consumer wants: None or ``__dlpack_device__()`` for that of
            the tensor, (1, 0) for the CPU.
        copy: True always copies; False never copies, and raises if a copy is needed; None copies
            if needed.

    Returns:
        A capsule, ``"dltensor_versioned"`` or ``"dltensor"``, which keeps the memory alive.

    Raises:
        BufferError: For another device, or if a copy is needed and ``copy`` is False.
        ValueError: For an invalid stream.

    Source: Array API standard; at::toDLPackVersioned, at::toDLPack.
    """
    return _dlpack().export(self, stream, max_version, dl_device, copy)


def _dlpack_device_(self: Tensor) -> tuple[DeviceType, int]:
    """The DLPack device type and number: (1, 0) for the CPU, (2, n) for CUDA device n."""
    return _dlpack().device_of(self)  # type: ignore[no-any-return]


@cache
def _dlpack() -> Any:
    """The module, imported at the first export: few programs share memory by it."""
    from torchffi._array import dlpack

    return dlpack


def _contains_(self: Tensor, value: Scalar) -> bool:
    return bool(utility.any(elementwise.equal(self, value)))


def _repr_(self: Tensor) -> str:
    try:
        return printing.describe(self)
    except HandleError:
        return "Tensor(<freed>)"


def _reduce_(self: Tensor) -> tuple[Any, ...]:
    raw = self._backend.primitives.to_bytes(self._data, self.nbytes)
    state = raw, self.shape, self._dtype.name, self.device
    return conversion.from_bytes, (*state, True) if self.requires_grad else state


def _add_(self: Tensor, other: Tensor | Scalar) -> Tensor:
    """Self + other."""
    return elementwise.add(self, other)


def _mul_(self: Tensor, other: Tensor | Scalar) -> Tensor:
    """Self * other."""
    return elementwise.multiply(self, other)


def _matmul_(self: Tensor, other: Tensor) -> Tensor:
    """Self @ other."""
    return linear_algebra.matmul(self, other)


@fast_path("reshape", ANY, x=OPERAND, shape=EACH)
def _reshape_(self: Tensor, *shape: Any) -> Tensor:
    """See :func:`torchffi.reshape`. The dimensions may also be separate arguments."""
    return manipulation.reshape(self, shape[0] if len(shape) == 1 else shape)


@fast_path("permute", ANY, x=OPERAND, axes=EACH)
def _permute_(self: Tensor, *axes: Any) -> Tensor:
    """See :func:`torchffi.permute_dims`. The axes may also be separate arguments."""
    return manipulation.permute_dims(self, one_sequence(axes))


@manipulation.SWAP_AXES
def _transpose_(self: Tensor, axis1: int, axis2: int) -> Tensor:
    """A view with two axes exchanged."""
    return manipulation.swap_axes(self, axis1, axis2)


@fast_path("expand", ANY, x=OPERAND, shape=EACH)
def _expand_(self: Tensor, *shape: Any) -> Tensor:
    """See :func:`torchffi.broadcast_to`. The dimensions may also be separate; -1 keeps a length."""
    dims = one_sequence(shape)
    own = self.shape
    first = len(dims) - len(own)
    if -1 in dims[max(first, 0) :]:
        dims = tuple(own[i - first] if i >= first and n == -1 else n for i, n in enumerate(dims))
    return broadcasting.broadcast_to(self, dims)


@manipulation.SQUEEZE
def _squeeze_(self: Tensor, axis: Axis = None) -> Tensor:
    """See :func:`torchffi.squeeze`. Without an axis it removes all axes of length 1."""
    if axis is None:
        shape = self.shape
        ones = shape.count(1)
        if ones > 1:  # always a view
            return self.reshape(tuple([length for length in shape if length != 1]))
        axis = shape.index(1) if ones else ()
    return manipulation.squeeze(self, axis)


@taking.NARROW
def _narrow_(self: Tensor, axis: int, start: int, length: int) -> Tensor:
    """See :func:`torchffi.narrow`."""
    return taking.narrow(self, axis, start, length)


_METHODS: dict[str, Callable[..., Any]] = {
    "__array_namespace__": _array_namespace_,
    "astype": _astype_,
    "clone": _clone_,
    "contiguous": _contiguous_,
    "__dlpack__": _dlpack_,
    "__dlpack_device__": _dlpack_device_,
    "__contains__": _contains_,
    "__getitem__": indexing.getitem,
    "__setitem__": indexing.setitem,
    "__repr__": _repr_,
    "__format__": printing.formatted,
    "__reduce__": _reduce_,
    "add": _add_,
    "mul": _mul_,
    "matmul": _matmul_,
    "relu": layers.relu,
    "sigmoid": layers.sigmoid,
    "tanh": elementwise.tanh,
    "reshape": _reshape_,
    "view": data_types.view,
    "permute": _permute_,
    "transpose": _transpose_,
    "expand": _expand_,
    "squeeze": _squeeze_,
    "narrow": _narrow_,
    **reductions.METHODS,
    **gradients.METHODS,
    **_torch_methods.METHODS,
}
_PROPERTIES = {
    "T": property(manipulation.transposed),
    "mT": property(manipulation.matrix_transpose),
    **gradients.PROPERTIES,
    **_torch_methods.PROPERTIES,
}

at_first_use.install()
for _name, _method in _METHODS.items():
    if _method.__module__ == __name__:  # the others are functions elsewhere, and keep their names
        _method.__name__, _method.__qualname__ = _name, f"Tensor.{_name}"
    setattr(Tensor, _name, _method)
# In C a tensor in C order is returned as it is, so that the rest needs no check.
_on_libtorch = _contiguous_on_libtorch if speedups is None else _made_contiguous
_on_libtorch.__doc__ = _contiguous_.__doc__
_on_libtorch.__name__, _on_libtorch.__qualname__ = "contiguous", "Tensor.contiguous"
FFITensor.contiguous = _on_libtorch  # type: ignore[method-assign, assignment]
FFITensor.__iter__ = joining.iterate  # type: ignore[method-assign]
NumpyTensor.__getitem__ = _numpy_indexing.getitem  # type: ignore[method-assign, assignment]
NumpyTensor.__setitem__ = _numpy_indexing.setitem  # type: ignore[method-assign, assignment]
for _name, _property in _PROPERTIES.items():
    setattr(Tensor, _name, _property)
for _name, _operator in vars(Operators).items():
    if callable(_operator) and _name.startswith("__"):
        setattr(Tensor, _name, _operator)
if speedups is not None:
    _numpy_indexing.install(speedups)
    queries.install(speedups)
