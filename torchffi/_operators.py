"""The operators of tensors, such as ``+`` and ``@=``."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps

from torchffi import dtypes
from torchffi._array import elementwise, special_values
from torchffi._core import arguments
from torchffi._core.arguments import Scalar, is_scalar
from torchffi._core.backends import NUMPY
from torchffi._core.dispatch import run_in_place
from torchffi._core.operations import (
    BINARY,
    binary,
    in_c,
    in_place_entries,
    reflected,
    scalars,
)
from torchffi._core.promotion import WIDER
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import is_array, np
from torchffi._numpy.quiet import dividing
from torchffi._stdlib.typing import TYPE_CHECKING, Any
from torchffi.dtypes import BOOL, INTEGER, NUMERIC, REAL, DType
from torchffi.errors import DTypeError, NotSupportedError, ShapeError

if TYPE_CHECKING:
    from typing import TypeAlias

    Operand: TypeAlias = Tensor | Scalar
    Method: TypeAlias = Callable[[Any, Operand], Tensor]

# The in-place primitives do not apply the corrections of special_values.py: for these functions and
# kinds, compute out of place and copy.
_CORRECTED = {
    elementwise.floor_divide: "floating point",
    elementwise.remainder: "floating point",
    elementwise.pow: "complex",
}


_PLAIN = frozenset({int, float})


def _defers_to(operand: Any) -> bool:
    """Whether to return NotImplemented, so that Python asks the operand.

    Raises:
        TypeError: For an array, whose operator would otherwise run.
    """
    if is_array(operand):
        raise DTypeError(
            "expected a Tensor or a Python scalar, got an ndarray; convert it with "
            "torchffi.asarray()"
        )
    return not isinstance(operand, Tensor) and not is_scalar(operand)


def _operator(name: str) -> tuple[Method, Method]:
    """The operator of an operation, and its reflection."""
    operation = BINARY[name]
    slow_path: Method = operation.slow_path

    def operator(self: Any, other: Operand) -> Tensor:
        if type(other) not in _PLAIN and _defers_to(other):
            return NotImplemented  # type: ignore[no-any-return]
        return slow_path(self, other)

    def reversed_(self: Any, other: Operand) -> Tensor:
        if type(other) not in _PLAIN and _defers_to(other):
            return NotImplemented  # type: ignore[no-any-return]
        return slow_path(other, self)

    forward = binary(operation.table, operator, operation.shortcuts, operation.wider)
    return forward, reflected(operation.table, reversed_, forward, operation.wider)


def _check_fits(operation: str, x: Tensor, result: DType) -> None:
    if result is not x.dtype:
        raise DTypeError(f"{operation}: in-place result has dtype {result}, expected {x.dtype}")


def _overwrite(operation: str, x: Tensor, result: Tensor) -> None:
    if result.shape != x.shape:
        raise ShapeError(
            f"{operation}: in-place result has shape {result.shape}, expected {x.shape}"
        )
    run_in_place("copy_", x, result)


def _fast(table: dict[type, Callable[..., int]], slow_path: Method) -> Method:
    """Adds the fast path to an operator that overwrites its left operand."""

    @wraps(slow_path)
    def operator(self: Any, other: Any) -> Any:
        kind = type(self)
        overwrite = table.get(kind)
        if overwrite is not None:
            try:
                operand = other if type(other) is kind else scalars[kind, type(other), other]
            except (KeyError, TypeError):
                pair = WIDER.prepared(other, self)
                if pair is None or type(pair[0]) is not kind:
                    return slow_path(self, other)
                operand = other = pair[0]
            if operand is not other and not other and str(other) == "-0.0":
                return slow_path(self, other)
            if overwrite(self._data, operand._data) == 0:
                return self
        return slow_path(self, other)

    return in_c(table, 2, "i", operator)


def _in_place(function: Callable[..., Tensor], primitive: str, admitted: frozenset[str]) -> Method:
    """An in-place operator: the left operand keeps its memory, dtype and backend."""
    operation = function.__name__
    direct = [dtype for dtype in dtypes.ALL if dtype.kind in admitted - {_CORRECTED.get(function)}]
    if primitive == "div_":
        direct = [dtype for dtype in direct if dtype.kind in dtypes.INEXACT]
    if primitive == "pow_":  # the slow path checks the exponents
        direct = [dtype for dtype in direct if dtype.kind != "signed integer"]
    table = in_place_entries(primitive, direct)
    without_kernel: set[type] = set()  # classes of operands that LibTorch has refused

    def operator(self: Tensor, other: Operand) -> Tensor:
        if _defers_to(other):
            return NotImplemented  # type: ignore[no-any-return]
        a, b = arguments.pair(operation, self, other, admitted)
        divides = primitive == "div_" and self.dtype.kind not in dtypes.INEXACT
        _check_fits(operation, self, dtypes.default_float if divides else a.dtype)
        if primitive == "pow_":
            special_values.check_exponent(b)
        if _CORRECTED.get(function) == self.dtype.kind:
            _overwrite(operation, self, function(self, other))
            return self
        kind = type(self)
        if kind not in without_kernel:
            try:
                run_in_place(primitive, self, b)
                return self
            except NotSupportedError:  # no in-place kernel (uint16, uint32, uint64): copy
                without_kernel.add(kind)
                table.pop(kind, None)
        _overwrite(operation, self, function(self, other))
        return self

    return _fast(table, operator)


def _of_value(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """An operator that rounds the only element of a tensor to a Python number."""

    def operator(self: Tensor) -> Any:
        try:
            return function(self.item())
        except ShapeError:
            return function(self._only(name))  # raises with the name

    return operator


_FEW = 2**10  # elements: up to here two operations take less time than one with two results


def _whole_divmod(a: Any, b: Any) -> Any:
    """The quotients and remainders of two arrays of integers."""
    return dividing(np.divmod, a, b)


def _divmod(x: Any, a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """The quotient and the remainder of x and another operand, which are a and b in some order."""
    kind, dtype = type(x), x._dtype
    whole = dtype.kind in INTEGER
    if whole and x._backend is NUMPY and x.size > _FEW:
        try:
            pair = [one if type(one) is kind else scalars[kind, type(one), one] for one in (a, b)]
            raw = [one._data for one in pair]
            found = NUMPY.attempt_several((tuple, (dtype, dtype)), _whole_divmod, *raw)
        except (KeyError, TypeError):
            found = None
        if found is not None:
            return found  # type: ignore[no-any-return]
    quotient = a // b
    if whole and isinstance(quotient, Tensor) and quotient._dtype.kind in INTEGER:
        return quotient, a - quotient * b  # a second division takes longer than a product
    return quotient, a % b


_COPY: dict[type, Callable[..., int]] = in_place_entries("copy_", dtypes.ALL)


class Operators:
    """Arithmetic, comparison and in-place operators."""

    __slots__ = ()

    __add__, __radd__ = _operator("add")
    __sub__, __rsub__ = _operator("subtract")
    __mul__, __rmul__ = _operator("multiply")
    __truediv__, __rtruediv__ = _operator("divide")
    __floordiv__, __rfloordiv__ = _operator("floor_divide")
    __mod__, __rmod__ = _operator("remainder")
    __pow__, __rpow__ = _operator("pow")
    __matmul__, __rmatmul__ = _operator("matmul")
    __and__, __rand__ = _operator("bitwise_and")
    __or__, __ror__ = _operator("bitwise_or")
    __xor__, __rxor__ = _operator("bitwise_xor")
    __lshift__, __rlshift__ = _operator("bitwise_left_shift")
    __rshift__, __rrshift__ = _operator("bitwise_right_shift")

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
        x: Any = self
        product: Any = self @ other
        copy = _COPY.get(type(x)) if type(product) is type(x) else None
        if copy is not None:
            sides = other.shape  # type: ignore[union-attr]
            square = len(sides) == 2 and sides[0] == sides[1]  # then the shape is that of x
            if (square or product.shape == x.shape) and copy(x._data, product._data) == 0:
                return self  # type: ignore[return-value]
        _check_fits("matmul", x, product.dtype)
        _overwrite("matmul", x, product)
        return self  # type: ignore[return-value]

    __eq__ = _operator("equal")[0]  # type: ignore[assignment]
    __ne__ = _operator("not_equal")[0]  # type: ignore[assignment]
    __lt__ = _operator("less")[0]
    __le__ = _operator("less_equal")[0]
    __gt__ = _operator("greater")[0]
    __ge__ = _operator("greater_equal")[0]

    __neg__ = elementwise.negative
    __pos__ = elementwise.positive
    __abs__ = elementwise.abs
    __invert__ = elementwise.bitwise_invert

    def __divmod__(self, other: Operand) -> tuple[Tensor, Tensor]:
        return _divmod(self, self, other)

    def __rdivmod__(self, other: Operand) -> tuple[Tensor, Tensor]:
        return _divmod(self, other, self)

    def __round__(self, ndigits: int | None = None) -> Any:
        return round(self._only("round"), ndigits)  # type: ignore[attr-defined]

    __trunc__ = _of_value("trunc", math.trunc)
    __floor__ = _of_value("floor", math.floor)
    __ceil__ = _of_value("ceil", math.ceil)

    __hash__ = object.__hash__  # by identity, because == is elementwise


for _name, _method in vars(Operators).items():
    if getattr(_method, "__module__", None) == __name__ and callable(_method):
        _method.__name__, _method.__qualname__ = _name, f"Tensor.{_name}"
