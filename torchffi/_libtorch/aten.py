"""Primitives that call operators of ATen by name. Raw data is a handle, an ``int``.

:mod:`torchffi._libtorch.primitives` looks here for primitives without a function in rt_torch.h.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from torchffi._libtorch.operators import boxed
from torchffi.errors import AxisError, InvalidArgumentError

Raw = int
Make = Callable[..., Any]

_ELEMENTWISE = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "complex", "conj_physical", "cosh",
    "hypot", "logaddexp", "logical_and", "logical_or", "logical_xor", "nextafter", "reciprocal",
    "sgn", "signbit", "sinh",
)  # fmt: skip
_LINALG = (
    "cholesky", "cross", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matrix_power", "qr",
    "slogdet", "solve", "svd", "svdvals",
)  # fmt: skip
_OTHERS = (
    "cumprod", "cumsum", "diagonal", "fft_fftn", "fft_ifftn", "fft_irfftn", "fft_rfftn", "imag",
    "real", "roll", "tile", "tril", "triu", "view",
)  # fmt: skip
OPERATORS: Final[dict[str, str]] = {
    **{name: f"aten::{name}" for name in (*_ELEMENTWISE, *_OTHERS)},
    **{name: f"aten::linalg_{name}" for name in _LINALG},
    "copysign": "aten::copysign.Tensor",
    "isin": "aten::isin.Tensor_Tensor",
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


def take(make: Make, x: Raw, indices: Raw, axis: int) -> Any:
    return boxed.call(make, "aten::index.Tensor", x, [*[None] * axis, indices])


def take_along_axis(make: Make, x: Raw, indices: Raw, axis: int) -> Any:
    try:
        return boxed.call(make, "aten::gather", x, axis, indices)
    except InvalidArgumentError as error:
        raise AxisError(str(error)) from None


def vector_norm(make: Make, x: Raw, axes: tuple[int, ...], order: float, keepdims: bool) -> Any:
    return boxed.call(make, "aten::linalg_vector_norm", x, order, axes, keepdims)


def sort(make: Make, x: Raw, axis: int, descending: bool) -> Any:
    return boxed.call_for(0, make, "aten::sort.stable", x, True, axis, descending)


def argsort(make: Make, x: Raw, axis: int, descending: bool) -> Any:
    return boxed.call_for(1, make, "aten::sort.stable", x, True, axis, descending)


def searchsorted(make: Make, x: Raw, values: Raw, right: bool, sorter: Raw | None) -> Any:
    arguments = (x, values, False, right, None, sorter)
    try:
        return boxed.call(make, "aten::searchsorted.Tensor", *arguments)
    except InvalidArgumentError as error:  # the only error left is an index in the sorter
        raise AxisError(str(error)) from None
