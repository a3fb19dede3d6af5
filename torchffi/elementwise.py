"""Elementwise functions.

They broadcast their operands, and compute in the dtype in which the operands meet; one operand may be
a Python scalar. A function that is defined for floating point takes integers as the default dtype.

Source: Array API standard, "Element-wise Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchffi import dtypes
from torchffi.dtypes import ANY, BOOL, INTEGER, NUMERIC, REAL
from torchffi.errors import InvalidArgumentError
from torchffi.operands import Scalar, inexact, pair, scalar_tensor, tensor
from torchffi.routing import run

if TYPE_CHECKING:
    from torchffi.tensor import Tensor

_REAL_OF = {dtypes.complex64: dtypes.float32, dtypes.complex128: dtypes.float64}


def _binary(
    operation: str,
    primitive: str,
    x1: Tensor | Scalar,
    x2: Tensor | Scalar,
    admitted: frozenset[str],
) -> Tensor:
    a, b = pair(operation, x1, x2, admitted)
    return run(primitive, a.dtype, a, b)


def _comparison(
    operation: str,
    primitive: str,
    x1: Tensor | Scalar,
    x2: Tensor | Scalar,
    admitted: frozenset[str] = ANY,
) -> Tensor:
    a, b = pair(operation, x1, x2, admitted)
    return run(primitive, dtypes.bool, a, b)


def _unary(operation: str, primitive: str, x: Tensor, admitted: frozenset[str]) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x.dtype, admitted)
    return run(primitive, x.dtype, x)


def _inexact(operation: str, x: Tensor) -> Tensor:
    x = inexact(operation, x)
    return run(operation, x.dtype, x)


def _rounding(operation: str, x: Tensor) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x.dtype, REAL)
    return run("clone" if x.dtype.kind in INTEGER else operation, x.dtype, x)


def _test(operation: str, x: Tensor) -> Tensor:
    return run(operation, dtypes.bool, tensor(operation, x))


def add(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 + x2.

    Args:
        x1, x2: Tensors of a numeric dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::add.
    """
    return _binary("add", "add", x1, x2, NUMERIC)


def subtract(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 - x2.

    Args:
        x1, x2: Tensors of a numeric dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::sub.
    """
    return _binary("subtract", "sub", x1, x2, NUMERIC)


def multiply(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 * x2.

    Args:
        x1, x2: Tensors of a numeric dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::mul.
    """
    return _binary("multiply", "mul", x1, x2, NUMERIC)


def floor_divide(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """The largest integer not above x1 / x2.

    Args:
        x1, x2: Tensors of a real dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::floor_divide.
    """
    return _binary("floor_divide", "floor_divide", x1, x2, REAL)


def remainder(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 - x2 * floor(x1 / x2), with the sign of x2.

    Args:
        x1, x2: Tensors of a real dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::remainder.
    """
    return _binary("remainder", "remainder", x1, x2, REAL)


def pow(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 to the power x2.

    Args:
        x1, x2: Tensors of a numeric dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix
        ValueError: If an exponent of an integer dtype is negative

    Source: aten::pow.
    """
    a, b = pair("pow", x1, x2, NUMERIC)
    check_exponent(b)
    return run("pow", a.dtype, a, b)


def check_exponent(x: Tensor) -> None:
    """Raises ValueError for a negative integer: the power would be a fraction."""
    if x.dtype.kind != "signed integer":
        return
    negative = run("lt", dtypes.bool, x, scalar_tensor("pow", 0, x.dtype, x))
    if run("any", dtypes.bool, negative, None, False).item():
        raise InvalidArgumentError(
            f"pow: an exponent of {x.dtype} is negative; convert to a floating-point dtype first"
        )


def maximum(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """The larger of two elements, NaN if either is.

    Args:
        x1, x2: Tensors of a real dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::maximum.
    """
    return _binary("maximum", "maximum", x1, x2, REAL)


def minimum(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """The smaller of two elements, NaN if either is.

    Args:
        x1, x2: Tensors of a real dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::minimum.
    """
    return _binary("minimum", "minimum", x1, x2, REAL)


def bitwise_and(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 & x2.

    Args:
        x1, x2: Tensors of an integer dtype or bool, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::bitwise_and.
    """
    return _binary("bitwise_and", "bitwise_and", x1, x2, INTEGER | BOOL)


def bitwise_or(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 | x2.

    Args:
        x1, x2: Tensors of an integer dtype or bool, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::bitwise_or.
    """
    return _binary("bitwise_or", "bitwise_or", x1, x2, INTEGER | BOOL)


def bitwise_xor(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 ^ x2.

    Args:
        x1, x2: Tensors of an integer dtype or bool, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::bitwise_xor.
    """
    return _binary("bitwise_xor", "bitwise_xor", x1, x2, INTEGER | BOOL)


def bitwise_left_shift(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 << x2.

    Args:
        x1, x2: Tensors of an integer dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::bitwise_left_shift.
    """
    return _binary("bitwise_left_shift", "bitwise_left_shift", x1, x2, INTEGER)


def bitwise_right_shift(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 >> x2.

    Args:
        x1, x2: Tensors of an integer dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape, in the dtype where the operands meet.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::bitwise_right_shift.
    """
    return _binary("bitwise_right_shift", "bitwise_right_shift", x1, x2, INTEGER)


def divide(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 / x2.

    Args:
        x1, x2: Tensors of a numeric dtype, one of which may be a Python scalar

    Returns:
        A tensor of the broadcast shape; integers give the default floating-point dtype.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::div.
    """
    a, b = pair("divide", x1, x2, NUMERIC)
    a, b = inexact("divide", a), inexact("divide", b)
    return run("div", a.dtype, a, b)


def equal(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 == x2.

    Args:
        x1, x2: Tensors of any dtype, one of which may be a Python scalar

    Returns:
        A tensor of bool, of the broadcast shape.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::eq.
    """
    return _comparison("equal", "eq", x1, x2)


def not_equal(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 != x2.

    Args:
        x1, x2: Tensors of any dtype, one of which may be a Python scalar

    Returns:
        A tensor of bool, of the broadcast shape.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::ne.
    """
    return _comparison("not_equal", "ne", x1, x2)


def less(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 < x2.

    Args:
        x1, x2: Tensors of a real dtype, one of which may be a Python scalar

    Returns:
        A tensor of bool, of the broadcast shape.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::lt.
    """
    return _comparison("less", "lt", x1, x2, REAL)


def less_equal(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 <= x2.

    Args:
        x1, x2: Tensors of a real dtype, one of which may be a Python scalar

    Returns:
        A tensor of bool, of the broadcast shape.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::le.
    """
    return _comparison("less_equal", "le", x1, x2, REAL)


def greater(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 > x2.

    Args:
        x1, x2: Tensors of a real dtype, one of which may be a Python scalar

    Returns:
        A tensor of bool, of the broadcast shape.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::gt.
    """
    return _comparison("greater", "gt", x1, x2, REAL)


def greater_equal(x1: Tensor | Scalar, x2: Tensor | Scalar, /) -> Tensor:
    """x1 >= x2.

    Args:
        x1, x2: Tensors of a real dtype, one of which may be a Python scalar

    Returns:
        A tensor of bool, of the broadcast shape.

    Raises:
        TypeError: If a dtype is not admitted, or the two do not mix

    Source: aten::ge.
    """
    return _comparison("greater_equal", "ge", x1, x2, REAL)


def negative(x: Tensor, /) -> Tensor:
    """-x.

    Args:
        x: A tensor of a numeric dtype

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: If x is of bool

    Source: aten::neg.
    """
    return _unary("negative", "neg", x, NUMERIC)


def positive(x: Tensor, /) -> Tensor:
    """A copy of x.

    Args:
        x: A tensor of a numeric dtype

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: If x is of bool

    Source: aten::clone.
    """
    return _unary("positive", "clone", x, NUMERIC)


def abs(x: Tensor, /) -> Tensor:
    """Absolute value, the modulus of complex numbers.

    Args:
        x: A tensor of a numeric dtype

    Returns:
        A tensor of the same shape, real where x is complex.

    Raises:
        TypeError: If x is of bool

    Source: aten::abs.
    """
    x = tensor("abs", x)
    dtypes.check("abs", x.dtype, NUMERIC)
    return run("abs", _REAL_OF.get(x.dtype, x.dtype), x)


def sign(x: Tensor, /) -> Tensor:
    """-1, 0 or 1 by the sign of x, NaN where x is.

    Args:
        x: A tensor of a real dtype

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: If x is complex or of bool

    Source: aten::sign.
    """
    result = _unary("sign", "sign", x, REAL)
    if x.dtype.kind in INTEGER:
        return result
    return run("where", x.dtype, isnan(x), x, result)  # LibTorch's sign of NaN is 0


def square(x: Tensor, /) -> Tensor:
    """X * x.

    Args:
        x: A tensor of a numeric dtype

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: If x is of bool

    Source: aten::square.
    """
    return _unary("square", "square", x, NUMERIC)


def exp(x: Tensor, /) -> Tensor:
    """E to the power x.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::exp.
    """
    return _inexact("exp", x)


def expm1(x: Tensor, /) -> Tensor:
    """exp(x) - 1, exact near 0.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::expm1.
    """
    return _inexact("expm1", x)


def log(x: Tensor, /) -> Tensor:
    """Natural logarithm.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::log.
    """
    return _inexact("log", x)


def log1p(x: Tensor, /) -> Tensor:
    """log(1 + x), exact near 0.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::log1p.
    """
    return _inexact("log1p", x)


def log2(x: Tensor, /) -> Tensor:
    """Logarithm to base 2.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::log2.
    """
    return _inexact("log2", x)


def log10(x: Tensor, /) -> Tensor:
    """Logarithm to base 10.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::log10.
    """
    return _inexact("log10", x)


def sqrt(x: Tensor, /) -> Tensor:
    """Square root.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::sqrt.
    """
    return _inexact("sqrt", x)


def rsqrt(x: Tensor, /) -> Tensor:
    """1 / sqrt(x).

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::rsqrt.
    """
    return _inexact("rsqrt", x)


def sin(x: Tensor, /) -> Tensor:
    """Sine, x in radians.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::sin.
    """
    return _inexact("sin", x)


def cos(x: Tensor, /) -> Tensor:
    """Cosine, x in radians.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::cos.
    """
    return _inexact("cos", x)


def tan(x: Tensor, /) -> Tensor:
    """Tangent, x in radians.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::tan.
    """
    return _inexact("tan", x)


def tanh(x: Tensor, /) -> Tensor:
    """Hyperbolic tangent.

    Args:
        x: A tensor of a numeric dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Source: aten::tanh.
    """
    return _inexact("tanh", x)


def erf(x: Tensor, /) -> Tensor:
    """Error function.

    Args:
        x: A tensor of a real dtype; integers count as the default floating-point dtype

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: If x is complex

    Source: aten::erf.
    """
    x = inexact("erf", x)
    dtypes.check("erf", x.dtype, REAL)
    return run("erf", x.dtype, x)


def floor(x: Tensor, /) -> Tensor:
    """Largest integer not above x.

    Args:
        x: A tensor of a real dtype

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: If x is complex or of bool

    Source: aten::floor.
    """
    return _rounding("floor", x)


def ceil(x: Tensor, /) -> Tensor:
    """Smallest integer not below x.

    Args:
        x: A tensor of a real dtype

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: If x is complex or of bool

    Source: aten::ceil.
    """
    return _rounding("ceil", x)


def round(x: Tensor, /) -> Tensor:
    """Nearest integer, halves to even.

    Args:
        x: A tensor of a real dtype

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: If x is complex or of bool

    Source: aten::round.
    """
    return _rounding("round", x)


def trunc(x: Tensor, /) -> Tensor:
    """X without its fraction.

    Args:
        x: A tensor of a real dtype

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: If x is complex or of bool

    Source: aten::trunc.
    """
    return _rounding("trunc", x)


def isnan(x: Tensor, /) -> Tensor:
    """Whether an element is NaN.

    Args:
        x: A tensor of any dtype

    Returns:
        A tensor of bool, of the same shape.

    Source: aten::isnan.
    """
    return _test("isnan", x)


def isinf(x: Tensor, /) -> Tensor:
    """Whether an element is infinite.

    Args:
        x: A tensor of any dtype

    Returns:
        A tensor of bool, of the same shape.

    Source: aten::isinf.
    """
    return _test("isinf", x)


def isfinite(x: Tensor, /) -> Tensor:
    """Whether an element is neither infinite nor NaN.

    Args:
        x: A tensor of any dtype

    Returns:
        A tensor of bool, of the same shape.

    Source: aten::isfinite.
    """
    return _test("isfinite", x)


def logical_not(x: Tensor, /) -> Tensor:
    """Whether an element is 0.

    Args:
        x: A tensor of any dtype

    Returns:
        A tensor of bool, of the same shape.

    Source: aten::logical_not.
    """
    return _test("logical_not", x)


def bitwise_invert(x: Tensor, /) -> Tensor:
    """~x, of bools the negation.

    Args:
        x: A tensor of an integer dtype or bool

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: If x is of another dtype

    Source: aten::bitwise_not.
    """
    return _unary("bitwise_invert", "bitwise_not", x, INTEGER | BOOL)
