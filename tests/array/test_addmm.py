"""addmm(), on both backends, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import INTEGERS, check, inf, nan, sample

pytestmark = pytest.mark.filterwarnings("error")


def _values(shape: tuple[int, ...], name: str, offset: int = 0) -> Any:
    size = int(np.prod(shape))
    return np.roll(sample(name, size), offset).reshape(shape)


@pytest.mark.parametrize("name", ["float32", "float64", "complex64", "int64", "uint16"])
@pytest.mark.parametrize(("beta", "alpha"), [(1, 1), (2, 3), (0, 1), (1, 0)])
@pytest.mark.parametrize("bias", [(2, 4), (4,), (1, 4), (2, 1), ()])
def test_addmm_adds_the_scaled_product(
    bias: tuple[int, ...], beta: int, alpha: int, name: str, backend: str
) -> None:
    c, x, y = _values(bias, name), _values((2, 3), name), _values((3, 4), name, 1)
    expected = (beta * c + alpha * (x @ y)).astype(name)
    actual = t.addmm(t.asarray(c), t.asarray(x), t.asarray(y), beta=beta, alpha=alpha)
    check(actual, expected, rtol=1e-5, atol=1e-5)


def test_addmm_takes_factors_with_a_fraction(backend: str) -> None:
    c, x = _values((2, 2), "float32"), _values((2, 2), "float32", 1)
    actual = t.addmm(t.asarray(c), t.asarray(x), t.asarray(x), beta=0.5, alpha=-1.5)
    check(actual, (0.5 * c - 1.5 * (x @ x)).astype("float32"), atol=1e-6)


@pytest.mark.parametrize("name", INTEGERS)
def test_addmm_of_integers_with_a_fraction_is_an_error(name: str, backend: str) -> None:
    x = t.asarray(_values((2, 2), name))
    for factors in ({"beta": 0.5}, {"alpha": 0.5}):
        with pytest.raises(
            ValueError, match=r"addmm: (beta|alpha) must be an integer for .*, got 0\.5"
        ):
            t.addmm(x, x, x, **factors)  # type: ignore[arg-type]


def test_addmm_with_beta_0_ignores_the_bias(backend: str) -> None:
    c = t.asarray([[nan, inf], [nan, nan]])
    check(t.addmm(c, t.eye(2), t.ones((2, 2)), beta=0), np.ones((2, 2), "float32"))


def test_addmm_promotes(backend: str) -> None:
    c = t.ones(2, dtype=t.float64)
    check(t.addmm(c, t.eye(2), t.eye(2)), 1 + np.eye(2))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((3,), (2, 3), (3, 4)), r"shape \(3,\) does not broadcast to \(2, 4\)"),
        (((1, 2, 4), (2, 3), (3, 4)), r"shape \(1, 2, 4\) does not broadcast to \(2, 4\)"),
        (((4,), (3,), (3, 4)), r"a has shape \(3,\), expected 2 axes"),
        (((4,), (2, 3), (3,)), r"b has shape \(3,\), expected 2 axes"),
        (
            ((4,), (2, 3), (2, 4)),
            r"shapes \(2, 3\) and \(2, 4\) are incompatible for a matrix product",
        ),
    ],
)
def test_addmm_of_shapes_that_do_not_fit_is_a_value_error(
    shapes: Any, message: str, backend: str
) -> None:
    with pytest.raises(ValueError, match=f"addmm: {message}"):
        t.addmm(*(t.ones(shape) for shape in shapes))
