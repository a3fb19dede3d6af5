"""Primitives that are operators of ATen called by name. Raw data is a handle, an ``int``.

:mod:`torchffi._libtorch.primitives` looks here for what rt_torch.h has no function of its own for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from torchffi._libtorch.calls import only
from torchffi._libtorch.loader import lib
from torchffi._libtorch.operators import boxed
from torchffi.errors import AxisError, InvalidArgumentError

Raw = int

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
    "cumprod", "cumsum", "diagonal", "fft_fftn", "fft_ifftn", "fft_irfftn", "fft_rfftn", "roll",
    "tile", "tril", "triu", "view",
)  # fmt: skip
OPERATORS: Final[dict[str, str]] = {
    **{name: f"aten::{name}" for name in (*_ELEMENTWISE, *_OTHERS)},
    **{name: f"aten::linalg_{name}" for name in _LINALG},
    "copysign": "aten::copysign.Tensor",
    "isin": "aten::isin.Tensor_Tensor",
    "repeat": "aten::repeat_interleave.self_Tensor",
}


def _operator(name: str) -> Callable[..., Any]:
    def primitive(*arguments: Any) -> Any:
        return boxed.call(name, *arguments)

    return primitive


def __getattr__(name: str) -> Callable[..., Any]:
    """The primitive that is an operator as it is, made at its first use."""
    if name not in OPERATORS:
        raise AttributeError(f"LibTorch's backend has no primitive {name!r}")
    primitive = _operator(OPERATORS[name])
    setattr(sys.modules[__name__], name, primitive)
    return primitive


def _copied(view: Raw) -> Raw:
    try:
        return boxed.call("aten::clone", view)  # type: ignore[no-any-return]
    finally:
        lib.rt_torch_tensor_free(view)


def real(x: Raw) -> Raw:
    return _copied(boxed.call("aten::real", x))


def imag(x: Raw) -> Raw:
    return _copied(boxed.call("aten::imag", x))


def take(x: Raw, indices: Raw, axis: int) -> Raw:
    return boxed.call("aten::index.Tensor", x, [*[None] * axis, indices])  # type: ignore[no-any-return]


def take_along_axis(x: Raw, indices: Raw, axis: int) -> Raw:
    try:
        return boxed.call("aten::gather", x, axis, indices)  # type: ignore[no-any-return]
    except InvalidArgumentError as error:
        raise AxisError(str(error)) from None


def vector_norm(x: Raw, axes: tuple[int, ...], order: float, keepdims: bool) -> Raw:
    return boxed.call("aten::linalg_vector_norm", x, order, axes, keepdims)  # type: ignore[no-any-return]


def sort(x: Raw, axis: int, descending: bool) -> Raw:
    return only(0, boxed.call("aten::sort.stable", x, True, axis, descending))


def argsort(x: Raw, axis: int, descending: bool) -> Raw:
    return only(1, boxed.call("aten::sort.stable", x, True, axis, descending))


def searchsorted(x: Raw, values: Raw, right: bool, sorter: Raw | None) -> Raw:
    arguments = (x, values, False, right, None, sorter)
    try:
        return boxed.call("aten::searchsorted.Tensor", *arguments)  # type: ignore[no-any-return]
    except InvalidArgumentError as error:  # all that is left to refuse is an index in the sorter
        raise AxisError(str(error)) from None
