"""Nested inputs and outputs: what PyTorch calls a pytree, from its serialized form."""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from torchffi.errors import InvalidArgumentError, NotSupportedError

_VERSION: Final = 1
_SEQUENCES: Final[dict[str, Callable[[list[Any]], Any]]] = {
    "builtins.tuple": tuple,
    "builtins.list": list,
    "collections.deque": deque,
}
_MAPPINGS: Final[dict[str, Callable[[Any], Any]]] = {
    "builtins.dict": dict,
    "collections.OrderedDict": OrderedDict,
    "collections.defaultdict": lambda items: defaultdict(None, items),
}


class Leaf:
    """One value."""

    leaves = 1

    def flatten(self, value: Any, path: str) -> Iterator[tuple[str, Any]]:
        """The value, with the name of its place."""
        yield path, value

    def unflatten(self, leaves: Iterator[Any]) -> Any:
        """The next value."""
        return next(leaves)

    def __str__(self) -> str:
        return "*"


class Node:
    """A tuple, list, dict, named tuple or the like, with its parts."""

    def __init__(
        self, name: str, keys: Sequence[Any], make: Callable[[list[Any]], Any], parts: list[Any]
    ) -> None:
        if len(keys) != len(parts):
            raise ValueError(f"{name} has {len(keys)} keys and {len(parts)} parts")
        self.name = name
        self.keys = tuple(keys)
        self.parts: list[Leaf | Node] = parts
        self.leaves: int = sum(part.leaves for part in parts)
        self._make = make

    def flatten(self, value: Any, path: str) -> Iterator[tuple[str, Any]]:
        """The values in their order, each with the name of its place.

        Raises:
            ValueError: The value has another structure.
        """
        for key, part in zip(self.keys, self.parts, strict=True):
            yield from part.flatten(self._part(value, key, path), f"{path}[{key!r}]")

    def _part(self, value: Any, key: Any, path: str) -> Any:
        if self.name in _MAPPINGS:
            fits = isinstance(value, Mapping) and value.keys() == set(self.keys)
        else:
            fits = isinstance(value, (tuple, list, deque)) and len(value) == len(self.parts)
        if not fits:
            raise InvalidArgumentError(f"{path}: expected {self}, got {_described(value)}")
        return value[key]

    def unflatten(self, leaves: Iterator[Any]) -> Any:
        """The structure, filled with the next values."""
        return self._make([part.unflatten(leaves) for part in self.parts])

    def __str__(self) -> str:
        parts = ", ".join(map(str, self.parts))
        if self.name in _MAPPINGS:
            pairs = zip(self.keys, self.parts, strict=True)
            return "{" + ", ".join(f"{key!r}: {part}" for key, part in pairs) + "}"
        return f"[{parts}]" if self.name == "builtins.list" else f"({parts})"


Structure = Leaf | Node


def _described(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"a {type(value).__name__} with the keys {list(value)}"
    if isinstance(value, (tuple, list, deque)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


def parse(text: str, fields: Mapping[str, Any] | None) -> Structure:
    """A structure from its serialized form.

    Args:
        text: JSON: a version, and the structure.
        fields: The names of the fields of named tuples; None if they are not known, for plain tuples.

    Raises:
        NotImplementedError: It has a type that only PyTorch's Python code can make.
        ValueError: It is damaged.
    """
    version, spec = json.loads(text)
    if version != _VERSION:
        raise NotSupportedError(f"version {version} of structures, expected {_VERSION}")
    return _parse(spec, fields)


def _parse(spec: Mapping[str, Any], fields: Mapping[str, Any] | None) -> Structure:
    name, children = spec["type"], spec["children_spec"]
    if name is None:
        return Leaf()
    parts = [_parse(child, fields) for child in children]
    context = spec["context"]
    if name == "collections.namedtuple":  # its context is a name; that of others is JSON
        if fields is None:
            return Node("builtins.tuple", range(len(parts)), tuple, parts)
        return _named_tuple(context, fields, parts)
    if isinstance(context, str):
        context = json.loads(context)
    if name in _SEQUENCES:
        return Node(name, range(len(parts)), _SEQUENCES[name], parts)
    if name in _MAPPINGS:
        keys = context["dict_context"] if name == "collections.defaultdict" else context
        fill = _MAPPINGS[name]
        return Node(name, keys, lambda values: fill(zip(keys, values, strict=True)), parts)
    if isinstance(context, list) and len(context) == len(parts) > 0 and _are_names(context):
        # A dataclass or the output of a transformers model, whose class only Python code has: a dict.
        return Node("builtins.dict", context, lambda v: dict(zip(context, v, strict=True)), parts)
    raise NotSupportedError(f"inputs or outputs of the type {name} are not supported")


def _are_names(context: list[Any]) -> bool:
    return all(isinstance(one, str) for one in context) and len(set(context)) == len(context)


def _named_tuple(context: Any, fields: Mapping[str, Any], parts: list[Any]) -> Node:
    name = str(context)
    names = [str(field) for field in fields[name]["field_names"]]
    kind: Any = namedtuple(name.rpartition(".")[2], names)  # type: ignore[misc]  # checks the names
    return Node("builtins.tuple", range(len(names)), lambda values: kind(*values), parts)
