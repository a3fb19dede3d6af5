"""Code that packs one argument of an operator, by its type and that of the parameter."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from torchffi._core.by_name.results import LIBTORCH_CLASSES
from torchffi._libtorch.loader import lib
from torchffi._libtorch.operators.schemas import Type
from torchffi.dtypes import DType


class Code(NamedTuple):
    """Code that packs one argument.

    Attributes:
        format: The format of its 24 bytes for ``struct``.
        words: The values for the format; ``{0}`` is the argument.
        lines: Statements that come before.
    """

    format: str
    words: str
    lines: str = ""


def _word(tag: int, value: str = "{0}") -> Code:
    return Code("qq8x", f"{tag}, {value}")


def _memory(tag: int, elements: str) -> Code:
    """Elements in an array, which lives as long as the call."""
    lines = f"m_{{0}} = {elements}\np_{{0}}, n_{{0}} = m_{{0}}.buffer_info()\n"
    return Code("qq8x", f"{tag} | n_{{0}} << 32, p_{{0}}", lines)


class _Memory(dict[Any, tuple[Any, int, int]]):
    """Cache of arrays by what they are made of: the array, its address, and its length with the tag.

    The code of a plan holds the array during the call, so that clearing the cache frees none in use.
    """

    def __init__(self, tag: int, make: Callable[[Any], Any]) -> None:
        self._tag, self._make = tag, make

    def __missing__(self, key: Any) -> tuple[Any, int, int]:
        if len(self) >= _MOST_CACHED:
            self.clear()
        made = self._make(key)
        address, length = made.buffer_info()
        found = self[key] = made, address, self._tag | length << 32
        return found


_MOST_CACHED: Final = 256
TEXTS: Final = _Memory(lib.RT_TORCH_STRING, lambda text: array("b", text.encode()))
# An integer for each of several axes, by the integer and the number of axes.
REPEATED: Final = _Memory(lib.RT_TORCH_INT_LIST, lambda key: array("q", key[:1] * key[1]))
# Integers by the tuple of them, which also finds equal floats.
INTEGERS: Final = _Memory(lib.RT_TORCH_INT_LIST, lambda key: array("q", key))


def _cached(key: str) -> Code:
    return Code("qq8x", "t_{0}, p_{0}", f"m_{{0}}, p_{{0}}, t_{{0}} = {key}\n")


_NONE: Final = Code("q16x", str(lib.RT_TORCH_NONE))
DEFAULT: Final = Code("q16x", str(lib.RT_TORCH_DEFAULT))
_DOUBLE: Final = Code("qd8x", f"{lib.RT_TORCH_DOUBLE}, {{0}}")
_INT: Final = _word(lib.RT_TORCH_INT)
TENSOR: Final = _word(lib.RT_TORCH_TENSOR, "{0}._data")
_TRUTH: Final = _word(lib.RT_TORCH_TRUTH)
_NUMBERS: Final = {bool: _TRUTH, float: _DOUBLE, int: _INT}
_TENSORS: Final = _memory(lib.RT_TORCH_TENSOR_LIST, 'array("q", [one._data for one in {0}])')

_OPTIONAL_TENSORS: Final = _memory(
    lib.RT_TORCH_TENSOR_LIST, 'array("q", [0 if one is None else one._data for one in {0}])'
)

# By the type of the parameter, then by that of the argument.
_PLAIN: Final[dict[str, Mapping[type, Code]]] = {
    "Scalar": _NUMBERS,
    "bool": {bool: _TRUTH},
    "float": {float: _DOUBLE, int: _DOUBLE},
    "int": {int: _INT},
    "SymInt": {int: _INT},
    "str": {str: _cached("TEXTS[{0}]")},
    "Device": {str: _word(lib.RT_TORCH_DEVICE, "device({0})")},
    "Layout": {str: _word(lib.RT_TORCH_LAYOUT, "LAYOUTS[{0}]")},
    "MemoryFormat": {str: _word(lib.RT_TORCH_MEMORY_FORMAT, "MEMORY_FORMATS[{0}]")},
    "ScalarType": {DType: _word(lib.RT_TORCH_DTYPE, "{0}.code")},
}


def _checked(tensors: Code, classes: str) -> Code:
    check = f"if not {classes}.issuperset(map(type, {{0}})):\n    raise TypeError\n"
    return tensors._replace(lines=check + tensors.lines)


# A sum with a float is no int.
_INTEGERS: Final = _cached("INTEGERS[{0}]")
_TUPLE: Final = _INTEGERS._replace(
    lines=f"if type(sum({{0}})) is not int:\n    raise TypeError\n{_INTEGERS.lines}"
)

# By the type of the elements; that of optional ones has a question mark.
_LISTS: Final[dict[str, Code]] = {
    "Tensor": _checked(_TENSORS, "CLASSES"),
    "Tensor?": _checked(_OPTIONAL_TENSORS, "CLASSES_OR_NONE"),
    "bool": _memory(lib.RT_TORCH_TRUTH_LIST, 'array("B", {0})'),
    "float": _memory(lib.RT_TORCH_DOUBLE_LIST, 'array("d", {0})'),
    "int": _memory(lib.RT_TORCH_INT_LIST, 'array("q", {0})'),
    "SymInt": _memory(lib.RT_TORCH_INT_LIST, 'array("q", {0})'),
}


def code(type_: Type, given: type, numbers: bool) -> Code | None:
    """The code for an argument; None if there is none.

    Args:
        type_: The type of the parameter.
        given: The type of the argument.
        numbers: Whether a number may stand for a tensor.
    """
    if given is type(None):
        return _NONE if type_.optional else None
    if type_.element is not None:
        return _list_code(type_.element, given, type_.size)
    if type_.name != "Tensor":
        return _PLAIN.get(type_.name, {}).get(given)
    return TENSOR if given in LIBTORCH_CLASSES else _NUMBERS.get(given) if numbers else None


def _list_code(element: Type, given: type, size: int) -> Code | None:
    found = _LISTS.get(f"{element.name}?" if element.optional else element.name)
    if given is tuple and not element.optional and element.name in ("int", "SymInt"):
        return _TUPLE
    if found is None or given in (list, tuple):
        return found
    if not size or given not in _PLAIN.get(element.name, {}):
        return None
    if given is int and element.name in ("int", "SymInt"):
        return _cached(f"REPEATED[{{0}}, {size}]")
    return found._replace(lines=found.lines.replace("{0})", f"({{0}},) * {size})"))  # one for all
