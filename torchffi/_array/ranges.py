"""Evenly spaced values. New tensors are on the current backend: see ``get_backend()``.

Source: Array API standard, "Creation Functions".
"""

from __future__ import annotations

import cmath
import math
from typing import Any, TypeVar

from torchffi import _devices, dtypes
from torchffi._array.conversion import asarray
from torchffi._array.creation import empty
from torchffi._core import arguments
from torchffi._core.argument_kinds import FLAG, INTEGER, NUMBER, START, STEP, STOP
from torchffi._core.arguments import astype, new_shape
from torchffi._core.dispatch import create, run
from torchffi._core.fast_path import creation
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import np
from torchffi._numpy.quiet import quietly
from torchffi.dtypes import INEXACT, REAL, DType, default_float
from torchffi.errors import InvalidArgumentError

_PAST = 2**63  # the first integer that int64 does not hold
_Number = TypeVar("_Number", float, complex)


def _inexact(operation: str, value: _Number) -> _Number:
    """A number as a float or a complex number."""
    try:
        return value if isinstance(value, complex) else float(value)
    except OverflowError:
        raise InvalidArgumentError(
            f"{operation}: an integer of this size does not fit into float64"
        ) from None


@creation("arange_real", REAL, None, start=START, stop=STOP, step=STEP)
def arange(
    start: float | Tensor,
    /,
    stop: float | Tensor | None = None,
    step: float | Tensor = 1,
    *,
    dtype: DType | None = None,
    device: str | None = None,
) -> Tensor:
    """Evenly spaced values in [start, stop).

    Args:
        start: The first value; if ``stop`` is None, the end, and the first value is 0.
        stop: The end, not included.
        step: The spacing, not 0. All three are numbers or 0-d tensors.
        dtype: If None, that of the tensors; of numbers int64, or float32 if one is a float.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...

    Returns:
        A new tensor of shape (max(0, ceil((stop - start) / step)),). Integers are exact.

    Raises:
        ValueError: If the step is 0, a value does not fit an integer dtype, or there are too many.

    Source: aten::arange.
    """
    ends = (0, start) if stop is None else (start, stop)
    exact = arguments.dtype_of_scalars("arange", 0, *ends, step)
    dtype = dtypes.given("arange", dtype, exact)
    dtypes.check("arange", exact, REAL)
    first, last, by = (arguments.scalar("arange", x).real for x in (*ends, step))
    if by == 0:
        raise InvalidArgumentError("arange: step must not be 0")
    if dtype is dtypes.bool:  # whether each value is not 0
        return astype(arange(first, last, by, device=device), dtype)
    if isinstance(first, int) and isinstance(last, int) and isinstance(by, int):
        return _whole(first, last, by, dtype, device)
    first, last, by = (_inexact("arange", x) for x in (first, last, by))
    count = (last - first) / by
    if not math.isfinite(count):
        raise InvalidArgumentError("arange: start, stop and step must be finite")
    if count <= 0:
        return empty(0, dtype=dtype, device=device)
    (size,) = new_shape("arange", math.ceil(count))
    if dtype.kind in dtypes.INTEGER:
        for value in (first, first + (size - 1) * by):
            arguments.fitting_integer("arange", value, dtype)
        # Convert the values, not the ends and the step.
        return astype(arange(first, last, by, dtype=dtypes.float64, device=device), dtype)
    return create("arange", dtype, first, last, by, dtype, _devices.number(device))


def _whole(first: int, last: int, by: int, dtype: DType, device: str | None) -> Tensor:
    """The range of integers of any size."""
    (count,) = new_shape("arange", max(0, (last - first + by - (1 if by > 0 else -1)) // by))
    if count == 0:
        return empty(0, dtype=dtype, device=device)
    final = first + (count - 1) * by
    if dtype.kind in dtypes.INTEGER:
        arguments.fitting_integer("arange", first, dtype)
        arguments.fitting_integer("arange", final, dtype)
    where = _devices.number(device)
    if all(-_PAST <= n < _PAST for n in (first, final + by, by)):
        return create("arange", dtype, first, final + by, by, dtype, where)
    if dtype.kind in dtypes.INTEGER or all(-_PAST <= n < _PAST for n in (first, final)):
        # Modulo 2**64, which is exact for the dtypes that hold the values.
        wide = dtypes.int64
        offset: float
        factor: float
        offset, factor = ((n + _PAST) % (2 * _PAST) - _PAST for n in (first, by))
    else:
        wide = dtypes.float64
        offset, factor = (_inexact("arange", n) for n in (first, by))
    steps = create("arange", wide, 0, count, 1, wide, where)
    scaled = run("mul", wide, steps, arguments.scalar_tensor("arange", factor, wide, steps))
    values = run("add", wide, scaled, arguments.scalar_tensor("arange", offset, wide, steps))
    return astype(values, dtype)


def _spaced(start: complex, stop: complex, count: int, endpoint: bool) -> np.ndarray[Any, Any]:
    """As np.linspace(), also if stop - start overflows."""
    if cmath.isfinite(stop - start) or not (cmath.isfinite(start) and cmath.isfinite(stop)):
        return np.linspace(start, stop, count, endpoint=endpoint)
    values: np.ndarray[Any, Any] = 2 * np.linspace(start / 2, stop / 2, count, endpoint=endpoint)
    if endpoint and count > 1:
        values[-1] = stop
    return values


@creation("linspace", INEXACT, default_float, start=NUMBER, stop=NUMBER, num=INTEGER, endpoint=FLAG)
def linspace(
    start: complex | Tensor,
    stop: complex | Tensor,
    /,
    num: int,
    *,
    dtype: DType | None = None,
    device: str | None = None,
    endpoint: bool = True,
) -> Tensor:
    """``num`` evenly spaced values from start to stop.

    Args:
        start: The first value, a number or a 0-d tensor.
        stop: The last value; not included if ``endpoint`` is False.
        num: Number of values, 0 or more.
        dtype: A floating-point or complex dtype; if None, that of tensors; of numbers float32, or
            complex64 if an end is complex.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...
        endpoint: Whether stop is the last value.

    Returns:
        A new tensor of shape (num,).

    Raises:
        TypeError: For another dtype, or a complex end and a real dtype.
        ValueError: If num is negative, or an end does not fit float64.
    """
    exact = arguments.dtype_of_scalars("linspace", 0.0, start, stop)
    dtype = dtypes.given("linspace", dtype, exact)
    (count,) = new_shape("linspace", num)
    dtypes.check("linspace", dtype, dtypes.INEXACT)
    dtypes.check_conversion("linspace", exact, dtype)
    ends = (_inexact("linspace", arguments.scalar("linspace", x)) for x in (start, stop))
    values = quietly(_spaced, *ends, count, bool(endpoint))
    return asarray(values, dtype=dtype, device=device)
