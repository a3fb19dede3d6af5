"""NumPy's answer for the functions of the C ABI that tests.fuzz.pool calls.

A twin gets the arguments of the C function, with an array for each handle, and returns the array
that the call must return (a view where the C function shares memory), or the new elements of its
first operand.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

DTYPES: dict[int, np.dtype[Any]] = {
    code: np.dtype(name)
    for code, name in (
        (0, "uint8"), (1, "int8"), (2, "int16"), (3, "int32"), (4, "int64"), (6, "float32"),
        (7, "float64"), (9, "complex64"), (10, "complex128"), (11, "bool"),
    )
}  # fmt: skip
CODES = {dtype: code for code, dtype in DTYPES.items()}


class RefusedError(Exception):
    """The call must fail."""


class Loose:
    """An answer whose elements are not known; if it may fail, not even whether there is one."""

    def __init__(self, array: Array | None, may_fail: bool = False) -> None:
        self.array, self.may_fail = array, may_fail


def refuse_unless(condition: object) -> None:
    if not condition:
        raise RefusedError


# ---- dtypes


def _promote(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """Without regard to axes: an integer leaves a floating-point dtype as it is, unlike in NumPy."""
    if (a.kind in "fc") != (b.kind in "fc"):
        return a if a.kind in "fc" else b
    return np.promote_types(a, b)


def promoted(*arrays: Array) -> np.dtype[Any]:
    """The dtype of the result: 0-d tensors only count if their kind is the higher one."""

    def level(dtype: np.dtype[Any]) -> int:
        return "biufc".replace("u", "").index(dtype.kind.replace("u", "i"))

    result: list[np.dtype[Any] | None] = [None, None]
    for array in arrays:
        old = result[not array.ndim]
        result[not array.ndim] = array.dtype if old is None else _promote(old, array.dtype)
    main, scalars = result
    if main is None or scalars is None:
        return main or scalars or np.dtype("float32")
    if level(scalars) <= level(main):
        return main
    if main.kind == "f" and scalars.kind == "c":
        return np.promote_types(main, "complex64")
    return scalars if main.kind in "biu" else _promote(main, scalars)


def floating(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.kind in "fc" else np.dtype("float32")


def _wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype("complex128" if dtype.kind == "c" else "float64")


# ---- Elementwise: each entry has the kinds that are compared and those that the header refuses


def _unary(
    function: Callable[..., Any], kinds: str, result: str = "same", refused: str = ""
) -> Callable[..., Any]:
    def twin(x: Array) -> Any:
        refuse_unless(x.dtype.kind not in refused)
        if x.dtype.kind not in kinds:
            return Loose(None, may_fail=True)
        if result == "bool":
            return np.asarray(function(x))
        if result == "same":
            return np.asarray(function(x)).astype(x.dtype)
        dtype = floating(x.dtype)
        return np.asarray(function(x.astype(dtype).astype(_wide(dtype)))).astype(dtype)

    return twin


def _broadcast(*arrays: Array) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays))
    except ValueError:
        raise RefusedError from None


def _binary(
    function: Callable[..., Any], kinds: str, result: str = "same", refused: str = ""
) -> Callable[..., Any]:
    def twin(a: Array, b: Array) -> Any:
        _broadcast(a, b)
        dtype = promoted(a, b)
        refuse_unless(dtype.kind not in refused)
        if any(one.dtype.kind not in kinds for one in (a, b)):
            return Loose(None, may_fail=True)
        if result == "float":
            dtype = floating(dtype)
        x, y = a.astype(dtype), b.astype(dtype)
        if result == "bool":
            return np.asarray(function(x, y))
        answer = np.asarray(function(x, y)).astype(dtype)
        return answer if dtype.kind != "c" else Loose(answer)

    return twin


def _division(function: Callable[..., Any]) -> Callable[..., Any]:
    def twin(a: Array, b: Array) -> Any:
        shape, dtype = _broadcast(a, b), promoted(a, b)
        refuse_unless(dtype.kind != "c")
        if dtype.kind == "b":
            return Loose(None, may_fail=True)
        x, y = a.astype(dtype), b.astype(dtype)
        if dtype.kind in "iu":
            refuse_unless(math.prod(shape) == 0 or np.all(y != 0))
            lowest = np.iinfo(dtype).min
            if dtype.kind == "i" and np.any(x == lowest) and np.any(y == -1):
                return Loose(np.empty(shape, dtype))
            return function(x, y).astype(dtype)
        answer = np.asarray(function(x, y)).astype(dtype)
        # False for NaN and division by 0; LibTorch's remainder of a large quotient is inexact or NaN
        plain = np.all(np.abs(x / y) < 1e6) and np.all(np.isfinite(y))
        return answer if plain else Loose(answer)

    return twin


def _power(a: Array, b: Array) -> Any:
    shape, dtype = _broadcast(a, b), promoted(a, b)
    if dtype.kind == "b" or (dtype.kind in "iu" and np.any(b.astype(dtype) < 0)):
        return Loose(None, may_fail=True)
    if dtype.kind == "c":
        return Loose(np.empty(shape, dtype))
    if dtype.kind in "iu":
        return np.power(a.astype(dtype), b.astype(dtype)).astype(dtype)
    x, y = a.astype(dtype), b.astype(dtype)
    answer = np.asarray(np.power(x.astype("f8"), y.astype("f8"))).astype(dtype)
    return (
        Loose(answer) if np.any((x == -np.inf) & (y == 0.5)) else answer
    )  # inf in C, NaN by a root


def _shift(function: Callable[..., Any]) -> Callable[..., Any]:
    def twin(a: Array, b: Array) -> Any:
        shape, dtype = _broadcast(a, b), promoted(a, b)
        refuse_unless(dtype.kind in "iu")
        x, y = a.astype(dtype), b.astype(dtype)
        if np.any(y < 0) or np.any(y >= 8 * dtype.itemsize):
            return Loose(np.empty(shape, dtype))
        return np.asarray(function(x, y)).astype(dtype)

    return twin


def _where(condition: Array, a: Array, b: Array) -> Any:
    _broadcast(condition, a, b)
    refuse_unless(condition.dtype.kind == "b")
    dtype = promoted(a, b)
    return np.where(condition, a.astype(dtype), b.astype(dtype))


def _absolute(x: Array) -> Any:
    refuse_unless(x.dtype.kind in "iufc")
    return np.abs(x.astype("complex128")).astype(x.real.dtype) if x.dtype.kind == "c" else np.abs(x)


def _whole(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: x if x.dtype.kind in "iu" else function(x)  # not by way of float64


def _sigmoid(x: Array) -> Any:
    return 1 / (1 + np.exp(-x))


def in_place(twin: Callable[..., Any]) -> Callable[..., Any]:
    """The same, for a function that overwrites its first operand."""

    def changed(a: Array, b: Array) -> Any:
        refuse_unless(_broadcast(a, b) == a.shape)
        answer = twin(a, b)
        array = answer.array if isinstance(answer, Loose) else answer
        if array is None:
            return Loose(a.copy(), may_fail=True)
        kinds = "biufc".replace("u", "")
        level = [kinds.index(one.kind.replace("u", "i")) for one in (a.dtype, array.dtype)]
        refuse_unless(level[1] <= level[0])
        if isinstance(answer, Loose):
            return Loose(a.copy(), answer.may_fail)
        return array.astype(a.dtype)

    return changed


def _copy(a: Array, b: Array) -> Any:
    refuse_unless(_broadcast(a, b) == a.shape)
    return converted(np.broadcast_to(b, a.shape), a.dtype)


def converted(x: Array, dtype: np.dtype[Any]) -> Any:
    """In C it is undefined what a number becomes that does not fit an integer."""
    if x.dtype.kind in "fc" and dtype.kind in "iu":
        limits, real = np.iinfo(dtype), x.real
        if not np.all((real > max(limits.min, -(2**62)) - 1) & (real < min(limits.max, 2**62))):
            return Loose(np.empty(x.shape, dtype))
    return (x.real if x.dtype.kind == "c" and dtype.kind not in "cb" else x).astype(dtype)


TRANSCENDENTAL = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2,
    "log10": np.log10, "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x), "sin": np.sin,
    "cos": np.cos, "tan": np.tan, "acos": np.arccos, "acosh": np.arccosh, "asin": np.arcsin,
    "asinh": np.arcsinh, "atan": np.arctan, "atanh": np.arctanh, "cosh": np.cosh, "sinh": np.sinh,
    "reciprocal": lambda x: 1 / x, "erf": np.vectorize(math.erf, otypes=["f8"]),
    "sigmoid": _sigmoid, "tanh": np.tanh,
}  # fmt: skip
UNARY: dict[str, Callable[..., Any]] = {
    "neg": _unary(np.negative, "iufc", refused="b"), "abs": _absolute,
    "square": _unary(np.square, "iuf"), "sign": _unary(np.sign, "iuf", refused="c"),
    "sgn": _unary(lambda x: np.where(np.isnan(x), 0, np.sign(x)), "iuf"),
    "floor": _unary(_whole(np.floor), "iuf", refused="c"),
    "ceil": _unary(_whole(np.ceil), "iuf", refused="c"),
    "round": _unary(_whole(np.rint), "iuf", refused="c"),
    "trunc": _unary(_whole(np.trunc), "iuf", refused="c"),
    "isnan": _unary(np.isnan, "biufc", "bool"), "isinf": _unary(np.isinf, "biufc", "bool"),
    "isfinite": _unary(np.isfinite, "biufc", "bool"),
    "logical_not": _unary(np.logical_not, "biufc", "bool"),
    "bitwise_not": _unary(np.invert, "biu", refused="fc"),
    "signbit": _unary(lambda x: x < 0 if x.dtype.kind in "iu" else np.signbit(x), "iuf", "bool", "c"),
    "relu": _unary(lambda x: np.maximum(x, np.zeros((), x.dtype)), "iuf", refused="bc"),
    "real": lambda x: x.real if x.dtype.kind == "c" else x[...],
    "conj": lambda x: np.conj(x) if x.dtype.kind == "c" else x.copy(),
    "imag": _unary(lambda x: x.imag, "c", "bool", "biuf"),
} | {name: _unary(function, "biuf", "float") for name, function in TRANSCENDENTAL.items()}  # fmt: skip
BINARY: dict[str, Callable[..., Any]] = {
    "add": _binary(np.add, "biufc"), "sub": _binary(np.subtract, "iufc", refused="b"),
    "mul": _binary(np.multiply, "biufc"), "div": _binary(np.divide, "biufc", "float"),
    "floor_divide": _division(np.floor_divide), "remainder": _division(np.remainder), "pow": _power,
    "maximum": _binary(np.maximum, "biuf", refused="c"),
    "minimum": _binary(np.minimum, "biuf", refused="c"),
    "bitwise_and": _binary(np.bitwise_and, "biu", refused="fc"),
    "bitwise_or": _binary(np.bitwise_or, "biu", refused="fc"),
    "bitwise_xor": _binary(np.bitwise_xor, "biu", refused="fc"),
    "bitwise_left_shift": _shift(np.left_shift), "bitwise_right_shift": _shift(np.right_shift),
    "eq": _binary(np.equal, "biufc", "bool"), "ne": _binary(np.not_equal, "biufc", "bool"),
    "lt": _binary(np.less, "biuf", "bool", "c"), "le": _binary(np.less_equal, "biuf", "bool", "c"),
    "gt": _binary(np.greater, "biuf", "bool", "c"),
    "ge": _binary(np.greater_equal, "biuf", "bool", "c"),
    "atan2": _binary(np.arctan2, "biuf", "float"),
    "copysign": _binary(np.copysign, "biuf", "float"), "hypot": _binary(np.hypot, "f"),
    "logaddexp": _binary(np.logaddexp, "f"), "nextafter": _binary(np.nextafter, "f"),
    "logical_and": _binary(np.logical_and, "biufc", "bool"),
    "logical_or": _binary(np.logical_or, "biufc", "bool"),
    "logical_xor": _binary(np.logical_xor, "biufc", "bool"),
}  # fmt: skip
IN_PLACE = {
    f"{name}_": in_place(BINARY[name])
    for name in (
        "add", "sub", "mul", "div", "floor_divide", "remainder", "pow", "bitwise_and", "bitwise_or",
        "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift",
    )
} | {"copy_": _copy}  # fmt: skip
WHERE = _where
