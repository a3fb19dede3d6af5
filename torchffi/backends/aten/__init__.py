"""Primitives on LibTorch that go by the operator's name. Raw data is a handle, an ``int``.

The backend looks here for what rt_torch.h has no function of its own for. A chapter has functions, and a
table for the primitives that are an operator as it stands.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from torchffi.backends import boxed
from torchffi.backends.aten import elementwise, fft, indexing, linalg, reductions, shapes, sorting

_CHAPTERS = (elementwise, fft, indexing, linalg, reductions, shapes, sorting)


def _operator(name: str) -> Callable[..., Any]:
    def primitive(*arguments: Any) -> Any:
        return boxed.call(name, *arguments)

    return primitive


def __getattr__(name: str) -> Callable[..., Any]:
    """The primitive of this name, found in its chapter at its first use."""
    for chapter in _CHAPTERS:
        primitive: Callable[..., Any] | None = None
        if name in chapter.OPERATORS:
            primitive = _operator(chapter.OPERATORS[name])
        elif name[0] != "_":
            primitive = getattr(chapter, name, None)
        if primitive is not None:
            setattr(sys.modules[__name__], name, primitive)
            return primitive
    raise AttributeError(f"LibTorch's backend has no primitive {name!r}")
