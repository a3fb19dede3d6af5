"""Sorting, on both backends, compared with NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import torchffi as t
from tests.support import COMPLEX, FLOATS, INTEGERS, check, inf, nan, sample

pytestmark = pytest.mark.filterwarnings("error")

ORDERED = ("bool", *INTEGERS, *FLOATS)


def _values(name: str) -> npt.NDArray[Any]:
    """Values that each occur twice."""
    return np.roll(np.concatenate([sample(name, 12), sample(name, 12)]), 5).reshape(2, 3, 4)


def _order(values: npt.NDArray[Any], axis: int, descending: bool) -> npt.NDArray[Any]:
    """Indices that sort, found with Python's own stable sort."""

    def of_line(line: npt.NDArray[Any]) -> list[int]:
        keys = line.tolist()
        return sorted(range(len(keys)), key=keys.__getitem__, reverse=descending)

    return np.apply_along_axis(of_line, axis, values).astype("int64").reshape(values.shape)


@pytest.mark.parametrize("name", ORDERED)
def test_equal_elements_keep_their_order(name: str, backend: str) -> None:
    values = _values(name)
    for axis, descending in itertools.product([0, 1, 2, -1], [False, True]):
        order = _order(values, axis, descending)
        x = t.asarray(values)
        check(t.argsort(x, axis=axis, descending=descending), order)
        actual = t.sort(x, axis=axis, descending=descending)
        check(actual, np.take_along_axis(values, order, axis))
        assert actual.backend == backend
        check(t.sort(x, axis=axis, descending=descending, stable=False), actual.numpy())
    check(x, values)


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("shape", [(1000,), (20_000,), (300, 5), (4, 500), (5, 30, 20)])
def test_many_integers_keep_their_order(shape: tuple[int, ...], name: str, backend: str) -> None:
    generator, limits = np.random.default_rng(0), np.iinfo(name)
    few = generator.integers(0, 5, shape).astype(name)
    any_ = generator.integers(limits.min, limits.max, shape, name, endpoint=True)
    any_.flat[:2] = limits.max, limits.min
    for values in (few, few + limits.min, any_, any_[::-1], any_[..., ::2]):
        for axis in range(-1, len(shape)):
            x = t.asarray(values)
            check(t.argsort(x, axis=axis), np.argsort(values, axis, kind="stable"))
            backwards = values.astype(object) * -1  # of Python's integers, which have no limits
            order = np.argsort(backwards, axis, kind="stable")
            check(t.argsort(x, axis=axis, descending=True), order)
        if backend == "numpy":  # PyTorch's method gives any order of equal elements
            check(x.argsort(), np.argsort(values, kind="stable"))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", FLOATS)
def test_nan_is_the_largest(name: str, descending: bool, backend: str) -> None:
    values = np.array([nan, 1, inf, -inf, nan, 0], name)
    order = [0, 4, 2, 1, 5, 3] if descending else [3, 5, 1, 2, 0, 4]
    check(t.argsort(t.asarray(values), descending=descending), np.array(order))
    check(t.sort(t.asarray(values), descending=descending), values[order])


@pytest.mark.parametrize("shape", [(0,), (2, 0), (0, 3), (1, 1)])
def test_empty_tensors_can_be_sorted(shape: tuple[int, ...], backend: str) -> None:
    check(t.sort(t.ones(shape)), np.ones(shape, "float32"))
    check(t.argsort(t.ones(shape)), np.zeros(shape, "int64"))


def test_view_is_sorted_without_a_change_of_its_base(backend: str) -> None:
    values = _values("int16")
    x = t.asarray(values.copy())
    check(t.sort(x.mT[:, ::2]), np.sort(values.swapaxes(1, 2)[:, ::2]))
    check(x, values)


@pytest.mark.parametrize("function", [t.sort, t.argsort])
def test_sorting_needs_an_order_and_an_axis(function: Any, backend: str) -> None:
    for name in COMPLEX:
        with pytest.raises(TypeError, match=f"sort: {name} is not supported"):
            function(t.asarray(sample(name)))
    with pytest.raises(IndexError, match=r"sort: axis 2 is out of range for shape \(3, 4\)"):
        function(t.ones((3, 4)), axis=2)
    with pytest.raises(IndexError, match="sort: axis -1"):
        function(t.ones(()))
    with pytest.raises(TypeError, match="sort: expected a Tensor, got list"):
        function([3, 1])
