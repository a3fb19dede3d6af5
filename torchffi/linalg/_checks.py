"""Argument checks and errors of linear algebra."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from torchffi import errors
from torchffi._array import elementwise, utility
from torchffi._core.arguments import check_precise, tensor
from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError, ShapeError

NOT_CONVERGED: Final = "did not converge; scale the input, or compute in float64"


def check_matrix(operation: str, x: Tensor) -> None:
    """Raises ValueError for a tensor without two axes."""
    if x.ndim < 2:
        raise ShapeError(f"{operation}: shape {x.shape} has fewer than 2 axes")


def matrix(operation: str, x: Tensor, *, finite: bool = False) -> Tensor:
    """Returns the value if it is a matrix or a batch of matrices of a dtype that LAPACK supports.

    Args:
        operation: The name for the error message.
        x: The value.
        finite: Whether NaN and inf are an error: some LAPACK routines crash on them.
    """
    x = tensor(operation, x)
    check_precise(operation, x.dtype)
    check_matrix(operation, x)
    if finite and not utility.all(elementwise.isfinite(x)):
        raise InvalidArgumentError(f"{operation}: input contains NaN or inf")
    return x


def square(operation: str, x: Tensor, *, finite: bool = False) -> Tensor:
    """As :func:`matrix`, for square matrices."""
    x = matrix(operation, x, finite=finite)
    if x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{operation}: expected square matrices, got shape {x.shape}")
    return x


@contextmanager
def failing(text: str) -> Iterator[None]:
    """Replaces the text of a LinAlgError, so that both backends report the same; the cause is kept."""
    try:
        yield
    except errors.LinAlgError as error:
        raise errors.LinAlgError(text) from error
