"""Every elementwise function, with the dtypes it accepts and its equivalents in NumPy and PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tests.support import COMPLEX, FLOATS, INTEGERS, NUMERIC, REALS

# Functions whose zeros may have either sign in the standard or in PyTorch.
SIGN_OF_ZERO_IS_OPEN = ("floor_divide", "maximum", "minimum", "remainder")

# Missing in PyTorch, by dtype.
NOT_IN_TORCH = {
    *((name, dtype) for name in ("hypot", "logaddexp") for dtype in ("int64", "uint8")),
    ("round", "complex64"),
}

ALL = ("bool", *NUMERIC)
BITS = ("bool", *INTEGERS)
INEXACT = (*FLOATS, *COMPLEX)


class Function(NamedTuple):
    """One function.

    Attributes:
        name: Its name in torchffi.
        accepts: The dtypes it must accept; every other dtype of NumPy must be a TypeError.
        numpy: Its equivalent in NumPy.
        torch: The name of its equivalent in PyTorch.
        result: The dtype of the result: "same", "bool", "inexact" (integers become float32), "real"
            (complex dtypes become that of their parts).
        domain: Maps the sample values into the function's domain.
    """

    name: str
    accepts: tuple[str, ...]
    numpy: Callable[..., Any]
    torch: str
    result: str = "same"
    domain: Callable[[Any], Any] = lambda x: x

    def result_dtype(self, name: str) -> str:
        if self.result == "bool":
            return "bool"
        if self.result == "inexact" and name in BITS:
            return "float32"
        if self.result == "real":
            return {"complex64": "float32", "complex128": "float64"}.get(name, name)
        return name


def _erf(x: Any) -> Any:
    return np.vectorize(math.erf, otypes=[np.float64])(x)


def _floor_divide(a: Any, b: Any) -> Any:
    """NumPy's function, with the rounded quotient for infinite operands, as in the standard."""
    if a.dtype.kind != "f":
        return np.floor_divide(a, b)
    return np.where(np.isinf(a) | np.isinf(b), np.floor(a / b), np.floor_divide(a, b))


def _fraction(x: Any) -> Any:
    """Values in [0, 1], of every magnitude."""
    return np.abs(x) / np.abs(x).max()


UNARY = (
    Function("acos", ALL, np.arccos, "acos", "inexact", _fraction),
    Function("acosh", ALL, np.arccosh, "acosh", "inexact", lambda x: np.abs(x) + 1),
    Function("asin", ALL, np.arcsin, "asin", "inexact", _fraction),
    Function("asinh", ALL, np.arcsinh, "asinh", "inexact"),
    Function("atan", ALL, np.arctan, "atan", "inexact", _fraction),
    Function("atanh", ALL, np.arctanh, "atanh", "inexact", lambda x: _fraction(x) / 2),
    Function("conj", NUMERIC, np.conjugate, "conj"),
    Function("cosh", ALL, np.cosh, "cosh", "inexact"),
    Function("imag", COMPLEX, np.imag, "imag", "real"),
    Function("real", NUMERIC, np.real, "real", "real"),
    Function("reciprocal", ALL, lambda x: 1 / x, "reciprocal", "inexact", lambda x: x + (x == 0)),
    Function("signbit", FLOATS, np.signbit, "signbit", "bool"),
    Function("sinh", ALL, np.sinh, "sinh", "inexact"),
    Function("abs", NUMERIC, np.abs, "abs", "real"),
    Function("bitwise_invert", BITS, np.invert, "bitwise_not"),
    Function("ceil", REALS, np.ceil, "ceil"),
    Function("cos", ALL, np.cos, "cos", "inexact"),
    Function("erf", ("bool", *REALS), _erf, "erf", "inexact"),
    Function("exp", ALL, np.exp, "exp", "inexact"),
    Function("expm1", ALL, np.expm1, "expm1", "inexact"),
    Function("floor", REALS, np.floor, "floor"),
    Function("isfinite", ALL, np.isfinite, "isfinite", "bool"),
    Function("isinf", ALL, np.isinf, "isinf", "bool"),
    Function("isnan", ALL, np.isnan, "isnan", "bool"),
    Function("log", ALL, np.log, "log", "inexact", np.abs),
    Function("log10", ALL, np.log10, "log10", "inexact", np.abs),
    Function("log1p", ALL, np.log1p, "log1p", "inexact", np.abs),
    Function("log2", ALL, np.log2, "log2", "inexact", np.abs),
    Function("logical_not", ALL, np.logical_not, "logical_not", "bool"),
    Function("negative", NUMERIC, np.negative, "neg"),
    Function("positive", NUMERIC, np.positive, "positive"),
    Function("round", NUMERIC, np.round, "round"),
    Function("rsqrt", ALL, lambda x: 1 / np.sqrt(x), "rsqrt", "inexact", np.abs),
    Function("sign", NUMERIC, np.sign, "sgn"),
    Function("sin", ALL, np.sin, "sin", "inexact"),
    Function("sqrt", ALL, np.sqrt, "sqrt", "inexact", np.abs),
    Function("square", NUMERIC, np.square, "square"),
    Function("tan", ALL, np.tan, "tan", "inexact"),
    Function("tanh", ALL, np.tanh, "tanh", "inexact"),
    Function("trunc", REALS, np.trunc, "trunc"),
)

BINARY = (
    Function("add", NUMERIC, np.add, "add"),
    Function("atan2", REALS, np.arctan2, "atan2", "inexact"),
    Function("copysign", REALS, np.copysign, "copysign", "inexact"),
    Function("hypot", REALS, np.hypot, "hypot", "inexact"),
    Function("logaddexp", REALS, np.logaddexp, "logaddexp", "inexact"),
    Function("logical_and", ALL, np.logical_and, "logical_and", "bool"),
    Function("logical_or", ALL, np.logical_or, "logical_or", "bool"),
    Function("logical_xor", ALL, np.logical_xor, "logical_xor", "bool"),
    Function("nextafter", FLOATS, np.nextafter, "nextafter"),
    Function("bitwise_and", BITS, np.bitwise_and, "bitwise_and"),
    Function("bitwise_left_shift", INTEGERS, np.left_shift, "bitwise_left_shift"),
    Function("bitwise_or", BITS, np.bitwise_or, "bitwise_or"),
    Function("bitwise_right_shift", INTEGERS, np.right_shift, "bitwise_right_shift"),
    Function("bitwise_xor", BITS, np.bitwise_xor, "bitwise_xor"),
    Function("divide", NUMERIC, np.true_divide, "true_divide", "inexact"),
    Function("equal", ALL, np.equal, "eq", "bool"),
    Function("floor_divide", REALS, _floor_divide, "floor_divide"),
    Function("greater", REALS, np.greater, "gt", "bool"),
    Function("greater_equal", REALS, np.greater_equal, "ge", "bool"),
    Function("less", REALS, np.less, "lt", "bool"),
    Function("less_equal", REALS, np.less_equal, "le", "bool"),
    Function("maximum", REALS, np.maximum, "maximum"),
    Function("minimum", REALS, np.minimum, "minimum"),
    Function("multiply", NUMERIC, np.multiply, "mul"),
    Function("not_equal", ALL, np.not_equal, "ne", "bool"),
    Function("pow", NUMERIC, np.power, "pow"),
    Function("remainder", REALS, np.remainder, "remainder"),
    Function("subtract", NUMERIC, np.subtract, "sub"),
)
