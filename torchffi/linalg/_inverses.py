"""Inverses, linear systems and rank. The axes before the last two are a batch.

Each function supports float32, float64, complex64 and complex128. It raises TypeError for another dtype
and ValueError if x has fewer than two axes.

Source: Array API standard, "Linear Algebra Extension".
"""

from __future__ import annotations

from typing import SupportsIndex

from torchffi import dtypes
from torchffi._array import broadcasting, elementwise, manipulation, searching
from torchffi._array.data_types import finfo
from torchffi._core import arguments
from torchffi._core.arguments import tensor
from torchffi._core.dispatch import run
from torchffi._core.tensor import Tensor
from torchffi.dtypes import FLOATING
from torchffi.errors import ShapeError
from torchffi.linalg import _checks
from torchffi.linalg._checks import failing, square
from torchffi.linalg._decompositions import factored, singular_values

_SINGULAR = "matrix is singular; pinv() accepts any matrix"


def inv(x: Tensor, /) -> Tensor:
    """Inverse.

    Args:
        x: A tensor of shape (..., n, n).

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: If a matrix is singular.

    Source: aten::linalg_inv.
    """
    x = square("inv", x)
    with failing(f"inv: {_SINGULAR}"):
        return run("inv", x.dtype, x)


def matrix_power(x: Tensor, n: SupportsIndex, /) -> Tensor:
    """A matrix raised to an integer power.

    Args:
        x: A tensor of shape (..., m, m).
        n: The exponent; 0 gives the identity, a negative exponent a power of the inverse.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: If n is negative and a matrix is singular.

    Source: aten::linalg_matrix_power.
    """
    x = square("matrix_power", x)
    exponent = arguments.integer("matrix_power", "n", n)
    with failing(f"matrix_power: {_SINGULAR}"):
        return run("matrix_power", x.dtype, x, exponent)


def solve(x1: Tensor, x2: Tensor, /) -> Tensor:
    """The solution x of x1 @ x = x2.

    Args:
        x1: A tensor of shape (..., m, m).
        x2: A tensor of shape (m,), or (..., m, k), whose batch broadcasts with that of x1.

    Returns:
        A tensor of shape (..., m) or (..., m, k), in the promoted dtype.

    Raises:
        ValueError: If a matrix is singular, or the shapes do not fit.

    Source: aten::linalg_solve.
    """
    x1, x2 = arguments.pair("solve", tensor("solve", x1), tensor("solve", x2), dtypes.ANY)
    x1, matrices_only = square("solve", x1), x2.ndim != 1
    right = x2 if matrices_only else manipulation.expand_dims(x2, axis=1)
    _checks.check_matrix("solve", right)
    if right.shape[-2] != x1.shape[-1]:
        raise ShapeError(f"solve: shapes {x1.shape} and {x2.shape} differ in the number of rows")
    broadcasting.meet("solve", x1.shape[:-2], right.shape[:-2])
    # Give x2 as many axes as x1: LibTorch would read fewer as a batch of vectors.
    missing = (1,) * (x1.ndim - right.ndim)
    right = manipulation.reshape(right, (*missing, *right.shape))
    with failing(f"solve: {_SINGULAR}"):
        result = run("solve", x1.dtype, x1, right)
    return result if matrices_only else run("squeeze", result.dtype, result, result.ndim - 1)


def _above_tolerance(operation: str, s: Tensor, longer: int, rtol: float | Tensor | None) -> Tensor:
    """A mask of the singular values that are larger than rtol times the largest one."""
    if rtol is None:
        rtol = longer * finfo(s.dtype).eps
    elif isinstance(rtol, Tensor):
        dtypes.check(operation, rtol.dtype, FLOATING)
        broadcasting.meet(operation, s.shape[:-1], rtol.shape)
        rtol = manipulation.expand_dims(rtol, axis=-1)
    largest = s[..., :1]
    return elementwise.greater(s, elementwise.multiply(largest, rtol))


def matrix_rank(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """Rank of matrices: the number of singular values larger than rtol times the largest one.

    Args:
        x: A tensor of shape (..., m, n).
        rtol: The relative tolerance: a number, or a tensor of a floating-point dtype that broadcasts
            with the batch. If None, max(m, n) * finfo(x.dtype).eps.

    Returns:
        A tensor of int64, of shape (...).

    Raises:
        ValueError: If a matrix is not finite, or rtol does not broadcast.

    Source: aten::linalg_svdvals.
    """
    s = singular_values("matrix_rank", x)
    above = _above_tolerance("matrix_rank", s, max(x.shape[-2:]), rtol)
    return searching.count_nonzero(above, axis=-1)


def pinv(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """Moore-Penrose pseudo-inverse.

    Args:
        x: A tensor of shape (..., m, n).
        rtol: As for :func:`matrix_rank`.

    Returns:
        A tensor of shape (..., n, m), of the same dtype.

    Raises:
        ValueError: If a matrix is not finite, or rtol does not broadcast.

    Source: aten::linalg_svd, aten::matmul.
    """
    u, s, vh = factored("pinv", x, False)
    above = _above_tolerance("pinv", s, max(x.shape[-2:]), rtol)
    inverse = searching.where(above, elementwise.reciprocal(s), 0.0)
    v, uh = _adjoint(vh), _adjoint(u)
    scaled = elementwise.multiply(v, manipulation.expand_dims(inverse, axis=-2))
    return run("matmul", x.dtype, scaled, uh)


def _adjoint(x: Tensor) -> Tensor:
    transposed = manipulation.matrix_transpose(x)
    return elementwise.conj(transposed) if x.dtype.kind == "complex" else transposed
