"""Lazy imports of the modules of ``shim.build``, which are installed as ``torchffi._shim.build``.

Type checkers follow ``shim.build``, the path in the checkout. The modules are imported on first use,
because that takes longer than the rest of the loader and most processes need only a few of them.
"""

from __future__ import annotations

from torchffi._stdlib.typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shim.build import build, compiler, elf, libtorch, paths, sidecar, trust
else:
    from importlib import import_module

    def __getattr__(name: str) -> object:
        if name in __all__:
            return import_module(f"torchffi._shim.build.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["build", "compiler", "elf", "libtorch", "paths", "sidecar", "trust"]
