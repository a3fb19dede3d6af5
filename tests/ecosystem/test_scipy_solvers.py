"""SciPy's solvers and derivatives: they pass 0-d tensors and Python's types where NumPy takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import differentiate
from scipy.optimize import elementwise

import torchffi as t
from tests.support import check

CASES: dict[str, tuple[Callable[[Callable[[Any], t.Tensor]], t.Tensor], Any]] = {
    "find_root": (
        lambda of: elementwise.find_root(lambda x: x**2 - 2.0, (of(0.0), of(2.0))).x,
        2**0.5,
    ),
    "find_root-of-many": (
        lambda of: (
            elementwise.find_root(
                lambda x, c: x**2 - c, (of([0.0, 0.0]), of([2.0, 3.0])), args=(of([2.0, 3.0]),)
            ).x
        ),
        [2**0.5, 3**0.5],
    ),
    "find_minimum": (
        lambda of: elementwise.find_minimum(lambda x: (x - 1) ** 2, (of(-1.0), of(0.5), of(3.0))).x,
        1.0,
    ),
    "bracket_root": (
        lambda of: elementwise.bracket_root(lambda x: x - 5.0, of(0.0), of(1.0)).bracket[1],
        8.0,
    ),
    "derivative": (
        lambda of: differentiate.derivative(lambda x: x**3, of([0.0, 1.0])).df,
        [0.0, 3.0],
    ),
    "derivative-0d": (lambda of: differentiate.derivative(lambda x: x**3, of(2.0)).df, 12.0),
    "jacobian": (
        lambda of: (
            differentiate.jacobian(lambda x: t.stack([x[0] ** 2 * x[1], x[1]]), of([1.0, 2.0])).df
        ),
        [[4.0, 1.0], [0.0, 1.0]],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_scipy_solves_with_tensors(case: str, backend: str) -> None:
    solve, expected = CASES[case]
    result = solve(lambda value: t.asarray(value, dtype=t.float64))
    assert result.backend == backend
    check(result, np.asarray(expected), rtol=1e-6, atol=1e-8)
