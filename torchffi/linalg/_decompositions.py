"""Decompositions and eigenvalues of matrices. The axes before the last two are a batch.

Each function supports float32, float64, complex64 and complex128. It raises TypeError for another dtype
and ValueError if x has fewer than two axes.

Source: Array API standard, "Linear Algebra Extension".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from torchffi._core.argument_kinds import FLAG, OPERAND, either
from torchffi._core.dispatch import run, run_many
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import Several
from torchffi._core.tensor import Tensor
from torchffi.dtypes import INEXACT, DType, complex_of, real_of
from torchffi.errors import InvalidArgumentError
from torchffi.linalg._checks import NOT_CONVERGED, failing, matrix, square


class EigResult(NamedTuple):
    """The result of :func:`eig`."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class EighResult(NamedTuple):
    """The result of :func:`eigh`."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class QRResult(NamedTuple):
    """The result of :func:`qr`."""

    Q: Tensor
    R: Tensor


class SVDResult(NamedTuple):
    """The result of :func:`svd`."""

    U: Tensor
    S: Tensor
    Vh: Tensor


def _with_values(values: Callable[[DType], DType]) -> Callable[[DType], tuple[DType, DType]]:
    """The dtypes of eigenvalues and eigenvectors."""
    return lambda dtype: (values(dtype), complex_of(dtype) if values is complex_of else dtype)


_EIG: Final = Several(EigResult._make, _with_values(complex_of))
_EIGH: Final = Several(EighResult._make, _with_values(real_of))
_QR: Final = Several(QRResult._make, lambda dtype: (dtype, dtype))
_SVD: Final = Several(SVDResult._make, lambda dtype: (dtype, real_of(dtype), dtype))


@fast_path("cholesky", INEXACT, x=OPERAND, upper=FLAG)
def cholesky(x: Tensor, /, *, upper: bool = False) -> Tensor:
    """The triangular L with L @ L^H = x, or the upper U with U^H @ U = x.

    Args:
        x: A tensor of shape (..., n, n), Hermitian and positive definite. Only one triangle is read.
        upper: Whether to return U.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        ValueError: If a matrix is not positive definite, or not finite.

    Source: aten::linalg_cholesky.
    """
    x = square("cholesky", x, finite=True)
    with failing("cholesky: matrix is not positive definite"):
        return run("cholesky", x.dtype, x, bool(upper))


@fast_path("eig", INEXACT, _EIG, x=OPERAND)
def eig(x: Tensor, /) -> EigResult:
    """Eigenvalues and eigenvectors.

    Args:
        x: A tensor of shape (..., n, n).

    Returns:
        ``eigenvalues``, shape (..., n), unordered, and ``eigenvectors``, shape (..., n, n), in the
        columns; both complex.

    Raises:
        ValueError: If a matrix is not finite, or the iteration does not converge.

    Source: aten::linalg_eig.
    """
    x = square("eig", x, finite=True)
    wide = complex_of(x.dtype)
    with failing(f"eig: {NOT_CONVERGED}"):
        return EigResult(*run_many("eig", (wide, wide), x))


@fast_path("eigvals", INEXACT, complex_of, x=OPERAND)
def eigvals(x: Tensor, /) -> Tensor:
    """The eigenvalues of :func:`eig`.

    Source: aten::linalg_eigvals.
    """
    x = square("eigvals", x, finite=True)
    with failing(f"eigvals: {NOT_CONVERGED}"):
        return run("eigvals", complex_of(x.dtype), x)


@fast_path("eigh", INEXACT, _EIGH, x=OPERAND)
def eigh(x: Tensor, /) -> EighResult:
    """Eigenvalues and eigenvectors of Hermitian or real symmetric matrices.

    Args:
        x: A tensor of shape (..., n, n). Only the lower triangle is read.

    Returns:
        ``eigenvalues``, shape (..., n), real, in ascending order, and ``eigenvectors``, shape
        (..., n, n), in the columns, of the dtype of x.

    Raises:
        ValueError: If a matrix is not finite, or the iteration does not converge.

    Source: aten::linalg_eigh.
    """
    x = square("eigh", x, finite=True)
    with failing(f"eigh: {NOT_CONVERGED}"):
        return EighResult(*run_many("eigh", (real_of(x.dtype), x.dtype), x))


@fast_path("eigvalsh", INEXACT, real_of, x=OPERAND)
def eigvalsh(x: Tensor, /) -> Tensor:
    """The eigenvalues of :func:`eigh`.

    Source: aten::linalg_eigvalsh.
    """
    x = square("eigvalsh", x, finite=True)
    with failing(f"eigvalsh: {NOT_CONVERGED}"):
        return run("eigvalsh", real_of(x.dtype), x)


@fast_path("qr", INEXACT, _QR, x=OPERAND, mode=either("reduced", "complete"))
def qr(x: Tensor, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult:
    """Q with orthonormal columns and upper triangular R with Q @ R = x.

    Args:
        x: A tensor of shape (..., m, n).
        mode: ``"reduced"`` for k = min(m, n) columns of Q, ``"complete"`` for k = m.

    Returns:
        ``Q``, shape (..., m, k), and ``R``, shape (..., k, n), of the dtype of x.

    Raises:
        ValueError: For another mode.

    Source: aten::linalg_qr.
    """
    x = matrix("qr", x)
    if mode not in ("reduced", "complete"):
        raise InvalidArgumentError(f"qr: mode is {mode!r}, expected 'reduced' or 'complete'")
    return QRResult(*run_many("qr", (x.dtype, x.dtype), x, mode == "complete"))


@fast_path("svd", INEXACT, _SVD, x=OPERAND, full_matrices=FLAG)
def svd(x: Tensor, /, *, full_matrices: bool = True) -> SVDResult:
    """U and Vh, unitary, and the singular values S with U @ diag(S) @ Vh = x.

    Args:
        x: A tensor of shape (..., m, n); k = min(m, n).
        full_matrices: Whether U and Vh are square; if not, U has k columns and Vh has k rows.

    Returns:
        ``U``, shape (..., m, m) or (..., m, k), of the dtype of x; ``S``, shape (..., k), real, in
        descending order; ``Vh``, shape (..., n, n) or (..., k, n), of the dtype of x.

    Raises:
        ValueError: If a matrix is not finite, or the iteration does not converge.

    Source: aten::linalg_svd.
    """
    x = matrix("svd", x, finite=True)
    with failing(f"svd: {NOT_CONVERGED}"):
        results = (x.dtype, real_of(x.dtype), x.dtype)
        return SVDResult(*run_many("svd", results, x, bool(full_matrices)))


@fast_path("svdvals", INEXACT, real_of, x=OPERAND)
def svdvals(x: Tensor, /) -> Tensor:
    """The singular values of :func:`svd`.

    Source: aten::linalg_svdvals.
    """
    return singular_values("svdvals", x)


def singular_values(operation: str, x: Tensor) -> Tensor:
    """:func:`svdvals` for another operation, which errors name."""
    x = matrix(operation, x, finite=True)
    with failing(f"{operation}: {NOT_CONVERGED}"):
        return run("svdvals", real_of(x.dtype), x)
