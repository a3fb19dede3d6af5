"""Modules that contain others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torchffi.nn.modules.module import Module, _indented


class ModuleList(Module):
    """A list of modules.

    Args:
        modules: The modules.

    Source: torch.nn.ModuleList.
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def append(self, module: Module) -> ModuleList:
        """Adds a module at the end. Returns the list."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Adds modules at the end. Returns the list."""
        for module in modules:
            self.append(module)
        return self

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(tuple(one for one in self._modules.values() if one is not None))

    def __getitem__(self, index: int) -> Module:
        return tuple(self)[index]

    def __repr__(self) -> str:
        groups: list[tuple[int, int, str]] = []
        for number, text in enumerate(map(repr, self)):
            if groups and groups[-1][2] == text:
                groups[-1] = groups[-1][0], number, text
            else:
                groups.append((number, number, text))
        lines = [
            f"({first}): {text}"
            if first == last
            else f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in groups
        ]
        if not lines:
            return f"{self._get_name()}()"
        return "\n  ".join([f"{self._get_name()}(", *map(_indented, lines)]) + "\n)"
