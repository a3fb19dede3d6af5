"""The fast path of all operations: operands of one backend and dtype go directly to its function.

A table maps the class of the operands (one per backend and dtype) to an entry
``(make, kind, function)``; ``make(kind, function, *raw)`` returns the tensor, or None on failure. If
there is no entry, or it fails, the slow path runs: the operation's own function, which promotes, falls
back to NumPy, or raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Any, Final, Protocol, TypeVar

from torchffi._core.backends import FFI, NUMPY
from torchffi._core.lifetimes import make
from torchffi._core.tensor import Tensor
from torchffi._libtorch.calls import c_function
from torchffi.dtypes import ALL, DType

Entry = tuple[Callable[..., Any], type[Tensor], Any]
Entries = dict[type, Entry]
Result = DType | Callable[[DType], DType] | None
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Decorator(Protocol):
    """Adds the fast path to a function, which becomes the slow path."""

    def __call__(self, slow_path: _Function, /) -> _Function:
        """Returns the operation with both paths."""
        ...


# All tables, by primitive.
TABLES: Final[dict[str, list[Entries]]] = {}

# Cache of scalar operands as tensors, by tensor class, type of the scalar, and value.
scalars: Final[dict[tuple[type, type, Any], Tensor]] = {}
_MOST_SCALARS: Final = 256


def keep_scalar(key: tuple[type, type, Any], tensor: Tensor) -> None:
    """Adds a scalar operand to the cache, which is cleared when it is full."""
    if len(scalars) >= _MOST_SCALARS:
        scalars.clear()
    scalars[key] = tensor


def entries(primitive: str, admitted: Iterable[str], result: Result = None) -> Entries:
    """The table of a primitive whose C function takes the same arguments as the primitive.

    Args:
        primitive: Its name.
        admitted: The kinds of dtypes that need no conversion.
        result: The dtype of the result, a function of the operands' dtype, or None for the same dtype.
    """
    table: Entries = {}
    call = c_function(primitive)
    for dtype in [dtype for dtype in ALL if dtype.kind in admitted]:
        of = result if isinstance(result, DType) else result(dtype) if result else dtype
        if call is not None:
            table[FFI.classes[dtype]] = make, FFI.classes[of], call
        if dtype.numpy is not None:
            table[NUMPY.classes[dtype]] = NUMPY.attempt, NUMPY.classes[of], primitive
    TABLES.setdefault(primitive, []).append(table)
    return table


def of_shape(table: Entries, slow_path: _Function) -> _Function:
    """Adds the fast path to a method with integers as separate arguments or as one tuple."""

    @wraps(slow_path)
    def method(self: Any, *numbers: Any) -> Any:
        given = numbers[0] if len(numbers) == 1 and type(numbers[0]) is tuple else numbers
        entry = table.get(type(self))
        if entry is not None and INTEGERS.issuperset(map(type, given)):
            make, kind, call = entry
            try:
                tensor = make(kind, call, self._data, given, len(given))
            except OverflowError:
                tensor = None
            if tensor is not None:
                return tensor
        return slow_path(self, *numbers)

    return method  # type: ignore[return-value]


def of_libtorch(table: Entries) -> Entries:
    """The entries of LibTorch only, for C functions with other arguments than the primitive."""
    for kind in NUMPY.classes.values():
        table.pop(kind, None)
    return table


# ---- Functions


def unary(table: Entries, slow_path: _Function) -> _Function:
    """Adds the fast path to a function of one tensor."""

    @wraps(slow_path)
    def function(x: Any, /) -> Any:
        entry = table.get(type(x))
        if entry is not None:
            make, kind, call = entry
            tensor = make(kind, call, x._data)
            if tensor is not None:
                return tensor
        return slow_path(x)

    return function  # type: ignore[return-value]


def binary(table: Entries, slow_path: _Function) -> _Function:
    """Adds the fast path to a function of two tensors."""

    @wraps(slow_path)
    def function(x1: Any, x2: Any, /) -> Any:
        entry = table.get(type(x1))
        if entry is not None and type(x2) is type(x1):
            make, kind, call = entry
            tensor = make(kind, call, x1._data, x2._data)
            if tensor is not None:
                return tensor
        return slow_path(x1, x2)

    return function  # type: ignore[return-value]


def with_scalar(table: Entries, slow_path: _Function) -> _Function:
    """Adds the fast path for a tensor and a cached scalar, in either order."""

    @wraps(slow_path)
    def function(x1: Any, x2: Any, /) -> Any:
        entry = table.get(type(x1))
        try:
            if entry is not None:
                a, b = x1, scalars[type(x1), type(x2), x2]
            else:
                entry = table[type(x2)]
                a, b = scalars[type(x2), type(x1), x1], x2
        except (KeyError, TypeError):
            return slow_path(x1, x2)
        make, kind, call = entry
        tensor = make(kind, call, a._data, b._data)
        return slow_path(x1, x2) if tensor is None else tensor

    return function  # type: ignore[return-value]


class Binary:
    """An operation of two operands, for its function and its operators.

    Attributes:
        table: Its entries.
        general: The path for operands without an entry: first cached scalars, then the slow path.
        function: The function.
    """

    __slots__ = ("function", "general", "table")

    def __init__(self, table: Entries, slow_path: Callable[..., Tensor]) -> None:
        self.table: Final = table
        self.general: Final[Callable[..., Tensor]] = with_scalar(table, slow_path)
        self.function: Final[Callable[..., Tensor]] = binary(table, self.general)


# The operations of two operands, by name.
BINARY: Final[dict[str, Binary]] = {}


def of_one(primitive: str, admitted: Iterable[str], result: Result = None) -> Decorator:
    """Decorator for an operation of one operand. Arguments: see :func:`entries`."""
    return partial(unary, entries(primitive, admitted, result))


def of_two(name: str, primitive: str, admitted: Iterable[str], result: Result = None) -> Decorator:
    """Decorator for an operation of two operands, which is added to ``BINARY``."""

    def decorate(slow_path: _Function, /) -> _Function:
        operation = BINARY[name] = Binary(entries(primitive, admitted, result), slow_path)
        return operation.function  # type: ignore[return-value]

    return decorate


# ---- In place

Overwrite = Callable[[Any, Any], int]


def in_place_entries(primitive: str, admitted: Iterable[DType]) -> dict[type, Overwrite]:
    """The functions of an in-place primitive, by operand class. They return 0, or -1 on failure."""
    call = c_function(primitive)
    table: dict[type, Overwrite] = {}
    for dtype in admitted:
        if call is not None:
            table[FFI.classes[dtype]] = call
        if dtype.numpy is not None:
            table[NUMPY.classes[dtype]] = partial(NUMPY.overwrite, primitive)
    return table


def in_place(table: dict[type, Overwrite], slow_path: _Function) -> _Function:
    """Adds the fast path to an operator that overwrites its left operand."""

    @wraps(slow_path)
    def operator(self: Any, other: Any) -> Any:
        kind = type(self)
        overwrite = table.get(kind)
        if overwrite is not None:
            try:
                operand = other if type(other) is kind else scalars[kind, type(other), other]
            except (KeyError, TypeError):
                return slow_path(self, other)
            if overwrite(self._data, operand._data) == 0:
                return self
        return slow_path(self, other)

    return operator  # type: ignore[return-value]


# ---- Axes and other integers

# CFFI would also accept floats, and truncate them.
INTEGERS: Final = frozenset({int, bool})


def attempt(table: Entries, x: Any, *numbers: Any) -> Tensor | None:
    """Tries the fast path only: returns a tensor, or None.

    Args:
        table: The entries.
        x: An operand.
        numbers: The other arguments: integers, and tuples of them.
    """
    entry = table.get(type(x))
    if entry is None:
        return None
    for number in numbers:
        if type(number) is not int and not (
            type(number) is tuple and INTEGERS.issuperset(map(type, number))
        ):
            return None
    make, kind, call = entry
    try:
        return make(kind, call, x._data, *numbers)  # type: ignore[no-any-return]
    except OverflowError:
        return None
