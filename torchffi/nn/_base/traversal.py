"""The parameters, buffers and modules inside a module, with their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torchffi._core.tensor import Tensor

Named = Iterator[tuple[str, Any]]


class Traversal:
    """Lists of what is inside a module. A base class of Module."""

    _parameters: dict[str, Tensor | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]

    def named_children(self) -> Named:
        """The modules directly inside, with their names; each of them once."""
        seen: set[int] = set()
        for name, module in self._modules.items():
            if module is not None and id(module) not in seen:
                seen.add(id(module))
                yield name, module

    def children(self) -> Iterator[Any]:
        """The modules directly inside; each of them once."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Named:
        """The module and all modules inside, with their names; outer ones first.

        Args:
            memo: Modules to leave out; those that are listed are added.
            prefix: Put before each name.
            remove_duplicate: Whether a module with several names is listed once.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                inner = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, inner, remove_duplicate)

    def modules(self) -> Iterator[Any]:
        """The module and all modules inside; each of them once."""
        return (module for _, module in self.named_modules())

    def _members(self, table: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Named:
        seen: set[int] = set()
        owners = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else iter([(prefix, self)])
        )
        for owner, module in owners:
            for name, tensor in vars(module)[table].items():
                if tensor is None or id(tensor) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(tensor))
                yield f"{owner}.{name}" if owner else name, tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The parameters, with their names.

        Args:
            prefix: Put before each name.
            recurse: Whether to include those of the modules inside.
            remove_duplicate: Whether a parameter with several names is listed once.
        """
        return self._members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Tensor]:
        """The parameters; each of them once. ``recurse`` includes those of the modules inside."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers, with their names. Arguments: as for :meth:`named_parameters`."""
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers; each of them once. ``recurse`` includes those of the modules inside."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Any:
        """The module of a name with dots, such as ``"encoder.layers.0"``; itself for ``""``.

        Raises:
            AttributeError: If there is none.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            found = module._modules.get(name)
            if found is None:
                raise AttributeError(
                    f"{type(module).__name__} has no module {name!r} (of {target!r})"
                )
            module = found
        return module

    def get_parameter(self, target: str) -> Tensor:
        """The parameter of a name with dots. AttributeError if there is none."""
        return self._member("_parameters", "parameter", target)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a name with dots. AttributeError if there is none."""
        return self._member("_buffers", "buffer", target)

    def _member(self, table: str, kind: str, target: str) -> Tensor:
        owner, _, name = target.rpartition(".")
        module = self.get_submodule(owner)
        found: Tensor | None = vars(module)[table].get(name)
        if found is None:
            raise AttributeError(f"{type(module).__name__} has no {kind} {name!r} (of {target!r})")
        return found
