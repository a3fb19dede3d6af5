"""SciPy's integrals, interpolators and distances take tensors and return tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import integrate, interpolate
from scipy.spatial import distance
from sklearn import config_context
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_predict, cross_val_score, train_test_split

import torchffi as t
from tests.support import check

Of = Callable[[Any], t.Tensor]

_X = np.linspace(0, 1, 9)
_Y = np.sin(_X)
_AT = _X[:-1] + 0.01
_GRID = np.outer(_Y, _Y)
_POINTS = np.array([[0.3, 0.4], [0.1, 0.9]])
_KNOTS = np.array([0, 0, 0, 0, 0.5, 1, 1, 1, 1])
_DATA = np.random.default_rng(0).normal(size=(20, 3))
_PARTS = np.arange(24.0).reshape(3, 8)

# The expected values are mathematical.
INTEGRALS: dict[str, tuple[Callable[[Of], Any], Any]] = {
    "tanhsinh": (lambda of: integrate.tanhsinh(lambda x: x**2, of(0), of(3)).integral, 9),
    "tanhsinh-of-many": (
        lambda of: integrate.tanhsinh(lambda x: x**2, of([0, 0]), of([1, 3])).integral,
        [1 / 3, 9],
    ),
    "tanhsinh-arguments": (
        lambda of: (
            integrate.tanhsinh(lambda x, c: c * x, of(0), of(2), args=(of([1, 3]),)).integral
        ),
        [2, 6],
    ),
    "tanhsinh-infinite": (
        lambda of: integrate.tanhsinh(lambda x: t.exp(-(x**2)), of(-np.inf), of(np.inf)).integral,
        np.pi**0.5,
    ),
    "cubature": (
        lambda of: (
            integrate.cubature(lambda x: t.sum(x**2, axis=-1), of([0, 0]), of([1, 1])).estimate
        ),
        2 / 3,
    ),
    "trapezoid": (lambda of: integrate.trapezoid(of([0, 1, 2]), x=of([0, 2, 3])), 2.5),
    "romb": (lambda of: integrate.romb(of([0, 1, 4])), 8 / 3),
}


@pytest.mark.parametrize("case", INTEGRALS)
def test_scipy_integrates(case: str, backend: str) -> None:
    call, expected = INTEGRALS[case]
    result = call(lambda value: t.asarray(value, dtype=t.float64))
    assert result.backend == backend
    check(result, np.asarray(expected, "float64"), rtol=1e-9, atol=1e-9)


# The expected values are those for NumPy's arrays.
CURVES: dict[str, Callable[[Callable[[Any], Any]], Any]] = {
    "cumulative_trapezoid": lambda of: integrate.cumulative_trapezoid(of(_Y), x=of(_X)),
    "cumulative_simpson": lambda of: integrate.cumulative_simpson(of(_Y), x=of(_X)),
    "CubicSpline": lambda of: interpolate.CubicSpline(of(_X), of(_Y))(of(_AT)),
    "CubicSpline-derivative": lambda of: interpolate.CubicSpline(of(_X), of(_Y)).derivative()(
        of(_AT)
    ),
    "CubicHermiteSpline": lambda of: interpolate.CubicHermiteSpline(of(_X), of(_Y), of(np.cos(_X)))(
        of(_AT)
    ),
    "make_interp_spline": lambda of: interpolate.make_interp_spline(of(_X), of(_Y))(of(_AT)),
    "make_lsq_spline": lambda of: interpolate.make_lsq_spline(of(_X), of(_Y), t=of(_KNOTS))(
        of(_AT)
    ),
    "make_smoothing_spline": lambda of: interpolate.make_smoothing_spline(of(_X), of(_Y))(of(_AT)),
    "make_splrep": lambda of: interpolate.make_splrep(of(_X), of(_Y), s=0)(of(_AT)),
    "PPoly": lambda of: interpolate.PPoly(of(_PARTS), of(_X))(of(_AT)),
    "PPoly-antiderivative": lambda of: interpolate.PPoly(of(_PARTS), of(_X)).antiderivative()(
        of(_AT)
    ),
    "PPoly-integrate": lambda of: interpolate.PPoly(of(_PARTS), of(_X)).integrate(0, 1),
    "BPoly": lambda of: interpolate.BPoly(of(_PARTS), of(_X))(of(_AT)),
    "RegularGridInterpolator": lambda of: interpolate.RegularGridInterpolator(
        (of(_X), of(_X)), of(_GRID)
    )(of(_POINTS)),
    "RegularGridInterpolator-cubic": lambda of: interpolate.RegularGridInterpolator(
        (of(_X), of(_X)), of(_GRID), method="cubic"
    )(of(_POINTS)),
    "interpn": lambda of: interpolate.interpn((of(_X), of(_X)), of(_GRID), of(_POINTS)),
    "pdist": lambda of: distance.pdist(of(_DATA)),
}


@pytest.mark.parametrize("case", CURVES)
def test_scipy_gives_what_it_gives_for_numpy(case: str, backend: str) -> None:
    result = CURVES[case](t.asarray)
    assert result.backend == backend
    check(result, np.asarray(CURVES[case](np.asarray)), rtol=1e-9, atol=1e-12)


def test_scikit_learn_splits_and_validates(backend: str) -> None:
    target = _DATA @ np.arange(3.0)
    model = Ridge(alpha=0.5, solver="svd")
    expected = cross_val_predict(model, _DATA, target), cross_val_score(model, _DATA, target)
    with config_context(array_api_dispatch=True):
        x, y = t.asarray(_DATA), t.asarray(target)
        predicted = cross_val_predict(model, x, y)
        scores = cross_val_score(model, x, y)
        parts = train_test_split(x, random_state=0)
    assert predicted.backend == parts[0].backend == backend
    check(predicted, expected[0], rtol=1e-6)
    np.testing.assert_allclose(scores, expected[1], rtol=1e-6)
    for part, other in zip(parts, train_test_split(_DATA, random_state=0), strict=True):
        check(part, other)
