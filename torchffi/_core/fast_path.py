"""The fast path of operations with arguments, generated from the kinds of the arguments.

``fast_path("softmax", FLOATING, x=OPERAND, axis=INTEGER)`` decorates the slow path of an operation.
The generated function has the same signature. It checks each argument and calls the entry's function
with the arguments in the order in which the kinds are listed, that of the C function::

    def function(x, /, axis=-1):
        entry = table.get(type(x))
        if entry is None:
            return slow_path(x, axis)
        make, kind, call = entry
        if type(axis) is not int:
            return slow_path(x, axis)
        ...
        tensor = make(kind, call, x._data, axis)

An argument that is not listed must have its default. Functions with the same kinds share their code,
which is compiled at the first call: to compile all of them would take a third of the import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from types import FunctionType

from torchffi import dtypes
from torchffi._core import backends
from torchffi._core.argument_kinds import CPU, NEW, OPERAND, SAME, Kind
from torchffi._core.backends import FFI, NUMPY, chosen_backend
from torchffi._core.lifetimes import make
from torchffi._core.operations import TABLES, Decorator, Entry, Result, entries, in_c, scalars
from torchffi._core.tensor import Backend, Tensor
from torchffi._libtorch.calls import INTS, c_function
from torchffi._libtorch.loader import ffi, lib
from torchffi._stdlib import signatures
from torchffi._stdlib.signatures import Parameter
from torchffi._stdlib.typing import Any, Final, TypeVar, cast
from torchffi.dtypes import ALL, COMPLEX, DType

_Function = TypeVar("_Function", bound=Callable[..., Any])

_CLASSES: Final = [
    (backend, dtype, kind) for backend in (FFI, NUMPY) for dtype, kind in backend.classes.items()
]

# Names in the generated code. Upper case, to differ from every argument.
_NAMES: Final[dict[str, Any]] = {
    "__name__": __name__,
    "DTYPE": DType,
    "NUMBERS": frozenset({int, float, type(None)}),
    "NULL": ffi.NULL,
    "BACKENDS": backends,
    "BOOLS_OF": {kind: backend.classes[dtypes.bool] for backend, _, kind in _CLASSES},
    "CHOSEN": chosen_backend,
    "CONVERSIONS": {
        (kind, to): backend.classes[to]
        for backend, dtype, kind in _CLASSES
        for to in ALL
        if dtype.kind not in COMPLEX or to.kind in COMPLEX | dtypes.BOOL
    },
    "DEFAULTS": {bool: dtypes.bool, int: dtypes.default_int, float: dtypes.default_float},
    "INTS": INTS,
    "IS_CUDA": lib.rt_torch_tensor_is_cuda,
    "INDICES_OF": {kind: backend.classes[dtypes.int64] for backend, _, kind in _CLASSES},
    "SCALARS": scalars,
    "TENSOR": Tensor,
}


# ---- The function


def _default(name: str, value: Any) -> Kind:
    """An argument that must have its default."""
    if value is None or isinstance(value, bool):
        return Kind(f"if {name} is not {value}:\n    REFUSE")
    return Kind(
        f"if type({name}) is not {type(value).__name__} or {name} != {value!r}:\n    REFUSE"
    )


def _source(given: list[Parameter], kinds: Mapping[str, Kind]) -> str:
    """Source code of a function that takes a table and the slow path and returns the operation."""
    refuse = f"return slow_path({signatures.passed(given)})"
    unlisted = {p.name: _default(p.name, p.default) for p in given if p.name not in kinds}
    lines: list[str] = []
    for name, kind in sorted({**kinds, **unlisted}.items(), key=lambda item: not item[1].leads):
        lines += [line for line in kind.lines.replace("{0}", name).splitlines() if line]
    raw = ", ".join(kind.raw.replace("{0}", name) for name, kind in kinds.items() if kind.raw)
    in_c = ", ".join(
        (kind.in_c or kind.raw).replace("{0}", name) for name, kind in kinds.items() if kind.raw
    )
    call = f"tensor = make(kind, call, {in_c})"
    if in_c != raw:  # a primitive of NumPy is a name
        call = f"""if type(call) is str:
                tensor = make(kind, call, {raw})
            else:
                {call}"""
    body = "\n        ".join(lines).replace("REFUSE", refuse)
    # The defaults of the text are placeholders: those of the slow path are copied.
    return f"""
def operation(table, slow_path):
    def function({signatures.declared(given)}):
        {body}
        try:
            {call}
        except OverflowError:
            tensor = None
        if tensor is None:
            {refuse}
        return tensor
    return function
"""


@cache
def _compiled(source: str) -> Callable[..., Any]:
    exec(source, _NAMES)  # the first compile() of a process takes 1 ms, for the classes of ast
    return _NAMES["operation"]  # type: ignore[no-any-return]


# What compiles an operation at its first call, by its slow path.
_COMPILE: Final[dict[Callable[..., Any], Callable[[Mapping[Any, Any]], Any]]] = {}
_NAMES["_COMPILE"] = _COMPILE


def _uncompiled(table: Mapping[Any, Any], slow_path: Callable[..., Any]) -> FunctionType:
    """The operation until then: with the closure and the globals of the generated function."""

    def function(*arguments: Any, **named: Any) -> Any:
        return _COMPILE[slow_path](table)(*arguments, **named)

    return FunctionType(function.__code__, _NAMES, closure=function.__closure__)


_OPERANDS: Final = frozenset({OPERAND, SAME})  # which need no generated code


def written(table: Mapping[Any, Any], kinds: Mapping[str, Kind]) -> Decorator:
    """As :func:`fast_path`, for an existing table."""

    def decorate(slow_path: _Function, /) -> _Function:
        function: Any = wraps(slow_path)(_uncompiled(table, slow_path))

        def compiled(table: Mapping[Any, Any]) -> Any:
            given = signatures.of(slow_path)
            # The operand of a method is named ``self``.
            method = all(one.name != "x" for one in given)
            named = {
                "self" if method and name == "x" else name: kind for name, kind in kinds.items()
            }
            generated = _compiled(_source(given, named))(table, slow_path)
            # The code last: another thread may call the function meanwhile.
            function.__defaults__ = slow_path.__defaults__
            function.__kwdefaults__ = slow_path.__kwdefaults__
            function.__code__ = generated.__code__.replace(co_filename="<torchffi fast path>")
            return function

        _COMPILE[slow_path] = compiled
        if not _OPERANDS.issuperset(kinds.values()) or len(kinds) > 2:
            return cast("_Function", function)
        return in_c(table, len(kinds), "n", cast("_Function", function), None)

    return decorate


def fast_path(
    primitive: str, admitted: Iterable[str], result: Result = None, /, **kinds: Kind
) -> Decorator:
    """Decorates the slow path of an operation with arguments.

    Args:
        primitive, admitted, result: As for :func:`entries`.
        kinds: The kinds of the arguments, by name, in the order of the C function.
    """
    return written(entries(primitive, admitted, result), kinds)


def created(
    primitive: str, admitted: Iterable[str], default: DType | None
) -> dict[Backend | None, dict[DType | None, Entry]]:
    """The tables of a primitive without operands: by backend, then by dtype.

    Args:
        primitive: Its name.
        admitted: Kinds of dtypes that it creates.
        default: The dtype that None selects; None if it has no entry.
    """
    call, attempt = c_function(primitive), NUMPY.attempts.get(primitive, NUMPY.attempt)
    called = NUMPY.called(primitive)
    on_ffi: dict[DType | None, Entry] = {}
    on_numpy: dict[DType | None, Entry] = {}
    for dtype in [dtype for dtype in ALL if dtype.kind in admitted]:
        if call is not None:
            on_ffi[dtype] = make, FFI.classes[dtype], call
        if dtype.in_numpy:
            on_numpy[dtype] = attempt, NUMPY.classes[dtype], called[dtype.kind]
    for table in (on_ffi, on_numpy):
        if default in table:
            table[None] = table[default]
        TABLES.setdefault(primitive, []).append(table)
    return {None: {}, FFI: on_ffi, NUMPY: on_numpy}  # None: until a backend is chosen


def creation(
    primitive: str, admitted: Iterable[str], default: DType | None, **kinds: Kind
) -> Decorator:
    """Decorates the slow path of an operation that creates a tensor, on the chosen backend.

    Its last arguments are the dtype and the device.

    Args:
        primitive: Its name.
        admitted: Kinds of dtypes that it makes.
        default: The dtype that None selects; None if it depends on the values.
        kinds: The kinds of the other arguments, as for :func:`fast_path`.
    """
    return written(created(primitive, admitted, default), {**kinds, "dtype": NEW, "device": CPU})
