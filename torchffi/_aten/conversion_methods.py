"""The methods of Tensor that convert it, or make another one of its dtype, with PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from torchffi import _devices, dtypes
from torchffi._array import data_types
from torchffi._core.arguments import new_shape
from torchffi._core.dispatch import create_like
from torchffi._core.operations import Entries, created, entries
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY, DType
from torchffi.errors import ArgumentError

Method = Callable[..., Any]

_DTYPES: Final = {
    "bfloat16": dtypes.bfloat16, "bool": dtypes.bool, "double": dtypes.float64,
    "float": dtypes.float32, "half": dtypes.float16, "int": dtypes.int32, "long": dtypes.int64,
    "short": dtypes.int16,
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
    return entries("astype", ANY if keeps else ANY - dtypes.COMPLEX, dtype)


def _converted(name: str, dtype: DType) -> Method:
    table: Entries = {}  # until the first call

    def method(self: Tensor) -> Tensor:
        if self._dtype is dtype:
            return self
        entry = table.get(type(self))
        if entry is not None:
            make, kind, call = entry
            tensor: Tensor | None = make(kind, call, self._data, dtype.code)
            if tensor is not None:
                return tensor
        elif not table:
            table.update(_table(dtype))
        return data_types.astype(self, dtype)

    return documented(
        method, name, f"The tensor as {dtype}; itself if it has that dtype. See :meth:`astype`."
    )


_INT: Final = frozenset({int})
_NO_ENTRY: Final[Any] = (None, None, None)


@cache
def _created(name: str) -> Any:
    """The tables of a primitive that creates a tensor, made at the first call."""
    return created(name, ANY, None)


def new_zeros(self: Tensor, *shape: Any, dtype: DType | None = None) -> Tensor:
    """Zeros of a shape, with the dtype and device of the tensor. Source: aten::new_zeros."""
    return _new("zeros", self, shape, dtype)


def new_ones(self: Tensor, *shape: Any, dtype: DType | None = None) -> Tensor:
    """Ones of a shape, with the dtype and device of the tensor. Source: aten::new_ones."""
    return _new("ones", self, shape, dtype)


def _new(name: str, x: Tensor, shape: Any, dtype: DType | None) -> Tensor:
    dims = shape[0] if len(shape) == 1 and type(shape[0]) is tuple else shape
    plain = type(dims) is tuple and _INT.issuperset(map(type, dims))
    if plain and dtype is None and not x.is_cuda():
        make, kind, call = _created(name)[x._backend].get(x._dtype, _NO_ENTRY)
        try:
            tensor: Tensor | None = make and make(kind, call, dims, len(dims), x._dtype.code, -1)
        except OverflowError:
            tensor = None
        if tensor is not None:
            return tensor
    made = dtypes.given(f"new_{name}", dtype, x.dtype)
    dims = new_shape(f"new_{name}", one_sequence(shape))
    return create_like(x, name, made, dims, made, _devices.number(x.device))


def type_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor with the dtype and on the device of another one. Source: aten::type_as."""
    if isinstance(other, Tensor) and other.device == self.device:
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
