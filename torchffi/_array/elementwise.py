"""Elementwise functions.

Functions of two operands broadcast them and compute in their promoted dtype; one operand may be a Python
scalar. A function that is defined for floating point converts integers to float32.

Source: Array API standard, "Element-wise Functions"; erf and rsqrt are ATen's.
"""

from __future__ import annotations

from torchffi import dtypes
from torchffi._array import special_values, ufuncs
from torchffi._array.ufuncs import (
    Unary,
    binary,
    binary_inexact,
    comparison,
    of_complex,
    rounding,
    unary,
    unary_inexact,
)
from torchffi._core.argument_kinds import BOUND, OPERAND
from torchffi._core.arguments import Scalar, astype, beyond, pair, tensor
from torchffi._core.backends import FFI, NUMPY
from torchffi._core.dispatch import run
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import Shortcuts, of_one, of_two
from torchffi._core.promotion import WIDER
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY, BOOL, COMPLEX, FLOATING, INEXACT, INTEGER, NUMERIC, REAL

# ---- Arithmetic

add = binary("add", "x1 + x2", NUMERIC)
subtract = binary("subtract", "x1 - x2", NUMERIC, "sub")
multiply = binary("multiply", "x1 * x2", NUMERIC, "mul")
divide = binary_inexact("divide", "x1 / x2", NUMERIC, "div")
floor_divide = binary("floor_divide", "The largest integer not above x1 / x2", REAL)
remainder = binary("remainder", "x1 - x2 * floor(x1 / x2), with the sign of x2", REAL)
maximum = binary("maximum", "The larger of two elements, NaN if either is", REAL)
minimum = binary("minimum", "The smaller of two elements, NaN if either is", REAL)
negative = unary("negative", "-x", NUMERIC, "neg")
square = unary("square", "x * x", NUMERIC)
reciprocal = unary_inexact("reciprocal", "1 / x")
sqrt = unary_inexact("sqrt", "Square root")
rsqrt = unary_inexact("rsqrt", "1 / sqrt(x)")
hypot = binary_inexact("hypot", "sqrt(x1 * x1 + x2 * x2), without intermediate overflow", REAL)


def positive(x: Tensor, /) -> Tensor:
    """X itself.

    Args:
        x: A tensor of a numeric dtype.

    Raises:
        TypeError: If its dtype is bool.

    Source: aten::positive.
    """
    dtypes.check("positive", tensor("positive", x)._dtype, NUMERIC)
    return x


# ---- Comparison and logic

equal = comparison("equal", "==", ANY, "eq")
not_equal = comparison("not_equal", "!=", ANY, "ne")
less = comparison("less", "<", REAL, "lt")
less_equal = comparison("less_equal", "<=", REAL, "le")
greater = comparison("greater", ">", REAL, "gt")
greater_equal = comparison("greater_equal", ">=", REAL, "ge")
logical_and = binary("logical_and", "Whether both elements are not 0", ANY, None, dtypes.bool)
logical_or = binary("logical_or", "Whether either element is not 0", ANY, None, dtypes.bool)
logical_xor = binary("logical_xor", "Whether exactly one element is not 0", ANY, None, dtypes.bool)
logical_not = ufuncs.test("logical_not", "Whether an element is 0")

# ---- Bits

bitwise_and = binary("bitwise_and", "x1 & x2", INTEGER | BOOL)
bitwise_or = binary("bitwise_or", "x1 | x2", INTEGER | BOOL)
bitwise_xor = binary("bitwise_xor", "x1 ^ x2", INTEGER | BOOL)
bitwise_left_shift = binary("bitwise_left_shift", "x1 << x2", INTEGER)
bitwise_right_shift = binary("bitwise_right_shift", "x1 >> x2", INTEGER)
bitwise_invert = unary(
    "bitwise_invert", "~x; for bools the negation", INTEGER | BOOL, "bitwise_not"
)

# ---- Exponentials and logarithms

exp = unary_inexact("exp", "e to the power x")
expm1 = unary_inexact("expm1", "exp(x) - 1, exact near 0", of_complex=special_values.expm1)
log = unary_inexact("log", "Natural logarithm")
log1p = unary_inexact("log1p", "log(1 + x), exact near 0", of_complex=special_values.log1p)
log2 = unary_inexact("log2", "Logarithm to base 2")
log10 = unary_inexact("log10", "Logarithm to base 10")
logaddexp = binary_inexact("logaddexp", "log(exp(x1) + exp(x2))", REAL)
erf = unary_inexact("erf", "Error function", REAL | BOOL)

# ---- Trigonometric (in radians) and hyperbolic functions

sin = unary_inexact("sin", "Sine")
cos = unary_inexact("cos", "Cosine")
tan = unary_inexact("tan", "Tangent")
asin = unary_inexact("asin", "Inverse sine")
acos = unary_inexact("acos", "Inverse cosine", of_complex=special_values.acos)
atan = unary_inexact("atan", "Inverse tangent")
atan2 = binary_inexact("atan2", "Inverse tangent of x1 / x2 in the quadrant of (x2, x1)", REAL)
sinh = unary_inexact("sinh", "Hyperbolic sine")
cosh = unary_inexact("cosh", "Hyperbolic cosine")
tanh = unary_inexact("tanh", "Hyperbolic tangent", of_complex=special_values.tanh)
asinh = unary_inexact("asinh", "Inverse hyperbolic sine")
acosh = unary_inexact("acosh", "Inverse hyperbolic cosine")
atanh = unary_inexact("atanh", "Inverse hyperbolic tangent")

# ---- Floating-point numbers and their parts

floor = rounding("floor", "Largest integer not above x")
ceil = rounding("ceil", "Smallest integer not below x")
trunc = rounding("trunc", "x without its fraction")
isnan = ufuncs.test("isnan", "Whether an element is NaN")
isinf = ufuncs.test("isinf", "Whether an element is infinite")
isfinite = ufuncs.test("isfinite", "Whether an element is neither infinite nor NaN")
signbit = ufuncs.test("signbit", "Whether the sign bit is set, also that of -0 and NaN", FLOATING)
copysign = binary_inexact("copysign", "The magnitude of x1 with the sign of x2", REAL)
nextafter = binary(
    "nextafter", "The next number that x1's dtype has in the direction of x2", FLOATING
)


@of_one("abs", NUMERIC, dtypes.real_of)
def abs(x: Tensor, /) -> Tensor:
    """Absolute value; for complex numbers the modulus.

    Args:
        x: A tensor of a numeric dtype.

    Returns:
        A tensor of the same shape; real if x is complex.

    Raises:
        TypeError: If x is of bool.

    Source: aten::abs.
    """
    x = tensor("abs", x)
    dtypes.check("abs", x.dtype, NUMERIC)
    return run("abs", dtypes.real_of(x.dtype), x)


real = of_complex("real", "The real part, as a view", "real", dtypes.real_of)
conj = of_complex("conj", "The complex conjugate, as a copy", "conj_physical")


@of_one("imag", COMPLEX, dtypes.real_of)
def imag(x: Tensor, /) -> Tensor:
    """The imaginary part, as a view.

    Args:
        x: A tensor of a complex dtype.

    Returns:
        A tensor of the same shape and a floating-point dtype.

    Raises:
        TypeError: If x is of another dtype.

    Source: aten::imag.
    """
    x = tensor("imag", x)
    dtypes.check("imag", x.dtype, COMPLEX)
    return run("imag", dtypes.real_of(x.dtype), x)


@of_one("round", FLOATING)
def round(x: Tensor, /) -> Tensor:
    """Nearest integer, with halves rounded to even; complex numbers are rounded in both parts.

    Args:
        x: A tensor of a numeric dtype.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: If x is of bool.

    Source: aten::round.
    """
    x = tensor("round", x)
    dtypes.check("round", x.dtype, NUMERIC)
    if x.dtype.kind == "complex":
        return special_values.joined(*map(round, special_values.parts(x)))
    return run("clone" if x.dtype.kind in INTEGER else "round", x.dtype, x)


@of_one("sign", REAL)
def sign(x: Tensor, /) -> Tensor:
    """-1, 0 or 1 by the sign of x; NaN where x is NaN; x / abs(x) for complex numbers.

    Args:
        x: A tensor of a numeric dtype.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: If x is of bool.

    Source: aten::sign, aten::sgn.
    """
    x = tensor("sign", x)
    dtypes.check("sign", x.dtype, NUMERIC)
    return run("sgn" if x.dtype.kind == "complex" else "sign", x.dtype, x)


def _cube(x: Tensor) -> Tensor:
    return multiply(square(x), x)


# The general power takes 10 times as long. Square roots are not among these: sqrt(-0.0) is -0.0.
_POWERS: dict[float, Unary] = {2: square, 3: _cube}
_FLOATING_POWERS: dict[float, Unary] = {**_POWERS, -1: reciprocal}
_SHORTCUTS: Shortcuts = {
    (kind, number): _FLOATING_POWERS if dtype.kind in FLOATING else _POWERS
    for backend in (FFI, NUMPY)
    for dtype, kind in backend.classes.items()
    for number in (int, float)
    if dtype.kind in (INEXACT if number is float else NUMERIC)
}


# Above this no dtype rounds an exponent to 0.
_TINY = 1e-30


@of_two("pow", "pow", FLOATING, shortcuts=_SHORTCUTS, wider=WIDER)
def pow(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 to the power x2.

    Args:
        x1, x2: Tensors of a numeric dtype; they broadcast, and one may be a Python scalar.

    Returns:
        A tensor of the broadcast shape, in the promoted dtype of the operands.

    Raises:
        TypeError: If a dtype is not supported, or the two do not mix.
        ValueError: If an exponent of an integer dtype is negative.

    Source: aten::pow.
    """
    a, b = pair("pow", x1, x2, NUMERIC)
    real = x2 if isinstance(x2, (int, float)) else 0  # an exponent that is known not to be 0
    if real <= 0:
        special_values.check_exponent(b)
    if a.dtype.kind == "complex" and not (real > _TINY or real < -_TINY):
        return special_values.pow(a, b)
    return run("pow", a.dtype, a, b)


@fast_path("clamp", REAL, x=OPERAND, min=BOUND, max=BOUND)
def clip(
    x: Tensor, /, min: Tensor | Scalar | None = None, max: Tensor | Scalar | None = None
) -> Tensor:
    """The elements limited to the range from min to max; NaN stays NaN.

    Args:
        x: A tensor of a real dtype.
        min, max: Tensors that broadcast to x, Python scalars, or None for no bound. If min is above
            max the result is max.

    Returns:
        A tensor of the broadcast shape, in the dtype of x.

    Raises:
        TypeError: If a dtype is not supported, or a bound has another kind of dtype than x.

    Source: aten::clamp, aten::maximum, aten::minimum.
    """
    x = tensor("clip", x)
    dtypes.check("clip", x.dtype, REAL)
    result = x
    for bound, primitive, side in ((min, "maximum", -1), (max, "minimum", 1)):
        if bound is None or beyond(bound, x.dtype) == side:  # no bound for x's dtype
            continue
        if isinstance(bound, Tensor):
            if not bound.ndim and bound.dtype.kind in INTEGER and x.dtype.kind in FLOATING:
                bound = astype(bound, x.dtype)
            dtypes.promote("clip", x.dtype, bound.dtype)  # 0-d mixes neither: the result is x's
        a, b = pair("clip", result, bound, REAL)
        result = run(primitive, a.dtype, a, b)
    return run("clone", x.dtype, x) if result is x else astype(result, x.dtype)
