"""Factories for elementwise functions, which differ mostly in their names.

Each factory returns a function with its own name, signature and docstring.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from torchffi import dtypes
from torchffi._core.arguments import (
    Scalar,
    beyond,
    inexact,
    is_scalar,
    pair,
    scalar_dtype,
    scalar_operand,
    tensor,
)
from torchffi._core.dispatch import run
from torchffi._core.operations import of_one, of_two
from torchffi._core.promotion import WIDER, WIDER_INEXACT
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Any, Protocol
from torchffi.dtypes import DType


class Unary(Protocol):
    """A function of one tensor."""

    def __call__(self, x: Tensor, /) -> Tensor:
        """Computes it."""
        ...


class Binary(Protocol):
    """A function of two tensors, one of which may be a Python scalar."""

    def __call__(self, x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
        """Computes it."""
        ...


_ONE = "x: A tensor of {dtype}."
_TWO = "x1, x2: Tensors of {dtype}; they broadcast, and one may be a Python scalar."
_DOC = """{summary}.

Args:
    {arguments}

Returns:
    {returns}

Raises:
    TypeError: If a dtype is not supported, or the dtypes do not mix.

Source: {source}.
"""


def _supported(kinds: frozenset[str], *, integers: bool = False) -> str:
    text = dtypes.describe(kinds)
    what = "integers and bools" if "bool" in kinds else "integers"
    return f"{text}; {what} are converted to float32" if integers else text


def _named(
    function: Any, name: str, summary: str, arguments: str, returns: str, source: str
) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "torchffi._array.elementwise"
    function.__doc__ = _DOC.format(
        summary=summary, arguments=arguments, returns=returns, source=f"aten::{source}"
    )
    return function


def unary(name: str, summary: str, admitted: frozenset[str], primitive: str | None = None) -> Unary:
    """A function whose result has the dtype of its operand."""
    operator = primitive or name

    @of_one(operator, admitted)
    def function(x: Tensor, /) -> Tensor:
        x = tensor(name, x)
        dtypes.check(name, x._dtype, admitted)
        return run(operator, x._dtype, x)

    returns = "A tensor of the same shape and dtype."
    arguments = _ONE.format(dtype=_supported(admitted))
    return _named(function, name, summary, arguments, returns, operator)  # type: ignore[no-any-return]


def unary_inexact(
    name: str,
    summary: str,
    admitted: frozenset[str] = dtypes.ANY,
    of_complex: Callable[[Tensor], Tensor] | None = None,
) -> Unary:
    """A function defined for floating point; integers and bools are converted to float32."""
    plain = admitted & (dtypes.FLOATING if of_complex else dtypes.INEXACT)

    @of_one(name, plain)
    def function(x: Tensor, /) -> Tensor:
        x = tensor(name, x)
        dtypes.check(name, x._dtype, admitted)
        x = inexact(name, x)
        if of_complex is not None and x._dtype.kind == "complex":
            return of_complex(x)
        return run(name, x._dtype, x)

    returns = "A tensor of the same shape."
    arguments = _ONE.format(dtype=_supported(admitted, integers=True))
    return _named(function, name, summary, arguments, returns, name)  # type: ignore[no-any-return]


def of_complex(
    name: str, summary: str, source: str, result: Callable[[DType], DType] | None = None
) -> Unary:
    """A function of complex numbers that leaves real ones as they are."""

    @of_one(name, dtypes.COMPLEX, result)
    def function(x: Tensor, /) -> Tensor:
        dtype = tensor(name, x)._dtype
        if dtype.kind in dtypes.REAL:
            return x
        dtypes.check(name, dtype, dtypes.NUMERIC)
        return run(name, result(dtype) if result else dtype, x)

    returns = "A tensor of the same shape; x itself if it is real."
    arguments = _ONE.format(dtype=_supported(dtypes.NUMERIC))
    return _named(function, name, summary, arguments, returns, source)  # type: ignore[no-any-return]


def rounding(name: str, summary: str) -> Unary:
    """A rounding function; integers are copied unchanged."""

    @of_one(name, dtypes.FLOATING)
    def function(x: Tensor, /) -> Tensor:
        x = tensor(name, x)
        dtypes.check(name, x._dtype, dtypes.REAL)
        return run("clone" if x._dtype.kind in dtypes.INTEGER else name, x._dtype, x)

    returns = "A tensor of the same shape and dtype."
    arguments = _ONE.format(dtype=_supported(dtypes.REAL))
    return _named(function, name, summary, arguments, returns, name)  # type: ignore[no-any-return]


def test(name: str, summary: str, admitted: frozenset[str] = dtypes.ANY) -> Unary:
    """A function whose result is bool."""

    @of_one(name, admitted, dtypes.bool)
    def function(x: Tensor, /) -> Tensor:
        x = tensor(name, x)
        dtypes.check(name, x._dtype, admitted)
        return run(name, dtypes.bool, x)

    returns = "A tensor of bool, of the same shape."
    arguments = _ONE.format(dtype=_supported(admitted))
    return _named(function, name, summary, arguments, returns, name)  # type: ignore[no-any-return]


def binary(
    name: str,
    summary: str,
    admitted: frozenset[str],
    primitive: str | None = None,
    result: DType | None = None,
) -> Binary:
    """A function whose result has the promoted dtype of its operands, or the fixed dtype ``result``."""
    operator = primitive or name

    @of_two(name, operator, admitted, result, wider=WIDER)
    def function(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
        a, b = pair(name, x1, x2, admitted)
        return run(operator, result or a._dtype, a, b)

    returns = (
        f"A tensor of the broadcast shape, in {result or 'the promoted dtype of the operands'}."
    )
    arguments = _TWO.format(dtype=_supported(admitted))
    return _named(function, name, summary, arguments, returns, operator)  # type: ignore[no-any-return]


# Whether x compares with an integer below all values of its dtype, and with one above them.
_BEYOND = {
    "equal": (False, False), "not_equal": (True, True), "less": (False, True),
    "less_equal": (False, True), "greater": (True, False), "greater_equal": (True, False),
}  # fmt: skip
_MIRRORED = {
    "less": "greater", "less_equal": "greater_equal",
    "greater": "less", "greater_equal": "less_equal",
}  # fmt: skip


def _compared(name: str, x: Tensor, side: int) -> Tensor:
    """The comparison with an integer that x's dtype cannot hold, on the given side of its values."""
    if x.dtype.kind == "floating point" and name in _MIRRORED:
        # Above all finite numbers: only infinity is greater.
        strict = (name[:4] == "less") == (side > 0)
        infinity = scalar_operand(name, side * math.inf, x.dtype, x)
        primitive = ("lt" if side > 0 else "gt") if strict else ("ge" if side > 0 else "le")
        return run(primitive, dtypes.bool, x, infinity)
    answer = scalar_operand(name, _BEYOND[name][side > 0], dtypes.bool, x)
    return run("clone", dtypes.bool, run("expand", dtypes.bool, answer, x.shape))


def comparison(name: str, symbol: str, admitted: frozenset[str], primitive: str) -> Binary:
    """A comparison. An integer that the tensor's dtype cannot hold has a known answer."""

    @of_two(name, primitive, admitted, dtypes.bool, wider=WIDER)
    def function(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
        for x, scalar, called in ((x1, x2, name), (x2, x1, _MIRRORED.get(name, name))):
            if isinstance(x, Tensor) and is_scalar(scalar):
                side = beyond(scalar, x._dtype)
                if side:
                    dtypes.check(name, scalar_dtype(name, scalar, x._dtype), admitted)
                    return _compared(called, x, side)
        a, b = pair(name, x1, x2, admitted)
        return run(primitive, dtypes.bool, a, b)

    arguments = _TWO.format(dtype=_supported(admitted))
    returns = "A tensor of the broadcast shape, in bool."
    return _named(function, name, f"x1 {symbol} x2", arguments, returns, primitive)  # type: ignore[no-any-return]


def binary_inexact(
    name: str, summary: str, admitted: frozenset[str], primitive: str | None = None
) -> Binary:
    """A function of two operands, defined for floating point; integers are converted to float32."""
    operator = primitive or name

    @of_two(name, operator, admitted & dtypes.INEXACT, wider=WIDER_INEXACT)
    def function(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
        a, b = pair(name, x1, x2, admitted)
        a, b = inexact(name, a), inexact(name, b)
        return run(operator, a._dtype, a, b)

    returns = "A tensor of the broadcast shape, in the promoted dtype of the operands."
    arguments = _TWO.format(dtype=_supported(admitted, integers=True))
    return _named(function, name, summary, arguments, returns, operator)  # type: ignore[no-any-return]
