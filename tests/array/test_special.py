"""erf and related functions, which NumPy does not have, to a few units in the last place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import torchffi as t
from tests.support import check, inf, nan
from torchffi._numpy import special

pytestmark = pytest.mark.filterwarnings("error")


def _points() -> npt.NDArray[np.float64]:
    """Values dense where erf is curved, and close to the boundaries between its formulas."""
    edges = [0.46875, 4.0, 6.0]
    near = [np.nextafter(edge, edge + side) for edge in edges for side in (-1, 1)]
    grid = np.concatenate([np.linspace(0, 7, 20_001), np.logspace(-300, 0, 2_000), edges, near])
    return np.concatenate([grid, -grid])


def _ulps(actual: npt.NDArray[Any], expected: npt.NDArray[Any]) -> float:
    return float(np.max(np.abs(actual - expected) / np.spacing(np.abs(expected))))


def test_erf_of_numpy_is_within_4_ulp_of_math() -> None:
    x = _points()
    assert _ulps(special.erf(x), np.array([math.erf(v) for v in x])) <= 4


@pytest.mark.parametrize("name", ["float32", "float16"])
def test_erf_in_lower_precision_is_within_4_ulp_of_math(name: str, backend: str) -> None:
    x = _points().astype(name)
    expected = np.array([math.erf(v) for v in x.astype("float64")]).astype(name)
    assert _ulps(t.erf(t.asarray(x)).numpy(), expected) <= 4


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_erf_of_special_values(name: str, backend: str) -> None:
    x = np.array([nan, inf, -inf, 0.0, -0.0, 10, -10], name)
    check(t.erf(t.asarray(x)), np.array([nan, 1, -1, 0.0, -0.0, 1, -1], name))


def test_erf_of_subnormal_numbers_is_not_lost(backend: str) -> None:
    x = np.array([5e-324, 1e-310, -1e-310])
    check(t.erf(t.asarray(x)), np.array([math.erf(v) for v in x]), atol=1e-323)


def test_erf_is_odd_and_rises(backend: str) -> None:
    x = np.linspace(0, 6, 10_001)
    plus, minus = t.erf(t.asarray(x)).numpy(), t.erf(t.asarray(-x)).numpy()
    np.testing.assert_array_equal(plus, -minus)
    assert (np.diff(plus) >= -np.spacing(plus[1:])).all()


def test_gelu_is_x_times_the_normal_distribution(backend: str) -> None:
    x = np.linspace(-5, 5, 1_001)
    expected = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x]
    check(t.nn.gelu(t.asarray(x)), np.array(expected), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_sigmoid_and_silu_do_not_overflow(name: str, backend: str) -> None:
    x = np.array([-6e4, -100, 0, 100, 6e4], name)
    check(t.nn.sigmoid(t.asarray(x)), np.array([0, 0, 0.5, 1, 1], name), atol=1e-40)
    check(t.nn.silu(t.asarray(x)), np.array([-0.0, -0.0, 0, 100, 6e4], name), atol=1e-40)


def test_rsqrt_of_special_values(backend: str) -> None:
    x = np.array([0.0, -0.0, inf, -1, nan, 4], "float32")
    check(t.rsqrt(t.asarray(x)), np.array([inf, -inf, 0, nan, nan, 0.5], "float32"))
