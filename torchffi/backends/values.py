"""Python's values as tagged values of the C ABI and back, by the types of a schema."""

from __future__ import annotations

import operator
import struct
from array import array
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from torchffi import devices, dtypes
from torchffi.backends.schemas import Type
from torchffi.dtypes import DType
from torchffi.loader import ffi, lib

# Packs a value, and appends to the list what must live as long as the packed bytes.
Packer = Callable[[Any, list[Any]], bytes]
# The handle of what the caller calls a tensor.
HandleOf = Callable[[Any, list[Any]], int]

# Plain numbers: a constant of the binding is looked up in C each time.
_COMPLEX: Final[int] = lib.RT_TORCH_COMPLEX
_DEFAULT: Final[int] = lib.RT_TORCH_DEFAULT
_DEVICE: Final[int] = lib.RT_TORCH_DEVICE
_DOUBLE: Final[int] = lib.RT_TORCH_DOUBLE
_DOUBLE_LIST: Final[int] = lib.RT_TORCH_DOUBLE_LIST
_DTYPE: Final[int] = lib.RT_TORCH_DTYPE
_GENERATOR: Final[int] = lib.RT_TORCH_GENERATOR
_INT: Final[int] = lib.RT_TORCH_INT
_INT_LIST: Final[int] = lib.RT_TORCH_INT_LIST
_LAYOUT: Final[int] = lib.RT_TORCH_LAYOUT
_LIST: Final[int] = lib.RT_TORCH_LIST
_MEMORY_FORMAT: Final[int] = lib.RT_TORCH_MEMORY_FORMAT
_NONE: Final[int] = lib.RT_TORCH_NONE
_STRING: Final[int] = lib.RT_TORCH_STRING
_TENSOR: Final[int] = lib.RT_TORCH_TENSOR
_TENSOR_LIST: Final[int] = lib.RT_TORCH_TENSOR_LIST
_TRUTH: Final[int] = lib.RT_TORCH_TRUTH
_TRUTH_LIST: Final[int] = lib.RT_TORCH_TRUTH_LIST
_PLAIN_TAGS: Final = (_TENSOR, _INT)

BYTES: Final = 24  # of one rt_torch_value
_integer = struct.Struct("iiq8x").pack
_double = struct.Struct("iid8x").pack
_complex = struct.Struct("iidd").pack
_read = struct.Struct("iiq8x").unpack_from

NONE: Final = _integer(_NONE, 0, 0)
DEFAULT: Final = _integer(_DEFAULT, 0, 0)

LAYOUTS: Final = {
    "strided": 0, "sparse_coo": 1, "sparse_csr": 2, "_mkldnn": 3,
    "sparse_csc": 4, "sparse_bsr": 5, "sparse_bsc": 6, "jagged": 7,
}  # fmt: skip
MEMORY_FORMATS: Final = {
    "contiguous_format": 0, "preserve_format": 1, "channels_last": 2, "channels_last_3d": 3,
}  # fmt: skip
_LAYOUT_NAMES: Final = {code: name for name, code in LAYOUTS.items()}
_MEMORY_FORMAT_NAMES: Final = {code: name for name, code in MEMORY_FORMATS.items()}


def packer(type_: Type, handle_of: HandleOf) -> Packer:
    """What packs a value of this type. It raises TypeError or ValueError for one that does not fit.

    Args:
        type_: The type.
        handle_of: Gives the handle of a tensor.
    """
    pack = _list_packer(type_, handle_of) if type_.element else _plain(type_.name, handle_of)
    if not type_.optional:
        return pack

    def optional(value: Any, keep: list[Any]) -> bytes:
        return NONE if value is None else pack(value, keep)

    return optional


def _plain(name: str, handle_of: HandleOf) -> Packer:
    if name == "Tensor":

        def tensor(value: Any, keep: list[Any]) -> bytes:
            return _integer(_TENSOR, 0, handle_of(value, keep))

        return tensor
    return _PLAIN.get(name, _refuse)


def _refuse(value: Any, keep: list[Any]) -> bytes:
    return DEFAULT  # the C ABI refuses such operators, and names the type


def _int(value: Any, keep: list[Any]) -> bytes:
    return _integer(_INT, 0, operator.index(value))


def _float(value: Any, keep: list[Any]) -> bytes:
    _not_text(value)
    return _double(_DOUBLE, 0, float(value))


def _not_text(value: Any) -> None:
    if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
        raise TypeError("not a number")


def _bool(value: Any, keep: list[Any]) -> bytes:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError("not a bool")
    return _integer(_TRUTH, 0, bool(value))


def number(value: Any, keep: list[Any]) -> bytes:
    """Packs a Scalar: a bool, int, float or complex, Python's or NumPy's."""
    item = getattr(value, "item", None)
    plain = value if item is None or getattr(value, "ndim", False) else item()
    if isinstance(plain, bool):
        return _integer(_TRUTH, 0, plain)
    if isinstance(plain, int):
        return _integer(_INT, 0, plain)
    if isinstance(plain, float):
        return _double(_DOUBLE, 0, plain)
    if isinstance(plain, complex):
        return _complex(_COMPLEX, 0, plain.real, plain.imag)
    raise TypeError("not a number")


def _string(value: Any, keep: list[Any]) -> bytes:
    if not isinstance(value, str):
        raise TypeError("not a string")
    return _pointer(_STRING, array("b", value.encode()), keep)


def _dtype(value: Any, keep: list[Any]) -> bytes:
    if not isinstance(value, DType):
        raise TypeError("not a dtype of torchffi")
    return _integer(_DTYPE, 0, value.code)


def _device(value: Any, keep: list[Any]) -> bytes:
    number = value if type(value) is int else devices.number(value)
    return _integer(_DEVICE, 0, number)


def _named(tag: int, names: dict[str, int]) -> Packer:
    def named(value: Any, keep: list[Any]) -> bytes:
        if value not in names:
            raise ValueError(f"expected one of {', '.join(names)}")
        return _integer(tag, 0, names[value])

    return named


def _seed(value: Any, keep: list[Any]) -> bytes:
    if isinstance(value, bool):
        raise TypeError("not a seed")
    seed = operator.index(value) % 2**64
    return _integer(_GENERATOR, 0, seed - 2**64 if seed >= 2**63 else seed)


_PLAIN: Final[dict[str, Packer]] = {
    "int": _int, "SymInt": _int, "QScheme": _int, "float": _float, "SymFloat": _float,
    "bool": _bool, "SymBool": _bool, "Scalar": number, "str": _string, "ScalarType": _dtype,
    "Device": _device, "Generator": _seed,
    "Layout": _named(_LAYOUT, LAYOUTS),
    "MemoryFormat": _named(_MEMORY_FORMAT, MEMORY_FORMATS),
}  # fmt: skip


# ---- Lists


def _pointer(tag: int, memory: array[Any], keep: list[Any]) -> bytes:
    keep.append(memory)
    address, length = memory.buffer_info()
    return _integer(tag, length, address)


def _sequence(value: Any) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)):
        raise TypeError("not a list")
    return value


def _list_packer(type_: Type, handle_of: HandleOf) -> Packer:
    element, size = type_.element, type_.size
    assert element is not None
    if element.name == "Tensor":
        return _tensors(handle_of, element.optional)
    code, tag = _ARRAYS.get("" if element.optional else element.name, ("", 0))
    if not code:
        return _values(packer(element, handle_of))

    def numbers(value: Any, keep: list[Any]) -> bytes:
        if size and not isinstance(value, (list, tuple)):
            value = [value] * size
        return _pointer(tag, array(code, _sequence(value)), keep)

    return numbers


_ARRAYS: Final = {
    "int": ("q", _INT_LIST),
    "SymInt": ("q", _INT_LIST),
    "float": ("d", _DOUBLE_LIST),
    "bool": ("B", _TRUTH_LIST),
}


def _tensors(handle_of: HandleOf, optional: bool) -> Packer:
    def tensors(value: Any, keep: list[Any]) -> bytes:
        handles = [
            0 if optional and one is None else handle_of(one, keep) for one in _sequence(value)
        ]
        return _pointer(_TENSOR_LIST, array("q", handles), keep)

    return tensors


def _values(pack: Packer) -> Packer:
    def values(value: Any, keep: list[Any]) -> bytes:
        packed = array("b", b"".join([pack(one, keep) for one in _sequence(value)]))
        keep.append(packed)
        return _integer(_LIST, len(packed) // BYTES, packed.buffer_info()[0])

    return values


# ---- Results


def unpack(memory: Any, position: int) -> Any:
    """The value at a position of the results, tensors as handles. Its list's memory is still there."""
    tag, length, first = _read(memory, position * BYTES)
    if tag in _PLAIN_TAGS:
        return first
    return _UNPACK[tag](memory, position * BYTES, length, first)


def _list_of(kind: str) -> Callable[..., Any]:
    def values(memory: Any, offset: int, length: int, address: int) -> Any:
        return ffi.unpack(ffi.cast(kind, address), length)

    return values


def _string_of(memory: Any, offset: int, length: int, address: int) -> str:
    return bytes(ffi.buffer(ffi.cast("char *", address), length)).decode("utf-8", "replace")


def _complex_of(memory: Any, offset: int, length: int, address: int) -> complex:
    return complex(*struct.unpack_from("8xdd", memory, offset))


_UNPACK: Final[dict[int, Callable[..., Any]]] = {
    _NONE: lambda *_: None,
    _DOUBLE: lambda memory, offset, *_: struct.unpack_from("8xd", memory, offset)[0],
    _COMPLEX: _complex_of,
    _TRUTH: lambda memory, offset, length, first: first == 1,
    _STRING: _string_of,
    _DTYPE: lambda memory, offset, length, first: dtypes.by_code(first),
    _DEVICE: lambda memory, offset, length, first: devices.name(first),
    _LAYOUT: lambda memory, offset, length, first: _LAYOUT_NAMES[first],
    _MEMORY_FORMAT: lambda memory, offset, length, first: _MEMORY_FORMAT_NAMES[first],
    _TENSOR_LIST: _list_of("int64_t *"),
    _INT_LIST: _list_of("int64_t *"),
    _DOUBLE_LIST: _list_of("double *"),
    _TRUTH_LIST: lambda memory, offset, length, first: [
        one == 1 for one in ffi.unpack(ffi.cast("uint8_t *", first), length)
    ],
}
