"""The values of a checkpoint: nested containers, checked, and their leaves replaced."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, Final

from torchffi._files.text import plain

MAX_DEPTH = 100
_SCALARS: Final = frozenset({str, bytes, bytearray, int, float, bool, complex, type(None), set})
_DICTS: Final = frozenset({dict, OrderedDict, Counter})


class Place:
    """The keys that lead to a value. Text is made only for a message or a table."""

    __slots__ = ("key", "parent")

    def __init__(self, parent: Place | None, key: object) -> None:
        self.parent: Final = parent
        self.key: Final = key

    def __str__(self) -> str:
        """The keys with dots between, such as ``state_dict.fc.weight``."""
        parts: list[str] = []
        place: Place | None = self
        while place is not None and place.parent is not None:
            parts.append(plain(place.key))
            place = place.parent
        return ".".join(reversed(parts)) or "(the whole file)"


class Walk:
    """Replaces every leaf, a value that is neither a container nor a number, text or None.

    A container that occurs twice stays one container.
    """

    def __init__(
        self,
        leaf: Callable[[Any, Place], object],
        error: Callable[[str], Exception],
        *,
        each: bool = False,
    ) -> None:
        """Takes the functions that do the work.

        Args:
            leaf: Gives a leaf's value, or raises.
            error: Makes the exception from a message.
            each: Calls ``leaf`` for each place of a leaf, not only for the first.
        """
        self._leaf, self._error, self._each = leaf, error, each
        # The values themselves too: an id is unique only as long as its object lives.
        self._done: dict[int, tuple[object, Any]] = {}
        self._active: set[int] = set()

    def __call__(self, root: object) -> Any:
        """The value with its leaves replaced. Lists and dicts are changed in place."""
        return self._visit(root, Place(None, None), 0)

    def _visit(self, value: Any, place: Place, depth: int) -> Any:
        kind = type(value)
        if kind in _SCALARS:
            return value
        known = self._done.get(id(value))
        if known is not None:
            return known[1]
        if id(value) in self._active:
            raise self._error(f"{place}: a container contains itself")
        if depth > MAX_DEPTH:
            raise self._error(f"{str(place)[:60]}...: nested more than {MAX_DEPTH} deep")
        self._active.add(id(value))
        result = value
        if kind in _DICTS:
            for key, item in value.items():  # keeps the keys, so the dict may change
                value[key] = self._visit(item, Place(place, key), depth + 1)
            if kind is OrderedDict and "_metadata" in vars(value):
                metadata = Place(place, "_metadata")
                value._metadata = self._visit(value._metadata, metadata, depth + 1)
        elif kind is list:
            value[:] = [
                self._visit(item, Place(place, i), depth + 1) for i, item in enumerate(value)
            ]
        elif kind is tuple:
            items = [self._visit(item, Place(place, i), depth + 1) for i, item in enumerate(value)]
            if any(new is not old for new, old in zip(items, value, strict=True)):
                result = tuple(items)
        else:
            result = self._leaf(value, place)
            if self._each:
                self._active.discard(id(value))
                return result
        self._active.discard(id(value))
        self._done[id(value)] = value, result
        return result
