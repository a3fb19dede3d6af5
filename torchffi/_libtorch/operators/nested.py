"""Converts nested Python values to tagged values of the C ABI and back, by the types of the values."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from torchffi import _devices
from torchffi._lazy_numpy import is_numpy_scalar
from torchffi._libtorch.loader import ffi, lib
from torchffi._libtorch.operators.frames import TAG, WORDS, Frame
from torchffi._libtorch.operators.values import HandleOf, number, pack_string, unpack_plain
from torchffi.dtypes import DType

_DEVICE: Final[int] = lib.RT_TORCH_DEVICE
_DICT: Final[int] = lib.RT_TORCH_DICT
_INT: Final[int] = lib.RT_TORCH_INT
_LIST: Final[int] = lib.RT_TORCH_LIST
_NAMED_TUPLE: Final[int] = lib.RT_TORCH_NAMED_TUPLE
_NONE: Final[int] = lib.RT_TORCH_NONE
_TENSOR: Final[int] = lib.RT_TORCH_TENSOR
_TENSOR_LIST: Final[int] = lib.RT_TORCH_TENSOR_LIST
_TUPLE: Final[int] = lib.RT_TORCH_TUPLE
_NESTED: Final = frozenset({_LIST, _TUPLE, _DICT, _NAMED_TUPLE})
_MAX_DEPTH: Final = 64  # as the shim's
_take: Final = lib.rt_torch_value_take


def pack(frame: Frame, at: int, value: Any, handle_of: HandleOf, depth: int = 0) -> None:
    """Writes a value of any type to a frame, at an index into its words.

    Args:
        frame: The frame.
        at: The index.
        value: None, a tensor, number, string or dtype, or a list, tuple or dict of them.
        handle_of: Returns the handle of a tensor, or raises TypeError.
        depth: How many lists, tuples and dicts it is inside of.

    Raises:
        TypeError: It is of another type.
        ValueError: It is nested too deep.
    """
    words = frame.words
    if value is None:
        words[at] = _NONE
    elif isinstance(value, (int, float, complex)) or is_numpy_scalar(value):
        number(frame, at, value)
    elif isinstance(value, str):
        pack_string(frame, at, value)
    elif isinstance(value, DType):  # an int in TorchScript
        words[at] = _INT
        words[at + 1] = value.code
    elif isinstance(value, dict):
        both = [one for entry in value.items() for one in entry]
        _pack_all(frame, at, both, _DICT | len(value) << 32, handle_of, depth)
    elif isinstance(value, (list, tuple)):
        tag = _TUPLE if isinstance(value, tuple) else _LIST
        _pack_all(frame, at, value, tag | len(value) << 32, handle_of, depth)
    else:
        words[at + 1] = handle_of(value, frame.keep)
        words[at] = _TENSOR


def _pack_all(
    frame: Frame, at: int, values: Any, word: int, handle_of: HandleOf, depth: int
) -> None:
    if depth >= _MAX_DEPTH:
        raise ValueError(f"nested more than {_MAX_DEPTH} levels deep")
    inner = Frame(max(len(values), 1))
    inner.keep = frame.keep
    frame.keep.append(inner)
    for i, one in enumerate(values):
        pack(inner, i * WORDS, one, handle_of, depth + 1)
    frame.words[at] = word
    frame.words[at + 1] = int(ffi.cast("intptr_t", inner.arguments))


def pack_device(frame: Frame, at: int, value: Any) -> None:
    """Writes a device, which TorchScript does not take as a string."""
    frame.words[at] = _NONE if value is None else _DEVICE
    if value is not None:
        frame.words[at + 1] = _devices.number(value)


@cache
def _named_tuple(names: tuple[str, ...]) -> Callable[..., Any]:
    """The type of a NamedTuple: TorchScript tells its fields, and not its name."""
    return namedtuple("NamedTuple", names)


def unpack(values: Any, position: int, make: Callable[..., Any]) -> Any:
    """The value at a position of an array of rt_torch_value.

    Args:
        values: The array, which owns what is in it.
        position: The index.
        make: Calls a C function and wraps the handle that it returns in a tensor.
    """
    value = values[position]
    tag = value.tag & TAG
    if tag == _TENSOR:
        return make(_take, values, position, 0)
    if tag == _TENSOR_LIST:
        handles = ffi.unpack(ffi.cast("int64_t *", value.data.p), value.length)
        return [make(_take, values, position, i) if one else None for i, one in enumerate(handles)]
    if tag not in _NESTED:
        return unpack_plain(value)
    count, inner = value.length, ffi.cast("rt_torch_value *", value.data.p)
    if tag == _LIST:
        return [unpack(inner, i, make) for i in range(count)]
    if tag == _TUPLE:
        return tuple([unpack(inner, i, make) for i in range(count)])
    both = [unpack(inner, i, make) for i in range(2 * count)]
    if tag == _NAMED_TUPLE:
        return _named_tuple(tuple(both[::2]))(*both[1::2])
    return dict(zip(both[::2], both[1::2], strict=True))
