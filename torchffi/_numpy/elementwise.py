"""Elementwise primitives: NumPy's ufuncs under ATen's names."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Literal

import numpy as np

from torchffi._numpy import special
from torchffi._numpy.checks import (
    Raw,
    check_broadcast_to,
    check_writable,
    no_broadcast,
    shares_memory,
)
from torchffi._numpy.choices import choose
from torchffi._numpy.quiet import dividing
from torchffi._numpy.totals import BLOCK
from torchffi.errors import InvalidArgumentError, ShapeError

_UNARY: dict[str, Callable[..., Any]] = {
    "neg": np.negative, "abs": np.abs, "sign": np.sign, "sgn": np.sign, "square": np.square,
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2,
    "log10": np.log10, "sqrt": np.sqrt, "rsqrt": special.rsqrt, "sin": np.sin, "cos": np.cos,
    "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh,
    "cosh": np.cosh, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    "reciprocal": np.reciprocal, "signbit": np.signbit, "conj": np.conjugate,
    "erf": special.erf, "floor": np.floor, "ceil": np.ceil, "round": np.round,
    "trunc": np.trunc, "isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite,
    "logical_not": np.logical_not, "bitwise_not": np.bitwise_not,
    "relu": special.relu, "sigmoid": special.sigmoid, "tanh": np.tanh, "silu": special.silu,
}  # fmt: skip

_BINARY: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.true_divide,
    "floor_divide": np.floor_divide, "remainder": np.remainder, "pow": np.power,
    "atan2": np.arctan2, "hypot": np.hypot, "logaddexp": np.logaddexp, "copysign": np.copysign,
    "nextafter": np.nextafter, "logical_and": np.logical_and, "logical_or": np.logical_or,
    "logical_xor": np.logical_xor, "maximum": np.maximum, "minimum": np.minimum,
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
    "bitwise_left_shift": np.left_shift, "bitwise_right_shift": np.right_shift,
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip

_DIVISIONS = frozenset({"floor_divide", "remainder"})
# Those that need no check of their operands, for all dtypes and for integers. Only arrays have exp2.
UFUNCS: dict[str, Callable[..., Any]] = {
    "exp2": np.exp2,
    "matmul": np.matmul,
    **{name: ufunc for name, ufunc in (_UNARY | _BINARY).items() if name not in _DIVISIONS},
    **{f"whole_{name}": _BINARY[name] for name in _DIVISIONS},
}


def _unary(ufunc: Callable[..., Any]) -> Callable[..., Raw]:
    def primitive(x: Raw) -> Raw:
        return np.asarray(ufunc(x))

    return primitive


def _binary(name: str, ufunc: Callable[..., Any]) -> Callable[..., Raw]:
    divides = name in _DIVISIONS

    def primitive(a: Raw, b: Raw) -> Raw:
        try:
            whole = divides and b.dtype.kind in "iu"
            result = np.asarray(dividing(ufunc, a, b) if whole else ufunc(a, b))
        except FloatingPointError:
            raise InvalidArgumentError("integer division by zero") from None
        except ValueError as error:
            raise no_broadcast(a, b, error) from None
        return (
            special.QUOTIENTS[name](a, b, result)
            if divides and result.dtype.kind == "f"
            else result
        )

    return primitive


def _in_place(name: str, ufunc: Callable[..., Any]) -> Callable[..., None]:
    divides = name in _DIVISIONS

    def primitive(a: Raw, b: Raw) -> None:
        if (shape := b.shape) and shape != a.shape:
            check_broadcast_to(b, a.shape)
        if 0 in a.strides:
            check_writable(a)
        # Before it writes: a division that raises has written some quotients.
        if divides and b.dtype.kind in "iu" and a.size and np.count_nonzero(b) < b.size:
            raise InvalidArgumentError("integer division by zero")
        ufunc(a, b, a)

    return primitive


def _divide_in_place(name: str, ufunc: Callable[..., Any]) -> Callable[..., None]:
    """As ``_in_place()``, for integers."""
    general: Callable[..., None] = globals()[f"{name}_"]

    def primitive(a: Raw, b: Raw) -> None:
        if b.shape != a.shape or 0 in a.strides or np.count_nonzero(b) < b.size:
            general(a, b)
        else:
            ufunc(a, b, a)

    return primitive


def _overwriting(ufunc: np.ufunc) -> Callable[..., None]:
    def primitive(x: Raw) -> None:
        if 0 in x.strides:
            check_writable(x)
        ufunc(x, out=x)

    return primitive


def _clamp_in_place(x: Raw, low: float | None, high: float | None) -> None:
    if 0 in x.strides:
        check_writable(x)
    if x.size > BLOCK and (x.dtype.kind == "f" or (low is not None and high is not None)):
        x.clip(-np.inf if low is None else low, np.inf if high is None else high, out=x)
        return  # as special.clip()
    if low is not None:
        np.maximum(x, low, out=x)
    if high is not None:
        np.minimum(x, high, out=x)


# Defines the primitives: relu, add, add_, abs_, ...
globals().update({name: _unary(ufunc) for name, ufunc in _UNARY.items()})
globals().update({name: _binary(name, ufunc) for name, ufunc in _BINARY.items()})
globals().update({f"{name}_": _in_place(name, ufunc) for name, ufunc in _BINARY.items()})
globals().update({f"whole_{n}_": _divide_in_place(n, _BINARY[n]) for n in _DIVISIONS})
globals().update(
    {f"{n}_": _overwriting(ufunc) for n, ufunc in _UNARY.items() if isinstance(ufunc, np.ufunc)}
)
# Those that only the table of ATen's operators has, with numbers as bounds.
globals().update({"clamp_": _clamp_in_place, "relu_": lambda x: _clamp_in_place(x, 0, None)})


def complex(real: Raw, imag: Raw) -> Raw:
    result = np.empty(real.shape, np.result_type(real, np.complex64))
    result.real, result.imag = real, imag
    return result


real, imag = attrgetter("real"), attrgetter("imag")


def clamp(x: Raw, min: Raw | Literal[0], max: Raw | Literal[0]) -> Raw:
    """The bounds are arrays, or 0 for none."""
    if isinstance(min, int):
        return np.array(x) if isinstance(max, int) else special.at_most(x, max)
    return special.at_least(x, min) if isinstance(max, int) else special.clip(x, min, max)


def diff(x: Raw, n: int, axis: int) -> Raw:
    # More differences than elements leave none.
    return np.diff(x, min(n, x.shape[axis] + 1), axis) if n else np.array(x)


def where(condition: Raw, a: Raw, b: Raw) -> Raw:
    try:
        return choose(condition, a, b)
    except ValueError:
        shapes = f"{condition.shape}, {a.shape} and {b.shape}"
        raise ShapeError(f"shapes {shapes} do not broadcast") from None


def copy_(a: Raw, b: Raw) -> None:
    if b.shape and b.shape != a.shape:
        check_broadcast_to(b, a.shape)
    if 0 in a.strides:
        check_writable(a)
    if b.ndim and shares_memory(a, b):
        b = b.copy()  # NumPy can read elements that it has already written
    if a.dtype is b.dtype:
        a[...] = b
    else:
        np.copyto(a, b, casting="unsafe")
