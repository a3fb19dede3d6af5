"""The first step of every operation: operands that fit go straight to the backend's function.

An entry stands for operands of one class, that is of one backend and dtype, which the function takes
as they are: ``(make, kind, function)``. ``make(kind, function, *raw)`` returns the tensor, or None
where the backend refused. What has no entry, and what was refused, takes the second step: the
operation's own function, which promotes, falls back, or says what is wrong. No operation has another
fast path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Any, Final, Protocol, TypeVar

from torchffi._core.backends import FFI, NUMPY
from torchffi._core.lifetimes import make
from torchffi._core.tensor import Backend, Tensor
from torchffi._libtorch.calls import plain
from torchffi.dtypes import ALL, DType

Entry = tuple[Callable[..., Any], type[Tensor], Any]
Entries = dict[type, Entry]
Result = DType | Callable[[DType], DType] | None
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Decorator(Protocol):
    """Gives the second step of an operation its first one."""

    def __call__(self, otherwise: _Function, /) -> _Function:
        """The operation."""
        ...


# All tables of entries, by primitive.
TABLES: Final[dict[str, list[dict[Any, Entry]]]] = {}

# Scalar operands as tensors, kept for reuse: by the class of tensors, the scalar's type and its value.
# That of 0.0 is also found for -0.0, for which it is not meant.
scalars: Final[dict[tuple[type, type, Any], Tensor]] = {}
_MOST_SCALARS: Final = 256


def keep_scalar(key: tuple[type, type, Any], tensor: Tensor) -> None:
    """Keeps a scalar operand in ``scalars``, which is emptied when it is full."""
    if len(scalars) >= _MOST_SCALARS:
        scalars.clear()
    scalars[key] = tensor


def _entry(backend: Backend, dtype: DType, primitive: str) -> Entry | None:
    """What makes a tensor of a dtype by a primitive of a backend; None where it has not both."""
    kind = backend.classes[dtype]
    if backend is NUMPY:
        return None if dtype.numpy is None else (NUMPY.attempt, kind, primitive)
    call = plain(primitive)
    return None if call is None else (make, kind, call)


def entries(primitive: str, admitted: Iterable[str], result: Result = None) -> Entries:
    """The entries of a primitive whose operands are of one class.

    Args:
        primitive: Its name.
        admitted: Kinds of dtypes that it takes as they are.
        result: The dtype of the result, a function that gives it, or None for that of the operands.
    """
    table: Entries = {}
    for dtype in [dtype for dtype in ALL if dtype.kind in admitted]:
        of = result if isinstance(result, DType) else result(dtype) if result else dtype
        for backend in (FFI, NUMPY):
            entry = _entry(backend, of, primitive)
            if entry is not None and (backend is FFI or dtype.numpy is not None):
                table[backend.classes[dtype]] = entry
    TABLES.setdefault(primitive, []).append(table)
    return table


def created(
    primitive: str, admitted: Iterable[str], default: DType | None
) -> dict[Backend | None, dict[DType | None, Entry]]:
    """The entries of a primitive without operands, by the backend that is chosen and the dtype.

    Args:
        primitive: Its name.
        admitted: Kinds of dtypes that it makes.
        default: What it makes where the dtype is None; None if that has no entry.
    """
    tables: dict[Backend | None, dict[DType | None, Entry]] = {None: {}}  # not known yet
    for backend in (FFI, NUMPY):
        table = tables[backend] = {}
        for dtype in [dtype for dtype in ALL if dtype.kind in admitted]:
            entry = _entry(backend, dtype, primitive)
            if entry is not None:
                table[dtype] = entry
                if dtype is default:
                    table[None] = entry
        TABLES.setdefault(primitive, []).append(table)
    return tables


# ---- What is made of the entries


def unary(table: Entries, otherwise: _Function) -> _Function:
    """A function of one tensor. ``otherwise`` is the second step."""

    @wraps(otherwise)
    def function(x: Any, /) -> Any:
        entry = table.get(type(x))
        if entry is not None:
            make, kind, call = entry
            tensor = make(kind, call, x._data)
            if tensor is not None:
                return tensor
        return otherwise(x)

    return function  # type: ignore[return-value]


def binary(table: Entries, otherwise: _Function) -> _Function:
    """A function of two tensors, one of which may be a scalar. ``otherwise`` is the second step."""

    @wraps(otherwise)
    def function(x1: Any, x2: Any, /) -> Any:
        entry = table.get(type(x1))
        if entry is not None and type(x2) is type(x1):
            make, kind, call = entry
            tensor = make(kind, call, x1._data, x2._data)
            return otherwise(x1, x2) if tensor is None else tensor
        tensor = None
        try:
            if entry is not None:
                make, kind, call = entry
                operand = scalars[type(x1), type(x2), x2]
            else:
                make, kind, call = table[type(x2)]
                operand = scalars[type(x2), type(x1), x1]
        except (KeyError, TypeError):
            return otherwise(x1, x2)
        if entry is not None:
            if x2 or str(x2) != "-0.0":
                tensor = make(kind, call, x1._data, operand._data)
        elif x1 or str(x1) != "-0.0":
            tensor = make(kind, call, operand._data, x2._data)
        return otherwise(x1, x2) if tensor is None else tensor

    return function  # type: ignore[return-value]


def reflected(table: Entries, otherwise: _Function) -> _Function:
    """An operator of a tensor and a scalar in front of it."""

    @wraps(otherwise)
    def operator(self: Any, other: Any, /) -> Any:
        entry = table.get(type(self))
        try:
            scalar = scalars[type(self), type(other), other]
        except (KeyError, TypeError):
            return otherwise(self, other)
        if entry is None or (not other and str(other) == "-0.0"):
            return otherwise(self, other)
        make, kind, call = entry
        tensor = make(kind, call, scalar._data, self._data)
        return otherwise(self, other) if tensor is None else tensor

    return operator  # type: ignore[return-value]


class Binary:
    """An operation of two operands, from which its function and its operators are made.

    Attributes:
        table: Its entries.
        second: The second step.
        function: The function.
    """

    __slots__ = ("function", "second", "table")

    def __init__(self, table: Entries, otherwise: Callable[..., Tensor]) -> None:
        self.table: Final = table
        self.second: Final = otherwise
        self.function: Final[Callable[..., Tensor]] = binary(table, otherwise)


# The operations of two operands, by the names of their functions.
BINARY: Final[dict[str, Binary]] = {}


def of_one(primitive: str, admitted: Iterable[str], result: Result = None) -> Decorator:
    """Decorates the second step of an operation of one operand. Arguments: see :func:`entries`."""
    return partial(unary, entries(primitive, admitted, result))


def of_two(name: str, primitive: str, admitted: Iterable[str], result: Result = None) -> Decorator:
    """Decorates the second step of an operation of two operands, which ``BINARY`` has by its name."""

    def decorate(otherwise: _Function, /) -> _Function:
        operation = BINARY[name] = Binary(entries(primitive, admitted, result), otherwise)
        return operation.function  # type: ignore[return-value]

    return decorate


# ---- In place

Overwrite = Callable[..., int]


def in_place_entries(primitive: str, admitted: Iterable[DType]) -> dict[type, Overwrite]:
    """What overwrites the first of two operands of a class, and returns 0, or -1 where it refuses."""
    call = plain(primitive)
    table: dict[type, Overwrite] = {}
    for dtype in admitted:
        if call is not None:
            table[FFI.classes[dtype]] = call
        if dtype.numpy is not None:
            table[NUMPY.classes[dtype]] = partial(NUMPY.overwrite, primitive)
    return table


def in_place(table: dict[type, Overwrite], otherwise: _Function) -> _Function:
    """An operator that overwrites its left operand."""

    @wraps(otherwise)
    def operator(self: Any, other: Any) -> Any:
        kind = type(self)
        overwrite = table.get(kind)
        if overwrite is not None:
            try:
                operand = other if type(other) is kind else scalars[kind, type(other), other]
            except (KeyError, TypeError):
                return otherwise(self, other)
            if operand is not other and not other and str(other) == "-0.0":
                return otherwise(self, other)
            if overwrite(self._data, operand._data) == 0:
                return self
        return otherwise(self, other)

    return operator  # type: ignore[return-value]
