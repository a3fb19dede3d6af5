"""The operators of a tensor: what Python's ``+`` and ``@=`` call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from torchffi import dtypes, elementwise, linalg, operands
from torchffi.dtypes import DType
from torchffi.errors import DTypeError
from torchffi.operands import Scalar, is_scalar, is_tensor
from torchffi.routing import run_in_place

if TYPE_CHECKING:
    from typing import TypeAlias

    from typing_extensions import Self

    from torchffi.tensor import Tensor

    Operand: TypeAlias = Tensor | Scalar


def _foreign(operand: Any) -> bool:
    """Whether the operator must be left to the operand. Arrays are refused: they would take over."""
    if isinstance(operand, np.ndarray):
        raise DTypeError(
            "expected a Tensor or a Python scalar, got an ndarray; make a tensor of it with "
            "torchffi.asarray()"
        )
    return not is_tensor(operand) and not is_scalar(operand)


def _of(function: Callable[..., Tensor], x1: Any, x2: Any) -> Any:
    if _foreign(x1) or _foreign(x2):
        return NotImplemented
    return function(x1, x2)


def _check_fits(operation: str, x: Tensor, result: DType) -> None:
    if result is not x.dtype:
        raise DTypeError(
            f"{operation}: the result is {result}, which {x.dtype} cannot hold in place"
        )


def _in_place(operation: str, primitive: str, admitted: frozenset[str], x1: Any, x2: Any) -> Any:
    """Overwrites x1, which keeps its memory, dtype and backend."""
    if _foreign(x2):
        return NotImplemented
    a, b = operands.pair(operation, x1, x2, admitted)
    divides = primitive == "div_" and x1.dtype.kind not in dtypes.INEXACT
    _check_fits(operation, x1, dtypes.default_float if divides else a.dtype)
    if primitive == "pow_":
        elementwise.check_exponent(b)
    run_in_place(primitive, x1, b)
    return x1


class Operators:
    """Arithmetic, comparison and in-place operators."""

    __slots__ = ()

    def __add__(self, other: Operand) -> Tensor:
        return _of(elementwise.add, self, other)  # type: ignore[no-any-return]

    def __radd__(self, other: Scalar) -> Tensor:
        return _of(elementwise.add, other, self)  # type: ignore[no-any-return]

    def __iadd__(self, other: Operand) -> Self:
        return _in_place("add", "add_", dtypes.NUMERIC, self, other)  # type: ignore[no-any-return]

    def __sub__(self, other: Operand) -> Tensor:
        return _of(elementwise.subtract, self, other)  # type: ignore[no-any-return]

    def __rsub__(self, other: Scalar) -> Tensor:
        return _of(elementwise.subtract, other, self)  # type: ignore[no-any-return]

    def __isub__(self, other: Operand) -> Self:
        return _in_place("subtract", "sub_", dtypes.NUMERIC, self, other)  # type: ignore[no-any-return]

    def __mul__(self, other: Operand) -> Tensor:
        return _of(elementwise.multiply, self, other)  # type: ignore[no-any-return]

    def __rmul__(self, other: Scalar) -> Tensor:
        return _of(elementwise.multiply, other, self)  # type: ignore[no-any-return]

    def __imul__(self, other: Operand) -> Self:
        return _in_place("multiply", "mul_", dtypes.NUMERIC, self, other)  # type: ignore[no-any-return]

    def __truediv__(self, other: Operand) -> Tensor:
        return _of(elementwise.divide, self, other)  # type: ignore[no-any-return]

    def __rtruediv__(self, other: Scalar) -> Tensor:
        return _of(elementwise.divide, other, self)  # type: ignore[no-any-return]

    def __itruediv__(self, other: Operand) -> Self:
        return _in_place("divide", "div_", dtypes.NUMERIC, self, other)  # type: ignore[no-any-return]

    def __floordiv__(self, other: Operand) -> Tensor:
        return _of(elementwise.floor_divide, self, other)  # type: ignore[no-any-return]

    def __rfloordiv__(self, other: Scalar) -> Tensor:
        return _of(elementwise.floor_divide, other, self)  # type: ignore[no-any-return]

    def __ifloordiv__(self, other: Operand) -> Self:
        return _in_place("floor_divide", "floor_divide_", dtypes.REAL, self, other)  # type: ignore[no-any-return]

    def __mod__(self, other: Operand) -> Tensor:
        return _of(elementwise.remainder, self, other)  # type: ignore[no-any-return]

    def __rmod__(self, other: Scalar) -> Tensor:
        return _of(elementwise.remainder, other, self)  # type: ignore[no-any-return]

    def __imod__(self, other: Operand) -> Self:
        return _in_place("remainder", "remainder_", dtypes.REAL, self, other)  # type: ignore[no-any-return]

    def __pow__(self, other: Operand) -> Tensor:
        return _of(elementwise.pow, self, other)  # type: ignore[no-any-return]

    def __rpow__(self, other: Scalar) -> Tensor:
        return _of(elementwise.pow, other, self)  # type: ignore[no-any-return]

    def __ipow__(self, other: Operand) -> Self:
        return _in_place("pow", "pow_", dtypes.NUMERIC, self, other)  # type: ignore[no-any-return]

    def __and__(self, other: Operand) -> Tensor:
        return _of(elementwise.bitwise_and, self, other)  # type: ignore[no-any-return]

    def __rand__(self, other: Scalar) -> Tensor:
        return _of(elementwise.bitwise_and, other, self)  # type: ignore[no-any-return]

    def __iand__(self, other: Operand) -> Self:
        return _in_place("bitwise_and", "bitwise_and_", dtypes.INTEGER | dtypes.BOOL, self, other)  # type: ignore[no-any-return]

    def __or__(self, other: Operand) -> Tensor:
        return _of(elementwise.bitwise_or, self, other)  # type: ignore[no-any-return]

    def __ror__(self, other: Scalar) -> Tensor:
        return _of(elementwise.bitwise_or, other, self)  # type: ignore[no-any-return]

    def __ior__(self, other: Operand) -> Self:
        return _in_place("bitwise_or", "bitwise_or_", dtypes.INTEGER | dtypes.BOOL, self, other)  # type: ignore[no-any-return]

    def __xor__(self, other: Operand) -> Tensor:
        return _of(elementwise.bitwise_xor, self, other)  # type: ignore[no-any-return]

    def __rxor__(self, other: Scalar) -> Tensor:
        return _of(elementwise.bitwise_xor, other, self)  # type: ignore[no-any-return]

    def __ixor__(self, other: Operand) -> Self:
        return _in_place("bitwise_xor", "bitwise_xor_", dtypes.INTEGER | dtypes.BOOL, self, other)  # type: ignore[no-any-return]

    def __lshift__(self, other: Operand) -> Tensor:
        return _of(elementwise.bitwise_left_shift, self, other)  # type: ignore[no-any-return]

    def __rlshift__(self, other: Scalar) -> Tensor:
        return _of(elementwise.bitwise_left_shift, other, self)  # type: ignore[no-any-return]

    def __ilshift__(self, other: Operand) -> Self:
        return _in_place("bitwise_left_shift", "bitwise_left_shift_", dtypes.INTEGER, self, other)  # type: ignore[no-any-return]

    def __rshift__(self, other: Operand) -> Tensor:
        return _of(elementwise.bitwise_right_shift, self, other)  # type: ignore[no-any-return]

    def __rrshift__(self, other: Scalar) -> Tensor:
        return _of(elementwise.bitwise_right_shift, other, self)  # type: ignore[no-any-return]

    def __irshift__(self, other: Operand) -> Self:
        return _in_place("bitwise_right_shift", "bitwise_right_shift_", dtypes.INTEGER, self, other)  # type: ignore[no-any-return]

    def __matmul__(self, other: Tensor) -> Tensor:
        return _of(linalg.matmul, self, other)  # type: ignore[no-any-return]

    def __rmatmul__(self, other: Tensor) -> Tensor:
        return _of(linalg.matmul, other, self)  # type: ignore[no-any-return]

    def __imatmul__(self, other: Tensor) -> Self:
        product = self @ other
        _check_fits("matmul", self, product.dtype)  # type: ignore[arg-type]
        run_in_place("copy_", self, product)  # type: ignore[arg-type]
        return self

    def __eq__(self, other: Operand) -> Tensor:  # type: ignore[override]
        return _of(elementwise.equal, self, other)  # type: ignore[no-any-return]

    def __ne__(self, other: Operand) -> Tensor:  # type: ignore[override]
        return _of(elementwise.not_equal, self, other)  # type: ignore[no-any-return]

    def __lt__(self, other: Operand) -> Tensor:
        return _of(elementwise.less, self, other)  # type: ignore[no-any-return]

    def __le__(self, other: Operand) -> Tensor:
        return _of(elementwise.less_equal, self, other)  # type: ignore[no-any-return]

    def __gt__(self, other: Operand) -> Tensor:
        return _of(elementwise.greater, self, other)  # type: ignore[no-any-return]

    def __ge__(self, other: Operand) -> Tensor:
        return _of(elementwise.greater_equal, self, other)  # type: ignore[no-any-return]

    def __neg__(self) -> Tensor:
        return elementwise.negative(self)  # type: ignore[arg-type]

    def __pos__(self) -> Tensor:
        return elementwise.positive(self)  # type: ignore[arg-type]

    def __abs__(self) -> Tensor:
        return elementwise.abs(self)  # type: ignore[arg-type]

    def __invert__(self) -> Tensor:
        return elementwise.bitwise_invert(self)  # type: ignore[arg-type]

    __hash__ = object.__hash__  # by identity, for == is elementwise
