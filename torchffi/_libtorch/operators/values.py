"""Converts Python values to tagged values of the C ABI and back, by the types of a schema."""

from __future__ import annotations

import operator
from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from torchffi import _devices, dtypes
from torchffi._lazy_numpy import is_numpy
from torchffi._libtorch.loader import ffi, lib
from torchffi._libtorch.operators.frames import TAG, WORDS, Frame, ResultFrame
from torchffi.dtypes import DType

if TYPE_CHECKING:
    from torchffi._libtorch.operators.schemas import Type

# Returns the handle of a caller's tensor, and appends what must stay alive during the call to the list.
HandleOf = Callable[[Any, list[Any]], int]
# Writes a value to a frame, at an index into its words.
Packer = Callable[[Frame, int, Any], None]

# Copied to Python ints: reading a constant of the binding is a lookup in C each time.
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
_take: Final = lib.rt_torch_value_take


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
    """The packer for values of a type. It raises TypeError or ValueError for other values.

    Args:
        type_: The type.
        handle_of: Returns the handle of a tensor.
    """
    pack = _list_packer(type_, handle_of) if type_.element else _plain(type_.name, handle_of)
    if not type_.optional:
        return pack

    def optional(frame: Frame, at: int, value: Any) -> None:
        if value is None:
            frame.words[at] = _NONE
        else:
            pack(frame, at, value)

    return optional


def _plain(name: str, handle_of: HandleOf) -> Packer:
    if name == "Tensor":

        def tensor(frame: Frame, at: int, value: Any) -> None:
            words = frame.words
            words[at + 1] = handle_of(value, frame.keep)
            words[at] = _TENSOR

        return tensor
    return _PLAIN.get(name, _refuse)


def _refuse(frame: Frame, at: int, value: Any) -> None:
    frame.words[at] = _DEFAULT  # the C ABI rejects such operators with an error that names the type


def _integer_packer(tag: int, convert: Callable[[Any], int]) -> Packer:
    def pack(frame: Frame, at: int, value: Any) -> None:
        frame.words[at] = tag
        frame.words[at + 1] = convert(value)

    return pack


def _float(frame: Frame, at: int, value: Any) -> None:
    if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
        raise TypeError("not a number")
    frame.words[at] = _DOUBLE
    frame.doubles[at + 1] = float(value)


def _truth(value: Any) -> int:
    if not isinstance(value, bool) and not is_numpy(value, "bool_"):
        raise TypeError("not a bool")
    return int(value)


def number(frame: Frame, at: int, value: Any) -> None:
    """Packs a Scalar: a bool, int, float or complex, Python's or NumPy's."""
    item = getattr(value, "item", None)
    plain = value if item is None or getattr(value, "ndim", False) else item()
    if isinstance(plain, int):
        frame.words[at] = _TRUTH if isinstance(plain, bool) else _INT
        frame.words[at + 1] = plain
    elif isinstance(plain, float):
        frame.words[at] = _DOUBLE
        frame.doubles[at + 1] = plain
    elif isinstance(plain, complex):
        frame.words[at] = _COMPLEX
        frame.doubles[at + 1] = plain.real
        frame.doubles[at + 2] = plain.imag
    else:
        raise TypeError("not a number")


def pack_string(frame: Frame, at: int, value: Any) -> None:
    """Packs a string."""
    if not isinstance(value, str):
        raise TypeError("not a string")
    _pack_array(frame, at, _STRING, array("b", value.encode()))


def _dtype(value: Any) -> int:
    if not isinstance(value, DType):
        raise TypeError("not a dtype of torchffi")
    return value.code


def _device(value: Any) -> int:
    return value if type(value) is int else _devices.number(value)


def _named(names: dict[str, int]) -> Callable[[Any], int]:
    def named(value: Any) -> int:
        if value not in names:
            raise ValueError(f"expected one of {', '.join(names)}")
        return names[value]

    return named


def _seed(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError("not a seed")
    seed = operator.index(value) % 2**64
    return seed - 2**64 if seed >= 2**63 else seed


_INTEGER: Final = _integer_packer(_INT, operator.index)
_BOOL: Final = _integer_packer(_TRUTH, _truth)
_PLAIN: Final[dict[str, Packer]] = {
    "int": _INTEGER, "SymInt": _INTEGER, "QScheme": _INTEGER, "float": _float, "SymFloat": _float,
    "bool": _BOOL, "SymBool": _BOOL, "Scalar": number, "str": pack_string,
    "ScalarType": _integer_packer(_DTYPE, _dtype), "Device": _integer_packer(_DEVICE, _device),
    "Generator": _integer_packer(_GENERATOR, _seed), "Layout": _integer_packer(_LAYOUT, _named(LAYOUTS)),
    "MemoryFormat": _integer_packer(_MEMORY_FORMAT, _named(MEMORY_FORMATS)),
}  # fmt: skip


# ---- Lists


def _pack_array(frame: Frame, at: int, tag: int, memory: array[Any]) -> None:
    frame.keep.append(memory)
    address, length = memory.buffer_info()
    frame.words[at] = tag | length << 32
    frame.words[at + 1] = address


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

    def numbers(frame: Frame, at: int, value: Any) -> None:
        if size and not isinstance(value, (list, tuple)):
            value = [value] * size
        _pack_array(frame, at, tag, array(code, _sequence(value)))

    return numbers


_ARRAYS: Final = {
    "int": ("q", _INT_LIST),
    "SymInt": ("q", _INT_LIST),
    "float": ("d", _DOUBLE_LIST),
    "bool": ("B", _TRUTH_LIST),
}


def _tensors(handle_of: HandleOf, optional: bool) -> Packer:
    def tensors(frame: Frame, at: int, value: Any) -> None:
        handles = [
            0 if optional and one is None else handle_of(one, frame.keep)
            for one in _sequence(value)
        ]
        _pack_array(frame, at, _TENSOR_LIST, array("q", handles))

    return tensors


def _values(pack: Packer) -> Packer:
    def values(frame: Frame, at: int, value: Any) -> None:
        inner = Frame(max(len(_sequence(value)), 1))
        frame.keep.append(inner)
        for i, one in enumerate(value):
            pack(inner, i * WORDS, one)
        frame.words[at] = _LIST | len(value) << 32
        frame.words[at + 1] = int(ffi.cast("intptr_t", inner.arguments))

    return values


# ---- Results


def unpack(frame: ResultFrame, position: int, make: Callable[..., Any]) -> Any:
    """The result at a position. ``make`` moves each handle from the frame into a tensor."""
    at = position * WORDS
    word, value = frame.returned[at], frame.returned[at + 1]
    tag = word & TAG
    if tag == _TENSOR:
        return make(_take, frame.results, position, 0)
    if tag == _INT:
        return value
    if tag == _DOUBLE:
        return frame.returned_doubles[at + 1]
    if tag not in _ELEMENTS:
        return _UNPACK[tag](frame.results[position].data)
    elements = ffi.unpack(ffi.cast(_ELEMENTS[tag], value), word >> 32)
    if tag == _TENSOR_LIST:
        return [
            make(_take, frame.results, position, i) if handle else None
            for i, handle in enumerate(elements)
        ]
    return elements.decode("utf-8", "replace") if tag == _STRING else elements


def unpack_plain(value: Any) -> Any:
    """The content of an rt_torch_value without tensors."""
    if value.tag == _INT:
        return value.data.i
    if value.tag not in _ELEMENTS:
        return _UNPACK[value.tag](value.data)
    elements = ffi.unpack(ffi.cast(_ELEMENTS[value.tag], value.data.p), value.length)
    return elements.decode("utf-8", "replace") if value.tag == _STRING else elements


def mark_default(frame: Frame, at: int) -> None:
    """Marks an argument as omitted: it takes the schema's default."""
    frame.words[at] = _DEFAULT


_ELEMENTS: Final = {
    _TENSOR_LIST: "int64_t *",
    _INT_LIST: "int64_t *",
    _DOUBLE_LIST: "double *",
    _TRUTH_LIST: "_Bool *",
    _STRING: "char *",
}
_UNPACK: Final[dict[int, Callable[[Any], Any]]] = {
    _NONE: lambda data: None,
    _DOUBLE: lambda data: data.d,
    _COMPLEX: lambda data: complex(data.c[0], data.c[1]),
    _TRUTH: lambda data: data.i == 1,
    _DTYPE: lambda data: dtypes.by_code(data.i),
    _DEVICE: lambda data: _devices.name(data.i),
    _LAYOUT: lambda data: _LAYOUT_NAMES[data.i],
    _MEMORY_FORMAT: lambda data: _MEMORY_FORMAT_NAMES[data.i],
}
