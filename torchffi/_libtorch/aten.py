"""Primitives that call operators of ATen by name. Raw data is a handle, an ``int``.

:mod:`torchffi._libtorch.primitives` looks here for primitives without a function in rt_torch.h.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from torchffi import dtypes
from torchffi._libtorch.operators import boxed

Raw = int
Make = Callable[..., Any]

OPERATORS: Final[dict[str, str]] = {
    "complex": "aten::complex",
    "repeat": "aten::repeat_interleave.self_Tensor",
}


def _operator(name: str) -> Callable[..., Any]:
    def primitive(make: Make, *arguments: Any) -> Any:
        return boxed.call(make, name, *arguments)

    return primitive


def __getattr__(name: str) -> Callable[..., Any]:
    """A primitive that is an ATen operator with the same arguments, created on first use."""
    if name not in OPERATORS:
        raise AttributeError(f"LibTorch's backend has no primitive {name!r}")
    primitive = _operator(OPERATORS[name])
    setattr(sys.modules[__name__], name, primitive)
    return primitive


def view_dtype(make: Make, x: Raw, dtype: int) -> Any:
    return boxed.call(make, "aten::view.dtype", x, dtypes.by_code(dtype))
