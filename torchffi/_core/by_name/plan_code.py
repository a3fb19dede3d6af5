"""The code of a plan: packs the arguments of one operator, of known types, and calls it."""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from torchffi import _devices
from torchffi._core.backends import FFI, default_backend
from torchffi._core.by_name.argument_code import (
    DEFAULT,
    INTEGERS,
    REPEATED,
    TENSOR,
    TEXTS,
    Code,
    code,
)
from torchffi._core.by_name.plans import Plan, Types
from torchffi._core.by_name.results import LIBTORCH_CLASSES, dtype_error, make_any
from torchffi._core.lifetimes import make, make_several
from torchffi._libtorch.calls import operator_error
from torchffi._libtorch.loader import ffi, lib
from torchffi._libtorch.operators import boxed, values
from torchffi._libtorch.operators.frames import (
    MOST_ARGUMENTS,
    MOST_RESULTS,
    TAG,
    WORDS,
    ResultFrame,
    frames,
)
from torchffi._libtorch.operators.schemas import Type
from torchffi.errors import TorchError

# The general path, and a function that adds the name of a public function to an error.
General = Callable[[Sequence[Any], Mapping[str, Any]], Any]
Namer = Callable[[TorchError], TorchError]


def same(error: TorchError) -> TorchError:
    """The error as it is."""
    return error


# ---- Results

_IN_PLACE: Final = """
if call_one(number, words, COUNT, -1) == 0:
    raise rename(error("call_one"))
TARGET._cached_view = None
return TARGET
"""
_ONE: Final = """
try:
    tensor = make(None, call_one, number, words, COUNT, 0)
except KeyError as other:
    raise rename(dtype_error(other)) from None
except ValueError:  # handle -1: an undefined tensor
    return None
if tensor is None:
    raise rename(error("call_one"))
return tensor
"""
# How both of them call: for one tensor alone there is a function that needs no memory.
_UNARY: Final = re.compile(r"call_one(, |\()number, words, 1")
# No results, but lists of tensors may be written. The results' memory is shared: nothing gets into it.
_NOTHING: Final = """
if call(number, words, COUNT, no_results, 1) < 0:
    raise rename(error("call"))
"""
_WRITTEN: Final = """
for one in a{0}:
    one._cached_view = None
"""
_AGAIN: Final = re.compile("raise rename.*")
# All results are tensors, or the only one is a list of them.
_SEVERAL: Final = """
try:
    found = make_several(COLLECT, call_several, number, words, COUNT)
except KeyError as other:
    raise rename(dtype_error(other)) from None
if found is None:
    raise rename(error("call_several"))
return found
"""
_FAILED: Final = 'raise rename(error("call_several"))'  # in _SEVERAL
_LIST: Final = Type("", element=Type("Tensor"))
# A frame that is not used again, after an exception, frees the results that it still holds.
_MORE: Final = """
try:
    frame = frames.pop()
except IndexError:
    frame = ResultFrame(MOST_ARGUMENTS)
results, returned = frame.results, frame.returned
if call(number, words, COUNT, results, MOST_RESULTS) < 0:
    raise rename(error("call"))
try:
    found = FOUND
except KeyError as other:
    raise rename(dtype_error(other)) from None
free(results, EXPECTED)
frames.append(frame)
return found
"""


# A number as a result lies in the frame itself.
_NUMBERS: Final = {
    "bool": "returned[{0}] == 1",
    "float": "frame.returned_doubles[{0}]",
    "int": "returned[{0}]",
}


def _taken(type_: Type, position: int) -> str:
    """An expression for one of several results."""
    word = f"returned[{position * WORDS}]"
    if type_ == Type("Tensor"):
        taken = f"make(None, take, results, {position}, 0)"
        return f"{taken} if {word} & {TAG} == {lib.RT_TORCH_TENSOR} else None"
    if type_ == _LIST:
        return f"[make(None, take, results, {position}, i) for i in range({word} >> 32)]"
    number = _NUMBERS.get(type_.name) if type_ == Type(type_.name) else None
    return (
        f"unpack(frame, {position}, make_any)"
        if number is None
        else number.format(position * WORDS + 1)
    )


def _keeps_dtype(name: str) -> bool:
    """Whether an operator is known not to change the dtype of a tensor that it writes."""
    return name.startswith("aten::")


def _results(operator: boxed.Operator, first: bool) -> str | None:
    """The code for the results, or for the first one alone; None if there is none."""
    results, targets = operator.schema.results, operator.targets
    if first:
        return None if targets or results[0].type != Type("Tensor") else _ONE
    if targets and not _keeps_dtype(operator.name):
        return None
    if not results:
        types = {operator.schema.parameters[i].type for i in targets}
        lists = types <= {Type("", element=Type("Tensor"))}
        written = "".join(_WRITTEN.format(i) for i in targets)
        return f"{_NOTHING}{written}return None" if lists else None
    if targets:
        one = operator.schema.parameters[targets[0]].type == Type("Tensor")
        alone = one and len(results) == len(targets) == len(operator.written)
        return (
            _IN_PLACE.replace("TARGET", f"a{targets[0]}") if alone and len(targets) == 1 else None
        )
    if len(results) == 1 and results[0].type == Type("Tensor"):
        return _ONE
    types = {result.type for result in results}
    if types == {Type("Tensor")}:
        return _SEVERAL.replace("COLLECT", "tuple")
    if len(results) == 1 and types == {_LIST}:
        return _SEVERAL.replace("COLLECT", "list").replace(_FAILED, "AGAIN")
    taken = [_taken(result.type, i) for i, result in enumerate(results)]
    found = taken[0] if len(taken) == 1 else f"({', '.join(taken)})"
    owned = any(type_ != Type(type_.name) or type_.name not in _NUMBERS for type_ in types)
    more = _MORE if owned else _MORE.replace("free(results, EXPECTED)\n", "")
    return more.replace("FOUND", found).replace("EXPECTED", str(len(results)))


# ---- The plan

_NAMES: Final[dict[str, Any]] = {
    "CLASSES": LIBTORCH_CLASSES,
    "CLASSES_OR_NONE": LIBTORCH_CLASSES | {type(None)},
    "FFI": FFI,
    "LAYOUTS": values.LAYOUTS,
    "INTEGERS": INTEGERS,
    "REPEATED": REPEATED,
    "TEXTS": TEXTS,
    "MEMORY_FORMATS": values.MEMORY_FORMATS,
    "REFUSED": (TypeError, ValueError, OverflowError, KeyError, struct.error),
    "array": array,
    "MOST_ARGUMENTS": MOST_ARGUMENTS,
    "MOST_RESULTS": MOST_RESULTS,
    "ResultFrame": ResultFrame,
    "call": lib.torchffi_call,
    "call_one": lib.torchffi_call_one,
    "call_several": lib.torchffi_call_several,
    "call_unary": lib.torchffi_call_unary,
    "default_backend": default_backend,
    "device": _devices.number,
    "dtype_error": dtype_error,
    "error": operator_error,
    "make": make,
    "make_several": make_several,
    "frames": frames,
    "free": lib.rt_torch_values_free,
    "no_results": ffi.new("rt_torch_value[1]"),
    "make_any": make_any,
    "take": lib.rt_torch_value_take,
    "unpack": values.unpack,
}


def _indented(lines: str, by: int) -> str:
    return "\n".join(" " * by + line for line in lines.strip().splitlines())


@cache
def _compiled(source: str) -> Callable[..., Plan]:
    found: dict[str, Any] = {}
    exec(compile(source, "<torchffi plan>", "exec"), _NAMES, found)
    return found["planned"]  # type: ignore[no-any-return]


def plan(
    operator: boxed.Operator,
    types: Types,
    positional: int,
    numbers: bool,
    general: General,
    named: Namer | None,
    first: bool = False,
) -> Plan | None:
    """The plan of an operator for types of arguments; None if there is none.

    Args:
        operator: The operator.
        types: The types of the arguments by position, the names of the others, and their types.
        positional: How many arguments come by position.
        numbers: Whether a number may stand for a tensor.
        general: The general path, for arguments that cannot be packed.
        named: Adds the name of a public function to an error. None if an error is left to the general
            path, which is then called again.
        first: Whether only the first result is wanted.
    """
    names = types[positional : positional + (len(types) - positional) // 2]
    given = {i: one for i, one in enumerate(types[:positional])}
    given |= {
        operator.positions[name]: one
        for name, one in zip(names, types[positional + len(names) :], strict=True)
    }
    finish = _results(operator, first)
    count = max(given, default=-1) + 1
    codes: list[Code] = []
    for i, parameter in enumerate(operator.schema.parameters[:count]):
        one = DEFAULT
        if i in given:
            found = code(parameter.type, given[i], numbers and not parameter.written)
            if found is None:
                return None
            one = found
        codes.append(one)
    if finish is None or (named is None and operator.targets):
        return None
    parameters = [f"a{i}" for i in given]  # in the order of the call
    by_position = "".join(f"a{i}, " for i in range(positional))
    by_name = ", ".join(f"{name!r}: a{operator.positions[name]}" for name in names)
    lines = "".join(one.lines.replace("{0}", f"a{i}") for i, one in enumerate(codes))
    if not LIBTORCH_CLASSES.intersection(types):
        lines = f"if default_backend() is not FFI:\n    raise TypeError\n{lines}"
    words = ", ".join(one.words.replace("{0}", f"a{i}") for i, one in enumerate(codes))
    call_general = f"return general(({by_position}), {{{by_name}}})"
    finish = finish.replace("COUNT", str(count)).replace("AGAIN", call_general)
    if named is None:
        finish = _AGAIN.sub(call_general, finish)
    pack = struct.Struct("".join(one.format for one in codes)).pack
    packed = f"""
try:
{_indented(lines + f"words = pack({words})", 4)}
except REFUSED:
    {call_general}
"""
    if codes == [TENSOR] and _UNARY.search(finish):
        packed = ""
        finish = _UNARY.sub(r"call_unary\1number, a0._data", finish)
    body = f"{packed}{finish.strip()}\n"
    called = {"number": operator.number, "pack": pack, "general": general, "rename": named}
    return _function(parameters, body, called)


def _function(parameters: Sequence[str], body: str, names: Mapping[str, Any]) -> Plan:
    """A plan of some code, with attributes for functions that put the code into theirs."""
    source = f"""
def planned({", ".join(names)}):
    def plan({", ".join(parameters)}):
{_indented(body, 8)}
    return plan
"""
    made: Any = _compiled(source)(*names.values())
    made.parameters, made.body, made.names, made.of_body = parameters, body, names, _function
    return made  # type: ignore[no-any-return]
