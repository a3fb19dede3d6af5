"""Dtypes and type promotion.

The thirteen dtypes of the Array API standard, and float16 and bfloat16, which are not in the standard.
"""

from __future__ import annotations

import builtins
from functools import cached_property

from torchffi._lazy_numpy import np
from torchffi._stdlib.typing import Any, Final, Literal
from torchffi.errors import DTypeError

Kind = Literal["bool", "signed integer", "unsigned integer", "floating point", "complex"]


class DType:
    """A dtype. Two are equal if they are the same object.

    Attributes:
        name: As the Array API standard spells it.
        code: The value of the C ABI, which is c10::ScalarType's.
        itemsize: Bytes of one element.
        kind: The kind of numbers it holds.
        in_numpy: Whether NumPy has it.
    """

    __slots__ = ("__dict__", "code", "in_numpy", "itemsize", "kind", "name")

    def __init__(
        self, name: str, code: int, itemsize: int, kind: Kind, in_numpy: builtins.bool = True
    ) -> None:
        self.name: Final = name
        self.code: Final = code
        self.itemsize: Final = itemsize
        self.kind: Final[Kind] = kind
        self.in_numpy: Final = in_numpy

    @cached_property
    def numpy(self) -> np.dtype[Any] | None:
        """NumPy's dtype, or None where NumPy has none."""
        return np.dtype(self.name) if self.in_numpy else None

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return by_name, (self.name,)


bool = DType("bool", 11, 1, "bool")
int8 = DType("int8", 1, 1, "signed integer")
int16 = DType("int16", 2, 2, "signed integer")
int32 = DType("int32", 3, 4, "signed integer")
int64 = DType("int64", 4, 8, "signed integer")
uint8 = DType("uint8", 0, 1, "unsigned integer")
uint16 = DType("uint16", 27, 2, "unsigned integer")
uint32 = DType("uint32", 28, 4, "unsigned integer")
uint64 = DType("uint64", 29, 8, "unsigned integer")
float16 = DType("float16", 5, 2, "floating point")
bfloat16 = DType("bfloat16", 15, 2, "floating point", in_numpy=False)
float32 = DType("float32", 6, 4, "floating point")
float64 = DType("float64", 7, 8, "floating point")
complex64 = DType("complex64", 9, 8, "complex")
complex128 = DType("complex128", 10, 16, "complex")

ALL: Final = (
    bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64,
    float16, bfloat16, float32, float64, complex64, complex128,
)  # fmt: skip

# The dtypes of the standard; the top-level namespace has these.
STANDARD: Final = tuple(dtype for dtype in ALL if dtype not in (float16, bfloat16))

default_float: Final = float32
default_int: Final = int64
default_complex: Final = complex64

# Sets of kinds, for the dtypes that an operation supports.
BOOL: Final = frozenset({"bool"})
INTEGER: Final = frozenset({"signed integer", "unsigned integer"})
FLOATING: Final = frozenset({"floating point"})
COMPLEX: Final = frozenset({"complex"})
INEXACT: Final = FLOATING | COMPLEX
REAL: Final = INTEGER | FLOATING
NUMERIC: Final = REAL | COMPLEX
ANY: Final = NUMERIC | BOOL
_KIND_NAMES: Final = {
    BOOL: "bool",
    INTEGER: "an integer dtype",
    INTEGER | BOOL: "an integer dtype or bool",
    FLOATING: "a floating-point dtype",
    COMPLEX: "a complex dtype",
    INEXACT: "a floating-point or complex dtype",
    REAL: "a real dtype",
    REAL | BOOL: "a real dtype or bool",
    NUMERIC: "a numeric dtype",
    ANY: "any dtype",
}

_BY_NAME: Final = {dtype.name: dtype for dtype in ALL}
OF_CODE: Final = {dtype.code: dtype for dtype in ALL}


_REAL_OF: Final = {complex64: float32, complex128: float64}
_COMPLEX_OF: Final = {float32: complex64, float64: complex128}


def real_of(dtype: DType) -> DType:
    """The dtype of the real and imaginary parts; a dtype that is not complex is returned unchanged."""
    return _REAL_OF.get(dtype, dtype)


def complex_of(dtype: DType) -> DType:
    """The complex dtype with parts of a floating-point dtype; a complex dtype is returned unchanged."""
    return _COMPLEX_OF.get(dtype, dtype)


def by_name(name: str) -> DType:
    """The dtype with this name."""
    return _BY_NAME[name]


def by_code(code: int) -> DType:
    """The dtype with this code in the C ABI."""
    return OF_CODE[code]


# NumPy's dtype -> dtype. Empty until by_numpy() is called first.
BY_NUMPY: Final[dict[np.dtype[Any], DType]] = {}


def by_numpy(dtype: np.dtype[Any]) -> DType:
    """The dtype that corresponds to a dtype of NumPy.

    Raises:
        TypeError: torchffi does not have this dtype, or it is not in native byte order.
    """
    if not BY_NUMPY:
        BY_NUMPY.update({known.numpy: known for known in ALL if known.numpy is not None})
    try:
        return BY_NUMPY[dtype]
    except KeyError:
        if dtype.newbyteorder("=") in BY_NUMPY:
            raise DTypeError(
                f"dtype {dtype} is not in native byte order; "
                f"convert with array.astype({dtype.name!r})"
            ) from None
        names = ", ".join(known.name for known in BY_NUMPY.values())
        raise DTypeError(
            f"NumPy's dtype {dtype} is not supported; expected one of {names}"
        ) from None


def _meet(a: DType, b: DType) -> DType | None:
    kinds = {a.kind, b.kind}
    if len(kinds) == 1:
        if a.itemsize != b.itemsize:
            return a if a.itemsize > b.itemsize else b
        return a if a is b else float32  # float16 with bfloat16
    if kinds == INTEGER:
        signed, unsigned = (a, b) if a.kind == "signed integer" else (b, a)
        if signed.itemsize > unsigned.itemsize:
            return signed
        return _BY_NAME.get(f"int{16 * unsigned.itemsize}")  # None for uint64
    if kinds == INEXACT:
        real, whole = (a, b) if a.kind == "floating point" else (b, a)
        return complex128 if real.itemsize * 2 > whole.itemsize else whole
    return None


_MEETS: Final = {(a, b): _meet(a, b) for a in ALL for b in ALL}


def promote(operation: str, a: DType, b: DType) -> DType:
    """The dtype that two dtypes promote to.

    Args:
        operation: The name for the error message.
        a, b: The dtypes.

    Raises:
        TypeError: If the standard does not define a promotion.

    Source: Array API standard, "Type Promotion Rules".
    """
    met = _MEETS[a, b]
    if met is None:
        raise DTypeError(
            f"{operation}: dtypes {a} and {b} do not mix; convert one of them with astype()"
        )
    return met


# The types of Python that stand for a dtype, as in NumPy and PyTorch.
_OF_PYTHON: Final = {builtins.bool: bool, int: int64, float: float64, complex: complex128}


def given(operation: str, dtype: object, default: DType) -> DType:
    """The dtype passed by a caller, or the default if it is None."""
    if dtype is None:
        return default
    if isinstance(dtype, DType):
        return dtype
    if isinstance(dtype, type) and dtype in _OF_PYTHON:
        return _OF_PYTHON[dtype]
    raise DTypeError(
        f"{operation}: expected a dtype of torchffi such as torchffi.float32, got {dtype!r:.60}"
    )


def check_conversion(operation: str, dtype: DType, to: DType) -> None:
    """Raises TypeError if a conversion would lose more than precision."""
    if dtype.kind == "complex" and to.kind not in ("complex", "bool"):
        raise DTypeError(f"{operation}: {dtype} to {to} would drop the imaginary part")


def limits(dtype: DType) -> tuple[int, int]:
    """The smallest and the largest number of an integer dtype."""
    signed = dtype.kind == "signed integer"
    top = 2 ** (8 * dtype.itemsize - signed)
    return (-top if signed else 0), top - 1


def describe(kinds: frozenset[str]) -> str:
    """A set of kinds as text, such as ``"a numeric dtype"``, for messages and docstrings."""
    return _KIND_NAMES.get(kinds) or " or ".join(sorted(kinds))


def check(operation: str, dtype: DType, admitted: frozenset[str]) -> None:
    """Raises TypeError if the dtype's kind is not among the admitted ones."""
    if dtype.kind not in admitted:
        raise DTypeError(f"{operation}: {dtype} is not supported; expected {describe(admitted)}")


def sum_dtype(operation: str, of: DType, dtype: DType | None) -> DType:
    """The dtype of a sum or product of elements of a dtype; ``dtype`` is the requested one, or None."""
    if dtype is not None:
        dtype = given(operation, dtype, dtype)
        check_conversion(operation, of, dtype)
        return dtype
    if of.kind == "unsigned integer":
        return uint64
    return int64 if of.kind in ("bool", "signed integer") else of
