"""An interpreter for the pickles of torch.save: it makes plain values and runs nothing that they name.

Python's pickle calls what a file names; this interpreter knows only the instructions that a state dict
needs, and calls only :class:`Function` objects from a table. It sets no attribute but the ``_metadata``
of an OrderedDict.

Source: the instructions that torch.load(weights_only=True) admits.
"""

from __future__ import annotations

import pickle
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

from torchffi._files.text import shown
from torchffi.errors import TorchError

# One tensor of a state dict takes about 20 instructions.
MAX_INSTRUCTIONS = 1 << 22
_MAX_NAME = 512
_MAX_KEY = 1000  # parts of a tuple that is a key; shared ones would be hashed exponentially often
_SCALARS: Final = frozenset({str, bytes, int, float, bool, complex, type(None)})
_DICTS: Final = frozenset({dict, OrderedDict, Counter})
_INSTRUCTIONS: Final = {
    value[0]: name
    for name, value in vars(pickle).items()
    if name.isupper() and type(value) is bytes and len(value) == 1
}


class Function:
    """Something that a pickle may call: a class or function by its name in the pickle."""

    __slots__ = ("call", "name")

    def __init__(self, name: str, call: Callable[..., Any]) -> None:
        self.name: Final = name
        self.call: Final = call


def check_key(key: object) -> None:
    """Raises TypeError unless a value is a scalar or a small tuple of scalars."""
    left, count = [key], 0
    while left:
        part = left.pop()
        count += 1
        if type(part) is tuple:
            left += part
        elif type(part) not in _SCALARS:
            raise TypeError(f"a {type(part).__name__} is not a key")
        if count + len(left) > _MAX_KEY:
            raise TypeError(f"a key has more than {_MAX_KEY} parts")


class Unpickler:
    """Reads one pickle."""

    def __init__(
        self,
        data: memoryview,
        position: int,
        names: Mapping[tuple[str, str], object],
        persistent: Callable[[tuple[Any, ...]], object],
        error: Callable[[str], Exception],
    ) -> None:
        """Prepares to read.

        Args:
            data: The file, or a part of it.
            position: Where the pickle begins.
            names: What it may name, by module and name.
            persistent: Gives the object that an identifier of torch.save stands for.
            error: Makes the exception from a message.
        """
        self._data, self._at = data, position
        self._names, self._persistent, self._error = names, persistent, error
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []  # the stacks below each mark
        self._memo: dict[int, Any] = {}
        # Results of functions: each legitimate one repeats bytes of the pickle.
        self._budget = len(data)

    def load(self) -> tuple[Any, int]:
        """The value, and where the pickle ends.

        Raises:
            FileFormatError: The pickle is damaged, or it names something that is not data.
        """
        data, code = self._data, -1
        for _ in range(MAX_INSTRUCTIONS):
            began = self._at
            try:
                code = data[began]
                self._at += 1
                if code == _STOP:
                    return self._stack.pop(), self._at
                _DO[code](self)
            except TorchError:
                raise
            except KeyError:
                if code not in _DO:
                    name = _INSTRUCTIONS.get(code, hex(code))
                    raise self._error(
                        f"the pickle has the instruction {name} at byte {began}: it is damaged, or not "
                        "of torch.save with the default pickle protocol"
                    ) from None
                raise self._damaged(began, code, "") from None
            except (IndexError, struct.error):
                raise self._damaged(began, code, ": it is truncated") from None
            except (TypeError, ValueError, AttributeError, OverflowError, MemoryError) as error:
                raise self._damaged(began, code, f": {error!s:.200}") from None
        raise self._error(f"the pickle has more than {MAX_INSTRUCTIONS} instructions")

    def _damaged(self, place: int, code: int, why: str) -> Exception:
        name = _INSTRUCTIONS.get(code, "end")
        return self._error(f"the pickle is damaged at byte {place} ({name}){why}")

    # ---- Reading

    def _take(self, length: int) -> bytes:
        part = bytes(self._data[self._at : self._at + length])
        if len(part) != length:
            raise IndexError
        self._at += length
        return part

    def _number(self, form: str) -> Any:
        (number,) = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return number

    def _line(self) -> str:
        line, found, _ = bytes(self._data[self._at : self._at + _MAX_NAME]).partition(b"\n")
        if not found:
            raise ValueError("a name does not end")
        self._at += len(line) + 1
        return line.decode()

    def _text(self, length: int) -> str:
        return self._take(length).decode("utf-8", "surrogatepass")

    def _long(self) -> int:
        return int.from_bytes(self._take(self._number("B")), "little", signed=True)

    # ---- The stack

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _to_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._below.pop()
        return items

    def _tuple(self, length: int) -> None:
        if len(self._stack) < length:
            raise IndexError
        self._stack[-length:] = [tuple(self._stack[-length:])]

    def _put(self, key: int) -> None:
        self._memo[key] = self._stack[-1]

    # ---- Containers

    def _extend(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) is not list:
            raise TypeError(f"items for a {type(target).__name__}, expected a list")
        target.extend(items)

    def _set_items(self, items: list[Any]) -> None:
        target = self._stack[-1]
        if type(target) not in _DICTS or len(items) % 2:
            raise TypeError(f"keys and values for a {type(target).__name__}, expected a dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            check_key(key)
            target[key] = value

    # ---- Names and calls

    def _global(self) -> None:
        module, name = self._line(), self._line()
        try:
            self._push(self._names[module, name])
        except KeyError:
            raise self._error(
                f"the pickle names {shown(f'{module}.{name}')}, which is not data; only tensors and "
                "plain containers are read, nothing is run. For a whole model, save its state_dict()"
            ) from None

    def _reduce(self) -> None:
        arguments, function = self._stack.pop(), self._stack[-1]
        if type(function) is not Function or type(arguments) is not tuple:
            raise TypeError(f"a call of a {type(function).__name__}")
        try:
            result = function.call(*arguments)
        except (TypeError, TorchError) as error:  # without the name of the file
            raise ValueError(f"{function.name}: {error}") from None
        if type(result) in (bytes, bytearray, set, OrderedDict, Counter):
            self._budget -= len(result)
            if self._budget < 0:
                raise ValueError("it repeats its values without end")
        self._stack[-1] = result

    def _build(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if type(target) is not OrderedDict or type(state) is not dict:
            raise TypeError(f"attributes of a {type(target).__name__}")
        if "_metadata" in state:  # of Module.state_dict()
            target._metadata = state["_metadata"]  # type: ignore[attr-defined]

    def _persistent_id(self) -> None:
        identifier = self._stack.pop()
        if type(identifier) is not tuple:
            raise TypeError(f"an identifier is a {type(identifier).__name__}, expected a tuple")
        self._push(self._persistent(identifier))


def _pop_and(action: Callable[[Unpickler, list[Any]], None]) -> Callable[[Unpickler], None]:
    return lambda self: action(self, [self._stack.pop()])


def _pair(self: Unpickler) -> None:
    value, key = self._stack.pop(), self._stack.pop()
    self._set_items([key, value])


_STOP: Final = pickle.STOP[0]
_DO: Final[dict[int, Callable[[Unpickler], None]]] = {
    code[0]: action
    for code, action in (
        (pickle.PROTO, lambda self: self._take(1)),
        # Values
        (pickle.NONE, lambda self: self._push(None)),
        (pickle.NEWTRUE, lambda self: self._push(True)),
        (pickle.NEWFALSE, lambda self: self._push(False)),
        (pickle.BININT, lambda self: self._push(self._number("<i"))),
        (pickle.BININT1, lambda self: self._push(self._number("B"))),
        (pickle.BININT2, lambda self: self._push(self._number("<H"))),
        (pickle.LONG1, lambda self: self._push(self._long())),
        (pickle.BINFLOAT, lambda self: self._push(self._number(">d"))),
        (pickle.BINUNICODE, lambda self: self._push(self._text(self._number("<I")))),
        # Strings of Python 2
        (pickle.SHORT_BINSTRING, lambda self: self._push(self._text(self._number("B")))),
        (pickle.BINSTRING, lambda self: self._push(self._text(self._number("<I")))),
        # Containers
        (pickle.EMPTY_TUPLE, lambda self: self._push(())),
        (pickle.EMPTY_LIST, lambda self: self._push([])),
        (pickle.EMPTY_DICT, lambda self: self._push({})),
        (pickle.EMPTY_SET, lambda self: self._push(set())),
        (pickle.MARK, Unpickler._mark),
        (pickle.TUPLE, lambda self: self._push(tuple(self._to_mark()))),
        (pickle.TUPLE1, lambda self: self._tuple(1)),
        (pickle.TUPLE2, lambda self: self._tuple(2)),
        (pickle.TUPLE3, lambda self: self._tuple(3)),
        (pickle.APPEND, _pop_and(Unpickler._extend)),
        (pickle.APPENDS, lambda self: self._extend(self._to_mark())),
        (pickle.SETITEM, _pair),
        (pickle.SETITEMS, lambda self: self._set_items(self._to_mark())),
        # Shared values
        (pickle.BINPUT, lambda self: self._put(self._number("B"))),
        (pickle.LONG_BINPUT, lambda self: self._put(self._number("<I"))),
        (pickle.BINGET, lambda self: self._push(self._memo[self._number("B")])),
        (pickle.LONG_BINGET, lambda self: self._push(self._memo[self._number("<I")])),
        # Names and calls
        (pickle.GLOBAL, Unpickler._global),
        (pickle.REDUCE, Unpickler._reduce),
        (pickle.NEWOBJ, Unpickler._reduce),
        (pickle.BUILD, Unpickler._build),
        (pickle.BINPERSID, Unpickler._persistent_id),
    )
}
