"""Functions on dtypes.

Source: Array API standard, "Data Type Functions".
"""

from __future__ import annotations

from operator import itemgetter

from torchffi import _devices, dtypes
from torchffi._array import manipulation
from torchffi._core.argument_kinds import DTYPE, EACH, OPERAND
from torchffi._core.arguments import astype as _astype
from torchffi._core.arguments import common_dtype, is_scalar, scalar_dtype, tensor
from torchffi._core.dispatch import create_like, run
from torchffi._core.fast_path import fast_path
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import is_numpy, np
from torchffi._stdlib.typing import TYPE_CHECKING, Any, Final, NamedTuple
from torchffi.dtypes import ANY, DType
from torchffi.errors import DTypeError, InvalidArgumentError, ShapeError

if TYPE_CHECKING:
    from torchffi._core.arguments import Scalar

_KINDS = {
    "bool": dtypes.BOOL,
    "signed integer": frozenset({"signed integer"}),
    "unsigned integer": frozenset({"unsigned integer"}),
    "integral": dtypes.INTEGER,
    "real floating": dtypes.FLOATING,
    "complex floating": dtypes.COMPLEX,
    "numeric": dtypes.NUMERIC,
}


ASTYPE = fast_path("astype", ANY, x=OPERAND, dtype=DTYPE)


@ASTYPE
def astype(x: Tensor, dtype: DType, /, *, copy: bool = True, device: str | None = None) -> Tensor:
    """The elements converted to another dtype.

    Args:
        x: A tensor.
        dtype: The dtype to convert to.
        copy: If False, a tensor that has the dtype already is returned without a copy.
        device: The device of the result; None for that of x.

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: From a complex dtype to a real one; use real() or imag() instead.

    Source: aten::to.dtype.
    """
    x = tensor("astype", x)
    dtype = dtypes.given("astype", dtype, x.dtype)
    dtypes.check_conversion("astype", x.dtype, dtype)
    if device is not None:
        moved = x.to_device(device)
        x, copy = moved, copy and moved is x
    return x.clone() if x.dtype is dtype and copy else _astype(x, dtype)


def result_type(*arrays_and_dtypes: Tensor | DType | Scalar) -> DType:
    """The dtype that tensors, dtypes and Python scalars promote to.

    Tensors of different kinds mix, as in elementwise functions; dtypes do not.

    Raises:
        TypeError: If the standard does not define a promotion, or all arguments are scalars.
    """
    dtype = None
    for value in arrays_and_dtypes:
        if isinstance(value, DType):
            other = value
        elif isinstance(value, Tensor) and value.ndim:
            other = value._dtype
        else:
            break
        if dtype is None:
            dtype = other
        elif other is not dtype:
            mixes = not any(type(one) is DType for one in arrays_and_dtypes)
            dtype = common_dtype("result_type", dtype, other, mixes)
    else:
        if dtype is not None:
            return dtype
    found: list[tuple[DType, bool]] = []  # with whether it is of a 0-d tensor
    scalars: list[Scalar] = []
    for value in arrays_and_dtypes:
        if isinstance(value, DType):
            found.append((value, False))
        elif isinstance(value, Tensor):
            found.append((value.dtype, not value.ndim))
        elif is_scalar(value):
            scalars.append(value)
        else:
            raise DTypeError(
                f"result_type: expected a tensor, a dtype or a Python scalar, got {value!r:.60}"
            )
    if not found:
        raise DTypeError("result_type: expected at least one tensor or dtype")
    found.sort(key=itemgetter(1))  # 0-d tensors last
    dtype = found[0][0]
    of_tensors = not any(type(one) is DType for one in arrays_and_dtypes)
    for other, is_0d in found[1:]:
        dtype = common_dtype("result_type", dtype, other, mixes=is_0d or of_tensors)
    for scalar in scalars:
        dtype = scalar_dtype("result_type", scalar, dtype)
    return dtype


def can_cast(from_: Tensor | DType, to: DType, /) -> bool:
    """Whether type promotion leads from one dtype to the other."""
    dtype = from_.dtype if isinstance(from_, Tensor) else dtypes.given("can_cast", from_, to)
    to = dtypes.given("can_cast", to, dtype)
    try:
        return dtypes.promote("can_cast", dtype, to) is to
    except TypeError:
        return False


def isdtype(dtype: DType, kind: DType | str | tuple[DType | str, ...]) -> bool:
    """Whether a dtype is of a kind.

    Args:
        dtype: The dtype.
        kind: A dtype, ``"bool"``, ``"signed integer"``, ``"unsigned integer"``, ``"integral"``,
            ``"real floating"``, ``"complex floating"``, ``"numeric"``, or a tuple of these.

    Raises:
        TypeError: For another kind.
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, one) for one in kind)
    if isinstance(kind, DType):
        return dtype is kind
    if kind not in _KINDS:
        raise DTypeError(f"isdtype: unknown kind {kind!r}; expected one of {', '.join(_KINDS)}")
    return dtype.kind in _KINDS[kind]


class FloatLimits(NamedTuple):
    """Limits of a floating-point dtype, as Python floats.

    Attributes:
        bits: Bits of a number; for a complex dtype, bits of each part.
        eps: Distance between 1 and the next number.
        max: Largest finite number.
        min: Smallest finite number.
        smallest_normal: Smallest positive number with full precision.
        dtype: The real dtype.
    """

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


class IntegerLimits(NamedTuple):
    """Limits of an integer dtype.

    Attributes:
        bits: Bits of a number.
        max: Largest number.
        min: Smallest number.
        dtype: The dtype.
    """

    bits: int
    max: int
    min: int
    dtype: DType


# Those that were asked for.
_float_limits_of: Final[dict[DType, FloatLimits]] = {}
_integer_limits_of: Final[dict[DType, IntegerLimits]] = {}


def _integer_limits(dtype: DType) -> IntegerLimits:
    lowest, highest = dtypes.limits(dtype)
    return IntegerLimits(8 * dtype.itemsize, highest, lowest, dtype)


def _dtype_of(operation: str, type: DType | Tensor, admitted: frozenset[str]) -> DType:
    dtype = type.dtype if isinstance(type, Tensor) else dtypes.given(operation, type, dtypes.bool)
    dtypes.check(operation, dtype, admitted)
    return dtype


def finfo(type: DType | Tensor, /) -> FloatLimits:
    """Limits of a floating-point dtype; for a complex dtype, those of its parts.

    Args:
        type: A dtype, or a tensor of it.

    Raises:
        TypeError: For an integer dtype or bool.
    """
    known = _float_limits_of.get(type) if isinstance(type, DType) else None
    if known is not None:
        return known
    dtype = _dtype_of("finfo", type, dtypes.INEXACT)
    limits = _float_limits_of[dtype] = _float_limits(dtypes.real_of(dtype))
    return limits


# Bits of the fraction and of the exponent.
_FLOATS: Final = {
    dtypes.float16: (10, 5), dtypes.bfloat16: (7, 8), dtypes.float32: (23, 8), dtypes.float64: (52, 11),
}  # fmt: skip


def _float_limits(dtype: DType) -> FloatLimits:
    fraction, exponent = _FLOATS[dtype]  # in bits
    top = 2 ** (exponent - 1) - 1
    eps = 2.0**-fraction
    largest = (2 - eps) * 2.0**top
    return FloatLimits(8 * dtype.itemsize, eps, largest, -largest, 2.0 ** (1 - top), dtype)


def iinfo(type: DType | Tensor, /) -> IntegerLimits:
    """Limits of an integer dtype.

    Args:
        type: A dtype, or a tensor of it.

    Raises:
        TypeError: For another dtype.
    """
    known = _integer_limits_of.get(type) if isinstance(type, DType) else None
    if known is not None:
        return known
    dtype = _dtype_of("iinfo", type, dtypes.INTEGER)
    limits = _integer_limits_of[dtype] = _integer_limits(dtype)
    return limits


@fast_path("view", ANY, x=OPERAND, shape=EACH)
def view(self: Tensor, *shape: Any) -> Tensor:
    """The same memory as another dtype, ``x.view(dtype)``, or in another shape, ``x.view(2, -1)``.

    Args:
        self: A tensor.
        shape: A dtype, or one of Python or NumPy such as ``float``; or the dimensions, separately or
            in one sequence.

    Returns:
        A view. With a dtype of another size the last axis is longer or shorter, as in NumPy.

    Raises:
        ValueError: If the strides do not allow it, the last axis cannot be divided, or the number of
            elements differs.

    Source: aten::view.dtype, aten::view.
    """
    first = shape[0] if len(shape) == 1 else shape
    if not isinstance(first, (DType, type)) and not is_numpy(first, "dtype"):
        try:
            return manipulation.reshape(self, first, copy=False)
        except (InvalidArgumentError, ShapeError) as error:
            text = (
                str(error).removeprefix("reshape: ").replace(", but copy=False", "; use reshape()")
            )
            raise type(error)(f"view: {text}") from None
    dtype = first if isinstance(first, DType) else dtypes.by_numpy(np.dtype(first))
    if dtype is self.dtype:
        return run("alias", dtype, self)
    if not self.size and self.shape[-1] * self.itemsize % dtype.itemsize == 0:
        # No memory to share, but LibTorch would check the strides.
        last = self.shape[-1] * self.itemsize // dtype.itemsize
        dims = (*self.shape[:-1], last)
        return create_like(self, "empty", dtype, dims, dtype, _devices.number(self.device))
    try:
        return run("view_dtype", dtype, self, dtype)
    except InvalidArgumentError:
        raise InvalidArgumentError(
            f"view: shape {self.shape} of {self.dtype} with strides {self.strides} cannot be viewed as "
            f"{dtype} without a copy"
        ) from None
