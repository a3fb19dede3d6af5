"""What linear algebra and Fourier transforms ask of their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from torchffi import dtypes, elementwise, utility
from torchffi.dtypes import INEXACT, DType
from torchffi.errors import DTypeError, InvalidArgumentError, LinAlgError, ShapeError
from torchffi.operands import tensor

if TYPE_CHECKING:
    from torchffi.tensor import Tensor

_PRECISE = (dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128)


def check_precise(operation: str, dtype: DType, admitted: frozenset[str] = INEXACT) -> None:
    """Raises TypeError unless the dtype is of single or double precision, as LAPACK and MKL have."""
    names = [precise.name for precise in _PRECISE if precise.kind in admitted]
    if dtype.name not in names:
        raise DTypeError(
            f"{operation}: dtype {dtype} is not admitted; expected {' or '.join(names)}, "
            "convert with astype()"
        )


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
