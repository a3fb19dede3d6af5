"""The operators of a tensor: what Python's ``+`` and ``@=`` call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from torchffi import dtypes
from torchffi._array import elementwise, linear_algebra
from torchffi._core import arguments
from torchffi._core.arguments import Scalar, is_scalar
from torchffi._core.dispatch import run_in_place
from torchffi._core.tensor import Tensor
from torchffi.dtypes import BOOL, INTEGER, NUMERIC, REAL, DType
from torchffi.errors import DTypeError, NotSupportedError, ShapeError

if TYPE_CHECKING:
    from typing import TypeAlias

    Operand: TypeAlias = Tensor | Scalar
    Method: TypeAlias = Callable[[Any, Operand], Tensor]

# Their results of these kinds are put right at zeros and infinities: what computes in place does not
# do that.
_PUT_RIGHT = {
    elementwise.floor_divide: "floating point",
    elementwise.remainder: "floating point",
    elementwise.pow: "complex",
}


def _foreign(operand: Any) -> bool:
    """Whether the operator must be left to the operand. Arrays are refused: they would take over."""
    if isinstance(operand, np.ndarray):
        raise DTypeError(
            "expected a Tensor or a Python scalar, got an ndarray; make a tensor of it with "
            "torchffi.asarray()"
        )
    return not isinstance(operand, Tensor) and not is_scalar(operand)


def _operator(function: Callable[..., Tensor]) -> tuple[Method, Method]:
    """The operator that a function is, and its reflection."""

    def operator(self: Any, other: Operand) -> Tensor:
        return NotImplemented if _foreign(other) else function(self, other)

    def reflected(self: Any, other: Operand) -> Tensor:
        return NotImplemented if _foreign(other) else function(other, self)

    return operator, reflected


def _check_fits(operation: str, x: Tensor, result: DType) -> None:
    if result is not x.dtype:
        raise DTypeError(
            f"{operation}: the result is {result}, which {x.dtype} cannot hold in place"
        )


def _overwrite(operation: str, x: Tensor, result: Tensor) -> None:
    if result.shape != x.shape:
        raise ShapeError(
            f"{operation}: the result has shape {result.shape}, which shape {x.shape} cannot hold in "
            "place"
        )
    run_in_place("copy_", x, result)


def _in_place(function: Callable[..., Tensor], primitive: str, admitted: frozenset[str]) -> Method:
    """The operator that overwrites its left operand, which keeps its memory, dtype and backend."""
    operation = function.__name__

    def operator(self: Tensor, other: Operand) -> Tensor:
        if _foreign(other):
            return NotImplemented  # type: ignore[no-any-return]
        a, b = arguments.pair(operation, self, other, admitted)
        divides = primitive == "div_" and self.dtype.kind not in dtypes.INEXACT
        _check_fits(operation, self, dtypes.default_float if divides else a.dtype)
        if primitive == "pow_":
            elementwise.check_exponent(b)
        if _PUT_RIGHT.get(function) == self.dtype.kind:
            _overwrite(operation, self, function(self, b))
            return self
        try:
            run_in_place(primitive, self, b)
        except NotSupportedError:  # uint16, uint32, uint64: the memory stays, the way is longer
            _overwrite(operation, self, function(self, b))
        return self

    return operator


class Operators:
    """Arithmetic, comparison and in-place operators."""

    __slots__ = ()

    __add__, __radd__ = _operator(elementwise.add)
    __sub__, __rsub__ = _operator(elementwise.subtract)
    __mul__, __rmul__ = _operator(elementwise.multiply)
    __truediv__, __rtruediv__ = _operator(elementwise.divide)
    __floordiv__, __rfloordiv__ = _operator(elementwise.floor_divide)
    __mod__, __rmod__ = _operator(elementwise.remainder)
    __pow__, __rpow__ = _operator(elementwise.pow)
    __matmul__, __rmatmul__ = _operator(linear_algebra.matmul)
    __and__, __rand__ = _operator(elementwise.bitwise_and)
    __or__, __ror__ = _operator(elementwise.bitwise_or)
    __xor__, __rxor__ = _operator(elementwise.bitwise_xor)
    __lshift__, __rlshift__ = _operator(elementwise.bitwise_left_shift)
    __rshift__, __rrshift__ = _operator(elementwise.bitwise_right_shift)

    __iadd__ = _in_place(elementwise.add, "add_", NUMERIC)
    __isub__ = _in_place(elementwise.subtract, "sub_", NUMERIC)
    __imul__ = _in_place(elementwise.multiply, "mul_", NUMERIC)
    __itruediv__ = _in_place(elementwise.divide, "div_", NUMERIC)
    __ifloordiv__ = _in_place(elementwise.floor_divide, "floor_divide_", REAL)
    __imod__ = _in_place(elementwise.remainder, "remainder_", REAL)
    __ipow__ = _in_place(elementwise.pow, "pow_", NUMERIC)
    __iand__ = _in_place(elementwise.bitwise_and, "bitwise_and_", INTEGER | BOOL)
    __ior__ = _in_place(elementwise.bitwise_or, "bitwise_or_", INTEGER | BOOL)
    __ixor__ = _in_place(elementwise.bitwise_xor, "bitwise_xor_", INTEGER | BOOL)
    __ilshift__ = _in_place(elementwise.bitwise_left_shift, "bitwise_left_shift_", INTEGER)
    __irshift__ = _in_place(elementwise.bitwise_right_shift, "bitwise_right_shift_", INTEGER)

    def __imatmul__(self, other: Operand) -> Tensor:
        product = self @ other
        _check_fits("matmul", self, product.dtype)  # type: ignore[arg-type]
        _overwrite("matmul", self, product)  # type: ignore[arg-type]
        return self  # type: ignore[return-value]

    __eq__ = _operator(elementwise.equal)[0]  # type: ignore[assignment]
    __ne__ = _operator(elementwise.not_equal)[0]  # type: ignore[assignment]
    __lt__ = _operator(elementwise.less)[0]
    __le__ = _operator(elementwise.less_equal)[0]
    __gt__ = _operator(elementwise.greater)[0]
    __ge__ = _operator(elementwise.greater_equal)[0]

    def __neg__(self) -> Tensor:
        return elementwise.negative(self)  # type: ignore[arg-type]

    def __pos__(self) -> Tensor:
        return elementwise.positive(self)  # type: ignore[arg-type]

    def __abs__(self) -> Tensor:
        return elementwise.abs(self)  # type: ignore[arg-type]

    def __invert__(self) -> Tensor:
        return elementwise.bitwise_invert(self)  # type: ignore[arg-type]

    __hash__ = object.__hash__  # by identity, for == is elementwise
