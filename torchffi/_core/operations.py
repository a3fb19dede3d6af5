"""The fast path of all operations: operands of one backend and dtype go directly to its function.

A table maps the class of the operands (one per backend and dtype) to an entry
``(make, kind, function)``; ``make(kind, function, *raw)`` returns the tensor, or None on failure. For
several results ``make`` returns what the operation does, and the kind says how it is made. If
there is no entry, or it fails, the slow path runs: the operation's own function, which promotes, falls
back to NumPy, or raises.

The look-up is in C (:func:`in_c`), for operands of one class and cached scalars; in Python for the
others, and where ``torchffi._speedups`` is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial, wraps

from torchffi._core.backends import FFI, NUMPY
from torchffi._core.dtype_classes import Scalars
from torchffi._core.lifetimes import make, make_several, speedups
from torchffi._core.tensor import Tensor
from torchffi._libtorch.calls import c_function
from torchffi._stdlib.typing import Any, Final, NamedTuple, Protocol, TypeVar
from torchffi.dtypes import ALL, DType


class Several(NamedTuple):
    """The results of a primitive that makes several tensors.

    Attributes:
        collect: Makes the result of the operation from a list of them.
        dtypes: Their dtypes, by that of the operands; None if all have that of their values.
    """

    collect: Callable[[list[Any]], Any]
    dtypes: Callable[[DType], tuple[DType, ...]] | None = None


Entry = tuple[Callable[..., Any], Any, Any]
Entries = dict[type, Entry]
One = DType | Callable[[DType], DType] | None
Result = One | Several
_Function = TypeVar("_Function", bound=Callable[..., Any])


class Decorator(Protocol):
    """Adds the fast path to a function, which becomes the slow path."""

    def __call__(self, slow_path: _Function, /) -> _Function:
        """Returns the operation with both paths."""
        ...


# All tables, by primitive.
TABLES: Final[dict[str, list[dict[Any, Entry]]]] = {}

# Scalar operands. A lookup of -0.0 also finds 0.0, so that callers check for it.
scalars: Final = Scalars(FFI.classes, make, c_function("full_real"))


def entries(primitive: str, admitted: Iterable[str], result: Result = None) -> Entries:
    """The table of a primitive whose operands all have the same class.

    Args:
        primitive: Its name.
        admitted: The kinds of dtypes that need no conversion.
        result: The dtype of the result, a function of the operands' dtype, or None for the same dtype;
            or several results.
    """
    call = c_function(primitive)
    table: Entries = {}
    if isinstance(result, Several):
        on_ffi, on_numpy = _classes(frozenset(admitted), None)
        if call is not None:
            table.update({kind: (make_several, result.collect, call) for kind, _ in on_ffi})
        for kind, _ in on_numpy:
            made = result.collect, result.dtypes and result.dtypes(kind._dtype)
            table[kind] = NUMPY.attempt_several, made, primitive
    else:
        on_ffi, on_numpy = _classes(frozenset(admitted), result)
        if call is not None:
            table.update({kind: (make, of, call) for kind, of in on_ffi})
        attempt, called = NUMPY.attempts.get(primitive, NUMPY.attempt), NUMPY.called(primitive)
        for kind, of in on_numpy:
            table[kind] = attempt, of, called[kind._dtype.kind]
    TABLES.setdefault(primitive, []).append(table)
    return table


Classes = list[tuple[type[Tensor], type[Tensor]]]


@cache  # for a hundred primitives there are a dozen
def _classes(admitted: frozenset[str], result: One) -> tuple[Classes, Classes]:
    """The classes of operands and results, on LibTorch and on NumPy. Arguments: see :func:`entries`."""
    on_ffi, on_numpy = [], []
    for dtype in [dtype for dtype in ALL if dtype.kind in admitted]:
        of = result if isinstance(result, DType) else result(dtype) if result else dtype
        on_ffi.append((FFI.classes[dtype], FFI.classes[of]))
        if dtype.in_numpy and of.in_numpy:
            on_numpy.append((NUMPY.classes[dtype], NUMPY.classes[of]))
    return on_ffi, on_numpy


# ---- Functions

# A class and the type of a number as second operand -> numbers -> faster functions of the first operand.
Shortcuts = Mapping[tuple[type, type], Mapping[float, Callable[[Any], Any]]]

# The class of operations in C: see new_operation() in _speedups_operations.c.
_OPERATION: Final = None if speedups is None else speedups.setup_operations(scalars)


def in_c(
    table: Mapping[type, Any],
    operands: int,
    result: str,
    slow_path: _Function,
    numbers: bool | Shortcuts | None = True,
) -> _Function:
    """Looks up the entry of a table in C, before a function in Python does.

    Args:
        table: Entries by operand class; for ``"i"`` the functions that overwrite the first operand.
        operands: 1 or 2.
        result: What is returned: ``"n"`` a new tensor, ``"r"`` that of the operands in the other order,
            ``"i"`` the first operand.
        slow_path: The function in Python.
        numbers: Whether a number that was an operand before may be the second one: True, or None; or
            the functions for some of them.
    """
    if _OPERATION is None:
        return slow_path
    made: _Function = _OPERATION(speedups, table, operands, result, numbers, slow_path)
    return made


def unary(table: Entries, slow_path: _Function) -> _Function:
    """Adds the fast path to a function of one tensor."""
    if _OPERATION is not None:
        return in_c(table, 1, "n", slow_path)

    @wraps(slow_path)
    def function(x: Any, /) -> Any:
        tensor = None
        if (entry := table.get(type(x))) is not None:
            make, kind, call = entry
            tensor = make(kind, call, x._data)
        return slow_path(x) if tensor is None else tensor

    return function  # type: ignore[return-value]


_SCALARS: Final = frozenset((bool, int, float, complex))


class Wider(Protocol):
    """Conversions of operands to their common dtype: see :mod:`torchffi._core.promotion`."""

    def prepared(self, x: Any, other: Any) -> tuple[Any, Any] | None:
        """A tensor and the other operand in that dtype; None if both stay what they are."""


def binary(
    table: Entries, slow_path: _Function, shortcuts: Shortcuts | None, wider: Wider | None
) -> _Function:
    """Adds the fast path to a function of two tensors, or of a tensor and a cached scalar."""

    @wraps(slow_path)
    def function(x1: Any, x2: Any, /) -> Any:
        entry = table.get(type(x1))
        if entry is not None and type(x2) is type(x1):
            make, kind, call = entry
            tensor = make(kind, call, x1._data, x2._data)
            return slow_path(x1, x2) if tensor is None else tensor
        tensor = operand = None
        if type(x1) in _SCALARS or type(x2) in _SCALARS:
            if shortcuts and (found := shortcuts.get((type(x1), type(x2)))) and x2 in found:
                return found[x2](x1)
            key = None
            if entry is not None:
                make, kind, call = entry
                key = type(x1), type(x2), x2
            elif type(x2) in table:
                make, kind, call = table[type(x2)]
                key = type(x2), type(x1), x1
            if key is not None and (operand := scalars.get(key)) is None:
                operand = scalars.made(key)
        if operand is None:
            if wider is None:
                return slow_path(x1, x2)
            if (pair := wider.prepared(x1, x2)) is not None:
                return function(*pair)
            pair = wider.prepared(x2, x1)
            return slow_path(x1, x2) if pair is None else function(pair[1], pair[0])
        if entry is not None:
            if x2 or str(x2) != "-0.0":
                tensor = make(kind, call, x1._data, operand._data)
        elif x1 or str(x1) != "-0.0":
            tensor = make(kind, call, operand._data, x2._data)
        return slow_path(x1, x2) if tensor is None else tensor

    return in_c(table, 2, "n", function, shortcuts or True)  # type: ignore[return-value]


def reflected(
    table: Entries, slow_path: _Function, forward: _Function, wider: Wider | None
) -> _Function:
    """Adds the fast path to the reflection of an operator: a cached scalar, then a tensor."""

    @wraps(slow_path)
    def operator(self: Any, other: Any, /) -> Any:
        entry = table.get(type(self))
        try:
            scalar = scalars[type(self), type(other), other]
        except (KeyError, TypeError):
            if wider is not None and (pair := wider.prepared(self, other)) is not None:
                return forward(pair[1], pair[0])
            return slow_path(self, other)
        if entry is None or (not other and str(other) == "-0.0"):
            return slow_path(self, other)
        make, kind, call = entry
        tensor = make(kind, call, scalar._data, self._data)
        return slow_path(self, other) if tensor is None else tensor

    return in_c(table, 2, "r", operator)  # type: ignore[return-value]


class Binary(NamedTuple):
    """An operation of two operands, for its function and its operators.

    Attributes:
        table: Its entries.
        slow_path: For operands without an entry.
        shortcuts: For some numbers as second operand.
        wider: Conversions of the operands; None for those that have the same dtype.
    """

    table: Entries
    slow_path: Callable[..., Tensor]
    shortcuts: Shortcuts | None
    wider: Wider | None


# The operations of two operands, by name.
BINARY: Final[dict[str, Binary]] = {}


def of_one(primitive: str, admitted: Iterable[str], result: Result = None) -> Decorator:
    """Decorator for an operation of one operand. Arguments: see :func:`entries`."""
    return partial(unary, entries(primitive, admitted, result))


def of_two(
    name: str,
    primitive: str,
    admitted: Iterable[str],
    result: Result = None,
    shortcuts: Shortcuts | None = None,
    wider: Wider | None = None,
) -> Decorator:
    """Decorator for an operation of two operands, which is added to ``BINARY``."""

    def decorate(slow_path: _Function, /) -> _Function:
        table = entries(primitive, admitted, result)
        BINARY[name] = Binary(table, slow_path, shortcuts, wider)
        return binary(table, slow_path, shortcuts, wider)

    return decorate


# ---- In place

Overwrite = Callable[..., int]


def in_place_entries(primitive: str, admitted: Iterable[DType]) -> dict[type, Overwrite]:
    """The functions of an in-place primitive, by operand class. They return 0, or -1 on failure."""
    call = c_function(primitive)
    table: dict[type, Overwrite] = {}
    called = NUMPY.called(primitive)
    for dtype in admitted:
        if call is not None:
            table[FFI.classes[dtype]] = call
        if dtype.in_numpy:
            table[NUMPY.classes[dtype]] = partial(NUMPY.overwrite, called[dtype.kind])
    return table
