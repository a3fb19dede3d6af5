"""Every elementwise function, of every dtype, on both backends, beside NumPy and PyTorch."""

from __future__ import annotations

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
    settled,
    special,
)  # fmt: skip
from torchffi._array import elementwise

pytestmark = pytest.mark.filterwarnings("error")


def _expected(function: Function, *arguments: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """NumPy's answer in the widest dtype, rounded once."""
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
        if name in function.admits
    ]


def _second(function: Function, name: str) -> npt.NDArray[Any]:
    """A right operand: small, not 0, for exponents and shifts not negative."""
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
def test_dtype_that_is_not_admitted_is_a_type_error_that_names_it(
    function: Function, backend: str
) -> None:
    for name in NAMES:
        if name not in function.admits:
            x = t.asarray(sample(name))
            arguments = (x, x) if function in BINARY else (x,)
            with pytest.raises(
                TypeError, match=f"{function.name}: dtype {name} is not admitted; ex"
            ):
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
    name = next(name for name in ("int32", "float32", "complex64") if name in function.admits)
    for shape in ((), (0,), (2, 0, 3), (1,), (2, 3, 4)):
        x = t.ones(shape, dtype=dtype_of(name))
        actual = getattr(t, function.name)(*((x, x) if function in BINARY else (x,)))
        assert actual.shape == shape
        assert actual.dtype.name == function.result_dtype(name)
        assert not np.shares_memory(actual.numpy(), x.numpy())


@pytest.mark.parametrize("function", UNARY + BINARY, ids=lambda f: f.name)
def test_function_reads_tensors_that_are_not_contiguous(function: Function, backend: str) -> None:
    name = next(name for name in ("int64", "float64", "complex128") if name in function.admits)
    values = np.abs(sample(name, 24).reshape(4, 6)).astype(name)
    view, expected = t.asarray(values).T[::2, 1:], values.T[::2, 1:]
    assert not view.is_contiguous()
    pair = function in BINARY
    second = (np.abs(expected) % 3 + 1).astype(name)
    actual = getattr(t, function.name)(*((view, t.asarray(second)) if pair else (view,)))
    check(actual, _expected(function, *((expected, second) if pair else (expected,))))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((2, 3), (3,), (2, 3)),
        ((2, 1), (1, 3), (2, 3)),
        ((), (2, 3), (2, 3)),
        ((5, 1, 4), (3, 1), (5, 3, 4)),
        ((0, 3), (1, 3), (0, 3)),
        ((1,), (0,), (0,)),
    ],
)
def test_shapes_broadcast(
    a: tuple[int, ...], b: tuple[int, ...], expected: tuple[int, ...], backend: str
) -> None:
    assert t.add(t.ones(a), t.ones(b)).shape == expected
    assert t.less(t.ones(b), t.ones(a)).shape == expected


MIXED = [
    ("int8", "int16", "int16"),
    ("uint8", "int8", "int16"),
    ("uint16", "int32", "int32"),
    ("uint32", "int8", "int64"),
    ("float16", "float32", "float32"),
    ("float32", "complex64", "complex64"),
    ("float64", "complex64", "complex128"),
]


@pytest.mark.parametrize(("a", "b", "expected"), MIXED)
def test_operands_meet_in_the_promoted_dtype(a: str, b: str, expected: str, backend: str) -> None:
    x, y = sample(a), sample(b)[::-1]
    check(t.add(t.asarray(x), t.asarray(y)), x.astype(expected) + y.astype(expected))
    check(t.not_equal(t.asarray(x), t.asarray(y)), x.astype(expected) != y.astype(expected))


@pytest.mark.parametrize(
    ("function", "scalar", "name", "expected"),
    [
        ("add", 2, "int8", [3, 0]),
        ("add", 0.5, "float64", [1.5, -1.5]),
        ("subtract", True, "float32", [0.0, -3.0]),
        ("multiply", 1j, "complex64", [1j, -2j]),
        ("pow", 2, "float32", [1.0, 4.0]),
        ("maximum", 0, "int64", [1, 0]),
        ("less", 1, "int32", [False, True]),
        ("divide", 2, "float16", [0.5, -1.0]),
    ],
)
def test_one_operand_may_be_a_python_scalar(
    function: str, scalar: complex, name: str, expected: list[Any], backend: str
) -> None:
    x = t.asarray(np.array([1, -2], name))
    result = np.array(expected, name if function != "less" else "bool")
    check(getattr(t, function)(x, scalar), result)
    if function in ("add", "multiply", "maximum"):
        check(getattr(t, function)(scalar, x), result)


def test_scalar_of_a_higher_kind_lifts_the_tensor(backend: str) -> None:
    x = t.asarray([1, 2])
    check(x * 0.5, np.array([0.5, 1], "float32"))
    check(x * 1j, np.array([1j, 2j], "complex64"))
    check(t.asarray([True, False]) == 1, np.array([True, False]))


@pytest.mark.parametrize("scalar", [np.int8(3), np.int64(3), np.float32(3), np.float64(3)])
def test_numpy_scalars_count_as_python_scalars(scalar: Any, backend: str) -> None:
    check(t.add(t.ones(2), scalar), np.array([4, 4], "float32"))
    check(t.subtract(scalar, t.ones(2)), np.array([2, 2], "float32"))


def test_scalar_out_of_the_range_of_the_dtype_is_a_value_error(backend: str) -> None:
    with pytest.raises(ValueError, match="add: 300 does not fit into uint8"):
        t.add(t.ones(2, dtype=t.uint8), 300)
    with pytest.raises(ValueError, match="less: -1 does not fit into uint16"):
        t.less(t.ones(2, dtype=t.uint16), -1)


def test_scalar_beyond_float32_becomes_infinity_in_silence(backend: str) -> None:
    check(t.ones(1) * 1e300, np.array([inf], "float32"))
    check(t.ones(1) * -1e300, np.array([-inf], "float32"))


def test_two_scalars_are_no_operands(backend: str) -> None:
    with pytest.raises(
        TypeError, match="add: expected two tensors, or one and a Python scalar, got"
    ):
        t.add(1, 2)
    with pytest.raises(TypeError, match="exp: expected a Tensor, got list; make one with"):
        t.exp([1.0])  # type: ignore[arg-type]


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
        with pytest.raises(ValueError, match=f"pow: an exponent of {name} is negative"):
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


def test_clip_leaves_nan_and_lets_the_upper_bound_win(backend: str) -> None:
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


# ---- Numbers beside tensors, which are kept for the next time


def test_many_numbers_each_keep_their_value(backend: str) -> None:
    x = t.zeros(2, dtype=t.float64)
    for _ in range(2):
        for n in range(600):
            assert (x + (n + 0.5)).tolist() == [n + 0.5] * 2
            assert (n + t.ones(1, dtype=t.int64)).tolist() == [n + 1]


def test_number_is_not_taken_for_an_equal_one(backend: str) -> None:
    x = t.ones(1, dtype=t.float64)
    for _ in range(2):
        assert [math.copysign(1, t.copysign(x, zero).item()) for zero in (0.0, -0.0)] == [1, -1]
        assert (x + 1).dtype is (x + 1.0).dtype is (x + True).dtype is t.float64
        assert (t.ones(1, dtype=t.int32) + 1).dtype is t.int32
        for zero in (0.0, -0.0):
            z = t.where(t.asarray(True), complex(-1, zero), t.asarray(0j)).item()
            assert math.copysign(1, z.imag) == math.copysign(1, zero)
        assert math.isnan((x * float("nan")).item())


def test_result_beside_a_number_is_ones_own(backend: str) -> None:
    for make in (
        lambda: t.maximum(t.asarray(1.0), 5.0),
        lambda: t.where(t.asarray(True), 5.0, t.asarray(1.0)),
        lambda: t.clip(t.asarray(9.0), 1.0, 5.0),
        lambda: t.asarray(1.0) * 5.0,
    ):
        first = make()
        first += 1
        assert make().item() == 5


def test_a_scalar_operand_is_kept_for_reuse_and_counted(ffi_backend: None) -> None:
    before = settled()
    x = t.ones(2)
    x + 3.25
    assert t.memory_stats()["live_handles"] == before[0] + 2
    x + 3.25
    assert t.memory_stats()["live_handles"] == before[0] + 2
    del x
    assert settled() == before
