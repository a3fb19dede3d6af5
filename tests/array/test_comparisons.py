"""Comparisons with integers that the dtype cannot hold: the answer is known."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import INTEGERS, check, dtype_of, inf, nan

pytestmark = pytest.mark.filterwarnings("error")

OPERATORS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "==": (operator.eq, t.equal), "!=": (operator.ne, t.not_equal), "<": (operator.lt, t.less),
    "<=": (operator.le, t.less_equal), ">": (operator.gt, t.greater),
    ">=": (operator.ge, t.greater_equal),
}  # fmt: skip
HUGE: tuple[Any, ...] = (
    2**100, -(2**100), 2**64, 2**63, -(2**63) - 1, 300, 128, -129, -1, 10**400,
    np.uint64(2**64 - 1), np.int64(-(2**63)), np.int16(256),
)  # fmt: skip


def _python(function: Callable[..., Any], values: list[Any], number: Any) -> Any:
    return np.array([function(value, int(number)) for value in values])


@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize("name", [*INTEGERS, "bool"])
def test_integers_compare_with_any_integer_as_in_python(name: str, sign: str, backend: str) -> None:
    compare, function = OPERATORS[sign]
    array = np.array([0, 1, 1 if name == "bool" else np.iinfo(name).max], name)
    x, values = t.asarray(array.copy()), array.tolist()
    for number in HUGE:
        expected = _python(compare, values, number)
        reflected = _python(lambda a, b: compare(b, a), values, number)
        check(compare(x, number), expected)
        check(function(x, number), expected)
        check(function(number, x), reflected)
        if not isinstance(number, np.generic):  # NumPy's scalars have operators of their own
            check(compare(number, x), reflected)


@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize("number", [10**400, -(10**400)], ids=["positive", "negative"])
@pytest.mark.parametrize("name", ["float32", "float64"])
def test_floats_compare_with_integers_beyond_all_of_them(
    name: str, number: int, sign: str, backend: str
) -> None:
    compare, function = OPERATORS[sign]
    values = [0.0, 1e30, inf, -inf, nan]
    x = t.asarray(values, dtype=dtype_of(name))
    check(compare(x, number), _python(compare, values, number))
    check(function(number, x), _python(lambda a, b: compare(b, a), values, number))


def test_shape_and_backend_are_those_of_the_tensor(backend: str) -> None:
    result = t.zeros((2, 0, 3), dtype=t.uint8) < 256
    assert (result.shape, result.dtype, result.backend) == ((2, 0, 3), t.bool, backend)
    result = t.zeros((2, 2), dtype=t.uint8) < 256
    result[0] = False  # its elements do not share memory
    assert result.tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize("name", INTEGERS)
def test_no_element_equals_an_integer_out_of_range(name: str, backend: str) -> None:
    x = t.asarray([0, 1], dtype=dtype_of(name))
    for number in (2**100, -(2**100)):
        assert number not in x
        check(t.isin(x, number), np.array([False, False]))
        check(t.isin(x, number, invert=True), np.array([True, True]))
        check(t.isin(number, x), np.array(False))
        check(t.searchsorted(x, number), np.array(2 if number > 0 else 0))
        check(t.searchsorted(x, number, side="right"), np.array(2 if number > 0 else 0))


def test_a_bound_beyond_the_dtype_is_no_bound(backend: str) -> None:
    x = t.asarray([0, 7, 255], dtype=t.uint8)
    check(t.clip(x, -1, 300), np.array([0, 7, 255], "uint8"))
    check(t.clip(x, 5, 2**100), np.array([5, 7, 255], "uint8"))
    with pytest.raises(ValueError, match="clip: 300 does not fit into uint8"):
        t.clip(x, min=300)


def test_bools_and_complex_numbers_keep_their_rules(backend: str) -> None:
    with pytest.raises(TypeError, match="less: complex64 is not supported"):
        _ = t.asarray([1j]) < 10**400
    check(t.asarray([1j]) == 10**400, np.array([False]))
    check(t.asarray([True]) == 2, np.array([False]))
