"""Functions of arrays as operators on NumPy, whose operands are tensors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache, partial
from typing import Any, Final

import numpy as np

from torchffi._core.tensor import Tensor
from torchffi._core.tensor_numpy import NUMPY, by_numpy
from torchffi._numpy.primitives import as_torch_error
from torchffi._numpy.quiet import quietly
from torchffi._numpy.totals import HALF
from torchffi.dtypes import INEXACT, int64
from torchffi.dtypes import bool as bool_
from torchffi.errors import DTypeError, InvalidArgumentError, NotSupportedError

Function = Callable[..., Any]
_KINDS: Final = {
    "f": "a floating-point dtype",
    "fc": "a floating-point or complex dtype",
    "fiu": "a real dtype",
    "fiuc": "a numeric dtype",
    "fiucb": "another dtype",
    "i": "an integer dtype",
}
_WIDE: Final = np.dtype(np.float32)  # float16 is computed in it, and rounded once


def not_a_tensor(value: object) -> DTypeError:
    """The error for an operand that is something else."""
    given = type(value).__name__
    return DTypeError(f"expected a Tensor, got {given}; make one with torchffi.asarray()")


def arrays_of(value: Any) -> Any:
    """The value with arrays in place of tensors, also in lists."""
    if isinstance(value, Tensor):
        return value._array_view()
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (Tensor, type(None))):
        return [arrays_of(one) for one in value]
    return value


def _widened(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype == HALF:
        return value.astype(_WIDE)
    return [_widened(one) for one in value] if isinstance(value, list) else value


def _tensors(value: Any, dtype: np.dtype[Any] | None) -> Any:
    """Results as tensors; inexact ones are converted to a dtype, if one is given."""
    if isinstance(value, (tuple, list)):
        return type(value)(_tensors(one, dtype) for one in value)
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        if dtype is not None and array.dtype != dtype and array.dtype.kind in "fc":
            array = array.astype(dtype)  # wide for float16; of 0-d arrays also in NumPy 1
        return NUMPY.from_array(array)
    return value


def _check(values: list[Any], kinds: str, mixes: bool) -> None:
    """Raises for operands without a kernel in LibTorch: of other kinds, or of two dtypes."""
    flat = [one for v in values for one in (v if isinstance(v, list) else [v])]
    arrays = [one for one in flat if isinstance(one, np.ndarray)]
    if len({one.dtype for one in arrays}) == 1 and arrays[0].dtype.kind in kinds:
        return
    for one in (arrays[0], *(a for a in arrays if a.dtype.kind == "c")):
        if one.dtype.kind not in kinds:
            raise NotSupportedError(f"{one.dtype} is not supported; expected {_KINDS[kinds]}")
    inexact = {one.dtype for one in arrays if one.dtype.kind in "fc"}
    if len(inexact) > 1 and not mixes:
        names = " and ".join(sorted(map(str, inexact)))
        raise InvalidArgumentError(f"dtypes {names} differ, expected one")


PLAIN: Final = frozenset({int, float, bool, str, type(None)})
_SIZES: Final = frozenset({list, tuple})
_NUMBERS: Final = frozenset({int, float})
_CLASSES: Final = frozenset(NUMPY.classes.values())
_ELEMENTS: Final = _CLASSES | {type(None)}  # of lists of tensors
_INDICES: Final = frozenset({NUMPY.classes[int64], NUMPY.classes[bool_]})


def _attempt(
    kind: Any, function: Function, arguments: tuple[Any, ...], several: bool = False
) -> Any:
    """The result for tensors of one class, indices and plain values, of that class; None for others."""
    values = []
    for one in arguments:
        own = type(one)
        if own is kind:
            values.append(one._data)
        elif own in PLAIN or (own in _SIZES and one and type(one[0]) in _NUMBERS):
            values.append(one)
        elif own in _INDICES and kind._dtype.kind in INEXACT:
            values.append(one._data)
        else:
            return None
    if not several:
        return NUMPY.attempt(kind, function, *values)
    results: Any = NUMPY.attempt_several((tuple, None), function, *values)
    fit = results and all(type(one) is kind or one._dtype.kind not in INEXACT for one in results)
    return results if fit else None


def shape_of(types: Sequence[Any], tensors: Collection[Any]) -> tuple[str, ...]:
    """The arguments of :func:`written` for types, of which some are those of tensors."""
    return tuple(["tensor" if one in tensors else "list" * (one in _SIZES) for one in types])


@cache
def written(shape: tuple[str, ...], writes: bool = False) -> Callable[..., Function]:
    """Compiles what makes a plan of the attempt for arguments that are tensors, lists, or plain values.

    Args:
        shape: ``"tensor"``, ``"list"`` or ``""`` for each of the arguments.
        writes: Whether the attempt overwrites the first argument, which is returned, and returns 0.
    """
    names = [f"a{i}" for i in range(len(shape))]
    as_raw = {"tensor": "{}._data", "list": "r{}", "": "{}"}
    raw = [as_raw[one].format(a[one == "list" :]) for a, one in zip(names, shape, strict=True)]
    lists = [a[1:] for a, one in zip(names, shape, strict=True) if one == "list"]
    plain = " and ".join(f"(r{i} := raw_list(a{i})) is not None" for i in lists) or "True"
    found, result = ("== 0", "a0") if writes else ("is not None", "tensor")
    source = f"""
def make(attempt, kind, function, general, raw_list):
    def plan({", ".join(names)}):
        if {plain}:
            tensor = attempt({"" if writes else "kind, "}function, {", ".join(raw)})
            if tensor {found}:
                return {result}
        return general({", ".join(names)})
    return plan
"""
    made: dict[str, Any] = {}
    exec(compile(source, "<torchffi plan>", "exec"), made)
    return made["make"]  # type: ignore[no-any-return]


def _plain_list(values: Any) -> Any:
    """A list of plain values as it is; None for others, whose dtypes are to be checked."""
    return values if PLAIN.issuperset(map(type, values)) else None


def _raw_list(values: Any) -> Any:
    """A list with arrays in place of tensors on NumPy; None if it contains other objects."""
    kinds = {*map(type, values)}
    if kinds <= PLAIN:
        return values
    return [None if one is None else one._data for one in values] if kinds <= _ELEMENTS else None


def of_arrays(
    function: Function,
    kinds: str = "f",
    *,
    mixes: bool = False,
    widens: bool = True,
    keeps_dtype: bool = True,
) -> Function:
    """An operator that computes with a function of arrays.

    Args:
        function: Takes arrays, lists of them, and plain values; returns an array, or several.
        kinds: NumPy's letters for the kinds of dtypes of the first operand: see ``_KINDS``.
        mixes: Whether floating-point operands may differ in dtype.
        widens: Whether operands of float16 are converted to float32, and results back.
        keeps_dtype: Whether the result, or the first of a tuple, has the dtype of the first operand.
    """
    # Those that an attempt is made for, and a plan.
    planned = {
        kind
        for dtype, kind in NUMPY.classes.items()
        if dtype.numpy is not None
        and dtype.numpy.kind in kinds
        and (dtype.numpy != HALF or not widens)
    }
    classes: Collection[Any] = planned if keeps_dtype else ()
    several = False  # whether the last call returned a tuple

    def of_tensors(*arguments: Any, **named: Any) -> Any:
        nonlocal several
        kind: Any = type(arguments[0]) if arguments and not named else None
        if kind in classes:
            if len(arguments) == 1 and not several:
                result = NUMPY.attempt(kind, function, arguments[0]._data)
            else:
                result = _attempt(kind, function, arguments, several)
            if result is not None:
                return result
        try:
            if not isinstance(arguments[0], Tensor):
                raise not_a_tensor(arguments[0])
            values = [arrays_of(one) for one in arguments]
            more = {name: arrays_of(value) for name, value in named.items()}
            _check([*values, *more.values()], kinds, mixes)
            own = values[0].dtype
            if widens and own == HALF:
                values = [_widened(one) for one in values]
                more = {name: _widened(value) for name, value in more.items()}
            keeps = own == HALF or (keeps_dtype and not mixes and own.kind in "fc")
            result = quietly(partial(function, *values, **more))
            several = isinstance(result, tuple)
            return _tensors(result, own if keeps else None)
        except Exception as error:
            raise as_torch_error(error) from None

    def plan(types: Sequence[Any], general: Function, only_first: bool = False) -> Function | None:
        """The attempt for types of arguments, with a general function for all else."""
        kind = types[0]
        if kind not in planned or (several and not only_first):
            return None
        tensors = {kind, *(_INDICES if kind._dtype.kind in INEXACT else ())}
        if not tensors | PLAIN | _SIZES >= {*types}:
            return None
        called = (lambda *values: function(*values)[0]) if only_first else function
        attempt, of = (NUMPY.attempt, kind) if keeps_dtype else (NUMPY.attempt_any, by_numpy)
        return written(shape_of(types, tensors))(attempt, of, called, general, _plain_list)

    of_tensors.plan = plan  # type: ignore[attr-defined]
    return of_tensors


def of_any(function: Function, **options: bool) -> Function:
    """As :func:`of_arrays`, for operands of any dtype, which are not converted."""
    return of_arrays(function, "fiucb", **{"widens": False, **options})


def plan_of_writing(function: Function, types: Sequence[Any], general: Function) -> Function | None:
    """The plan of a function that overwrites its first operand; other arguments: see ``of_arrays()``."""
    if types[0] not in _CLASSES or not {*types} <= _CLASSES | PLAIN | _SIZES:
        return None
    make = written(shape_of(types, _CLASSES), writes=True)
    return make(NUMPY.overwrite, None, function, general, _raw_list)
