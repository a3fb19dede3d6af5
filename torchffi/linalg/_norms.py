"""Determinants, traces and norms. The axes that are not reduced are a batch.

Source: Array API standard, "Linear Algebra Extension".
"""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple

from torchffi import dtypes
from torchffi._array import manipulation, statistical
from torchffi._array.statistical import wider
from torchffi._core import arguments
from torchffi._core.argument_kinds import (
    AXES,
    DTYPE,
    FLAG,
    INTEGER,
    NUMBER,
    OPERAND,
    Kind,
    constant,
)
from torchffi._core.arguments import Axis, integer, tensor
from torchffi._core.dispatch import NULL, pointer, run, run_many
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import Several
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY, INEXACT, NUMERIC, DType, real_of
from torchffi.errors import DTypeError, InvalidArgumentError, ShapeError
from torchffi.linalg._checks import NOT_CONVERGED, check_matrix, failing, matrix, square


class SlogdetResult(NamedTuple):
    """The result of :func:`slogdet`."""

    sign: Tensor
    logabsdet: Tensor


_SLOGDET: Final = Several(SlogdetResult._make, lambda dtype: (dtype, real_of(dtype)))


@fast_path("det", INEXACT, x=OPERAND)
def det(x: Tensor, /) -> Tensor:
    """Determinant.

    Args:
        x: A tensor of shape (..., n, n), of float32, float64, complex64 or complex128.

    Returns:
        A tensor of shape (...), of the same dtype.

    Raises:
        TypeError: If x is of another dtype.
        ValueError: If the matrices are not square.

    Source: aten::linalg_det.
    """
    x = square("det", x)
    return run("det", x.dtype, x)


@fast_path("slogdet", INEXACT, _SLOGDET, x=OPERAND)
def slogdet(x: Tensor, /) -> SlogdetResult:
    """Sign and logarithm of the magnitude of the determinant, which itself might overflow.

    Arguments and errors are those of :func:`det`.

    Returns:
        ``sign``, shape (...), of the dtype of x: 0, or of magnitude 1; ``logabsdet``, shape (...),
        real, -inf where the sign is 0.

    Source: aten::linalg_slogdet.
    """
    x = square("slogdet", x)
    return SlogdetResult(*run_many("slogdet", (x.dtype, real_of(x.dtype)), x))


@fast_path("diagonal", ANY, x=OPERAND, offset=INTEGER, rows=constant("-2"), columns=constant("-1"))
def diagonal(x: Tensor, /, *, offset: int = 0) -> Tensor:
    """A view of a diagonal.

    Args:
        x: A tensor of shape (..., m, n), of any dtype.
        offset: The diagonal: 0 for the main one, positive above it, negative below it.

    Returns:
        A tensor of shape (..., k), where k is the length of the diagonal.

    Raises:
        ValueError: If x has fewer than two axes.

    Source: aten::diagonal.
    """
    x = tensor("diagonal", x)
    check_matrix("diagonal", x)
    rows, columns = x.shape[-2:]
    # Clamped, because NumPy crashes on -2**31; any diagonal outside the matrix is empty.
    which = max(-rows, min(integer("diagonal", "offset", offset), columns))
    return run("diagonal", x.dtype, x, which, -2, -1)


@fast_path("trace", NUMERIC, wider, x=OPERAND, offset=INTEGER, dtype=DTYPE)
def trace(x: Tensor, /, *, offset: int = 0, dtype: DType | None = None) -> Tensor:
    """Sum of a diagonal.

    Args:
        x: A tensor of shape (..., m, n), of a numeric dtype.
        offset: The diagonal: see :func:`diagonal`.
        dtype: The dtype of the result. If None, int64 or uint64 for integers, else that of x.

    Returns:
        A tensor of shape (...).

    Raises:
        TypeError: If the dtype of x is not numeric.
        ValueError: If x has fewer than two axes.

    Source: aten::diagonal, aten::sum.dim_IntList.
    """
    x = tensor("trace", x)
    dtypes.check("trace", x.dtype, NUMERIC)
    check_matrix("trace", x)
    rows, columns = x.shape[-2:]
    which = max(-rows, min(integer("trace", "offset", offset), columns))
    wide = dtypes.sum_dtype("trace", x._dtype, dtype)
    return run("trace", wide, x, which, wide)


def _empty_error(operation: str, x: Tensor, ord: object) -> ShapeError:
    return ShapeError(
        f"{operation}: ord={ord} is undefined for an empty axis; x has shape {x.shape}"
    )


@fast_path("vector_norm", INEXACT, real_of, x=OPERAND, axis=AXES, ord=NUMBER, keepdims=FLAG)
def vector_norm(
    x: Tensor, /, *, axis: Axis = None, keepdims: bool = False, ord: float = 2
) -> Tensor:
    """Norm of the elements along axes, treated as one vector.

    Args:
        x: A tensor of a floating-point or complex dtype.
        axis: An axis, a tuple of them, or None for all.
        keepdims: Whether the reduced axes are kept with length 1.
        ord: The order p of sum(abs(x) ** p) ** (1 / p); inf for the largest and -inf for the smallest
            magnitude, 0 for the number of nonzero elements.

    Returns:
        A tensor of the real dtype of x.

    Raises:
        TypeError: If x is of another dtype, or the order is not a real number.
        ValueError: If the order is NaN, or it is negative or inf and there are no elements.
        IndexError: If an axis is out of range.

    Source: aten::linalg_vector_norm.
    """
    x = tensor("vector_norm", x)
    dtypes.check("vector_norm", x.dtype, INEXACT)
    if not arguments.is_scalar(ord) or isinstance(ord, complex):
        raise DTypeError(f"vector_norm: ord must be a real number, got {ord!r:.60}")
    try:
        order = float(ord)
    except OverflowError:
        order = math.nan
    if math.isnan(order):
        raise InvalidArgumentError(
            f"vector_norm: ord must be a float64 number other than NaN, got {ord!s:.30}"
        )
    axes = arguments.axes("vector_norm", axis, x)
    if (order < 0 or order == math.inf) and statistical.any_empty(x, axes):
        raise _empty_error("vector_norm", x, ord)
    result = real_of(x.dtype)
    return statistical.reduce("vector_norm", x, axes, result, order, bool(keepdims))


_ORDERS: Final = ("nuc", 1, -1, 2, -2, math.inf, -math.inf)
# "fro" is NULL; LibTorch has no number for "nuc".
_ORDER: Final = Kind(
    "if {0} is None or {0} == 'fro':\n    {0}_ = NULL\n"
    "elif type({0}) is float or type({0}) is int:\n    {0}_ = ({0},)\n"
    "else:\n    REFUSE",
    "{0}_",
)


@fast_path("matrix_norm", INEXACT, real_of, x=OPERAND, ord=_ORDER, keepdims=FLAG)
def matrix_norm(
    x: Tensor,
    /,
    *,
    keepdims: bool = False,
    ord: float | Literal["fro", "nuc"] | None = "fro",
) -> Tensor:
    """Norm of matrices.

    Args:
        x: A tensor of shape (..., m, n), of a floating-point or complex dtype; of float32, float64,
            complex64 or complex128 for the orders that need singular values.
        keepdims: Whether the last two axes are kept with length 1.
        ord: ``"fro"`` or None for the Frobenius norm; 1 and -1 for the largest and smallest sum of
            magnitudes in a column, inf and -inf in a row; 2 and -2 for the largest and smallest
            singular value, ``"nuc"`` for the sum of them.

    Returns:
        A tensor of shape (...), or (..., 1, 1), of the real dtype of x.

    Raises:
        TypeError: If x is of another dtype.
        ValueError: For another order, or the largest or smallest of no values.

    Source: aten::linalg_vector_norm, aten::linalg_svdvals, aten::amax, aten::amin.
    """
    x = tensor("matrix_norm", x)
    dtypes.check("matrix_norm", x.dtype, INEXACT)
    check_matrix("matrix_norm", x)
    if ord is None or ord == "fro":
        return run("matrix_norm", real_of(x.dtype), x, NULL, bool(keepdims))
    if ord not in _ORDERS:
        expected = ", ".join(map(repr, _ORDERS))
        raise InvalidArgumentError(f"matrix_norm: ord is {ord!r:.60}, expected 'fro', {expected}")
    if ord == "nuc" or abs(ord) == 2:
        matrix("matrix_norm", x, finite=True)
    with failing(f"matrix_norm: {NOT_CONVERGED}"):
        if ord == "nuc":
            values = run("svdvals", real_of(x.dtype), x)
            result = statistical.sum(values, axis=-1)
            return manipulation.reshape(result, (*x.shape[:-2], 1, 1)) if keepdims else result
        least = min(x.shape[-2:]) if abs(ord) == 2 else x.shape[-1 if abs(ord) == 1 else -2]
        if least == 0:
            raise _empty_error("matrix_norm", x, ord)
        return run("matrix_norm", real_of(x.dtype), x, pointer(float(ord)), bool(keepdims))
