"""Pickles as torch.save writes them, without the classes that they name.

Source: torch.save; pickle protocol 2, which torch.load of every version reads.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from torchffi._core.tensor import Tensor
from torchffi._files.checkpoints.trees import MAX_DEPTH, Place
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, InvalidArgumentError

STORAGES: Final = {
    "float64": "DoubleStorage", "float32": "FloatStorage", "float16": "HalfStorage",
    "bfloat16": "BFloat16Storage", "int64": "LongStorage", "int32": "IntStorage",
    "int16": "ShortStorage", "int8": "CharStorage", "uint8": "ByteStorage", "bool": "BoolStorage",
    "complex128": "ComplexDoubleStorage", "complex64": "ComplexFloatStorage",
}  # fmt: skip
_LONGEST_INT = 255


class StoredAs:
    """The place of a tensor's elements in the file; shape, strides and offset in elements."""

    __slots__ = ("count", "key", "offset", "shape", "strides")

    def __init__(
        self, key: str, count: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> None:
        self.key, self.count, self.offset = key, count, offset
        self.shape, self.strides = shape, strides


class Pickler:
    """Writes one value."""

    def __init__(self, stored: Callable[[Tensor, Place], StoredAs]) -> None:
        """Takes the function that gives a tensor's place in the file."""
        self._stored = stored
        self._out = bytearray(pickle.PROTO + b"\2")
        self._memo: dict[int, tuple[int, object]] = {}
        self._active: set[int] = set()  # the containers that are being written
        self._globals: dict[tuple[str, str], int] = {}
        self._count = 0

    def dump(self, value: object) -> bytes:
        """The pickle of a value.

        Raises:
            TypeError: A value of a type that is not data.
            ValueError: A container contains itself, or an integer has more than 255 bytes.
        """
        self._save(value, Place(None, None), 0)
        return bytes(self._out + pickle.STOP)

    def _save(self, value: Any, place: Place, depth: int) -> None:
        kind = type(value)
        if kind in _PLAIN:
            self._out += _PLAIN[kind](value, place)
            return
        if id(value) in self._active:
            raise InvalidArgumentError(f"save: {place}: a {kind.__name__} contains itself")
        known = self._memo.get(id(value))
        if known is not None:
            self._out += pickle.LONG_BINGET + struct.pack("<I", known[0])
            return
        if depth > MAX_DEPTH:
            raise InvalidArgumentError(
                f"save: {str(place)[:60]}...: nested more than {MAX_DEPTH} deep"
            )
        try:
            write = _CONTAINERS[kind]
        except KeyError:
            self._other(value, place)
        else:
            self._active.add(id(value))
            write(self, value, place, depth + 1)
            self._active.discard(id(value))

    def _other(self, value: Any, place: Place) -> None:
        if isinstance(value, Tensor):
            self._tensor(value, place)
        elif isinstance(value, DType):
            self._name("torch", value.name)
        else:
            raise DTypeError(
                f"save: {place}: cannot save a {type(value).__module__}.{type(value).__qualname__}; "
                "expected tensors, dtypes, numbers, texts, bytes, None, or dicts, lists, tuples and sets"
            )

    # ---- Parts

    def _remember(self, value: object) -> None:
        self._memo[id(value)] = self._count, value
        self._put()

    def _put(self) -> None:
        self._out += pickle.LONG_BINPUT + struct.pack("<I", self._count)
        self._count += 1

    def _name(self, module: str, name: str) -> None:
        known = self._globals.get((module, name))
        if known is not None:
            self._out += pickle.LONG_BINGET + struct.pack("<I", known)
            return
        self._out += pickle.GLOBAL + f"{module}\n{name}\n".encode()
        self._globals[module, name] = self._count
        self._put()

    def _items(self, items: list[tuple[Any, Any]], place: Place, depth: int) -> None:
        self._out += pickle.MARK
        for key, item in items:
            if type(key) not in _PLAIN and type(key) is not tuple:
                raise DTypeError(
                    f"save: {place}: a key is a {type(key).__name__}, expected text or a number"
                )
            self._save(key, Place(place, key), depth)
            self._save(item, Place(place, key), depth)
        self._out += pickle.SETITEMS

    def _numbers(self, numbers: tuple[int, ...]) -> None:
        self._out += pickle.MARK
        for number in numbers:
            self._out += _integer(number, Place(None, None))
        self._out += pickle.TUPLE

    def _dict(self, value: dict[Any, Any], place: Place, depth: int) -> None:
        self._out += pickle.EMPTY_DICT
        self._remember(value)
        self._items(list(value.items()), place, depth)

    def _ordered_dict(self, value: OrderedDict[Any, Any], place: Place, depth: int) -> None:
        self._name("collections", "OrderedDict")
        self._out += pickle.EMPTY_TUPLE + pickle.REDUCE
        self._remember(value)
        self._items(list(value.items()), place, depth)
        if "_metadata" in vars(value):
            inner = Place(place, "_metadata")
            self._save({"_metadata": value._metadata}, inner, depth)  # type: ignore[attr-defined]
            self._out += pickle.BUILD

    def _list(self, value: list[Any], place: Place, depth: int) -> None:
        self._out += pickle.EMPTY_LIST
        self._remember(value)
        self._out += pickle.MARK
        for number, item in enumerate(value):
            self._save(item, Place(place, number), depth)
        self._out += pickle.APPENDS

    def _tuple(self, value: tuple[Any, ...], place: Place, depth: int) -> None:
        self._out += pickle.MARK
        for number, item in enumerate(value):
            self._save(item, Place(place, number), depth)
        self._out += pickle.TUPLE
        self._remember(value)

    def _set(self, value: set[Any], place: Place, depth: int) -> None:
        self._name("__builtin__", "set")
        self._list(list(value), place, depth)
        self._out += pickle.TUPLE1 + pickle.REDUCE
        self._remember(value)

    def _bytes(self, value: bytes, place: Place, depth: int) -> None:
        self._name("_codecs", "encode")
        self._out += _text(value.decode("latin1"), place) + _text("latin1", place)
        self._out += pickle.TUPLE2 + pickle.REDUCE
        self._remember(value)

    def _bytearray(self, value: bytearray, place: Place, depth: int) -> None:
        self._name("__builtin__", "bytearray")
        self._out += _text(value.decode("latin1"), place) + _text("latin-1", place)
        self._out += pickle.TUPLE2 + pickle.REDUCE
        self._remember(value)

    def _complex(self, value: complex, place: Place, depth: int) -> None:
        self._name("__builtin__", "complex")
        self._out += _float(value.real, place) + _float(value.imag, place)
        self._out += pickle.TUPLE2 + pickle.REDUCE

    def _tensor(self, tensor: Tensor, place: Place) -> None:
        stored, dtype = self._stored(tensor, place), tensor.dtype.name
        typed = dtype in STORAGES
        # Dtypes since PyTorch 2.3 have no storage class: their storages are bytes.
        self._name("torch._utils", "_rebuild_tensor_v2" if typed else "_rebuild_tensor_v3")
        self._out += pickle.MARK * 2 + _text("storage", place)
        if typed:
            self._name("torch", STORAGES[dtype])
        else:
            self._name("torch.storage", "UntypedStorage")
        count = stored.count if typed else stored.count * tensor.itemsize
        self._out += _text(stored.key, place) + _text("cpu", place) + _integer(count, place)
        self._out += pickle.TUPLE + pickle.BINPERSID + _integer(stored.offset, place)
        self._numbers(stored.shape)
        self._numbers(stored.strides)
        self._out += pickle.NEWFALSE
        self._name("collections", "OrderedDict")
        self._out += pickle.EMPTY_TUPLE + pickle.REDUCE
        if not typed:
            self._name("torch", dtype)
        self._out += pickle.TUPLE + pickle.REDUCE
        self._remember(tensor)


# ---- Values without parts


def _integer(value: int, place: Place) -> bytes:
    if -(2**31) <= value < 2**31:
        return pickle.BININT + struct.pack("<i", value)
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    if len(data) > _LONGEST_INT:
        raise InvalidArgumentError(
            f"save: {place}: an integer has {len(data)} bytes, expected at most {_LONGEST_INT}"
        )
    return pickle.LONG1 + bytes([len(data)]) + data


def _float(value: float, place: Place) -> bytes:
    return pickle.BINFLOAT + struct.pack(">d", value)


def _text(value: str, place: Place) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    if len(data) >= 2**32:
        raise InvalidArgumentError(f"save: {place}: a text has {len(data)} bytes, of at most 2**32")
    return pickle.BINUNICODE + struct.pack("<I", len(data)) + data


_PLAIN: Final[dict[type, Callable[[Any, Place], bytes]]] = {
    type(None): lambda value, place: pickle.NONE,
    bool: lambda value, place: pickle.NEWTRUE if value else pickle.NEWFALSE,
    int: _integer,
    float: _float,
    str: _text,
}
_CONTAINERS: Final[dict[type, Callable[[Pickler, Any, Place, int], None]]] = {
    dict: Pickler._dict,
    OrderedDict: Pickler._ordered_dict,
    list: Pickler._list,
    tuple: Pickler._tuple,
    set: Pickler._set,
    bytes: Pickler._bytes,
    bytearray: Pickler._bytearray,
    complex: Pickler._complex,
}
