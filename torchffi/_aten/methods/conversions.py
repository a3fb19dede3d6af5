"""The methods of Tensor that convert it, or make another one of its dtype, with PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable

from torchffi import _devices, dtypes
from torchffi._array import data_types
from torchffi._core.argument_kinds import DTYPE, EACH, ON_CPU, constant
from torchffi._core.arguments import new_shape
from torchffi._core.backends import FFI, NUMPY
from torchffi._core.by_name.results import LIBTORCH_CLASSES
from torchffi._core.dispatch import create_like
from torchffi._core.fast_path import fast_path
from torchffi._core.lifetimes import make
from torchffi._core.operations import Entries, entries
from torchffi._core.tensor import Tensor
from torchffi._libtorch.loader import lib
from torchffi._stdlib.typing import Any, Final
from torchffi.dtypes import ANY, DType
from torchffi.errors import ArgumentError

Method = Callable[..., Any]
_is_cuda: Final = lib.rt_torch_tensor_is_cuda
_astype: Final = lib.rt_torch_tensor_astype
_NUMPY_CLASSES: Final = frozenset(NUMPY.classes.values())
_REAL: Final = {kind for kind in LIBTORCH_CLASSES if kind._dtype.kind not in dtypes.COMPLEX}

_DTYPES: Final = {
    "bfloat16": dtypes.bfloat16, "bool": dtypes.bool, "byte": dtypes.uint8,
    "cdouble": dtypes.complex128, "cfloat": dtypes.complex64, "char": dtypes.int8,
    "double": dtypes.float64, "float": dtypes.float32, "half": dtypes.float16, "int": dtypes.int32,
    "long": dtypes.int64, "short": dtypes.int16,
}  # fmt: skip


def documented(method: Method, name: str, text: str) -> Method:
    """Names a method, and gives it a docstring."""
    method.__name__, method.__qualname__, method.__doc__ = name, f"Tensor.{name}", text
    return method


def one_sequence(arguments: tuple[Any, ...]) -> Any:
    """Numbers passed as separate arguments or as one sequence."""
    together = len(arguments) == 1 and isinstance(arguments[0], (tuple, list))
    return arguments[0] if together else arguments


def _table(dtype: DType) -> Entries:
    """The entries of a conversion to a dtype, from those that it is not refused for."""
    keeps = dtype.kind in dtypes.COMPLEX | dtypes.BOOL
    table = entries("astype", ANY if keeps else ANY - dtypes.COMPLEX, dtype)
    for backend in (FFI, NUMPY):
        table.pop(backend.classes[dtype], None)
    return table


def _converted(name: str, dtype: DType) -> Method:
    table: Entries = {}  # until the first call
    code = dtype.code

    def method(self: Tensor) -> Tensor:
        entry = table.get(type(self))
        if entry is not None:
            make, kind, call = entry
            tensor: Tensor | None = make(kind, call, self._data, code)
            if tensor is not None:
                return tensor
        if self._dtype is dtype:
            return self
        if not table:
            table.update(_table(dtype))
        return data_types.astype(self, dtype)

    return documented(
        method, name, f"The tensor as {dtype}; itself if it has that dtype. See :meth:`astype`."
    )


_NEW: Final = {"shape": EACH, "dtype": DTYPE, "where": constant("-1")}


@fast_path("zeros", ANY, x=ON_CPU._replace(raw=""), **_NEW)
def new_zeros(self: Tensor, *shape: Any, dtype: DType | None = None) -> Tensor:
    """Zeros of a shape, with the dtype and device of the tensor. Source: aten::new_zeros."""
    return _new("zeros", self, shape, dtype)


@fast_path("ones", ANY, x=ON_CPU._replace(raw=""), **_NEW)
def new_ones(self: Tensor, *shape: Any, dtype: DType | None = None) -> Tensor:
    """Ones of a shape, with the dtype and device of the tensor. Source: aten::new_ones."""
    return _new("ones", self, shape, dtype)


def _new(name: str, x: Tensor, shape: Any, dtype: DType | None) -> Tensor:
    made = dtypes.given(f"new_{name}", dtype, x.dtype)
    dims = new_shape(f"new_{name}", one_sequence(shape))
    return create_like(x, name, made, dims, made, _devices.number(x.device))


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor with the dtype and on the device of another one. Source: aten::type_as."""
    kind, like = type(self), type(other)
    known = kind in LIBTORCH_CLASSES and like in LIBTORCH_CLASSES
    if known and _is_cuda(self._data) == 0 and _is_cuda(other._data) == 0:
        if like is kind:
            return self
        if kind in _REAL:
            tensor: Tensor | None = make(like, _astype, self._data, like._code)
            if tensor is not None:
                return tensor
        return data_types.astype(self, like._dtype)
    on_cpu = kind in _NUMPY_CLASSES and like in _NUMPY_CLASSES
    if on_cpu or (isinstance(other, Tensor) and other.device == self.device):
        return self if self._dtype is other._dtype else data_types.astype(self, other._dtype)
    return to(self, other)


def to(self: Tensor, *arguments: Any, **named: Any) -> Tensor:
    """The tensor on a device, and with a dtype; itself if it is there and has it already.

    Args:
        arguments: A device such as ``"cpu"`` or ``"cuda:0"``, a dtype, both, or a tensor that has both.
        named: ``device``, ``dtype``, ``copy``; ``non_blocking`` has no effect.

    Raises:
        TypeError: For other arguments.
        UnavailableError: If there is no such device.

    Source: aten::to.
    """
    if len(arguments) == 1 and not named:
        given = arguments[0]
        if given is self._dtype or (type(given) is str and given == self.device):
            return self
        if type(given) is DType:
            return data_types.astype(self, given)
    device, dtype, copy = (
        named.pop("device", None),
        named.pop("dtype", None),
        named.pop("copy", False),
    )
    named.pop("non_blocking", None)
    unknown = [f"{name}={value!r}" for name, value in named.items()]
    for value in arguments:
        if isinstance(value, Tensor):
            device, dtype = value.device, value.dtype
        elif isinstance(value, DType) or value in (bool, int, float, complex):
            dtype = value
        elif isinstance(value, str):
            device = value
        elif value is not None:
            unknown.append(repr(value))
    if unknown:
        raise ArgumentError(f"to: expected a device, a dtype or a tensor, got {', '.join(unknown)}")
    made = self._dtype if dtype is None else dtypes.given("to", dtype, self._dtype)
    found = self if made is self._dtype else data_types.astype(self, made)
    found = found if device is None else found.to_device(device)
    return found.clone() if copy and found is self else found


METHODS: Final[dict[str, Method]] = {
    **{name: _converted(name, dtype) for name, dtype in _DTYPES.items()},
    **{one.__name__: one for one in (new_zeros, new_ones, type_as, to)},
}
