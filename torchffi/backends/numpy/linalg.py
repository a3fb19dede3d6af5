"""Products of linalg."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from torchffi.backends.numpy.checks import (
    Raw,
    check_broadcast_to,
)
from torchffi.errors import (
    ShapeError,
)


def _product(product: Callable[[Raw, Raw], Any], a: Raw, b: Raw) -> Raw:
    try:
        return np.asarray(product(a, b))
    except ValueError:
        raise ShapeError(f"shapes {a.shape} and {b.shape} do not fit a matrix product") from None


def matmul(a: Raw, b: Raw) -> Raw:
    return _product(np.matmul, a, b)


def addmm(bias: Raw, a: Raw, b: Raw, beta: float, alpha: float) -> Raw:
    for name, matrix in (("a", a), ("b", b)):
        if matrix.ndim != 2:
            raise ShapeError(f"{name} has shape {matrix.shape}, expected 2 axes")
    product = matmul(a, b)
    check_broadcast_to(bias, product.shape)
    scaled = product * product.dtype.type(alpha)
    return scaled if beta == 0 else np.asarray(scaled + bias * bias.dtype.type(beta))
