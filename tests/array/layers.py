"""Random operands for layers, and comparison with PyTorch's result."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

import torchffi as t
from tests.support import check

# Relative tolerance, and absolute tolerance near 0, between two implementations of one layer.
ROUNDING = {"float16": 2e-2, "float32": 2e-5, "float64": 1e-12}
NEAR_ZERO = {"float16": 4e-3, "float32": 2e-6, "float64": 1e-14}


def random_values(shape: tuple[int, ...], name: str = "float64", seed: int = 0) -> npt.NDArray[Any]:
    return np.random.default_rng(seed).standard_normal(shape).astype(name)


def assert_close(actual: t.Tensor, expected: Any, name: str) -> None:
    """Compares with PyTorch's result in float64."""
    expected = expected.numpy().astype(name)
    check(actual, expected, rtol=ROUNDING[name], atol=NEAR_ZERO[name])
