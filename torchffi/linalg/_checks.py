"""What linear algebra and Fourier transforms ask of their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torchffi._array import elementwise, utility
from torchffi._core.arguments import check_precise, tensor
from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError, LinAlgError, ShapeError


def check_matrix(operation: str, x: Tensor) -> None:
    """Raises ValueError for a tensor without two axes."""
    if x.ndim < 2:
        raise ShapeError(f"{operation}: shape {x.shape} has fewer than 2 axes")


def matrix(operation: str, x: Tensor, *, finite: bool = False) -> Tensor:
    """The value, which must be a matrix or a batch of them that LAPACK can take.

    Args:
        operation: Named in the error.
        x: The value.
        finite: Whether NaN and infinities are an error; some of LAPACK's routines crash on them.
    """
    x = tensor(operation, x)
    check_precise(operation, x.dtype)
    check_matrix(operation, x)
    if finite and not utility.all(elementwise.isfinite(x)):
        raise InvalidArgumentError(f"{operation}: a matrix has NaN or infinities, expected none")
    return x


def square(operation: str, x: Tensor, *, finite: bool = False) -> Tensor:
    """The value, which must be a square matrix or a batch of them. See :func:`matrix`."""
    x = matrix(operation, x, finite=finite)
    if x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{operation}: shape {x.shape} is not of square matrices")
    return x


@contextmanager
def failing(text: str) -> Iterator[None]:
    """Says the same of a LinAlgError of either backend; what the backend said stays its cause."""
    try:
        yield
    except LinAlgError as error:
        raise LinAlgError(text) from error
