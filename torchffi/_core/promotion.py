"""Conversions of operands to the dtype that they promote to."""

from __future__ import annotations

from collections.abc import Callable

from torchffi import dtypes
from torchffi._core.arguments import Scalar, common_dtype, scalar_dtype
from torchffi._core.operations import entries, scalars
from torchffi._stdlib.typing import Any, NamedTuple
from torchffi.dtypes import DType
from torchffi.errors import DTypeError

_TO_DTYPE = entries("to_dtype", dtypes.ANY)
_SCALARS: dict[type, Scalar] = {int: 1, float: 1.0, complex: 1j}
_EXACT = 2**53


class Conversion(NamedTuple):
    """What brings a tensor to the dtype in which it computes with another operand.

    Attributes:
        make, kind, call, code: ``make``, the class, the function, and the code of the dtype.
        fits: Whether it is for two operands; None for all.
        both: Whether the other operand needs it too.
    """

    make: Callable[..., Any]
    kind: type
    call: Any
    code: int
    fits: Callable[[Any, Any], bool] | None
    both: bool


class _Conversions(dict[tuple[type, type], Conversion | None]):
    """The conversions of operations, by the class of a tensor and that of the other operand.

    Each is made when it is needed first. With ``inexact`` they are those of functions that are defined
    for floating point, which convert integers to float32.
    """

    def __init__(self, inexact: bool) -> None:
        super().__init__()
        self._inexact = inexact

    def __missing__(self, key: tuple[type, type]) -> Conversion | None:
        kind: Any = key[0]
        if kind not in _TO_DTYPE:
            return None
        if key[1] in _SCALARS:
            self[key] = self._with_scalar(kind, key[1])
        elif key[1] in _TO_DTYPE:
            self[key] = self._with_tensor(kind, key[1])
        else:
            return None
        return self[key]

    def prepared(self, x: Any, other: Any) -> tuple[Any, Any] | None:
        """A tensor and the other operand in their common dtype; None if both stay what they are.

        A complex scalar becomes a tensor: the cache has it by its text.
        """
        wide, operand = x, other
        found = self[type(x), type(other)]
        if found is not None and (found.fits is None or found.fits(x, other)):
            make, kind, call, code, _, both = found
            wide = make(kind, call, x._data, code)
            if both:
                operand = make(kind, call, other._data, code)
            if wide is None or operand is None:
                return None
        if type(other) is complex:
            operand = scalars.get((type(wide), complex, str(other)), other)
        return None if wide is x and operand is other else (wide, operand)

    def _with_scalar(self, kind: Any, other: type) -> Conversion | None:
        dtype = kind._dtype
        wide = scalar_dtype("convert", _SCALARS[other], dtype)
        if other is int and self._inexact and dtype.kind not in dtypes.INEXACT:
            # Integers that both dtypes hold.
            lowest, highest = dtypes.limits(wide)
            fitting = range(max(lowest, -_EXACT), min(highest, _EXACT) + 1)
            return _conversion(kind, dtypes.default_float, lambda _, scalar: scalar in fitting)
        return None if wide is dtype else _conversion(kind, wide)

    def _with_tensor(self, kind: Any, other: Any) -> Conversion | None:
        dtype = kind._dtype
        if kind._backend is not other._backend:
            return None
        if other is kind and self._inexact and dtype.kind in dtypes.INTEGER:
            return _conversion(kind, dtypes.default_float, both=True)
        try:
            wide = common_dtype("convert", dtype, other._dtype, mixes=True)
        except DTypeError:
            return None
        return None if wide is dtype else _conversion(kind, wide)


def _conversion(
    kind: Any, to: DType, fits: Callable[[Any, Any], bool] | None = None, both: bool = False
) -> Conversion:
    make, _, call = _TO_DTYPE[kind]
    return Conversion(make, kind._backend.classes[to], call, to.code, fits, both)


WIDER = _Conversions(inexact=False)
WIDER_INEXACT = _Conversions(inexact=True)
