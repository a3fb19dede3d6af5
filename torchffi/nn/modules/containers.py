"""Modules that contain modules, as a chain, a list or a dict."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import groupby
from operator import index
from typing import Any, TypeVar

from torchffi.errors import ArgumentError, InvalidArgumentError
from torchffi.nn._base.module import Module

_List = TypeVar("_List", bound="_Listed")


class _Listed(Module):
    """The operations of lists, for modules that are named by their positions."""

    def _key(self, position: int) -> str:
        """The name of the module at a position. IndexError if there is none."""
        count, given = len(self), index(position)
        if not -count <= given < count:
            raise IndexError(f"{self._get_name()}: index {given} is out of range, it has {count}")
        return list(self._modules)[given]

    def _fill(self: _List, modules: Iterable[Module | None]) -> _List:
        """Replaces all modules, and names them by their positions."""
        new = list(modules)
        former, self._modules = self._modules, {}
        try:
            for position, module in enumerate(new):
                self.add_module(str(position), module)
        except TypeError:
            self._modules = former
            raise
        return self

    def __setitem__(self, position: int, module: Module) -> None:
        setattr(self, self._key(position), module)

    def __delitem__(self, position: int | slice) -> None:
        kept = list(self._modules.values())
        if not isinstance(position, slice):
            self._key(position)
        del kept[position]
        self._fill(kept)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __iadd__(self: _List, other: Iterable[Module]) -> _List:
        return self.extend(other)

    def append(self: _List, module: Module) -> _List:
        """Adds a module at the end. Returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self: _List, modules: Iterable[Module]) -> _List:
        """Adds several modules at the end. Returns the container."""
        for module in _listed(f"{self._get_name()}.extend", modules):
            self.append(module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Removes the module at an index, and returns it."""
        found = self[key]
        del self[key]
        return found

    def _insert(self, position: int, module: Module) -> None:
        modules = list(self._modules.values())
        modules.insert(position, module)
        self._fill(modules)

    def __getitem__(self, position: int | slice) -> Any:
        raise NotImplementedError  # the two classes name the modules of a slice differently


class Sequential(_Listed):
    """A chain of modules: each of them is called with the result of the one before.

    Args:
        *args: The modules, which are named ``"0"``, ``"1"`` and so on; or one OrderedDict of modules.

    Source: torch.nn.Sequential.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = len(args) == 1 and isinstance(args[0], OrderedDict)
        for name, module in args[0].items() if named else enumerate(args):
            self.add_module(str(name), module)

    def forward(self, input: Any) -> Any:
        """The result of the last module."""
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input

    def __getitem__(self, position: int | slice) -> Any:
        if isinstance(position, slice):
            return type(self)(OrderedDict(list(self._modules.items())[position]))
        return self._modules[self._key(position)]

    def insert(self, index: int, module: Module) -> Sequential:
        """Puts a module before an index, and names all modules by their positions.

        Returns:
            The container.

        Raises:
            TypeError: If it is not a module.
            IndexError: If there is no such index.
        """
        if index != len(self):
            self._key(index)
        self._insert(index, module)
        return self

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            return NotImplemented
        return Sequential(*self, *other)

    def __mul__(self, count: int) -> Sequential:
        return Sequential(*(list(self) * _count(count)))

    __rmul__ = __mul__

    def __imul__(self, count: int) -> Sequential:
        return self._fill(list(self) * _count(count))


class ModuleList(_Listed):
    """A list of modules. It has no ``forward()``.

    Args:
        modules: The first modules.

    Source: torch.nn.ModuleList.
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, position: int | slice) -> Any:
        if isinstance(position, slice):
            return type(self)(list(self)[position])
        return self._modules[self._key(position)]

    def insert(self, index: int, module: Module) -> None:
        """Puts a module before an index. TypeError if it is not a module."""
        self._insert(index, module)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        lines, first = [], 0
        for text, group in groupby(map(repr, self)):
            count = len(list(group))
            last = first + count - 1
            shown = f"({first}-{last}): {count} x {text}" if count > 1 else f"({first}): {text}"
            lines.append(shown.replace("\n", "\n  "))
            first += count
        name = self._get_name()
        return "\n  ".join([f"{name}(", *lines]) + "\n)" if lines else f"{name}()"


class ModuleDict(Module):
    """A dict of modules by name. It has no ``forward()``.

    Args:
        modules: The first modules: a mapping, or pairs of a name and a module.

    Source: torch.nn.ModuleDict.
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module | None) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Removes all modules."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Removes the module of a name, and returns it. KeyError if there is none."""
        return self._modules.pop(key)

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Any]:
        """The names and the modules."""
        return self._modules.items()

    def values(self) -> ValuesView[Any]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Adds modules, and replaces those of the same names.

        Args:
            modules: A mapping, or pairs of a name and a module.

        Raises:
            TypeError: If it is something else.
        """
        if isinstance(modules, (Mapping, ModuleDict)):
            modules = modules.items()
        for pair in _listed(f"{self._get_name()}.update", modules):
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise ArgumentError(
                    f"{self._get_name()}.update: {pair!r} is not a pair of a name and a module"
                )
            self.add_module(*pair)


def _listed(function: str, modules: Any) -> list[Any]:
    if not isinstance(modules, Iterable):
        kind = type(modules).__name__
        raise ArgumentError(f"{function}: expected an iterable of modules, got a {kind}")
    return list(modules)


def _count(count: Any) -> int:
    if not isinstance(count, int):
        raise ArgumentError(f"Sequential: * {count!r}, expected an integer")
    if count <= 0:
        raise InvalidArgumentError(f"Sequential: * {count}, expected a positive number")
    return count
