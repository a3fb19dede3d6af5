"""What makes the elementwise functions, which differ mostly in their names.

Each maker returns a function with a name, a signature and a docstring of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from torchffi import dtypes
from torchffi._core.arguments import Scalar, inexact, pair, tensor
from torchffi._core.dispatch import run
from torchffi._core.operations import of_one, of_two
from torchffi._core.tensor import Tensor
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


_ONE = "x: A tensor of {admitted}."
_TWO = "x1, x2: Tensors of {admitted}; they broadcast, and one of them may be a Python scalar."
_DOC = """{summary}.

Args:
    {arguments}

Returns:
    {returns}

Raises:
    TypeError: If a dtype is not admitted, or two dtypes do not mix.

Source: {source}.
"""


def _admitted(kinds: frozenset[str], *, also_integers: bool = False) -> str:
    names = {
        dtypes.ANY: "any dtype",
        dtypes.NUMERIC: "a numeric dtype",
        dtypes.REAL: "a real dtype",
        dtypes.REAL | dtypes.BOOL: "a real dtype or bool",
        dtypes.FLOATING: "a floating-point dtype",
        dtypes.INTEGER: "an integer dtype",
        dtypes.INTEGER | dtypes.BOOL: "an integer dtype or bool",
    }
    text = names[kinds]
    return f"{text}; integers count as the default floating-point dtype" if also_integers else text


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
    arguments = _ONE.format(admitted=_admitted(admitted))
    return _named(function, name, summary, arguments, returns, operator)  # type: ignore[no-any-return]


def unary_inexact(
    name: str,
    summary: str,
    admitted: frozenset[str] = dtypes.ANY,
    of_complex: Callable[[Tensor], Tensor] | None = None,
) -> Unary:
    """A function that is defined for floating point and takes integers as the default dtype."""
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
    arguments = _ONE.format(admitted=_admitted(admitted, also_integers=True))
    return _named(function, name, summary, arguments, returns, name)  # type: ignore[no-any-return]


def rounding(name: str, summary: str) -> Unary:
    """A function that leaves integers as they are."""

    @of_one(name, dtypes.FLOATING)
    def function(x: Tensor, /) -> Tensor:
        x = tensor(name, x)
        dtypes.check(name, x._dtype, dtypes.REAL)
        return run("clone" if x._dtype.kind in dtypes.INTEGER else name, x._dtype, x)

    returns = "A tensor of the same shape and dtype."
    arguments = _ONE.format(admitted=_admitted(dtypes.REAL))
    return _named(function, name, summary, arguments, returns, name)  # type: ignore[no-any-return]


def test(name: str, summary: str, admitted: frozenset[str] = dtypes.ANY) -> Unary:
    """A function whose result is bool."""

    @of_one(name, admitted, dtypes.bool)
    def function(x: Tensor, /) -> Tensor:
        x = tensor(name, x)
        dtypes.check(name, x._dtype, admitted)
        return run(name, dtypes.bool, x)

    returns = "A tensor of bool, of the same shape."
    arguments = _ONE.format(admitted=_admitted(admitted))
    return _named(function, name, summary, arguments, returns, name)  # type: ignore[no-any-return]


def binary(
    name: str,
    summary: str,
    admitted: frozenset[str],
    primitive: str | None = None,
    result: DType | None = None,
    of_floats: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Binary:
    """A function whose result has the dtype in which its operands meet, or always the same one."""
    operator = primitive or name

    plain = admitted - dtypes.FLOATING if of_floats else admitted

    @of_two(name, operator, plain, result)
    def function(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
        a, b = pair(name, x1, x2, admitted)
        if of_floats is not None and a._dtype.kind == "floating point":
            return of_floats(a, b)
        return run(operator, result or a._dtype, a, b)

    returns = (
        f"A tensor of the broadcast shape, in {result or 'the dtype where the operands meet'}."
    )
    arguments = _TWO.format(admitted=_admitted(admitted))
    return _named(function, name, summary, arguments, returns, operator)  # type: ignore[no-any-return]


def binary_inexact(
    name: str, summary: str, admitted: frozenset[str], primitive: str | None = None
) -> Binary:
    """A function of two that is defined for floating point: integers count as the default dtype."""
    operator = primitive or name

    @of_two(name, operator, admitted & dtypes.INEXACT)
    def function(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
        a, b = pair(name, x1, x2, admitted)
        a, b = inexact(name, a), inexact(name, b)
        return run(operator, a._dtype, a, b)

    returns = "A tensor of the broadcast shape, in the dtype where the operands meet."
    arguments = _TWO.format(admitted=_admitted(admitted, also_integers=True))
    return _named(function, name, summary, arguments, returns, operator)  # type: ignore[no-any-return]
