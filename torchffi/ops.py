"""Every operator of LibTorch by name, spelled as in ``torch.ops``.

``torchffi.ops.aten.add.Tensor(a, b, alpha=2)`` calls one overload, and
``torchffi.ops.aten.conv2d(x, w, None, stride=[2, 2])`` the first one that accepts the arguments.
``dir()`` lists the operators of a namespace and the overloads of an operator; ``help()`` shows the
schema.

Arguments follow the schema: a Tensor, a Python number for a Scalar, a list or tuple for a list (or one
number for a list of fixed length such as ``int[2]``), a dtype of torchffi, a seed for a Generator, and
strings for the rest: ``device="cpu"``, ``layout="strided"``, ``memory_format="channels_last"``.
Omitted arguments take the schema's default. An in-place operator returns the Tensor that it wrote to.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from torchffi._core.backends import need_libtorch
from torchffi._core.by_name.overloads import Overload, check_backend
from torchffi._core.by_name.plans import Planned, types_of
from torchffi._core.by_name.results import LIBTORCH_CLASSES
from torchffi._libtorch.loader import lib
from torchffi._libtorch.operators import registry
from torchffi.errors import ArgumentError, UnknownOperatorError


class Operator(Planned):
    """An operator with all its overloads, which are its attributes."""

    def __init__(self, name: str, overloads: Sequence[str]) -> None:
        super().__init__()
        self._name = name
        self._overloads = tuple(overloads)
        self._found: tuple[Overload, ...] = ()  # all overloads, from the first call on
        self.__name__ = self.__qualname__ = name
        self.__doc__ = "\n".join(getattr(self, overload).schema for overload in self.overloads())

    def overloads(self) -> list[str]:
        """The names of the overloads in the order they are tried; an unnamed one is ``"default"``."""
        return [overload or "default" for overload in self._overloads]

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self.overloads()]

    def __repr__(self) -> str:
        return f"<torchffi.ops operator {self._name}: {', '.join(self.overloads())}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Operator, (self._name, self._overloads)

    def __getattr__(self, name: str) -> Overload:
        if name.startswith("__") or name not in self.overloads():
            raise UnknownOperatorError(
                f"{self._name} has no overload {name!r}{_nearest(name, self.overloads())}"
            )
        overload = Overload(self._name if name == "default" else f"{self._name}.{name}")
        setattr(self, name, overload)
        return overload

    def _call(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Calls the first overload that accepts the arguments."""
        if not arguments or type(arguments[0]) not in LIBTORCH_CLASSES:
            check_backend(self._name, arguments, named)
        found = self._found
        if not found:
            found = self._found = tuple(getattr(self, name) for name in self.overloads())
        if len(found) == 1:
            return self._call_one(found[0], arguments, named)
        reasons: list[str] = []
        for overload in found:
            try:
                return self._call_one(overload, arguments, named)
            except ArgumentError as error:
                reasons.append(str(error))  # not the error: its traceback refers to the arguments
        lines = [f"{self._name}: no overload accepts these arguments:", *reasons]
        raise ArgumentError("\n  ".join(lines))

    def _call_one(
        self, overload: Overload, arguments: Sequence[Any], named: Mapping[str, Any]
    ) -> Any:
        result = overload(*arguments, **named)
        types = types_of(arguments, named)
        # A list is accepted or not by its elements, so a plan for lists may not pass over an overload.
        if overload is self._found[0] or _LISTS.isdisjoint(types):
            self._adopt_from(overload, types)
        return result


_LISTS: Final = frozenset({list, tuple})


class Namespace:
    """The operators of one namespace, which are its attributes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.__name__ = f"torchffi.ops.{name}"

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *_table().get(self._name, ())]

    def __repr__(self) -> str:
        return f"<torchffi.ops namespace {self._name}>"

    def __getattr__(self, name: str) -> Operator:
        if name.startswith("__") and not lib.rt_torch_available():
            raise AttributeError(name)
        need_libtorch(f"{self._name}::{name}")
        operators = _table().get(self._name, {})
        if name not in operators:
            operators = _table(refresh=True).get(self._name, {})
        if not operators:
            raise UnknownOperatorError(
                f"there is no namespace {self._name!r}{_nearest(self._name, _table())}"
            )
        if name not in operators:
            raise UnknownOperatorError(
                f"there is no operator {self._name}::{name}{_nearest(name, operators)}"
            )
        operator = Operator(f"{self._name}::{name}", operators[name])
        setattr(self, name, operator)
        return operator


def _nearest(name: str, names: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, list(names), 3)
    return f"; did you mean {' or '.join(near)}?" if near else ""


# ---- Operator table

_operators: dict[str, dict[str, list[str]]] = {}


def _table(refresh: bool = False) -> dict[str, dict[str, list[str]]]:
    """Namespace -> operator -> overloads; empty if LibTorch is not loaded. Cached."""
    global _operators
    if (refresh or not _operators) and lib.rt_torch_available():
        found: dict[str, dict[str, list[str]]] = {}
        for name in registry.names():
            base, _, overload = name.partition(".")
            namespace, _, operator = base.partition("::")
            found.setdefault(namespace, {}).setdefault(operator, []).append(overload)
        _operators = found
    return _operators


def load_library(path: str | os.PathLike[str]) -> None:
    """Opens a library that registers more operators.

    Args:
        path: The library, such as ``"./libmine.so"``.

    Raises:
        ValueError: The library cannot be opened.
        UnavailableError: LibTorch is not available.
    """
    need_libtorch("load_library")
    registry.load_library(os.fspath(path))
    _table(refresh=True)


def __getattr__(name: str) -> Namespace:
    if name.startswith("__"):
        raise AttributeError(name)
    namespace = Namespace(name)
    globals()[name] = namespace
    return namespace


def __dir__() -> list[str]:
    return [*globals(), *_table()]
