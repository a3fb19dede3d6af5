"""Creation functions. New tensors are made on the backend that is chosen: see ``get_backend()``.

Source: Array API standard, "Creation Functions".
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from torchffi import devices, dlpack, dtypes, interchange
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, InvalidArgumentError
from torchffi.operands import Scalar, astype, is_scalar, is_tensor, new_shape, tensor
from torchffi.routing import create

if TYPE_CHECKING:
    from torchffi.tensor import Tensor

Shape = int | Sequence[int]


def _dtype_of_scalars(*values: Scalar) -> DType:
    if any(isinstance(value, (complex, np.complexfloating)) for value in values):
        return dtypes.default_complex
    if any(isinstance(value, (float, np.floating)) for value in values):
        return dtypes.default_float
    if all(isinstance(value, (bool, np.bool_)) for value in values):
        return dtypes.bool
    return dtypes.default_int


def empty(shape: Shape, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """A tensor whose values are not set.

    Args:
        shape: An integer, or a sequence of them.
        dtype: float32 if None.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...

    Returns:
        A new tensor.

    Raises:
        ValueError: For a negative dimension.
        MemoryError: If there is not so much memory.
        UnavailableError: For a CUDA device where there is none.

    Source: aten::empty.
    """
    dtype = dtypes.given("empty", dtype, dtypes.default_float)
    return create("empty", dtype, new_shape("empty", shape), dtype, devices.number(device))


def zeros(shape: Shape, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """A tensor of zeros. Arguments and errors are those of :func:`empty`.

    Source: aten::zeros.
    """
    dtype = dtypes.given("zeros", dtype, dtypes.default_float)
    return create("zeros", dtype, new_shape("zeros", shape), dtype, devices.number(device))


def ones(shape: Shape, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """A tensor of ones. Arguments and errors are those of :func:`empty`.

    Source: aten::ones.
    """
    dtype = dtypes.given("ones", dtype, dtypes.default_float)
    return create("ones", dtype, new_shape("ones", shape), dtype, devices.number(device))


def full(
    shape: Shape, fill_value: Scalar, *, dtype: DType | None = None, device: str | None = None
) -> Tensor:
    """A tensor filled with one value.

    Args:
        shape: An integer, or a sequence of them.
        fill_value: A Python scalar.
        dtype: If None the default dtype of the scalar's kind.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...

    Returns:
        A new tensor.

    Raises:
        ValueError: For a negative dimension, or a value that does not fit the dtype.

    Source: aten::full.
    """
    dims = new_shape("full", shape)
    dtype = dtypes.given("full", dtype, _dtype_of_scalars(fill_value))
    _check_fits("full", fill_value, dtype)
    return create("full", dtype, dims, fill_value, dtype, devices.number(device))


def _check_fits(operation: str, value: Scalar, dtype: DType) -> None:
    if not is_scalar(value):
        raise DTypeError(f"{operation}: the value is a {type(value).__name__}, expected a scalar")
    if isinstance(value, (complex, np.complexfloating)) and dtype.kind != "complex":
        raise DTypeError(f"{operation}: {value} is complex, and {dtype} is not")
    if dtype.kind not in dtypes.INTEGER or isinstance(value, complex):
        if isinstance(value, int) and abs(value) > sys.float_info.max:
            raise InvalidArgumentError(
                f"{operation}: an integer of this size does not fit into {dtype}"
            )
        return
    assert dtype.numpy is not None
    limits = np.iinfo(dtype.numpy)
    if value != value or not limits.min <= value <= limits.max:
        raise InvalidArgumentError(f"{operation}: {value} does not fit into {dtype}")


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
        n_cols: Number of columns, as many as rows if None.
        k: Which diagonal: 0 the main one, above it positive, below it negative.
        dtype: float32 if None.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...

    Returns:
        A new tensor of shape (n_rows, n_cols).

    Source: aten::eye.
    """
    rows, columns = new_shape("eye", (n_rows, n_rows if n_cols is None else n_cols))
    dtype = dtypes.given("eye", dtype, dtypes.default_float)
    if k == 0:
        return create("eye", dtype, rows, columns, dtype, devices.number(device))
    matrix = zeros((rows, columns), dtype=dtype, device=device)
    size = max(0, min(rows + min(k, 0), columns - max(k, 0)))
    if size:
        below, right = max(-k, 0), max(k, 0)
        matrix[below : below + size, right : right + size] = eye(size, dtype=dtype, device=device)
    return matrix


def arange(
    start: float,
    /,
    stop: float | None = None,
    step: float = 1,
    *,
    dtype: DType | None = None,
    device: str | None = None,
) -> Tensor:
    """Evenly spaced values in [start, stop).

    Args:
        start: The first value; with ``stop`` None the end, and the first value is 0.
        stop: The end, not included.
        step: The spacing, not 0.
        dtype: If None int64 for integers, float32 if an argument is a float.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...

    Returns:
        A new tensor of shape (max(0, ceil((stop - start) / step)),).

    Raises:
        ValueError: If the step is 0.

    Source: aten::arange.
    """
    ends = (0, start) if stop is None else (start, stop)
    first, last, by = (x.item() if isinstance(x, np.generic) else x for x in (*ends, step))
    exact = _dtype_of_scalars(0, first, last, by)
    dtype = dtypes.given("arange", dtype, exact)
    if by == 0:
        raise InvalidArgumentError("arange: step is 0, expected another number")
    if (last - first) / by <= 0:
        return empty(0, dtype=dtype, device=device)
    if dtype.kind in dtypes.INTEGER and exact.kind not in dtypes.INTEGER:
        # The values are converted, not the ends and the step.
        return astype(arange(first, last, by, dtype=dtypes.float64, device=device), dtype)
    return create("arange", dtype, first, last, by, dtype, devices.number(device))


def asarray(
    obj: Any, /, *, dtype: DType | None = None, device: str | None = None, copy: bool | None = None
) -> Tensor:
    """A tensor of anything that has values: a tensor, an array, a scalar, nested sequences.

    Args:
        obj: The values. An array of another library is shared by way of DLPack, an object of
            Python's buffer protocol (bytearray, memoryview, array.array, ...) by way of NumPy.
        dtype: If None that of ``obj``; for Python scalars the default dtype of their kind.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...; a tensor stays where it is if None.
        copy: True always copies; False never does, and raises where it would have to; None copies
            where it has to: for another dtype or device, and for memory that cannot be shared.

    Returns:
        A tensor.

    Raises:
        TypeError: For values that are no numbers.
        ValueError: If a copy is needed and ``copy`` is False.
    """
    if dtype is not None:
        dtype = dtypes.given("asarray", dtype, dtype)
    if not is_tensor(obj):
        obj = _of_buffer(obj, copy)
    if is_tensor(obj):
        result = obj
    elif isinstance(obj, np.ndarray):
        if copy is not False and not obj.dtype.isnative:
            obj = obj.astype(obj.dtype.newbyteorder("="))
        if copy is not False and not interchange.shareable(obj):
            obj = obj.copy()
        result = interchange.from_numpy(obj)
    elif hasattr(obj, "__dlpack__"):
        result = dlpack.from_dlpack(obj, device=device, copy=False if copy is False else None)
    else:
        if copy is False:
            raise InvalidArgumentError(f"asarray: a {type(obj).__name__} has to be copied")
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinity
            result, copy = interchange.from_numpy(_array_of(obj, dtype)), None
    moved = result
    if dtype is not None:
        dtypes.check_conversion("asarray", result.dtype, dtype)
        moved = astype(result, dtype)
    if device is not None:
        moved = moved.to_device(device)
    if copy is False and moved is not result:
        raise InvalidArgumentError("asarray: another dtype or device needs a copy")
    return moved.clone() if copy and moved is result else moved


def _of_buffer(obj: Any, copy: bool | None) -> Any:
    """An array over the memory of an object that has Python's buffer protocol; others as they are."""
    if isinstance(obj, (np.ndarray, np.generic)):
        return obj
    try:
        array = np.asarray(memoryview(obj))
    except TypeError:
        return obj
    except ValueError as error:
        raise InvalidArgumentError(f"asarray: {error}") from None
    return array if array.flags.writeable or copy is False else array.copy()


def _array_of(obj: object, dtype: DType | None) -> np.ndarray[Any, Any]:
    """Python values as an array of their default dtype."""
    try:
        array = np.asarray(_values(obj))
    except ValueError as error:
        raise InvalidArgumentError(f"asarray: {error}") from None
    if array.dtype.kind not in "biufc":
        raise DTypeError(f"asarray: cannot make a tensor of {obj!r:.60}; expected numbers")
    if isinstance(obj, np.generic) or hasattr(obj, "__array__"):
        return np.array(array)
    wanted = dtype.numpy if dtype is not None else None
    if wanted is not None and (wanted.kind == "c" or array.dtype.kind != "c"):
        if wanted.kind in "iu" and array.dtype.kind == "f":
            return array
        try:
            return np.array(_values(obj), wanted)
        except OverflowError:
            raise InvalidArgumentError(f"asarray: {obj!r:.60} does not fit into {dtype}") from None
    if array.size == 0 and array.dtype == np.float64:
        return array.astype(np.float32)
    default = {"b": np.bool_, "i": np.int64, "u": np.uint64, "f": np.float32, "c": np.complex64}
    return array.astype(default[array.dtype.kind])


def _values(obj: Any) -> Any:
    """Tensors inside sequences as their values."""
    if is_tensor(obj):
        return obj.tolist()
    if isinstance(obj, (list, tuple)):
        return [_values(element) for element in obj]
    return obj


def _like(
    operation: str, x: Tensor, dtype: DType | None, device: str | None, value: Scalar
) -> Tensor:
    x = tensor(operation, x)
    dtype = dtypes.given(operation, dtype, x.dtype)
    where = devices.number(x.device if device is None else device)
    _check_fits(operation, value, dtype)
    raw = x._backend.primitives.full(x.shape, value, dtype, where)
    return x._backend.wrap(raw, dtype)


def empty_like(x: Tensor, /, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """A tensor like ``x``, on its backend, whose values are not set.

    Args:
        x: A tensor.
        dtype: That of x if None.
        device: That of x if None.
    """
    return zeros_like(x, dtype=dtype, device=device)


def zeros_like(x: Tensor, /, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """A tensor of zeros like ``x``. Arguments are those of :func:`empty_like`."""
    return _like("zeros_like", x, dtype, device, 0)


def ones_like(x: Tensor, /, *, dtype: DType | None = None, device: str | None = None) -> Tensor:
    """A tensor of ones like ``x``. Arguments are those of :func:`empty_like`."""
    return _like("ones_like", x, dtype, device, 1)


def full_like(
    x: Tensor, /, fill_value: Scalar, *, dtype: DType | None = None, device: str | None = None
) -> Tensor:
    """A tensor like ``x`` filled with one value. The rest is as for :func:`empty_like`."""
    return _like("full_like", x, dtype, device, fill_value)


def linspace(
    start: float,
    stop: float,
    /,
    num: int,
    *,
    dtype: DType | None = None,
    device: str | None = None,
    endpoint: bool = True,
) -> Tensor:
    """``num`` evenly spaced values from start to stop.

    Args:
        start: The first value.
        stop: The last value; not included if ``endpoint`` is False.
        num: How many, 0 or more.
        dtype: A floating-point dtype, float32 if None.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...
        endpoint: Whether stop is the last value.

    Returns:
        A new tensor of shape (num,).
    """
    dtype = dtypes.given("linspace", dtype, dtypes.default_float)
    (count,) = new_shape("linspace", num)
    dtypes.check("linspace", dtype, dtypes.FLOATING)
    values = np.linspace(start, stop, count, endpoint=endpoint, dtype=np.float64)
    return asarray(values, dtype=dtype, device=device)
