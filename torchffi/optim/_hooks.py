"""Functions that are called around the methods of an optimizer."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from torchffi.errors import ArgumentError

_numbers = itertools.count()


class Handle:
    """Removes a hook with ``remove()``, or at the end of a ``with`` block."""

    def __init__(self, hooks: OrderedDict[int, Any], number: int) -> None:
        self._hooks, self._number = hooks, number

    def remove(self) -> None:
        """Removes the hook."""
        self._hooks.pop(self._number, None)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def added(hooks: OrderedDict[int, Any], hook: Callable[..., Any], prepend: bool = False) -> Handle:
    """Adds a hook, to be called last, or first if ``prepend``."""
    if not callable(hook):
        raise ArgumentError(f"register a hook: expected a function, got {hook!r:.60}")
    number = next(_numbers)
    hooks[number] = hook
    hooks.move_to_end(number, last=not prepend)
    return Handle(hooks, number)
