"""The names of :mod:`typing`, without its import, which takes a quarter of the time of torchffi's own.

Type checkers see typing's own names, and so does ``typing.get_type_hints()``: a name here is a string,
which it reads as a forward reference. Protocols are plain classes.
"""

from __future__ import annotations

__all__ = [
    "TYPE_CHECKING", "Any", "ClassVar", "Final", "Literal", "NamedTuple", "NoReturn", "Protocol",
    "SupportsIndex", "TypeGuard", "TypeVar", "cast",
]  # fmt: skip

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import (
        Any,
        ClassVar,
        Final,
        Literal,
        NamedTuple,
        NoReturn,
        Protocol,
        SupportsIndex,
        TypeGuard,
        TypeVar,
        cast,
    )
else:
    from collections import namedtuple

    class Name(str):
        """A name of typing, as an expression that needs no other names."""

        __slots__ = ()

        def __or__(self, other):
            return eval(self) | other

        def __ror__(self, other):
            return other | eval(self)

        def __getitem__(self, item):
            if self is Literal:
                return Name(f"{self}[{item!r}]")
            if isinstance(item, int | slice):  # a character: typing looks at the first one
                return str.__getitem__(self, item)
            return eval(self)[item]

    Any = Name("__import__('typing').Any")
    ClassVar = Name("__import__('typing').ClassVar")
    Final = Name("__import__('typing').Final")
    Literal = Name("__import__('typing').Literal")
    NoReturn = Name("__import__('typing').NoReturn")
    SupportsIndex = Name("__import__('typing').SupportsIndex")
    TypeGuard = Name("__import__('typing').TypeGuard")
    Protocol = object

    def cast(kind, value):
        """The value."""
        return value

    _variables = []  # the arguments of each TypeVar()

    def TypeVar(name, bound=None):
        """The name of a type variable."""
        _variables.append((name, bound))
        module = f"__import__({__name__!r}, fromlist=['typing'])"
        return Name(f"{module}.variable({len(_variables) - 1})")

    def variable(number):
        """The type variable of a number."""
        import typing

        found = _variables[number]
        if isinstance(found, tuple):
            name, bound = found
            found = _variables[number] = typing.TypeVar(name, bound=bound)
        return found

    class _NamedTupleType(type):
        """Makes a class with annotations one of collections.namedtuple(), as typing does."""

        def __new__(mcs, name, bases, namespace):
            if not bases:
                return super().__new__(mcs, name, bases, namespace)
            fields = namespace.get("__annotations__", {})
            defaults = [namespace.pop(field) for field in fields if field in namespace]
            module = namespace["__module__"]
            made = namedtuple(name, fields, defaults=defaults, module=module)
            for attribute, value in namespace.items():
                setattr(made, attribute, value)
            return made

    class NamedTuple(metaclass=_NamedTupleType):
        """Base of named tuples."""
