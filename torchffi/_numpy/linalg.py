"""Linear algebra."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import TYPES, Raw, check_broadcast_to, no_product
from torchffi._numpy.moments import vector_norm
from torchffi._numpy.squares import FEW
from torchffi._numpy.totals import BLOCK, DOT, TOTAL, WIDE, dots
from torchffi.errors import AxisError, InvalidArgumentError, NotSupportedError, ShapeError

_add: Final[Callable[..., Any]] = np.add.reduce
_SINGLE: Final = np.dtype(np.float32)


def matmul(a: Raw, b: Raw) -> Raw:
    try:
        return np.asarray(np.matmul(a, b))
    except ValueError:
        raise no_product(a, b) from None


def _product(ndim_a: int, ndim_b: int) -> Callable[[Raw, Raw], Raw]:
    def primitive(a: Raw, b: Raw) -> Raw:
        if a.ndim != ndim_a or b.ndim != ndim_b:
            raise ShapeError(f"shapes {a.shape} and {b.shape}, expected {ndim_a} and {ndim_b} axes")
        return matmul(a, b)

    return primitive


dot, mv, mm = _product(1, 1), _product(2, 1), _product(2, 2)


def outer(a: Raw, b: Raw) -> Raw:
    if a.ndim != 1 or b.ndim != 1:
        raise ShapeError(f"shapes {a.shape} and {b.shape}, expected one axis")
    return np.multiply(a[:, None], b)


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
        product += bias if beta == 1 else bias * wide.type(beta)
    return np.asarray(product, a.dtype)


def _check_vectors(a: Raw, b: Raw, axis: int) -> None:
    if axis >= 0 or axis < -min(a.ndim, b.ndim):
        raise AxisError(f"axis {axis} is out of range for shapes {a.shape} and {b.shape}")
    if a.shape[axis] != b.shape[axis]:
        raise ShapeError(f"shapes {a.shape} and {b.shape} differ along axis {axis}")


def cross(a: Raw, b: Raw, axis: int) -> Raw:
    _check_vectors(a, b, axis)
    if a.shape[axis] != 3:
        raise ShapeError(f"axis {axis} of shape {a.shape} is not of length 3")
    return np.cross(a, b, axis=axis)


def vecdot(a: Raw, b: Raw, axis: int) -> Raw:
    if axis != -1 or not a.ndim or a.shape != b.shape:
        _check_vectors(a, b, axis)
    wide = TOTAL.get(a.dtype, a.dtype)
    if a.dtype.kind == "f" and axis == -1 and a.size > BLOCK:
        found = dots(a, b, (a.ndim - 1,), False)
        if found is not None and np.isfinite(found).all():
            return np.asarray(found, a.dtype)
    products = np.conjugate(a) * b if a.dtype.kind == "c" else a * b
    return np.asarray(_add(products, axis, wide), a.dtype)


def _dot_of(a: Raw, b: Raw) -> Raw:
    """The sum of the products of two vectors of one dtype, of which no conjugate is taken."""
    if a.ndim != 1 or a.shape != b.shape:
        raise ShapeError(f"expected two vectors of one length, got shapes {a.shape} and {b.shape}")
    if a.dtype != b.dtype:
        raise InvalidArgumentError(f"dtypes {a.dtype} and {b.dtype} differ, expected one")
    if a.dtype.kind in "iu":
        return np.asarray(a.dot(b))
    if a.dtype is _SINGLE and a.size <= DOT and a.flags.c_contiguous and b.flags.c_contiguous:
        found = a.dot(b)
        if math.isfinite(found):  # no product has overflowed on the way
            return np.asarray(found)
    if a.size > FEW:
        return np.asarray(vecdot(np.conjugate(a) if a.dtype.kind == "c" else a, b, -1), a.dtype)
    wide = TOTAL[a.dtype]
    return np.asarray(a.astype(wide).dot(b.astype(wide)), a.dtype)


def _vdot_of(a: Raw, b: Raw) -> Raw:
    """The same with the conjugate of the first vector."""
    return _dot_of(np.conjugate(a) if a.dtype.kind == "c" else a, b)


dot_of, vdot_of = _dot_of, _vdot_of  # of methods


def tensordot(a: Raw, b: Raw, axes_a: Any, axes_b: Any, naxes: int) -> Raw:
    """``axes_a`` is NULL for the last axes of a, and ``axes_b`` for the first ones of b."""
    if not 0 <= naxes <= min(a.ndim, b.ndim):
        raise InvalidArgumentError(f"{naxes} axes of shapes {a.shape} and {b.shape}")
    return np.asarray(np.tensordot(a, b, (list(axes_a), list(axes_b)) if axes_a else naxes))


# ---- Decompositions and inverses


def _check(x: Raw, square: bool = True, finite: bool = True) -> Raw:
    """Matrices of a dtype of LAPACK; some of its routines crash for NaN and infinity."""
    if x.ndim < 2 or x.dtype.kind not in "fc" or x.dtype.itemsize < 4:
        raise NotSupportedError(f"{x.dtype} of shape {x.shape} has no matrices for LAPACK")
    if square and x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"expected square matrices, got shape {x.shape}")
    if finite and not np.isfinite(x).all():
        raise InvalidArgumentError("input contains NaN or inf")
    return x


def cholesky(x: Raw, upper: bool) -> Raw:
    # Reads the upper triangle for U and the lower one for L; NumPy 1 has no `upper` argument.
    lower = np.linalg.cholesky(np.conjugate(np.swapaxes(_check(x), -1, -2)) if upper else _check(x))
    return np.conjugate(np.swapaxes(lower, -1, -2)) if upper else lower


def eig(x: Raw) -> tuple[Raw, Raw]:
    values, vectors = np.linalg.eig(_check(x))
    return values, vectors


def eigvals(x: Raw) -> Raw:
    return np.linalg.eigvals(_check(x))


def eigh(x: Raw) -> tuple[Raw, Raw]:
    values, vectors = np.linalg.eigh(_check(x))
    return values, vectors


def eigvalsh(x: Raw) -> Raw:
    return np.linalg.eigvalsh(_check(x))


def qr(x: Raw, complete: bool) -> tuple[Raw, Raw]:
    q, r = np.linalg.qr(_check(x, False, False), "complete" if complete else "reduced")
    return q, r


def svd(x: Raw, full_matrices: bool) -> tuple[Raw, Raw, Raw]:
    u, s, vh = np.linalg.svd(_check(x, False), full_matrices)
    return u, s, vh


def svdvals(x: Raw) -> Raw:
    return np.linalg.svd(_check(x, False), compute_uv=False)


def inv(x: Raw) -> Raw:
    return np.linalg.inv(_check(x, True, False))


def _tolerance(x: Raw, rtol: Any) -> Any:
    """The tolerance that rtol points to; if it is NULL, that of LibTorch."""
    return rtol[0] if rtol else max(x.shape[-2:]) * np.finfo(x.dtype).eps


def pinv(x: Raw, rtol: Any) -> Raw:
    u, s, vh = np.linalg.svd(_check(x, False), False)
    kept = s > s[..., :1] * s.dtype.type(_tolerance(x, rtol))
    inverse = np.divide(1, s, out=np.zeros_like(s), where=kept)
    v, uh = np.conjugate(np.swapaxes(vh, -1, -2)), np.conjugate(np.swapaxes(u, -1, -2))
    return np.asarray(np.matmul(v * inverse[..., None, :], uh))


def matrix_rank(x: Raw, rtol: Any) -> Raw:
    s = np.linalg.svd(_check(x, False), compute_uv=False)
    above = s > s[..., :1] * s.dtype.type(_tolerance(x, rtol))
    return np.asarray(np.count_nonzero(above, axis=-1))


def matrix_power(x: Raw, n: int) -> Raw:
    return np.array(np.linalg.matrix_power(_check(x, True, False), n))


def solve(x1: Raw, x2: Raw) -> Raw:
    """``x2`` is a vector if it has one axis: NumPy 1 and 2 differ in what they take for one."""
    right = x2[:, None] if x2.ndim == 1 else x2
    if right.ndim < 2:
        raise ShapeError(f"shape {x2.shape} has no rows")
    right = right.reshape((1,) * (x1.ndim - right.ndim) + right.shape)
    result = np.linalg.solve(_check(x1, True, False), right)
    return result[..., 0] if x2.ndim == 1 else result


# ---- Numbers


def det(x: Raw) -> Raw:
    return np.asarray(np.linalg.det(_check(x, True, False)))


def slogdet(x: Raw) -> tuple[Raw, Raw]:
    sign, logarithm = np.linalg.slogdet(_check(x, True, False))
    return np.asarray(sign), np.asarray(logarithm)


def matrix_norm(x: Raw, order: Any, keepdim: bool) -> Raw:
    """``order`` is NULL for the Frobenius norm, else a pointer to a number."""
    if x.ndim < 2:
        raise ShapeError(f"shape {x.shape} has fewer than 2 axes")
    if not order:
        return vector_norm(x, (x.ndim - 2, x.ndim - 1), 2, 2.0, keepdim)
    number = order[0]
    if abs(number) not in (1, 2, np.inf):
        raise InvalidArgumentError(f"order is {number}, expected 1, 2 or inf")
    if abs(number) == 2:
        values = np.linalg.svd(_check(x, False), compute_uv=False)
    else:
        magnitudes = np.abs(x)
        wide = TOTAL.get(magnitudes.dtype, magnitudes.dtype)
        values = np.sum(magnitudes, axis=-2 if abs(number) == 1 else -1, dtype=wide)
    result = np.asarray(np.max(values, axis=-1) if number > 0 else np.min(values, axis=-1))
    return result[..., None, None] if keepdim else result


def trace(x: Raw, offset: int, dtype: int) -> Raw:
    if x.ndim < 2:
        raise ShapeError(f"shape {x.shape} has fewer than 2 axes")
    exact = TYPES[dtype]
    terms = x.diagonal(_within(x, offset, -2, -1), -2, -1)
    return np.asarray(_add(terms, -1, TOTAL.get(exact, exact)), exact)


def diagonal(x: Raw, offset: int, axis0: int, axis1: int) -> Raw:
    view = x.diagonal(_within(x, offset, axis0, axis1), axis0, axis1)
    view.setflags(x.flags.writeable)  # type: ignore[call-arg]  # NumPy's is read-only
    return view


def _within(x: Raw, offset: int, axis0: int, axis1: int) -> int:
    """The offset of a diagonal, or that of an empty one: NumPy does not survive 2**40."""
    rows, columns = x.shape[axis0], x.shape[axis1]
    if -rows < offset < columns:
        return offset
    return int(max(-rows, min(offset, columns)))
