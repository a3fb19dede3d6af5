"""Every elementwise function, of every dtype, on both backends, compared with NumPy and PyTorch."""

from __future__ import annotations

import cmath
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import torchffi as t
from tests.elementwise_table import BINARY, NOT_IN_TORCH, SIGN_OF_ZERO_IS_OPEN, UNARY, Function
from tests.support import (
    COMPLEX,
    FLOATS,
    NAMES,
    REALS,
    check,
    dtype_of,
    inf,
    nan,
    sample,
    special,
)  # fmt: skip
from torchffi._array import elementwise

pytestmark = pytest.mark.filterwarnings("error")


def _expected(function: Function, *arguments: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """NumPy's result, computed in the widest dtype and rounded once."""
    name = arguments[0].dtype.name
    result = function.result_dtype(name)
    if (name in COMPLEX or result in FLOATS) and function.name != "nextafter":
        wide = np.complex128 if name in COMPLEX else np.float64
        arguments = tuple(x.astype(wide) for x in arguments)
    with np.errstate(all="ignore"):
        return np.asarray(function.numpy(*arguments)).astype(result)


def _cases(table: tuple[Function, ...], names: tuple[str, ...] = NAMES) -> list[Any]:
    return [
        pytest.param(function, name, id=f"{function.name}-{name}")
        for function in table
        for name in names
        if name in function.accepts
    ]


def _second(function: Function, name: str) -> npt.NDArray[Any]:
    """A second operand: small, nonzero, and not negative for exponents and shifts."""
    values = sample(name, 4, 1)
    if name not in ("bool", *COMPLEX, *FLOATS):
        values = np.abs(values)
        if function.name in ("pow", "bitwise_left_shift", "bitwise_right_shift"):
            values = np.minimum(values, 3)
    return values


def test_table_has_every_elementwise_function() -> None:
    found = {
        name
        for name in t.__all__
        if getattr(getattr(t, name), "__module__", "") == elementwise.__name__
    }
    assert found == {function.name for function in UNARY + BINARY} | {"clip"}


@pytest.mark.parametrize(("function", "name"), _cases(UNARY))
def test_function_of_one_tensor_computes_what_numpy_computes(
    function: Function, name: str, backend: str
) -> None:
    values = function.domain(sample(name)).astype(name)
    actual = getattr(t, function.name)(t.asarray(values))
    check(actual, _expected(function, values))
    assert actual.backend == backend


@pytest.mark.parametrize(("function", "name"), _cases(BINARY))
def test_function_of_two_tensors_broadcasts_and_computes_what_numpy_computes(
    function: Function, name: str, backend: str
) -> None:
    a, b = sample(name).reshape(6, 1), _second(function, name)
    actual = getattr(t, function.name)(t.asarray(a), t.asarray(b))
    check(actual, _expected(function, a, b), signed_zero=function.name not in SIGN_OF_ZERO_IS_OPEN)
    assert actual.backend == backend


@pytest.mark.parametrize("function", UNARY + BINARY, ids=lambda f: f.name)
def test_unsupported_dtype_is_a_type_error_that_names_it(function: Function, backend: str) -> None:
    for name in NAMES:
        if name not in function.accepts:
            x = t.asarray(sample(name))
            arguments = (x, x) if function in BINARY else (x,)
            with pytest.raises(TypeError, match=f"{function.name}: {name} is not supported; ex"):
                getattr(t, function.name)(*arguments)


@pytest.mark.parametrize(("function", "name"), _cases(UNARY, ("float32", "float64")))
def test_function_of_one_tensor_gives_the_special_values_of_numpy(
    function: Function, name: str, backend: str
) -> None:
    values = special(name)
    check(getattr(t, function.name)(t.asarray(values)), _expected(function, values))


@pytest.mark.parametrize(("function", "name"), _cases(BINARY, ("float32",)))
def test_function_of_two_tensors_gives_the_special_values_of_numpy(
    function: Function, name: str, backend: str
) -> None:
    values = special(name)
    actual = getattr(t, function.name)(t.asarray(values[:, None]), t.asarray(values))
    expected = _expected(function, values[:, None], values)
    check(actual, expected, signed_zero=function.name not in SIGN_OF_ZERO_IS_OPEN)


TORCH = ("float32", "float64", "complex64", "int64", "uint8", "bool")


@pytest.mark.parametrize(("function", "name"), _cases(UNARY + BINARY, TORCH))
def test_function_computes_what_torch_computes(
    function: Function, name: str, backend: str, torch: Any
) -> None:
    arguments = [function.domain(sample(name)).astype(name)]
    if function in BINARY:
        arguments.append(_second(function, name)[:1])
    if (function.name, name) in NOT_IN_TORCH:
        with pytest.raises((NotImplementedError, RuntimeError)):  # or it can be compared
            getattr(torch, function.torch)(*map(torch.from_numpy, arguments))
        return
    expected = getattr(torch, function.torch)(*map(torch.from_numpy, arguments))
    expected = expected.resolve_conj().numpy()
    check(getattr(t, function.name)(*map(t.asarray, arguments)), expected)


@pytest.mark.parametrize("function", UNARY + BINARY, ids=lambda f: f.name)
def test_function_keeps_the_shape(function: Function, backend: str) -> None:
    name = next(name for name in ("int32", "float32", "complex64") if name in function.accepts)
    for shape in ((), (0,), (2, 0, 3), (1,), (2, 3, 4)):
        x = t.ones(shape, dtype=dtype_of(name))
        actual = getattr(t, function.name)(*((x, x) if function in BINARY else (x,)))
        assert actual.shape == shape
        assert actual.dtype.name == function.result_dtype(name)
        if function.name in ("positive", "conj", "real"):  # as PyTorch's, for real tensors
            assert actual is x
        elif function.name != "imag":  # a view
            assert not np.shares_memory(actual.numpy(), x.numpy())


@pytest.mark.parametrize("exponent", [2, 2.0, 3, 3.0, -1, -1.0])
@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_powers_by_plain_numbers_are_those_of_pytorch(
    name: str, exponent: float, backend: str, torch: Any
) -> None:
    values = np.asarray([-math.inf, -2.5, -0.0, 0.0, 0.3, 7, math.inf, math.nan], name)
    expected = torch.from_numpy(values).pow(exponent).numpy()
    x = t.asarray(values.copy())
    check(x**exponent, expected)
    check(t.pow(x, exponent), expected)
    check(x.pow(exponent), expected)
    x **= exponent
    check(x, expected)


@pytest.mark.parametrize("exponent", [2, 3, 2.0, 3.0, 4, 0])
@pytest.mark.parametrize("name", ["uint8", "int8", "int64", "complex64", "complex128"])
def test_powers_of_integers_and_complex_numbers_by_plain_numbers_are_those_of_pytorch(
    name: str, exponent: float, backend: str, torch: Any
) -> None:
    values = np.asarray([0, 1, 7, 100, 3 - 2j if name[0] == "c" else 3], name)
    x, expected = t.asarray(values), torch.from_numpy(values).pow(exponent).numpy()
    for actual in (x**exponent, t.pow(x, exponent), x.pow(exponent)):
        check(actual, expected, rtol=1e-5)
    if isinstance(exponent, int) or name[0] == "c":
        x **= exponent
        check(x, expected, rtol=1e-5)


def test_a_complex_exponent_makes_a_power_complex(backend: str) -> None:
    check(t.asarray([3.0]) ** (2 + 0j), np.asarray([9], np.complex64))


def test_a_power_in_place_gives_the_gradient_of_pytorch(torch: Any) -> None:
    ours, theirs = t.asarray([1.5, -2.0]).requires_grad_(), torch.tensor([1.5, -2.0])
    theirs.requires_grad_()
    for x in (ours, theirs):
        y = x * 2
        y **= 3
        y.sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy())


@pytest.mark.parametrize("function", UNARY + BINARY, ids=lambda f: f.name)
def test_function_reads_tensors_that_are_not_contiguous(function: Function, backend: str) -> None:
    name = next(name for name in ("int64", "float64", "complex128") if name in function.accepts)
    values = np.abs(sample(name, 24).reshape(4, 6)).astype(name)
    view, expected = t.asarray(values).T[::2, 1:], values.T[::2, 1:]
    assert not view.is_contiguous()
    pair = function in BINARY
    second = (np.abs(expected) % 3 + 1).astype(name)
    actual = getattr(t, function.name)(*((view, t.asarray(second)) if pair else (view,)))
    check(actual, _expected(function, *((expected, second) if pair else (expected,))))


@pytest.mark.parametrize("name", ["int8", "int32", "int64", "uint8", "uint16"])
@pytest.mark.parametrize("function", ["floor_divide", "remainder"])
def test_integer_division_by_zero_is_a_value_error(function: str, name: str, backend: str) -> None:
    x = t.asarray(sample(name))
    with pytest.raises(ValueError, match=f"{function}.*zero"):
        getattr(t, function)(x, 0)


@pytest.mark.parametrize("name", ["int8", "int64"])
def test_negative_power_of_an_integer_is_a_value_error(name: str, backend: str) -> None:
    x, y = t.asarray(sample(name, 2)), t.asarray(np.array([2, -1], name))
    for power in (lambda: x**y, lambda: x**-1, lambda: 2**y, lambda: x.__ipow__(y)):
        with pytest.raises(ValueError, match=f"pow: negative exponent of {name}"):
            power()
    check(x, sample(name, 2))


@pytest.mark.parametrize("name", ["int32", "int64", "float32", "float64"])
def test_floor_divide_and_remainder_take_the_sign_of_the_divisor(name: str, backend: str) -> None:
    a = np.array([7, -7, 7, -7, 0], name)
    b = np.array([3, 3, -3, -3, -3], name)
    check(
        t.floor_divide(t.asarray(a), t.asarray(b)),
        np.array([2, -3, -3, 2, 0], name),
        signed_zero=False,
    )
    check(
        t.remainder(t.asarray(a), t.asarray(b)),
        np.array([1, 2, -2, -1, 0], name),
        signed_zero=False,
    )


def test_halves_round_to_even(backend: str) -> None:
    x = t.asarray([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    check(t.round(x), np.array([-2, -2, -0.0, 0, 2, 2], "float32"))


@pytest.mark.parametrize("function", ["floor", "ceil", "round", "trunc"])
def test_rounding_an_integer_changes_nothing(function: str, backend: str) -> None:
    check(getattr(t, function)(t.asarray([2**62 + 1])), np.array([2**62 + 1]))


@pytest.mark.parametrize("name", ["int8", "int64", "uint8", "uint64"])
def test_integers_wrap_around(name: str, backend: str) -> None:
    limits = np.iinfo(name)
    x = t.asarray(np.array([limits.max], name))
    check(x + 1, np.array([limits.min], name))
    check(t.asarray(np.array([limits.min], name)) - 1, np.array([limits.max], name))


def test_large_integers_keep_every_digit(backend: str) -> None:
    check(t.asarray([2**62]) + (2**62 - 1), np.array([2**63 - 1]))
    x = t.asarray(np.array([2**64 - 2], np.uint64))
    check(x + 1, np.array([2**64 - 1], np.uint64))
    assert t.equal(x, 2**64 - 2).tolist() == [True]


def test_nan_is_not_equal_to_itself(backend: str) -> None:
    x = t.asarray([nan, 1.0])
    check(x == x, np.array([False, True]))
    check(x != x, np.array([True, False]))
    check(t.maximum(x, 2.0), np.array([nan, 2], "float32"))
    check(t.minimum(2.0, x), np.array([nan, 1], "float32"))


def test_arithmetic_is_quiet(backend: str) -> None:
    # Warnings are errors in this file.
    x = t.asarray([0.0, inf, -inf, 3e38])
    for result in (x / 0.0, x - x, x * 10.0, t.log(x - 1), t.sqrt(-x), t.exp(x), x**x, x % 0.0):
        assert result.shape == (4,)


@pytest.mark.parametrize("name", REALS)
def test_clip_bounds_the_elements(name: str, backend: str) -> None:
    values = sample(name)
    low, high = np.array(1, name), np.array(2, name)
    x = t.asarray(values)
    check(t.clip(x, 1, 2), np.clip(values, low, high))
    check(t.clip(x, max=2), np.minimum(values, high))
    check(t.clip(x, t.asarray(low)), np.maximum(values, low))
    check(t.clip(x), values)
    assert not np.shares_memory(t.clip(x).numpy(), x.numpy())
    bounds = np.array([[0], [3]], name)
    check(t.clip(x, t.asarray(bounds), 5), np.clip(values, bounds, np.array(5, name)))


def test_clip_keeps_nan_and_prefers_the_upper_bound(backend: str) -> None:
    check(t.clip(t.asarray([nan, 0.0, inf]), -1, 1), np.array([nan, 0, 1], "float32"))
    check(t.clip(t.asarray([0, 5]), 4, 2), np.array([2, 2]))
    with pytest.raises(TypeError, match="clip: dtypes int64 and float32 do not mix"):
        t.clip(t.asarray([1]), t.asarray(1.0))


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_functions_take_the_special_values_of_c99(name: str, backend: str) -> None:
    def at(function: str, *values: complex) -> npt.NDArray[Any]:
        return getattr(t, function)(t.asarray(np.array(values, name))).numpy()

    # C99, annex G: cacos, ctanh, and log(1 + z), exp(z) - 1 from clog and cexp.
    assert np.signbit(at("acos", 0j).imag) == [True]
    found = at("tanh", complex(inf, 1), complex(-inf, -1))
    assert found.tolist() == [1, -1]
    assert np.signbit(found.imag).tolist() == [False, True]
    assert at("log1p", complex(inf, nan), complex(nan, inf)).real.tolist() == [inf, inf]
    found = at("expm1", complex(-inf, inf), complex(inf, nan), complex(inf, 0), complex(nan, 0))
    np.testing.assert_array_equal(found.real, [-1, inf, inf, nan])
    np.testing.assert_array_equal(found.imag, [0, nan, 0, 0])
    tiny = at("expm1", 1e-20 + 1e-20j)
    np.testing.assert_allclose(tiny, np.array([1e-20 + 1e-20j], name), 1e-6)


@pytest.mark.parametrize("name", COMPLEX)
def test_log1p_of_an_infinite_part_has_the_angle_of_c99(name: str, backend: str) -> None:
    parts = [0.0, 1e-300, 1e-20, 0.5, 1.0, 1e8, 1.6e16, 1e30, inf, nan]
    values = np.array(
        [complex(a * s, b) for a in parts for s in (1, -1) for b in (inf, -inf)]
        + [complex(a, b * s) for b in parts for s in (1, -1) for a in (inf, -inf)],
        name,
    )
    expected = np.array([cmath.log(complex(z)) for z in values], name)  # that of 1 + z is the same
    np.testing.assert_allclose(t.log1p(t.asarray(values)).numpy(), expected, 1e-6)
