"""Parser for operator schemas in the format in which LibTorch prints them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_ALIAS = re.compile(r"\((?P<set>[a-z|]+)(?P<written>!?)(?: -> [a-z*|]*)?\)")
_LIST = re.compile(r"(?P<element>.*)\[(?P<size>\d*)\]")


class Type(NamedTuple):
    """A type.

    Attributes:
        name: The name of a scalar type, such as ``"Tensor"``; ``""`` for a list.
        optional: Whether it may be None.
        element: The type of a list's elements; None for a scalar type.
        size: The length of a list of fixed length, for which one number may be passed; else 0.
    """

    name: str
    optional: bool = False
    element: Type | None = None
    size: int = 0

    @property
    def innermost(self) -> str:
        """The name of the scalar type, or of the elements of a list."""
        return self.element.innermost if self.element is not None else self.name


class Parameter(NamedTuple):
    """An argument of an operator.

    Attributes:
        name: Its name.
        type: Its type.
        text: The type as the schema spells it.
        required: Whether it has no default.
        by_name_only: Whether it is after the ``*``.
        written: The alias set of a tensor that the operator writes, such as ``"a"``, or ``""``.
    """

    name: str
    type: Type
    text: str
    required: bool
    by_name_only: bool
    written: str


class Result(NamedTuple):
    """A result of an operator: its type, and the alias set of a tensor that was written, or ``""``."""

    type: Type
    written: str


class Schema(NamedTuple):
    """The name of an operator with its overload, its arguments, its results, and the whole text."""

    name: str
    parameters: tuple[Parameter, ...]
    results: tuple[Result, ...]
    text: str


def parse(text: str) -> Schema:
    """Parses a schema such as ``"aten::relu_(Tensor(a!) self) -> Tensor(a!)"``."""
    left, _, right = text.partition(") -> ")
    name, _, arguments = left.partition("(")
    results = right[1:-1] if right.startswith("(") else right
    return Schema(
        name,
        tuple(_parameters(arguments)),
        tuple(Result(*_type(result.partition(" ")[0])) for result in _split(results)),
        text,
    )


def _parameters(text: str) -> Iterator[Parameter]:
    by_name_only = False
    for one in _split(text):
        if one in ("*", "..."):
            by_name_only = True
            continue
        declaration, equals, _ = one.partition("=")
        spelled, _, name = declaration.rpartition(" ")
        type_, written = _type(spelled)
        yield Parameter(name, type_, spelled, not equals, by_name_only, written)


_PART = re.compile(r"""[^,()\[\]"']+|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|.""")


def _split(text: str) -> Iterator[str]:
    """The parts between the commas that are outside of brackets and strings."""
    depth, part = 0, ""
    for found in _PART.findall(text):
        if found == "," and not depth:
            yield part.strip()
            part = ""
            continue
        depth += (found in ("(", "[")) - (found in (")", "]"))
        part += found
    if part.strip():
        yield part.strip()


class MethodParameter(NamedTuple):
    """An argument of a method of a module.

    Attributes:
        name: Its name.
        type: Its type, as text.
        required: Whether it has no default.
        by_name_only: Whether it is after the ``*``.
    """

    name: str
    type: str
    required: bool
    by_name_only: bool


def parse_method(text: str) -> tuple[str, tuple[MethodParameter, ...]]:
    """The name and the arguments of a schema such as ``"forward(Tensor x, int k=2) -> Tensor"``."""
    name, _, rest = text.partition("(")
    parameters, by_name_only = [], False
    for one in _split(rest.rpartition(") -> ")[0]):
        if one == "*":
            by_name_only = True
            continue
        declaration, equals, _ = one.partition("=")
        spelled, _, parameter = declaration.rpartition(" ")
        parameters.append(MethodParameter(parameter, spelled, not equals, by_name_only))
    return name, tuple(parameters)


def _type(text: str) -> tuple[Type, str]:
    alias = _ALIAS.search(text)
    written = alias["set"] if alias and alias["written"] else ""
    return _plain(_ALIAS.sub("", text)), written


def _plain(text: str) -> Type:
    if text.endswith("?"):
        return _plain(text[:-1])._replace(optional=True)
    found = _LIST.fullmatch(text)
    if found is None:
        return Type(text)
    return Type("", element=_plain(found["element"]), size=int(found["size"] or 0))
