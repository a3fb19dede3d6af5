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
from typing import Any

Plan = Callable[..., Any]
# The types of the arguments by position, then the names of the others, then their types.
Types = tuple[Any, ...]

_MOST_PLANS = 64  # of one function


class Planned:
    """A function with plans. A subclass defines the general path."""

    def __init__(self) -> None:
        # None after the first call with these types; False if they have no plan.
        self._plans: dict[Types, Any] = {}

    def __call__(self, /, *arguments: Any, **named: Any) -> Any:
        """Calls the plan for the types of the arguments, or the general path."""
        if named:
            plan = self._plans.get(types_of(arguments, named))
            if plan:
                return plan(*arguments, *named.values())
            return self._call(arguments, named)
        if len(arguments) == 1:  # the same, in half of the time
            plan = self._plans.get((type(arguments[0]),))
        elif len(arguments) == 2:
            plan = self._plans.get((type(arguments[0]), type(arguments[1])))
        else:
            plan = self._plans.get((*map(type, arguments),))
        return plan(*arguments) if plan else self._call(arguments, named)

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
                self._plans[types] = self._plan(types, len(arguments)) or False

    def _adopt(self, types: Types, plan: Plan | None) -> None:
        """Adds a plan, or None for types that have none yet."""
        if len(self._plans) >= _MOST_PLANS:
            self._plans.clear()
        self._plans[types] = plan

    def _adopt_from(
        self, other: Planned, types: Types, collected: Callable[..., Any] | None = None
    ) -> None:
        """Adds the plan that another function has made for these types, if there is one.

        Args:
            other: The other function.
            types: The types.
            collected: What makes one result of its results.
        """
        plan = other._plans.get(types)
        if plan and collected:
            self._adopt(types, lambda *arguments: collected(*plan(*arguments)))
        elif plan:
            self._adopt(types, plan)

    def method(self) -> Callable[..., Any]:
        """The same as a function, which becomes a method in a class."""
        plans, general = self._plans, self._call

        def method(*arguments: Any, **named: Any) -> Any:
            if named:
                plan = plans.get(types_of(arguments, named))
                if plan:
                    return plan(*arguments, *named.values())
                return general(arguments, named)
            if len(arguments) == 1:
                plan = plans.get((type(arguments[0]),))
            elif len(arguments) == 2:
                plan = plans.get((type(arguments[0]), type(arguments[1])))
            else:
                plan = plans.get((*map(type, arguments),))
            return plan(*arguments) if plan else general(arguments, named)

        return method


def types_of(arguments: Sequence[Any], named: Mapping[str, Any]) -> Types:
    """The types of the arguments of a call."""
    return *map(type, arguments), *named, *map(type, named.values())
