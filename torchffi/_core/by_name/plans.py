"""Plans of calls by name: compiled code for calls whose types of arguments have been seen before.

The general path of a call finds the place of each argument in the schema, and converts it. What is to be
done follows from the types of the arguments, so the second call with the same types compiles a function,
its plan, which later calls take. For ``aten::clamp_min`` of a tensor and a float it is::

    def plan(a0, a1):
        try:
            words = pack(TENSOR, a0._data, DOUBLE, a1)
        except REFUSED:
            return general((a0, a1), {})
        tensor = make(None, call_one, number, words, 2, 0)
        ...

The first call compiles nothing, because a program may call an operator only once. Operators whose
arguments have the same types share their code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from types import CodeType, FunctionType

from torchffi._libtorch import loader
from torchffi._stdlib.typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from typing_extensions import Self

Plan = Callable[..., Any]
# The types of the arguments by position, then the names of the others, then their types.
Types = tuple[Any, ...]

_MOST_PLANS = 64  # of one function


class Planned(partial[Any]):
    """A function with plans. A subclass defines the general path.

    A call goes to a function whose code has the first plans. The class is a ``partial`` without
    arguments because that passes a call on in C, in half of the time of a method ``__call__``.
    """

    def __new__(cls, *_: Any, **__: Any) -> Self:  # the arguments are those of the subclass
        return super().__new__(cls, FunctionType(_uninlined.__code__, {"__name__": __name__}))

    def __init__(self) -> None:
        # None after the first call with these types; False if they have no plan.
        self._plans: dict[Types, Any] = {}
        self._inlined: tuple[_Shape, ...] = ()  # those in the code
        self.method().__globals__.update(ABSENT=_ABSENT, PLANNED=self._planned)

    def __copy__(self) -> Self:
        return self  # as a function

    def __deepcopy__(self, memo: dict[int, Any], /) -> Self:
        return self

    def _planned(self, /, *arguments: Any, **named: Any) -> Any:
        """Calls the plan for the types of the arguments, or the general path."""
        if named:
            plan = self._plans.get(types_of(arguments, named))
            if plan:
                return plan(*arguments, *named.values())
        elif len(arguments) == 1:  # the same, in half of the time
            (one,) = arguments
            plan = self._plans.get((type(one),))
            if plan:
                return plan(one)
        elif len(arguments) == 2:
            one, other = arguments
            plan = self._plans.get((type(one), type(other)))
            if plan:
                return plan(one, other)
        else:
            plan = self._plans.get((*map(type, arguments),))
            if plan:
                return plan(*arguments)
        return self._call(arguments, named)

    def _call(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """The general path. It calls :meth:`_learn` after a success."""
        raise NotImplementedError

    def _plan(self, types: Types, positional: int) -> Plan | None:
        """The plan for types of arguments; None if they have none.

        Args:
            types: The types.
            positional: How many arguments come by position.
        """
        raise NotImplementedError

    def _learn(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> None:
        """Makes the plan for the types of the arguments if this call is their second one."""
        types = types_of(arguments, named)
        if types not in self._plans:
            self._adopt(types, None)
        elif self._plans[types] is None:
            # The call has succeeded, also without memory for its plan: compile() then raises either.
            with suppress(MemoryError, SystemError):
                self._adopt(types, self._plan(types, len(arguments)) or False)

    def _adopt(self, types: Types, plan: Plan | Literal[False] | None) -> None:
        """Adds a plan; None for types that have none yet, False for types without one."""
        if len(self._plans) >= _MOST_PLANS and types not in self._plans:
            self._plans.clear()
        self._plans[types] = plan
        if plan:
            with suppress(MemoryError, SystemError):  # as in _learn()
                self._inline(types, plan)

    def _adopt_from(
        self, other: Planned, types: Types, collected: Callable[..., Any] | None = None
    ) -> None:
        """Adds the plan that another function has made for these types, if there is one.

        Args:
            other: The other function.
            types: The types.
            collected: What makes one result of a tuple of its results.
        """
        plan = other._plans.get(types)
        if plan:
            self._adopt(types, _collecting(plan, collected) if collected else plan)

    def method(self) -> FunctionType:
        """The same as a function, which becomes a method in a class."""
        return self.func  # type: ignore[return-value]

    def _inline(self, types: Types, plan: Any) -> None:
        """Puts a plan into the code of the method, unless there are enough."""
        names = tuple(one for one in types if type(one) is str)
        kinds = [one for one in types if type(one) is not str]
        with loader.lock:
            place = len(self._inlined)
            if place >= _MOST_INLINED:
                return
            found = {f"T{place}_{i}": one for i, one in enumerate(kinds)}
            shape = _Shape(len(kinds) - len(names), names)
            if place == 0 and hasattr(plan, "body"):
                shape = shape._replace(parameters=tuple(plan.parameters), body=plan.body)
                found |= plan.__globals__ | plan.names
            shapes = (*self._inlined, shape)
            code = _with_plans(shapes)
            method = self.method()
            method.__globals__.update(found)
            method.__globals__.update({f"plan{place}": plan}, PLANS=self._plans)
            self._inlined = shapes
            method.__defaults__ = (_ABSENT,) * _PARAMETERS
            method.__code__ = code  # last: another thread may call it meanwhile


def _collecting(plan: Any, collected: Callable[..., Any]) -> Plan:
    """A plan with one result, made of the tuple of the results of another one."""
    if "return found" not in getattr(plan, "body", ""):  # not one of plan_code.py
        return lambda *arguments: collected(plan(*arguments))
    body = plan.body.replace("make_several(tuple,", "make_several(collected,")
    if body == plan.body:
        body = body.replace("return found", "return collected(found)")
    return plan.of_body(plan.parameters, body, {**plan.names, "collected": collected})  # type: ignore[no-any-return]


# ---- The code of a method


class _Shape(NamedTuple):
    """How a plan gets into the code.

    Attributes:
        by_position: How many of its arguments come by position.
        names: The names of the others.
        parameters: What the body calls the arguments, in this order.
        body: The code of the plan, which is called if it is empty.
    """

    by_position: int
    names: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    body: str = ""


_ABSENT: Final[Any] = object()
_MOST_INLINED: Final = 3


def _uninlined(*arguments: Any, **named: Any) -> Any:
    """The code of the function until it has a plan. Its globals are those of ``Planned.__init__``."""
    return PLANNED(*arguments, **named)  # type: ignore[name-defined]  # noqa: F821


# As Planned._planned(), after comparisons with the types of the first plans. The first arguments by
# position have parameters of their own: a tuple of them would take as long as the comparisons.
_METHOD: Final = """
def method(a0=None, a1=None, a2=None, a3=None, /, *more, **named):
    if not named:
        BY_POSITION
        if a1 is ABSENT:
            plan = PLANS.get((type(a0),))
            if plan:
                return plan(a0)
        elif a2 is ABSENT:
            plan = PLANS.get((type(a0), type(a1)))
            if plan:
                return plan(a0, a1)
    else:
        BY_NAME
    if a3 is not ABSENT:
        return PLANNED(a0, a1, a2, a3, *more, **named)
    if a2 is not ABSENT:
        return PLANNED(a0, a1, a2, **named)
    if a1 is not ABSENT:
        return PLANNED(a0, a1, **named)
    return PLANNED(**named) if a0 is ABSENT else PLANNED(a0, **named)
"""
_PARAMETERS: Final = 4


@cache
def _with_plans(shapes: tuple[_Shape, ...]) -> CodeType:
    """The code of a method with plans."""
    by_position, by_name = [""], ["pass"]
    for place, (count, names, parameters, body) in enumerate(shapes):
        values = [
            f"a{i}" if i < _PARAMETERS else f"more[{i - _PARAMETERS}]" for i in range(count)
        ] + [f"named[{name!r}]" for name in names]
        fewer = count < _PARAMETERS
        tests = [f"a{count} is ABSENT" if fewer else f"len(more) == {count - _PARAMETERS}"]
        tests += [f"len(named) == {len(names)}"] if names else []
        tests += [f"{name!r} in named" for name in names]
        tests += [f"type({one}) is T{place}_{i}" for i, one in enumerate(values)]
        lines = [f"if {' and '.join(tests)}:"]
        if body:
            pairs = zip(parameters, values, strict=True)
            lines += [f"    {name} = {value}" for name, value in pairs if name != value]
            lines += [f"    {line}" for line in body.strip().splitlines()]
        else:
            lines.append(f"    return plan{place}({', '.join(values)})")
        (by_name if names else by_position).extend(lines)
    source = _METHOD.replace("BY_POSITION", "\n        ".join(by_position))
    found: dict[str, Any] = {}
    source = source.replace("BY_NAME", "\n        ".join(by_name))
    exec(compile(source, "<torchffi plan>", "exec"), found)
    return found["method"].__code__  # type: ignore[no-any-return]


def types_of(arguments: Sequence[Any], named: Mapping[str, Any]) -> Types:
    """The types of the arguments of a call."""
    return *map(type, arguments), *named, *map(type, named.values())
