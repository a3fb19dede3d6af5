"""Inverses, linear systems and rank. The axes before the last two are a batch.

Each function supports float32, float64, complex64 and complex128. It raises TypeError for another dtype
and ValueError if x has fewer than two axes.

Source: Array API standard, "Linear Algebra Extension".
"""

from __future__ import annotations

from typing import Any, SupportsIndex

from torchffi import dtypes
from torchffi._array import broadcasting, elementwise, manipulation, searching
from torchffi._core import arguments
from torchffi._core.argument_kinds import INTEGER, OPERAND, POINTER, SAME
from torchffi._core.arguments import tensor
from torchffi._core.dispatch import NULL, pointer, run, run_many
from torchffi._core.fast_path import fast_path
from torchffi._core.tensor import Tensor
from torchffi.dtypes import FLOATING, INEXACT, real_of
from torchffi.errors import DTypeError, ShapeError
from torchffi.linalg import _checks
from torchffi.linalg._checks import NOT_CONVERGED, failing, matrix, square

_SINGULAR = "matrix is singular; pinv() accepts any matrix"


@fast_path("inv", INEXACT, x=OPERAND)
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


@fast_path("matrix_power", INEXACT, x=OPERAND, n=INTEGER)
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


@fast_path("solve", INEXACT, x1=OPERAND, x2=SAME)
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
    x1, x2 = arguments.pair(
        "solve", tensor("solve", x1), tensor("solve", x2), dtypes.ANY, of_one_kind=True
    )
    x1 = square("solve", x1)
    right = manipulation.expand_dims(x2, axis=1) if x2.ndim == 1 else x2
    _checks.check_matrix("solve", right)
    if right.shape[-2] != x1.shape[-1]:
        raise ShapeError(f"solve: shapes {x1.shape} and {x2.shape} differ in the number of rows")
    broadcasting.meet("solve", x1.shape[:-2], right.shape[:-2])
    with failing(f"solve: {_SINGULAR}"):
        return run("solve", x1.dtype, x1, x2)


def _above_tolerance(operation: str, s: Tensor, rtol: Tensor) -> Tensor:
    """A mask of the singular values that are larger than rtol times the largest one."""
    dtypes.check(operation, rtol.dtype, FLOATING)
    broadcasting.meet(operation, s.shape[:-1], rtol.shape)
    bound = elementwise.multiply(s[..., :1], manipulation.expand_dims(rtol, axis=-1))
    return elementwise.greater(s, bound)


def _tolerance(operation: str, rtol: float | None) -> Any:
    if rtol is None:
        return NULL
    if not arguments.is_scalar(rtol) or isinstance(rtol, complex):
        raise DTypeError(f"{operation}: rtol must be a real number or a Tensor, got {rtol!r:.60}")
    return pointer(float(rtol))


@fast_path("matrix_rank", INEXACT, dtypes.int64, x=OPERAND, rtol=POINTER)
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

    Source: aten::linalg_matrix_rank.
    """
    x = matrix("matrix_rank", x, finite=True)
    with failing(f"matrix_rank: {NOT_CONVERGED}"):
        if not isinstance(rtol, Tensor):
            return run("matrix_rank", dtypes.int64, x, _tolerance("matrix_rank", rtol))
        s = run("svdvals", real_of(x.dtype), x)
    return searching.count_nonzero(_above_tolerance("matrix_rank", s, rtol), axis=-1)


@fast_path("pinv", INEXACT, x=OPERAND, rtol=POINTER)
def pinv(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """Moore-Penrose pseudo-inverse.

    Args:
        x: A tensor of shape (..., m, n).
        rtol: As for :func:`matrix_rank`.

    Returns:
        A tensor of shape (..., n, m), of the same dtype.

    Raises:
        ValueError: If a matrix is not finite, or rtol does not broadcast.

    Source: aten::linalg_pinv.
    """
    x = matrix("pinv", x, finite=True)
    with failing(f"pinv: {NOT_CONVERGED}"):
        if not isinstance(rtol, Tensor):
            return run("pinv", x.dtype, x, _tolerance("pinv", rtol))
        u, s, vh = run_many("svd", (x.dtype, real_of(x.dtype), x.dtype), x, False)
    above = _above_tolerance("pinv", s, rtol)
    inverse = searching.where(above, elementwise.reciprocal(s), 0.0)
    v, uh = _adjoint(vh), _adjoint(u)
    scaled = elementwise.multiply(v, manipulation.expand_dims(inverse, axis=-2))
    return run("matmul", x.dtype, scaled, uh)


def _adjoint(x: Tensor) -> Tensor:
    transposed = manipulation.matrix_transpose(x)
    return elementwise.conj(transposed) if x.dtype.kind == "complex" else transposed
