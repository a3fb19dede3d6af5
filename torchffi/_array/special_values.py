"""Special cases of the standard (infinities, NaN, signed zeros) that the backends do not follow.

The operands of a function have the same dtype, in which it computes.

Source: Array API standard, "Element-wise Functions", the special cases.
"""

from __future__ import annotations

from torchffi import dtypes
from torchffi._core.arguments import scalar_tensor
from torchffi._core.dispatch import NULL, run
from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError


def _test(name: str, *operands: Tensor) -> Tensor:
    return run(name, dtypes.bool, *operands)


def _where(condition: Tensor, x1: Tensor, x2: Tensor) -> Tensor:
    return run("where", x1.dtype, condition, x1, x2)


def _number(value: float, x: Tensor) -> Tensor:
    return scalar_tensor("scalar", value, x.dtype, x)


def _with_sign(x: Tensor, sign: Tensor) -> Tensor:
    return run("copysign", x.dtype, x, sign)


def parts(x: Tensor) -> tuple[Tensor, Tensor]:
    """The real and imaginary parts."""
    dtype = dtypes.real_of(x.dtype)
    return run("real", dtype, x), run("imag", dtype, x)


def joined(real: Tensor, imag: Tensor) -> Tensor:
    """The complex tensor with these parts."""
    return run("complex", dtypes.complex_of(real.dtype), real, imag)


def acos(x: Tensor) -> Tensor:
    """The imaginary part has the opposite sign of that of x, also if it is 0."""
    real, imag = parts(run("acos", x.dtype, x))
    return joined(real, _with_sign(imag, run("neg", imag.dtype, parts(x)[1])))


def log1p(x: Tensor) -> Tensor:
    """If either part is infinite, the result is inf with the angle of x.

    This holds even if the other part is NaN. LibTorch's angle is NaN for some finite parts, as 1e-20.
    """
    a, b = parts(x)
    infinite = _test("logical_or", _test("isinf", a), _test("isinf", b))
    real, imag = parts(run("log1p", x.dtype, x))
    return joined(
        _where(infinite, _number(float("inf"), real), real),
        _where(infinite, run("atan2", b.dtype, b, a), imag),
    )


def tanh(x: Tensor) -> Tensor:
    """For an infinite real part the result is 1 or -1, with an imaginary part of 0."""
    a, b = parts(x)
    infinite = _test("isinf", a)
    real, imag = parts(run("tanh", x.dtype, x))
    return joined(
        _where(infinite, _with_sign(_number(1, a), a), real),
        _where(infinite, _with_sign(_number(0, b), b), imag),
    )


def expm1(x: Tensor) -> Tensor:
    """Computes both parts without cancellation near 0, and the limits for infinite parts.

    expm1(a + bj) = expm1(a) cos(b) - 2 sin(b / 2)**2 + exp(a) sin(b) j.
    """
    a, b = parts(x)
    dtype = a.dtype
    half_sine = run("sin", dtype, run("mul", dtype, b, _number(0.5, b)))
    missing = run("mul", dtype, _number(-2, b), run("square", dtype, half_sine))
    scaled = run("mul", dtype, run("expm1", dtype, a), run("cos", dtype, b))
    real = run("add", dtype, run("add", dtype, scaled, missing), _number(0, a))  # never -0
    imag = run("mul", dtype, run("exp", dtype, a), run("sin", dtype, b))
    # a is infinite and b is not finite: exp(a) has no direction. The real part is its limit, -1 or inf;
    # the imaginary part is 0 for a = -inf.
    no_angle = _test("logical_and", _test("isinf", a), _test("logical_not", _test("isfinite", b)))
    negative = _test("lt", a, _number(0, a))
    limit = _where(negative, _number(-1, a), _number(float("inf"), a))
    imag = _where(_test("logical_and", no_angle, negative), _number(0, b), imag)
    is_real = _test("eq", b, _number(0, b))
    return joined(_where(no_angle, limit, real), _where(is_real, b, imag))


def pow(a: Tensor, b: Tensor) -> Tensor:
    """A power with exponent 0 is 1, also for NaN and infinities."""
    zero = _test("eq", b, _number(0, b))
    return _where(zero, _number(1, b), run("pow", a.dtype, a, b))


def check_exponent(x: Tensor) -> None:
    """Raises ValueError for a negative integer exponent: the power would not be an integer."""
    if x.dtype.kind != "signed integer":
        return
    if x.size and run("amin", x.dtype, x, NULL, 0, False).item() < 0:
        raise InvalidArgumentError(
            f"pow: negative exponent of {x.dtype}; convert to a floating-point dtype first"
        )
