"""Quick access to the parameters and modules that are attributes of a module."""

from __future__ import annotations

from typing import Any


class Member:
    """An attribute of a class of modules: the parameter or module of this name in an instance.

    ``Module.__getattr__()`` finds them too, but Python calls it only after the ordinary search has
    failed, which takes five times as long. This is part of that search, after the ``__dict__`` of the
    instance.
    """

    __slots__ = ("_name", "_table")

    def __init__(self, table: str, name: str) -> None:
        self._table, self._name = table, name

    def __get__(self, module: Any, owner: type | None = None) -> Any:
        if module is None:
            return self
        try:
            return module.__dict__[self._table][self._name]
        except KeyError:  # this instance has none, or in another table: __getattr__() is called
            raise AttributeError(self._name) from None
