"""The modules of ``shim.build``, wherever they are installed, each imported when it is first used.

In the checkout they are ``shim.build``, which is what a type checker follows; at run time they are
``torchffi._shim.build``. Importing them takes longer than the rest of torchffi's loader, and a process
that runs on NumPy, or only computes, needs few of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shim.build import build, compiler, elf, libtorch, paths, sidecar
else:
    from importlib import import_module

    def __getattr__(name: str) -> object:
        if name in __all__:
            return import_module(f"torchffi._shim.build.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["build", "compiler", "elf", "libtorch", "paths", "sidecar"]
