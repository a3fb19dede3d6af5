"""The parameters of a function, read from its code: importing ``inspect`` takes a sixth of ours."""

from __future__ import annotations

from collections.abc import Callable

from torchffi._stdlib.typing import Any, Final, NamedTuple

NO_DEFAULT: Final = object()
_VARIADIC: Final = 4  # the flag CO_VARARGS of a code object


class Parameter(NamedTuple):
    """A parameter.

    Attributes:
        name: Its name.
        kind: ``"/"`` for one given by position only, ``""`` by position or name, ``"*"`` for the rest of
            the positions, ``"="`` by name only.
        default: Its default, or NO_DEFAULT.
    """

    name: str
    kind: str
    default: Any


def of(function: Callable[..., Any]) -> list[Parameter]:
    """The parameters of a function in Python without ``**``, or of what it wraps."""
    plain: Any = function
    while hasattr(plain, "__wrapped__"):
        plain = plain.__wrapped__
    code, defaults = plain.__code__, plain.__defaults__ or ()
    count, named = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    values = [NO_DEFAULT] * (count - len(defaults)) + list(defaults)
    found = [
        Parameter(name, "/" if i < code.co_posonlyargcount else "", values[i])
        for i, name in enumerate(names[:count])
    ]
    if code.co_flags & _VARIADIC:
        found.append(Parameter(names[count + named], "*", NO_DEFAULT))
    given = plain.__kwdefaults__ or {}
    found += [
        Parameter(name, "=", given.get(name, NO_DEFAULT)) for name in names[count : count + named]
    ]
    return found


def declared(parameters: list[Parameter]) -> str:
    """The text between the parentheses of a definition. Every default is None."""
    parts: list[str] = []
    last = ""
    for name, kind, default in parameters:
        if last == "/" != kind:
            parts.append("/")
        if kind == "=" and last not in ("*", "="):
            parts.append("*")
        star = "*" if kind == "*" else ""
        parts.append(star + name + ("" if default is NO_DEFAULT else "=None"))
        last = kind
    if last == "/":
        parts.append("/")
    return ", ".join(parts)


def passed(parameters: list[Parameter]) -> str:
    """The arguments of a call that passes all of them on."""
    marks = {"*": "*{0}", "=": "{0}={0}"}
    return ", ".join(marks.get(kind, "{0}").format(name) for name, kind, _ in parameters)
