"""ATen operators on NumPy that overwrite their first operand."""

from __future__ import annotations

import operator
from functools import partial
from typing import Any, Final

import numpy as np

from torchffi import dtypes
from torchffi._array.data_types import astype
from torchffi._aten.numpy_calls import (
    PLAIN,
    Function,
    arrays_of,
    not_a_tensor,
    of_any,
    plan_of_writing,
)
from torchffi._core.operations import BINARY, Shortcuts, in_place_entries
from torchffi._core.tensor import Tensor
from torchffi._numpy.checks import Raw
from torchffi._numpy.primitives import as_torch_error
from torchffi._numpy.quiet import quietly
from torchffi.dtypes import FLOATING, REAL

# Those of two operands, which Python has too.
_BINARY: Final[dict[str, Function]] = {
    "add": operator.iadd, "sub": operator.isub, "mul": operator.imul, "div": operator.itruediv,
    "floor_divide": operator.ifloordiv, "pow": operator.ipow, "remainder": operator.imod,
}  # fmt: skip
_OF_INTEGERS: Final = frozenset(
    {"floor_divide", "remainder"}
)  # defined for them without conversion
_UNARY: Final = frozenset({
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "exp", "expm1", "floor", "log", "log10",
    "log1p", "log2", "neg", "reciprocal", "relu", "sin", "sinh", "sqrt", "square", "tan", "tanh",
    "trunc",
})  # fmt: skip
_CLAMPS: Final = {"clamp": 2, "clamp_min": 1, "clamp_max": 1}  # how many bounds they have
_NUMBERS: Final = frozenset({int, float})
_NO_POWERS: Final[dict[float, Any]] = {}


def in_place_name(name: str) -> str:
    """``"lerp.Scalar"`` -> ``"lerp_.Scalar"``."""
    packet, dot, overload = name.partition(".")
    return f"{packet}_{dot}{overload}"


def overwriting(name: str, function: Function) -> Function:
    """An operator that overwrites its first operand with the result of a function.

    If the operands need no conversion, the primitive writes there as it computes.

    Args:
        name: ATen's name of the function.
        function: The function.
    """

    def general(x: Tensor, *arguments: Any, **named: Any) -> Tensor:
        found = function(x, *arguments, **named)
        x[...] = found if type(found) is type(x) else astype(found, x.dtype, copy=False)
        return x

    if name in _UNARY:
        return _of_one(f"{name}_", general)
    if name in _BINARY:
        return _of_two(_BINARY[name], general, REAL if name in _OF_INTEGERS else FLOATING)
    return _clamp(name, general) if name in _CLAMPS else general


def _of_one(primitive: str, general: Function) -> Function:
    table = in_place_entries(primitive, [dtype for dtype in dtypes.ALL if dtype.kind in REAL])

    def write(x: Tensor) -> Any:
        overwrite = table.get(type(x))
        return x if overwrite is not None and overwrite(x._data) == 0 else general(x)

    return write


def _of_two(direct: Function, general: Function, kinds: frozenset[str]) -> Function:
    powers: Shortcuts | None = BINARY["pow"].shortcuts if direct is operator.ipow else None

    def write(x: Tensor, other: Any, *arguments: Any, **named: Any) -> Any:
        fits = type(other) is type(x) or type(other) in _NUMBERS
        if powers is not None and type(other) in _NUMBERS:
            faster = powers.get((type(x), type(other)), _NO_POWERS).get(other)
            if faster is not None and not arguments and not named:
                x[...] = faster(x)
                return x
        if fits and not arguments and not named and x._dtype.kind in kinds:
            return direct(x, other)
        return general(x, other, *arguments, **named)

    return write


def _clamp(name: str, general: Function) -> Function:
    table = in_place_entries("clamp_", [dtype for dtype in dtypes.ALL if dtype.kind in FLOATING])

    def write(x: Tensor, *bounds: Any, **named: Any) -> Any:
        overwrite, number = table.get(type(x)), _NUMBERS.issuperset(map(type, bounds))
        if overwrite is None or not number or named or len(bounds) != _CLAMPS[name]:
            return general(x, *bounds, **named)
        both = (None, *bounds) if name == "clamp_max" else (*bounds, None)
        return x if overwrite(x._data, *both[:2]) == 0 else general(x, *bounds)

    return write


# ---- Operators on arrays


def writing(function: Function) -> Function:
    """An operator that overwrites its first operand.

    Args:
        function: Takes its array, to write to, and the other arguments with arrays in place of tensors.
    """

    def write(x: Tensor, *arguments: Any, **named: Any) -> Tensor:
        try:
            if not isinstance(x, Tensor):
                raise not_a_tensor(x)
            if not named and PLAIN.issuperset(map(type, arguments)):
                function(x._data, *arguments)
                return x
            more = {name: arrays_of(value) for name, value in named.items()}
            quietly(partial(function, x._data, *map(arrays_of, arguments), **more))
        except Exception as error:
            raise as_torch_error(error) from None
        return x

    write.plan = partial(plan_of_writing, function)  # type: ignore[attr-defined]
    return write


def written_copy(function: Function) -> Function:
    """As :func:`writing`, for a copy of the first operand."""

    def written(x: Raw, *arguments: Any, **named: Any) -> Raw:
        result = x.copy()
        function(result, *arguments, **named)
        return np.asarray(result)

    return of_any(written)


def in_place(function: Function) -> Function:
    """An operator that overwrites its first operand with the result of another operator."""

    def write(x: Tensor, *arguments: Any, **named: Any) -> Tensor:
        x[...] = function(x, *arguments, **named)
        return x

    return write
