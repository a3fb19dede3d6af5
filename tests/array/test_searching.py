"""Searching functions, on both backends, compared with NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import COMPLEX, NAMES, REALS, check, inf, nan, sample
from torchffi._core.operations import scalars

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("name", REALS)
@pytest.mark.parametrize("function", ["argmax", "argmin"])
def test_index_of_the_extreme_is_that_of_numpy(function: str, name: str, backend: str) -> None:
    values = np.roll(sample(name, 12), 3).reshape(3, 4)
    for axis, keepdims in itertools.product([None, 0, 1, -1], [False, True]):
        expected = np.asarray(getattr(np, function)(values, axis=axis, keepdims=keepdims))
        actual = getattr(t, function)(t.asarray(values), axis=axis, keepdims=keepdims)
        check(actual, expected)
        check(getattr(t.asarray(values), function)(axis, keepdims=keepdims), expected)


def test_first_of_equal_extremes_is_found(backend: str) -> None:
    assert t.argmax(t.asarray([1, 3, 3, 0, 0])).item() == 1
    assert t.argmin(t.asarray([1, 3, 3, 0, 0])).item() == 3
    check(t.argmax(t.ones((3, 50)), axis=1), np.zeros(3, "int64"))


def test_nan_is_the_extreme(backend: str) -> None:
    assert t.argmax(t.asarray([1.0, nan, 3.0, nan])).item() == 1
    assert t.argmin(t.asarray([1.0, nan, 3.0, nan])).item() == 1


@pytest.mark.parametrize("function", ["argmax", "argmin"])
def test_index_of_the_extreme_of_nothing_is_a_value_error(function: str, backend: str) -> None:
    with pytest.raises(
        ValueError, match=rf"{function}: cannot reduce empty axes .* of shape \(0,\)"
    ):
        getattr(t, function)(t.zeros(0))
    with pytest.raises(
        ValueError, match=rf"{function}: cannot reduce empty axes .* of shape \(3, 0\)"
    ):
        getattr(t, function)(t.zeros((3, 0)), axis=1)
    assert getattr(t, function)(t.zeros((3, 0)), axis=0).shape == (0,)


def test_extreme_of_a_scalar_is_at_0(backend: str) -> None:
    check(t.argmax(t.asarray(5.0)), np.array(0))
    check(t.argmin(t.asarray(5), keepdims=True), np.array(0))


@pytest.mark.parametrize("name", ["bool", *COMPLEX])
def test_extremes_need_an_order(name: str, backend: str) -> None:
    with pytest.raises(TypeError, match=f"argmax: {name} is not supported"):
        t.argmax(t.asarray(sample(name)))


@pytest.mark.parametrize("name", NAMES)
def test_nonzero_gives_the_indices_of_numpy(name: str, backend: str) -> None:
    values = sample(name, 12).reshape(3, 4)
    values[:, ::2] = 0
    found = t.nonzero(t.asarray(values))
    assert len(found) == 2
    for actual, expected in zip(found, np.nonzero(values), strict=True):
        check(actual, expected)


def test_nonzero_of_nothing_is_nothing(backend: str) -> None:
    assert [x.shape for x in t.nonzero(t.zeros((2, 3)))] == [(0,), (0,)]
    assert [x.shape for x in t.nonzero(t.zeros((0, 3)))] == [(0,), (0,)]
    check(t.nonzero(t.asarray([0.0, -0.0, nan]))[0], np.array([2]))
    with pytest.raises(ValueError, match="nonzero: the tensor has no axis, expected at least one"):
        t.nonzero(t.ones(()))


@pytest.mark.parametrize("name", NAMES)
def test_where_picks_as_numpy(name: str, backend: str) -> None:
    condition = np.array([[True], [False]])
    a, b = sample(name, 3), sample(name, 3, 5)
    actual = t.where(t.asarray(condition), t.asarray(a), t.asarray(b))
    check(actual, np.where(condition, a, b))


@pytest.mark.parametrize(
    ("a", "b", "name"),
    [(1, "int8", "int8"), (0.5, "float32", "float32"), ("int8", "uint8", "int16"),
     ("float32", 0, "float32")],
)  # fmt: skip
def test_where_promotes_and_takes_a_scalar(a: Any, b: Any, name: str, backend: str) -> None:
    x, y = (sample(v, 2) if isinstance(v, str) else v for v in (a, b))
    condition = np.array([True, False])
    ours = (t.asarray(v) if isinstance(v, np.ndarray) else v for v in (x, y))
    check(t.where(t.asarray(condition), *ours), np.where(condition, x, y).astype(name))


def test_where_ignores_the_operand_that_is_not_selected(backend: str) -> None:
    x = t.asarray([nan, 1.0])
    check(t.where(t.isnan(x), 0.0, x), np.array([0, 1], "float32"))


def test_where_needs_a_condition_of_bool(backend: str) -> None:
    with pytest.raises(TypeError, match="where: the condition is int64, expected bool"):
        t.where(t.asarray([1]), t.ones(1), t.ones(1))
    with pytest.raises(
        TypeError, match="where: expected two tensors, or a tensor and a Python scalar"
    ):
        t.where(t.asarray([True]), "a", t.ones(1))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
def test_count_nonzero_is_that_of_numpy(name: str, backend: str) -> None:
    values = np.resize(sample(name, 5) * np.array([1, 0, 1, 1, 0]).astype(name), (2, 3, 4))
    for axis, keepdims in itertools.product([None, 0, -1, (0, 2), ()], [False, True]):
        expected = np.count_nonzero(values, axis=axis, keepdims=keepdims)
        actual = t.count_nonzero(t.asarray(values), axis=axis, keepdims=keepdims)
        check(actual, np.asarray(expected, "int64"))
    check(t.count_nonzero(t.asarray(values[:0]), axis=0), np.zeros((3, 4), "int64"))


def test_nan_and_infinity_are_not_0(backend: str) -> None:
    check(t.count_nonzero(t.asarray([nan, -0.0, 0.0, -inf])), np.array(2))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", REALS)
def test_searchsorted_finds_the_place_of_numpy(name: str, side: Any, backend: str) -> None:
    values = sample(name, 9)
    line = np.sort(np.repeat(values[::2], 2))
    actual = t.searchsorted(t.asarray(line), t.asarray(values.reshape(3, 3)), side=side)
    check(actual, np.searchsorted(line, values.reshape(3, 3), side))
    mixed, order = np.roll(line, 3), np.argsort(np.roll(line, 3), kind="stable")
    for kind in ("int64", "uint8", "int32"):
        sorter = t.asarray(order.astype(kind))
        actual = t.searchsorted(t.asarray(mixed), t.asarray(values), side=side, sorter=sorter)
        check(actual, np.searchsorted(line, values, side))
    scalar = values[3].item()
    check(
        t.searchsorted(t.asarray(line), scalar, side=side), np.searchsorted(line, values[3], side)
    )


def test_searchsorted_of_nothing_and_in_nothing(backend: str) -> None:
    check(t.searchsorted(t.ones(0), t.ones((2, 1))), np.zeros((2, 1), "int64"))
    check(t.searchsorted(t.ones(3), t.ones((0, 2))), np.zeros((0, 2), "int64"))


def test_searchsorted_promotes(backend: str) -> None:
    line = t.asarray([0, 1, 2], dtype=t.int8)
    check(t.searchsorted(line, t.asarray([300, -300])), np.array([3, 0]))


def test_searchsorted_errors_show_the_expected_arguments(backend: str) -> None:
    line = t.asarray([1.0, 2.0])
    with pytest.raises(ValueError, match=r"searchsorted: x1 has shape \(1, 2\), expected one axis"):
        t.searchsorted(line[None], line)
    with pytest.raises(ValueError, match="side is 'middle', expected 'left' or 'right'"):
        t.searchsorted(line, line, side="middle")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"sorter has shape \(3,\), expected \(2,\)"):
        t.searchsorted(line, line, sorter=t.asarray([0, 1, 2]))
    with pytest.raises(TypeError, match="sorter is float32"):
        t.searchsorted(line, line, sorter=line)
    for out in ([0, 2], [-1, 0]):
        with pytest.raises(IndexError, match="searchsorted: "):
            t.searchsorted(line, line, sorter=t.asarray(out))
    with pytest.raises(TypeError, match="searchsorted: dtypes"):
        t.searchsorted(line, t.asarray([1]))
    with pytest.raises(TypeError, match="searchsorted: bool is not supported"):
        t.searchsorted(t.asarray([True]), t.asarray([True]))


@pytest.mark.parametrize(
    ("x1", "x2", "name"),
    [(1.0, 0.0, "float32"), (1, 0, "int64"), (1, 0.5, "float32"), (True, 0.5, "float32"),
     (0.5, 1, "float32"), (-0.0, 1.0, "float32"), (0.0, -0.0, "float32"), (2, True, "int64"),
     (True, False, "bool"), (True, 2, "int64"), (1j, 0, "complex64"), (2**62 + 1, 0, "int64")],
)  # fmt: skip
def test_where_takes_two_scalars(x1: Any, x2: Any, name: str, backend: str) -> None:
    condition = np.array([[True], [False]])
    scalars.clear()
    for _ in range(2):  # the second time the scalars are in the cache
        result = t.where(t.asarray(condition.copy()), x1, x2)
        check(result, np.where(condition, np.asarray(x1, name), np.asarray(x2, name)))
        assert result.backend == backend


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64", "complex64"])
@pytest.mark.parametrize("number", [3, 0.5, -0.0, True])
def test_where_takes_a_scalar_first_as_pytorch_does(
    number: float, dtype: str, ffi_backend: None, torch: Any
) -> None:
    values = np.array([1, 2, 3], dtype)
    condition = np.array([True, False, True])
    expected = torch.where(torch.from_numpy(condition), number, torch.from_numpy(values))
    scalars.clear()
    for _ in range(2):
        check(t.where(t.asarray(condition), number, t.asarray(values)), expected.numpy())
    with pytest.raises(TypeError):
        t.where(t.asarray(values), 1, 2)
