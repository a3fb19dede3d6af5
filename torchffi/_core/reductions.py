"""The fast path of reductions, which take axes: see :mod:`torchffi._core.operations`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final, TypeVar

from torchffi._core.backends import FFI
from torchffi._core.operations import INTEGERS, Decorator, Result, entries, of_libtorch
from torchffi._libtorch.loader import ffi
from torchffi.dtypes import ALL, DType

_Function = TypeVar("_Function", bound=Callable[..., Any])
_NULL: Final = ffi.NULL


def _are_plain(axes: tuple[Any, ...]) -> bool:
    """Whether axes can be passed to C: integers, and not empty, which LibTorch reads as all axes."""
    return bool(axes) and INTEGERS.issuperset(map(type, axes))


def reduction(
    primitive: str,
    admitted: Iterable[str],
    result: Result = None,
    *,
    c_dtype: Callable[[DType], DType] | None = None,
) -> Decorator:
    """Decorator for a reduction over axes.

    Args:
        primitive, admitted, result: As for :func:`entries`.
        c_dtype: The dtype argument of the C function, by the operand's dtype; None if it has none.
    """
    table = of_libtorch(entries(primitive, admitted, result))
    codes = {FFI.classes[dtype]: c_dtype(dtype).code for dtype in ALL} if c_dtype else {}

    def decorate(slow_path: _Function, /) -> _Function:
        @wraps(slow_path)
        def function(x: Any, /, *, axis: Any = None, keepdims: Any = False, **others: Any) -> Any:
            entry = table.get(type(x))
            axes: Any
            if type(axis) is int:
                axes, n = (axis,), 1
            elif axis is None:
                axes, n = _NULL, 0
            elif type(axis) is tuple and _are_plain(axis):
                axes, n = axis, len(axis)
            else:
                entry = None
            if entry is not None and not others and type(keepdims) is bool:
                make, kind, call = entry
                try:
                    if codes:
                        tensor = make(kind, call, x._data, axes, n, keepdims, codes[type(x)])
                    else:
                        tensor = make(kind, call, x._data, axes, n, keepdims)
                except OverflowError:
                    tensor = None
                if tensor is not None:
                    return tensor
            return slow_path(x, axis=axis, keepdims=keepdims, **others)

        return function  # type: ignore[return-value]

    return decorate


def index_reduction(primitive: str, admitted: Iterable[str], result: Result) -> Decorator:
    """Decorator for a search along an axis. Arguments: see :func:`entries`."""
    table = of_libtorch(entries(primitive, admitted, result))

    def decorate(slow_path: _Function, /) -> _Function:
        @wraps(slow_path)
        def function(x: Any, /, *, axis: Any = None, keepdims: Any = False) -> Any:
            entry = table.get(type(x))
            plain = type(axis) is int or (axis is None and not keepdims)
            if entry is not None and plain and type(keepdims) is bool:
                make, kind, call = entry
                along = _NULL if axis is None else (axis,)
                try:
                    tensor = make(kind, call, x._data, along, keepdims)
                except OverflowError:
                    tensor = None
                if tensor is not None:
                    return tensor
            return slow_path(x, axis=axis, keepdims=keepdims)

        return function  # type: ignore[return-value]

    return decorate
