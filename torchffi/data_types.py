"""Functions on dtypes.

Source: Array API standard, "Data Type Functions".
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from torchffi import dtypes
from torchffi.dtypes import DType
from torchffi.errors import DTypeError
from torchffi.operands import astype as _astype
from torchffi.operands import is_scalar, is_tensor, scalar_dtype, tensor

if TYPE_CHECKING:
    from torchffi.operands import Scalar
    from torchffi.tensor import Tensor

_KINDS = {
    "bool": dtypes.BOOL,
    "signed integer": frozenset({"signed integer"}),
    "unsigned integer": frozenset({"unsigned integer"}),
    "integral": dtypes.INTEGER,
    "real floating": dtypes.FLOATING,
    "complex floating": dtypes.COMPLEX,
    "numeric": dtypes.NUMERIC,
}


def astype(x: Tensor, dtype: DType, /, *, copy: bool = True) -> Tensor:
    """The elements converted to another dtype.

    Args:
        x: A tensor.
        dtype: The dtype to convert to.
        copy: If False, a tensor that has the dtype already is returned itself.

    Returns:
        A tensor of the same shape.

    Raises:
        TypeError: From a complex dtype to a real one: take a part of it first.

    Source: aten::to.dtype.
    """
    x = tensor("astype", x)
    dtype = dtypes.given("astype", dtype, x.dtype)
    dtypes.check_conversion("astype", x.dtype, dtype)
    return x.clone() if x.dtype is dtype and copy else _astype(x, dtype)


def result_type(*arrays_and_dtypes: Tensor | DType | Scalar) -> DType:
    """The dtype in which tensors, dtypes and Python scalars meet.

    Raises:
        TypeError: If they do not mix, or there is neither a tensor nor a dtype among them.
    """
    found, scalars = [], []
    for value in arrays_and_dtypes:
        if isinstance(value, DType):
            found.append(value)
        elif is_tensor(value):
            found.append(value.dtype)
        elif is_scalar(value):
            scalars.append(value)
        else:
            raise DTypeError(
                f"result_type: expected a tensor, a dtype or a Python scalar, got {value!r:.60}"
            )
    if not found:
        raise DTypeError("result_type: expected at least one tensor or dtype")
    dtype = reduce(lambda a, b: dtypes.promote("result_type", a, b), found)
    for scalar in scalars:
        dtype = scalar_dtype("result_type", scalar, dtype)
    return dtype


def can_cast(from_: Tensor | DType, to: DType, /) -> bool:
    """Whether type promotion leads from one dtype to the other."""
    dtype = from_.dtype if is_tensor(from_) else dtypes.given("can_cast", from_, to)
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
        raise DTypeError(f"isdtype: {kind!r} is no kind, expected one of {', '.join(_KINDS)}")
    return dtype.kind in _KINDS[kind]
