"""Primitives that call operators of ATen by name. Raw data is a handle, an ``int``.

:mod:`torchffi._libtorch.primitives` looks here for primitives without a function in rt_torch.h.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from torchffi import dtypes
from torchffi._libtorch.operators import boxed
from torchffi.errors import AxisError, InvalidArgumentError

Raw = int
Make = Callable[..., Any]

_LINALG = (
    "cholesky", "cross", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matrix_power", "qr",
    "slogdet", "solve", "svd", "svdvals",
)  # fmt: skip
OPERATORS: Final[dict[str, str]] = {
    "complex": "aten::complex",
    **{name: f"aten::linalg_{name}" for name in _LINALG},
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


def _transform(name: str) -> Callable[..., Any]:
    def primitive(make: Make, x: Raw, n: Any, _: int, axes: Any, __: int, norm: str) -> Any:
        return boxed.call(make, name, x, n, axes, norm)

    return primitive


fft_fftn, fft_ifftn = _transform("aten::fft_fftn"), _transform("aten::fft_ifftn")
fft_rfftn, fft_irfftn = _transform("aten::fft_rfftn"), _transform("aten::fft_irfftn")


def view(make: Make, x: Raw, dims: tuple[int, ...], ndim: int) -> Any:
    return boxed.call(make, "aten::view", x, dims)


def view_dtype(make: Make, x: Raw, dtype: int) -> Any:
    return boxed.call(make, "aten::view.dtype", x, dtypes.by_code(dtype))


def take_along_axis(make: Make, x: Raw, indices: Raw, axis: int) -> Any:
    try:
        return boxed.call(make, "aten::gather", x, axis, indices)
    except InvalidArgumentError as error:
        raise AxisError(str(error)) from None
