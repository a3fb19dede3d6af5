"""Argument checking and normalization shared by all functions: tensors, scalars, axes, shapes."""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterable, Sequence

from torchffi import _devices, dtypes
from torchffi._core.argument_kinds import Axis as Axis
from torchffi._core.argument_kinds import Scalar as Scalar
from torchffi._core.dispatch import create_like, run
from torchffi._core.operations import scalars
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import is_numpy_scalar, np
from torchffi._libtorch.loader import lib
from torchffi._stdlib.typing import Final, SupportsIndex, TypeGuard
from torchffi.dtypes import INEXACT, DType
from torchffi.errors import AxisError, DTypeError, InvalidArgumentError

MAX_NDIM: Final[int] = lib.RT_TORCH_MAX_NDIM
_LARGEST = int(sys.float_info.max)
_WIDEST = dtypes.complex128.itemsize
# The rank of a scalar, by its type.
_BOOL, _INTEGER, _FLOATING, _COMPLEX = range(4)
_RANK_OF_TYPE: Final[dict[type, int]] = {
    bool: _BOOL, int: _INTEGER, float: _FLOATING, complex: _COMPLEX,
}  # fmt: skip
_RANK = {"bool": 0, "unsigned integer": 1, "signed integer": 1, "floating point": 2, "complex": 3}
# The dtype of a scalar without a tensor, by its rank.
_DEFAULTS: Final = dtypes.bool, dtypes.default_int, dtypes.default_float, dtypes.default_complex


def _rank(value: object) -> int | None:
    """The rank of a scalar, Python's or NumPy's; None for other values."""
    rank = _RANK_OF_TYPE.get(type(value))
    if rank is not None:
        return rank
    ranks: Iterable[tuple[type, int]] = _RANK_OF_TYPE.items()
    if is_numpy_scalar(value):
        ranks = zip((np.bool_, np.integer, np.floating, np.complexfloating), range(4), strict=True)
    return next((rank for kind, rank in ranks if isinstance(value, kind)), None)


def is_scalar(value: object) -> TypeGuard[Scalar]:
    """Whether the value is a scalar, Python's or NumPy's."""
    return _rank(value) is not None


def tensor(operation: str, value: object) -> Tensor:
    """Returns the value if it is a tensor.

    Raises:
        TypeError: If it is not.
    """
    if isinstance(value, Tensor):
        return value
    raise DTypeError(
        f"{operation}: expected a Tensor, got {type(value).__name__}; make one with torchffi.asarray()"
    )


def scalar(operation: str, value: object) -> Scalar:
    """The Python scalar that is given as such, as a scalar of NumPy, or as a 0-d tensor."""
    if is_numpy_scalar(value) or (isinstance(value, Tensor) and not value.ndim):
        value = value.item()
    if is_scalar(value):
        return value
    given = f"shape {value.shape}" if isinstance(value, Tensor) else type(value).__name__
    raise DTypeError(f"{operation}: expected a scalar, got {given}")


def dtype_of_scalars(operation: str, *values: Scalar | Tensor) -> DType:
    """The promoted dtype of 0-d tensors and scalars; without tensors the default of their kind."""
    scalars = [value for value in values if not isinstance(value, Tensor)]
    given = [value._dtype for value in values if isinstance(value, Tensor)]
    if given:
        highest = max(_RANK[dtype.kind] for dtype in given)  # other kinds count as scalars
        dtype, *others = [dtype for dtype in given if _RANK[dtype.kind] == highest]
        for other in others:
            dtype = dtypes.promote(operation, dtype, other)
        for value in scalars:
            dtype = scalar_dtype(operation, value, dtype)
        return dtype
    return _DEFAULTS[max((_rank(value) or _BOOL for value in scalars), default=_BOOL)]


def scalar_dtype(operation: str, value: Scalar, other: DType) -> DType:
    """The dtype of an operation on a Python scalar and a tensor of dtype ``other``.

    It is the tensor's dtype, unless the scalar's kind is higher (bool < integer < float < complex).
    """
    rank = _rank(value)
    assert rank is not None
    if rank <= _RANK[other.kind]:
        return other
    if rank < _COMPLEX:
        return _DEFAULTS[rank]
    return dtypes.complex128 if other is dtypes.float64 else dtypes.complex64


def fitting_integer(operation: str, value: float, dtype: DType) -> int:
    """A number as an integer of a dtype, without its fraction. ValueError if it does not fit."""
    lowest, highest = dtypes.limits(dtype)
    try:
        whole = int(value)
    except (ValueError, OverflowError):  # NaN, infinity
        whole = highest + 1
    if not lowest <= whole <= highest:
        raise InvalidArgumentError(f"{operation}: {value} does not fit into {dtype}")
    return whole


def beyond(value: object, dtype: DType) -> int:
    """1 if an integer is above all values of a dtype, -1 if it is below them, else 0."""
    if _rank(value) != _INTEGER:
        return 0
    lowest, highest = -_LARGEST, _LARGEST
    if _RANK[dtype.kind] < _FLOATING:
        lowest, highest = dtypes.limits(dtypes.default_int if dtype.kind == "bool" else dtype)
    whole = int(value)  # type: ignore[call-overload]
    return int(whole > highest) - int(whole < lowest)


def scalar_tensor(operation: str, value: Scalar, dtype: DType, like: Tensor) -> Tensor:
    """A scalar as a 0-d tensor, on the backend and device of ``like``."""
    if dtype.kind in dtypes.INTEGER:
        fitting_integer(operation, value.real, dtype)
    elif isinstance(value, int) and abs(value) > _LARGEST:
        raise InvalidArgumentError(
            f"{operation}: an integer of this size does not fit into {dtype}"
        )
    return create_like(like, "full", dtype, (), value, dtype, _devices.number(like.device))


def scalar_operand(operation: str, value: Scalar, dtype: DType, like: Tensor) -> Tensor:
    """As :func:`scalar_tensor`, but cached: the result must not be written to."""
    # 0.0 == -0.0, so the two would share a key: -0.0 is not cached, and complex numbers by their text.
    cacheable = type(value) in _RANK_OF_TYPE and (type(value) is not float or str(value) != "-0.0")
    if not cacheable or like.is_cuda():
        return scalar_tensor(operation, value, dtype, like)
    number = str(value) if type(value) is complex else value
    key = like._backend.classes[dtype], type(value), number
    cached = scalars.get(key)
    if cached is None:
        cached = scalar_tensor(operation, value, dtype, like)
        scalars.keep(key, cached)
    return cached


def common_dtype(operation: str, a: DType, b: DType, mixes: bool) -> DType:
    """The dtype that two operands promote to.

    The standard does not promote bools, integers and floats to each other. If they mix the result has
    the dtype of the higher kind, as in PyTorch.
    """
    lower, higher = (a, b) if _RANK[a.kind] < _RANK[b.kind] else (b, a)
    if mixes and _RANK[lower.kind] < min(_RANK[higher.kind], _RANK["floating point"]):
        return higher
    return dtypes.promote(operation, a, b)


def pair(
    operation: str, x1: Tensor | Scalar, x2: Tensor | Scalar,
    admitted: frozenset[str], *, of_one_kind: bool = False,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Two operands converted to the dtype that they promote to. One may be a Python scalar.

    With ``of_one_kind`` bools, integers and floats mix only if one of them is a 0-d tensor.
    """
    if isinstance(x1, Tensor) and isinstance(x2, Tensor):
        dtype, other = x1._dtype, x2._dtype
        if dtype is not other:
            mixes = not (of_one_kind and x1.ndim and x2.ndim)
            dtype = common_dtype(operation, dtype, other, mixes)
        dtypes.check(operation, dtype, admitted)
        return astype(x1, dtype), astype(x2, dtype)
    if isinstance(x1, Tensor) and is_scalar(x2):
        dtype = scalar_dtype(operation, x2, x1._dtype)
        dtypes.check(operation, dtype, admitted)
        return astype(x1, dtype), scalar_operand(operation, x2, dtype, x1)
    if isinstance(x2, Tensor) and is_scalar(x1):
        dtype = scalar_dtype(operation, x1, x2._dtype)
        dtypes.check(operation, dtype, admitted)
        return scalar_operand(operation, x1, dtype, x2), astype(x2, dtype)
    given = f"{type(x1).__name__} and {type(x2).__name__}"
    raise DTypeError(
        f"{operation}: expected two tensors, or a tensor and a Python scalar, got {given}"
    )


def astype(x: Tensor, dtype: DType) -> Tensor:
    """The tensor converted to a dtype; the same object if it has that dtype already."""
    return x if x._dtype is dtype else run("to_dtype", dtype, x, dtype)


def indices(operation: str, x: Tensor) -> Tensor:
    """Indices of an integer dtype as int64. IndexError for one of uint64 that int64 cannot hold."""
    dtypes.check(operation, x._dtype, dtypes.INTEGER)
    if x._dtype is dtypes.uint64 and x.size:
        largest = int(x.cpu()._array_view().max())
        if largest >= 2**63:
            raise AxisError(f"{operation}: index {largest} is out of range")
    return astype(x, dtypes.int64)


def inexact(operation: str, x: Tensor) -> Tensor:
    """The tensor in a floating-point or complex dtype: integers and bools become float32."""
    x = tensor(operation, x)
    return astype(x, dtypes.default_float) if _RANK[x._dtype.kind] < 2 else x


def axis(operation: str, axis: SupportsIndex, x: Tensor, extra: int = 0) -> int:
    """An axis of the tensor, counted from 0. ``extra`` is how many axes the result has more than x."""
    ndim = x.ndim + extra
    try:
        number = operator.index(axis)
    except TypeError:
        raise DTypeError(f"{operation}: axis must be an int, got {axis!r:.60}") from None
    if not -ndim <= number < ndim:
        raise AxisError(f"{operation}: axis {number} is out of range for shape {x.shape}")
    return number % ndim


def axes(operation: str, axis_: Axis, x: Tensor, extra: int = 0) -> tuple[int, ...]:
    """Distinct axes, counted from 0; None means all. ``extra`` is as for :func:`axis`."""
    if axis_ is None:
        return tuple(range(x.ndim))
    given = axis_ if isinstance(axis_, (tuple, list)) else (axis_,)
    found = tuple(axis(operation, one, x, extra) for one in given)
    if len(set(found)) != len(found):
        raise InvalidArgumentError(f"{operation}: axis {tuple(given)} repeats an axis")
    return found


def integer(operation: str, name: str, value: SupportsIndex) -> int:
    """The value of an argument that must be an integer."""
    try:
        return operator.index(value)
    except TypeError:
        raise DTypeError(f"{operation}: {name} must be an int, got {value!r:.60}") from None


def integers(operation: str, name: str, value: int | Sequence[int]) -> tuple[int, ...]:
    """The value of an argument that must be an integer or a sequence of integers, as a tuple."""
    index = operator.index
    try:
        if isinstance(value, (tuple, list)):
            return tuple(map(index, value))
        try:
            return (index(value),)  # type: ignore[arg-type]
        except TypeError:
            return tuple(map(index, value))  # type: ignore[arg-type]
    except TypeError:
        raise DTypeError(
            f"{operation}: {name} must be an int or a sequence of ints, got {value!r:.60}"
        ) from None


def shape(operation: str, value: int | Sequence[int]) -> tuple[int, ...]:
    """A shape from an integer or a sequence of them."""
    return integers(operation, "shape", value)


def new_shape(operation: str, value: int | Sequence[int]) -> tuple[int, ...]:
    """The shape of a tensor to create."""
    dims = value if type(value) is tuple else integers(operation, "shape", value)
    size = _WIDEST
    for n in dims:
        if type(n) is not int:  # a bool, an integer of NumPy, or an error
            return new_shape(operation, tuple(map(int, integers(operation, "shape", dims))))
        if n < 0:
            raise InvalidArgumentError(f"{operation}: shape {dims} has a negative dimension")
        size *= n or 1
    if size > sys.maxsize:
        raise InvalidArgumentError(f"{operation}: shape {dims} is too large")
    if len(dims) > MAX_NDIM:
        check_ndim(operation, len(dims))
    return dims


def check_ndim(operation: str, ndim: int) -> None:
    """Raises ValueError for more axes than a tensor can have."""
    if ndim > MAX_NDIM:
        raise InvalidArgumentError(f"{operation}: {ndim} axes, expected at most {MAX_NDIM}")


_PRECISE = (dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128)


def check_precise(operation: str, dtype: DType, admitted: frozenset[str] = INEXACT) -> None:
    """Raises TypeError unless the dtype is of single or double precision, as LAPACK and MKL need."""
    names = [precise.name for precise in _PRECISE if precise.kind in admitted]
    if dtype.name not in names:
        raise DTypeError(
            f"{operation}: {dtype} is not supported; expected {' or '.join(names)}; "
            "convert with astype()"
        )
