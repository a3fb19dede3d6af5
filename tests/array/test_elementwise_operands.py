"""Operands of elementwise functions: broadcasting, promotion and Python scalars."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import check, dtype_of, inf, sample, settled
from torchffi._core.operations import scalars

pytestmark = pytest.mark.filterwarnings("error")


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
def test_operands_are_converted_to_the_promoted_dtype(
    a: str, b: str, expected: str, backend: str
) -> None:
    x, y = sample(a), sample(b)[::-1]
    check(t.add(t.asarray(x), t.asarray(y)), x.astype(expected) + y.astype(expected))
    check(t.not_equal(t.asarray(x), t.asarray(y)), x.astype(expected) != y.astype(expected))


# The kinds that the standard does not promote to each other; PyTorch promotes these dtypes.
KINDS = (
    ("bool",),
    ("uint8", "int8", "int32", "int64"),
    ("float16", "float32", "float64", "complex64", "complex128"),
)
UNMIXED = [
    (a, b) for one in KINDS for other in KINDS if one is not other for a in one for b in other
]


@pytest.mark.parametrize(("a", "b"), UNMIXED)
@pytest.mark.parametrize(
    "shapes",
    [((2,), ()), ((), (2,)), ((), ()), ((2, 1), ()), ((2,), (2,)), ((2, 1), (3,)), ((0,), (1,))],
)
def test_kinds_mix_as_in_pytorch(a: str, b: str, shapes: Any, backend: str, torch: Any) -> None:
    x, y = (np.ones(shape, name) for shape, name in zip(shapes, (a, b), strict=True))
    expected = str(torch.result_type(torch.from_numpy(x), torch.from_numpy(y)))[6:]
    left, right = t.asarray(x), t.asarray(y)
    for result in (left + right, right + left, right * left):
        assert result.dtype.name == expected and result.shape == (x + y).shape
    check(left + right, (x + y).astype(expected))
    check(t.equal(left, right), x == y)
    assert t.where(t.asarray(True), left, right).dtype.name == expected
    assert t.result_type(left, right) is t.result_type(right, left) is dtype_of(expected)


@pytest.mark.parametrize("name", ["uint16", "uint32", "uint64"])
def test_unsigned_integers_mix_with_other_kinds(name: str, backend: str) -> None:
    x, number, flag = t.asarray([1, 2], dtype=dtype_of(name)), t.asarray(0.5), t.asarray(True)
    check(x * number, np.array([0.5, 1], "float32"))
    check(x + flag, np.array([2, 3], name))
    check(x[0] * t.ones(2), np.array([1, 1], "float32"))
    check(x * t.ones(2), np.array([1, 2], "float32"))
    check(x * t.asarray([True, False]), np.array([1, 0], name))
    assert t.result_type(flag, number, x) is t.float32


def test_0d_tensor_of_a_higher_kind_is_computed_exactly(backend: str) -> None:
    x, h = t.asarray([1, 2, 2**53]), t.asarray(0.1, dtype=t.float64)
    check(x * h, np.array([0.1, 0.2, 2**53 * 0.1]))
    check(x ** t.asarray(0.5, dtype=t.float64), np.array([1, 2**0.5, (2**53) ** 0.5]))
    with pytest.raises(TypeError, match="in-place result has dtype float64, expected int64"):
        x *= h
    y = t.ones(2)
    y += t.asarray(3)
    check(y, np.array([4, 4], "float32"))


def test_signed_and_uint64_do_not_mix_if_one_is_0d(backend: str) -> None:
    with pytest.raises(TypeError, match="dtypes int64 and uint64 do not mix"):
        t.add(t.ones(2, dtype=t.int64), t.asarray(1, dtype=t.uint64))


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


def test_scalar_of_a_higher_kind_changes_the_dtype(backend: str) -> None:
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
    with pytest.raises(ValueError, match="maximum: -1 does not fit into uint16"):
        t.maximum(t.ones(2, dtype=t.uint16), -1)


def test_scalar_beyond_float32_becomes_infinity_without_a_warning(backend: str) -> None:
    check(t.ones(1) * 1e300, np.array([inf], "float32"))
    check(t.ones(1) * -1e300, np.array([-inf], "float32"))


def test_two_scalars_are_a_type_error(backend: str) -> None:
    with pytest.raises(
        TypeError, match="add: expected two tensors, or a tensor and a Python scalar, got"
    ):
        t.add(1, 2)
    with pytest.raises(TypeError, match="exp: expected a Tensor, got list; make one with"):
        t.exp([1.0])  # type: ignore[arg-type]


# ---- Cached Python numbers


def test_many_cached_numbers_keep_their_values(backend: str) -> None:
    x = t.zeros(2, dtype=t.float64)
    for _ in range(2):
        for n in range(600):
            assert (x + (n + 0.5)).tolist() == [n + 0.5] * 2
            assert (n + t.ones(1, dtype=t.int64)).tolist() == [n + 1]


def test_cached_number_is_not_used_for_an_equal_one_of_another_type(backend: str) -> None:
    x = t.ones(1, dtype=t.float64)
    for _ in range(2):
        assert [math.copysign(1, t.copysign(x, zero).item()) for zero in (0.0, -0.0)] == [1, -1]
        assert (x + 1).dtype is (x + 1.0).dtype is (x + True).dtype is t.float64
        assert (t.ones(1, dtype=t.int32) + 1).dtype is t.int32
        for zero in (0.0, -0.0):
            z = t.where(t.asarray(True), complex(-1, zero), t.asarray(0j)).item()
            assert math.copysign(1, z.imag) == math.copysign(1, zero)
        assert math.isnan((x * float("nan")).item())


def test_result_with_a_cached_number_does_not_share_memory(backend: str) -> None:
    for make in (
        lambda: t.maximum(t.asarray(1.0), 5.0),
        lambda: t.where(t.asarray(True), 5.0, t.asarray(1.0)),
        lambda: t.clip(t.asarray(9.0), 1.0, 5.0),
        lambda: t.asarray(1.0) * 5.0,
    ):
        first = make()
        first += 1
        assert make().item() == 5


def test_a_scalar_operand_is_cached_and_counted(ffi_backend: None) -> None:
    before = settled()
    x = t.ones(2)
    x + 3.25
    assert t.memory_stats()["live_handles"] == before[0] + 2
    x + 3.25
    assert t.memory_stats()["live_handles"] == before[0] + 2
    del x
    assert settled() == before


# Each twice: the first call fills the cache of scalars.
@pytest.mark.parametrize("name", ["bool", "uint8", "int32", "int64", "float32", "float64"])
@pytest.mark.parametrize("scalar", [2, 100, 0.5, -0.0, 2j, complex(-0.0, 1.0), complex(0.0, -0.0)])
def test_scalars_of_another_kind_give_the_result_of_pytorch(
    scalar: complex, name: str, backend: str, torch: Any
) -> None:
    values = np.array([0, 1, 1], name)
    x, theirs = t.asarray(values), torch.from_numpy(values)
    for function in (operator.add, operator.mul, operator.truediv, operator.eq):
        for _ in range(2):
            check(function(x, scalar), function(theirs, scalar).numpy())
    for _ in range(2):
        check(scalar * x, (scalar * theirs).numpy())
        check(scalar - x.float(), (scalar - theirs.float()).numpy(), rtol=1e-6)


NEW = [
    *[(x, 17) for x in ("uint8", "int32", "int64", "float16", "float32", "float64", "complex64")],
    *[(x, y) for x in ("float32", "float64", "complex64") for y in (0.3, 1 / 3, 0.0, -0.0, math.nan)],
    *[(x, y) for x in ("int64", "float64") for y in (2**53 - 1, 2**53 + 1, -(2**53) - 1)],
    *[(x, y) for x in ("float32", "float64") for y in (math.inf, -math.inf)],
    ("float64", 1e39), ("float16", 0.3),
]  # fmt: skip


@pytest.mark.parametrize(("name", "scalar"), NEW, ids=str)
def test_a_scalar_that_is_not_in_the_cache_gives_the_result_of_pytorch(
    name: str, scalar: float, ffi_backend: None, torch: Any
) -> None:
    values = np.array([1, 0, 1], name)
    x, theirs = t.asarray(values), torch.from_numpy(values.copy())

    def put(x: Any) -> Any:
        x = x + 0
        x[1] = scalar
        return x

    def increase(x: Any) -> Any:
        x = x + 0
        x += scalar
        return x

    for call in (put, increase, lambda x: x * scalar, lambda x: scalar + x, lambda x: x == scalar):
        scalars.clear()
        check(call(x), call(theirs).numpy())


@pytest.mark.parametrize("zeros", [(0.0, -0.0), (-0.0, 0.0)], ids=str)
def test_a_zero_that_is_not_in_the_cache_keeps_its_sign(
    zeros: tuple[float, float], backend: str
) -> None:
    scalars.clear()
    for zero in zeros:
        check(t.ones(1) * zero, np.array([zero], "float32"))


def test_a_scalar_that_does_not_fit_is_still_refused_when_it_is_new(backend: str) -> None:
    x = t.ones(2, dtype=t.uint8)
    for call in (lambda: x + 300, lambda: 300 - x, lambda: x.__setitem__(0, 300)):
        scalars.clear()
        with pytest.raises(ValueError, match="300 does not fit into uint8"):
            call()
    with pytest.raises(ValueError, match="integer of this size does not fit into float32"):
        t.ones(1) + 10**400
    scalars.clear()
    with pytest.raises(TypeError):
        x[0] = 0.5
    with pytest.raises(KeyError):
        scalars[type(x), str, "a"]


def test_an_integer_that_a_dtype_does_not_hold_is_a_value_error_in_a_division(backend: str) -> None:
    x = t.ones(2, dtype=t.uint8)
    for function in (t.divide, t.atan2, lambda a, b: a / b):
        check(function(x, 255), function(x.float(), 255).numpy())
        for _ in range(2):
            with pytest.raises(ValueError, match=r"300 does not fit into uint8"):
                function(x, 300)


PROMOTING = [
    ("int32", "int64"), ("uint8", "int8"), ("float32", "float64"), ("float64", "complex64"),
    ("complex64", "float32"), ("float16", "float32"),
]  # fmt: skip


@pytest.mark.parametrize("shapes", [(3, 3), (3, 0), (0, 3), (0, 0)], ids=str)
@pytest.mark.parametrize(("a", "b"), PROMOTING)
def test_tensors_of_two_dtypes_compute_in_the_dtype_of_both(
    a: str, b: str, shapes: tuple[int, int], backend: str
) -> None:
    x, y = (
        t.asarray(np.array([1, 2, 5][:n] if n else 3, name))
        for n, name in zip(shapes, (a, b), strict=True)
    )
    both = t.result_type(x, y)
    for function in (operator.add, operator.mul, operator.truediv, operator.eq, operator.pow):
        expected = function(x.astype(both), y.astype(both))
        for _ in range(2):
            found = function(x, y)
            assert found.dtype is expected.dtype
            check(found, expected.numpy())


def test_integers_are_divided_as_float32_also_if_one_is_0d(backend: str, torch: Any) -> None:
    arrays = np.array([1, 2, 2**24 + 1]), np.array(3, "int32"), np.array(0.5, "float32")
    for first in arrays:
        for second in arrays:
            expected = torch.from_numpy(first) / torch.from_numpy(second)
            check(t.asarray(first) / t.asarray(second), expected.numpy())


def test_in_place_operators_convert_the_right_operand(backend: str) -> None:
    x = t.asarray([1.0, 2.0], dtype=t.float64)
    x += t.asarray([0.5, 0.25])
    x *= t.asarray(2)
    check(x, np.array([3.0, 4.5]))
    y = t.asarray([1, 2], dtype=t.int32)
    with pytest.raises(TypeError, match="in-place result has dtype int64, expected int32"):
        y += t.asarray([1, 2])
    with pytest.raises(TypeError, match="in-place result has dtype float32, expected int32"):
        y += t.asarray([0.5, 1.0])
    y += t.asarray([True, False])
    x *= t.asarray([2, 3])
    check(y, np.array([2, 2], "int32"))
    check(x, np.array([6.0, 13.5]))
    z = t.asarray([1, 2], dtype=t.int8)
    with pytest.raises(TypeError, match="in-place result has dtype int16, expected int8"):
        z += t.asarray([1, 2], dtype=t.uint8)
