"""Linear algebra."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from torchffi._numpy.checks import Raw, check_broadcast_to, no_product
from torchffi._numpy.totals import WIDE
from torchffi.errors import ShapeError


def matmul(a: Raw, b: Raw) -> Raw:
    try:
        return np.asarray(np.matmul(a, b))
    except ValueError:
        raise no_product(a, b) from None


def addmm(bias: Raw, a: Raw, b: Raw, beta: float, alpha: float) -> Raw:
    for name, matrix in (("a", a), ("b", b)):
        if matrix.ndim != 2:
            raise ShapeError(f"{name} has shape {matrix.shape}, expected 2 axes")
    if a.shape[1] != b.shape[0]:
        raise no_product(a, b)
    wide: Any = WIDE.get(a.dtype, a.dtype)
    product = np.matmul(a.astype(wide, copy=False), b.astype(wide, copy=False))
    if bias.shape != product.shape:
        check_broadcast_to(bias, product.shape)
    if alpha != 1:
        product *= wide.type(alpha)
    if beta != 0:
        product += bias * wide.type(beta)
    return np.asarray(product, a.dtype)


def cross(a: Raw, b: Raw, axis: int) -> Raw:
    return np.cross(a, b, axis=axis)


# ---- Decompositions and inverses


def cholesky(x: Raw, upper: bool) -> Raw:
    # Reads the upper triangle for U and the lower one for L; NumPy 1 has no `upper` argument.
    return _adjoint(np.linalg.cholesky(_adjoint(x))) if upper else np.linalg.cholesky(x)


def _adjoint(x: Raw) -> Raw:
    return np.conjugate(np.swapaxes(x, -1, -2))


def eig(x: Raw) -> tuple[Raw, Raw]:
    values, vectors = np.linalg.eig(x)
    return values, vectors


def eigvals(x: Raw) -> Raw:
    return np.linalg.eigvals(x)


def eigh(x: Raw) -> tuple[Raw, Raw]:
    values, vectors = np.linalg.eigh(x)
    return values, vectors


def eigvalsh(x: Raw) -> Raw:
    return np.linalg.eigvalsh(x)


def qr(x: Raw, mode: Literal["reduced", "complete"]) -> tuple[Raw, Raw]:
    q, r = np.linalg.qr(x, mode)
    return q, r


def svd(x: Raw, full_matrices: bool) -> tuple[Raw, Raw, Raw]:
    u, s, vh = np.linalg.svd(x, full_matrices)
    return u, s, vh


def svdvals(x: Raw) -> Raw:
    return np.linalg.svd(x, compute_uv=False)


def inv(x: Raw) -> Raw:
    return np.linalg.inv(x)


def matrix_power(x: Raw, n: int) -> Raw:
    return np.linalg.matrix_power(x, n)


def solve(x1: Raw, x2: Raw) -> Raw:
    return np.linalg.solve(x1, x2)


# ---- Numbers


def det(x: Raw) -> Raw:
    return np.asarray(np.linalg.det(x))


def slogdet(x: Raw) -> tuple[Raw, Raw]:
    sign, logarithm = np.linalg.slogdet(x)
    return np.asarray(sign), np.asarray(logarithm)


def diagonal(x: Raw, offset: int, axis0: int, axis1: int) -> Raw:
    # NumPy does not survive an offset of 2**40.
    within = max(-x.shape[axis0], min(offset, x.shape[axis1]))
    view = np.diagonal(x, within, axis0, axis1)
    view.flags.writeable = x.flags.writeable  # NumPy's is read-only
    return view
