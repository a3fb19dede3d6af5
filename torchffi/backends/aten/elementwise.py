"""Elementwise operators."""

from __future__ import annotations

from torchffi.backends import boxed
from torchffi.loader import lib

Raw = int

_SAME_NAME = (
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "complex", "conj_physical", "cosh",
    "hypot", "logaddexp", "logical_and", "logical_or", "logical_xor", "nextafter", "reciprocal",
    "sgn", "signbit", "sinh",
)  # fmt: skip
OPERATORS: dict[str, str] = {
    **{name: f"aten::{name}" for name in _SAME_NAME},
    "copysign": "aten::copysign.Tensor",
}


def _copied(view: Raw) -> Raw:
    try:
        return boxed.call("aten::clone", view)  # type: ignore[no-any-return]
    finally:
        lib.rt_torch_tensor_free(view)


def real(x: Raw) -> Raw:
    return _copied(boxed.call("aten::real", x))


def imag(x: Raw) -> Raw:
    return _copied(boxed.call("aten::imag", x))
