"""Sets, on both backends, compared with NumPy."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import torchffi as t
from tests.support import COMPLEX, FLOATS, NAMES, check, inf, nan, sample

pytestmark = pytest.mark.filterwarnings("error")

SHAPES = [(), (0,), (1,), (12,), (3, 4), (2, 0, 3)]


def _values(name: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Values that repeat, out of order."""
    return np.resize(np.roll(sample(name, 5), 2), shape).astype(name)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_distinct_elements_are_those_of_numpy(
    name: str, shape: tuple[int, ...], backend: str
) -> None:
    values = _values(name, shape)
    found = np.unique(values, return_index=True, return_inverse=True, return_counts=True)
    expected = dict(zip(("values", "indices", "inverse_indices", "counts"), found, strict=True))
    expected["inverse_indices"] = expected["inverse_indices"].reshape(shape)
    for function in (t.unique_all, t.unique_counts, t.unique_inverse):
        actual = function(t.asarray(values))  # type: ignore[operator]
        for field in actual._fields:
            check(getattr(actual, field), expected[field])
            assert getattr(actual, field).backend == backend
    check(t.unique_values(t.asarray(values)), expected["values"])


def test_fields_are_those_of_the_standard() -> None:
    assert t.unique_all(t.ones(1))._fields == ("values", "indices", "inverse_indices", "counts")
    assert t.unique_counts(t.ones(1))._fields == ("values", "counts")
    assert t.unique_inverse(t.ones(1))._fields == ("values", "inverse_indices")


@pytest.mark.parametrize("name", FLOATS)
def test_every_nan_is_distinct_and_both_zeros_are_equal(name: str, backend: str) -> None:
    x = t.asarray(np.array([nan, 0.0, inf, -0.0, nan, inf], name))
    actual = t.unique_all(x)
    check(actual.values, np.array([0, inf, nan, nan], name))
    check(actual.counts, np.array([2, 2, 1, 1]))
    check(actual.indices, np.array([1, 2, 0, 4]))
    check(actual.inverse_indices, np.array([2, 0, 1, 0, 3, 1]))


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_numbers_are_distinguished_by_both_parts(name: str, backend: str) -> None:
    values = np.array([a + b * 1j for a, b in itertools.product([1, 0, 1], [2, 1, 2])], name)
    actual = t.unique_all(t.asarray(values))
    check(actual.values, np.array([1j, 2j, 1 + 1j, 1 + 2j], name))
    check(actual.counts, np.array([1, 2, 2, 4]))
    check(actual.indices, np.array([4, 3, 1, 0]))


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_isin_finds_what_numpy_finds(name: str, invert: bool, backend: str) -> None:
    a, b = sample(name, 12).reshape(3, 4), sample(name, 4, 3)
    check(t.isin(t.asarray(a), t.asarray(b), invert=invert), np.isin(a, b, invert=invert))
    check(t.isin(t.asarray(a), t.asarray(b[:0]), invert=invert), np.full(a.shape, invert))
    check(t.isin(t.asarray(a[:0]), t.asarray(b), invert=invert), np.full((0, 4), True))
    scalar = a[0, 1].item()
    check(t.isin(t.asarray(a), scalar, invert=invert), np.isin(a, a[0, 1], invert=invert))
    check(t.isin(scalar, t.asarray(b), invert=invert), np.isin(a[0, 1], b, invert=invert))


def test_isin_promotes_and_does_not_find_nan(backend: str) -> None:
    actual = t.isin(t.asarray([1.5, 2.0, nan], dtype=t.float64), t.asarray([1.5, nan]))
    check(actual, np.array([True, False, False]))
    check(t.isin(t.asarray([-1, 300]), t.asarray([44], dtype=t.uint8)), np.array([False, False]))
    with pytest.raises(TypeError, match="isin: dtypes int64 and float32 do not mix"):
        t.isin(t.asarray([1]), t.asarray([1.0]))


@pytest.mark.parametrize("key", [np.s_[::2], np.s_[:, ::2], np.s_[::-1], np.s_[1], np.s_[:0]])
def test_isin_takes_tensors_of_any_strides(key: Any, backend: str) -> None:
    values, among = np.arange(24).reshape(4, 6), np.arange(0, 24, 3).reshape(2, 4)
    for given in (among.T, among.T[key]):
        check(t.isin(t.asarray(values.T[key]), t.asarray(given)), np.isin(values.T[key], given))
