"""Creation functions. New tensors are on the current backend: see ``get_backend()``.

Source: Array API standard, "Creation Functions".
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from torchffi import _devices, dtypes
from torchffi._core import arguments
from torchffi._core.argument_kinds import (
    DTYPE,
    FILL,
    INTEGER,
    INTEGERS,
    NUMBER,
    OPERAND,
    Kind,
    constant,
)
from torchffi._core.arguments import Scalar, new_shape, tensor
from torchffi._core.dispatch import create, create_like
from torchffi._core.fast_path import creation, fast_path
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Protocol
from torchffi.dtypes import ANY, DType, default_float
from torchffi.errors import DTypeError, InvalidArgumentError

Shape = int | Sequence[int]

_AS_MANY_AS_ROWS = Kind(
    "if {0} is not None and type({0}) is not int:\n    REFUSE", "n_rows if {0} is None else {0}"
)


class Filled(Protocol):
    """A function that creates a tensor of a shape."""

    def __call__(
        self, shape: Shape, *, dtype: DType | None = None, device: str | None = None
    ) -> Tensor:
        """Creates it."""
        ...


_DOC = """{summary}.

Args:
    shape: An integer, or a sequence of them.
    dtype: float32 if None.
    device: ``"cpu"`` if None, or ``"cuda:0"``, ...

Returns:
    A new tensor.

Raises:
    ValueError: For a negative dimension.
    MemoryError: If the allocation fails.
    UnavailableError: If the CUDA device is not available.

Source: aten::{name}.
"""


def _filled(name: str, summary: str) -> Filled:
    @creation(name, ANY, default_float, shape=INTEGERS)
    def function(shape: Shape, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
        given = dtypes.given(name, dtype, default_float)
        return create(name, given, new_shape(name, shape), given, _devices.number(device))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = _DOC.format(summary=summary, name=name)
    return function


empty = _filled("empty", "A tensor with uninitialized values")
zeros = _filled("zeros", "A tensor of zeros")
ones = _filled("ones", "A tensor of ones")


@creation("full_real", ANY, None, shape=INTEGERS, fill_value=FILL)
def full(
    shape: Shape,
    fill_value: Scalar | Tensor,
    *,
    dtype: DType | None = None,
    device: str | None = None,
) -> Tensor:
    """A tensor filled with one value.

    Args:
        shape: An integer, or a sequence of them.
        fill_value: A Python scalar, or a 0-d tensor.
        dtype: If None, that of the tensor, or the default dtype of the scalar's kind.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...

    Returns:
        A new tensor.

    Raises:
        ValueError: For a negative dimension, or a value that does not fit the dtype.

    Source: aten::full.
    """
    dims = new_shape("full", shape)
    dtype = dtypes.given("full", dtype, arguments.dtype_of_scalars("full", fill_value))
    value = _fitting("full", fill_value, dtype)
    return create("full", dtype, dims, value, dtype, _devices.number(device))


def _fitting(operation: str, value: Scalar | Tensor, dtype: DType) -> Scalar:
    """The value of a scalar that is stored in a dtype."""
    value = arguments.scalar(operation, value)
    if isinstance(value, complex):
        if dtype.kind != "complex":
            raise DTypeError(f"{operation}: cannot store {value} in {dtype}; use a complex dtype")
    elif dtype.kind in dtypes.INTEGER:
        return arguments.fitting_integer(operation, value, dtype)
    elif isinstance(value, int) and abs(value) > sys.float_info.max:
        raise InvalidArgumentError(
            f"{operation}: an integer of this size does not fit into {dtype}"
        )
    return value


@creation("eye", ANY, default_float, n_rows=INTEGER, n_cols=_AS_MANY_AS_ROWS)
def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    *,
    k: int = 0,
    dtype: DType | None = None,
    device: str | None = None,
) -> Tensor:
    """A matrix with ones on one diagonal and zeros elsewhere.

    Args:
        n_rows: Number of rows.
        n_cols: Number of columns; None for the number of rows.
        k: The diagonal: 0 for the main one, positive above it, negative below it.
        dtype: float32 if None.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...

    Returns:
        A new tensor of shape (n_rows, n_cols).

    Source: aten::eye.
    """
    rows, columns = new_shape("eye", (n_rows, n_rows if n_cols is None else n_cols))
    dtype = dtypes.given("eye", dtype, dtypes.default_float)
    k = arguments.integer("eye", "k", k)
    if k == 0:
        return create("eye", dtype, rows, columns, dtype, _devices.number(device))
    matrix = zeros((rows, columns), dtype=dtype, device=device)
    size = max(0, min(rows + min(k, 0), columns - max(k, 0)))
    if size:
        below, right = max(-k, 0), max(k, 0)
        matrix[below : below + size, right : right + size] = eye(size, dtype=dtype, device=device)
    return matrix


def _like(
    operation: str, x: Tensor, dtype: DType | None, device: str | None, value: Scalar | Tensor
) -> Tensor:
    x = tensor(operation, x)
    dtype = dtypes.given(operation, dtype, x.dtype)
    where = _devices.number(x.device if device is None else device)
    value = _fitting(operation, value, dtype)
    return create_like(x, "full", dtype, x.shape, value, dtype, where)


@fast_path("empty_like", ANY, x=OPERAND, dtype=DTYPE)
def empty_like(x: Tensor, /, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """A tensor with uninitialized values and the shape of ``x``, on its backend.

    Args:
        x: A tensor.
        dtype: If None, that of x.
        device: If None, that of x.
    """
    x = tensor("empty_like", x)
    dtype = dtypes.given("empty_like", dtype, x.dtype)
    where = _devices.number(x.device if device is None else device)
    return create_like(x, "empty", dtype, x.shape, dtype, where)


@fast_path("full_like", ANY, x=OPERAND, value=constant("0"), dtype=DTYPE)
def zeros_like(x: Tensor, /, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """A tensor of zeros with the shape of ``x``. Arguments are those of :func:`empty_like`."""
    return _like("zeros_like", x, dtype, device, 0)


@fast_path("full_like", ANY, x=OPERAND, value=constant("1"), dtype=DTYPE)
def ones_like(x: Tensor, /, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """A tensor of ones with the shape of ``x``. Arguments are those of :func:`empty_like`."""
    return _like("ones_like", x, dtype, device, 1)


@fast_path("full_like", ANY, x=OPERAND, fill_value=NUMBER, dtype=DTYPE)
def full_like(
    x: Tensor,
    /,
    fill_value: Scalar | Tensor,
    *,
    dtype: DType | None = None,
    device: str | None = None,
) -> Tensor:
    """A tensor with the shape of ``x`` and one value. Other arguments: as for :func:`empty_like`."""
    return _like("full_like", x, dtype, device, fill_value)
