"""A graph as a plan: a list of calls over numbered values, each freed after its last use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from torchffi._export import control_flow, schema
from torchffi._export.operators import MissingError
from torchffi.errors import InvalidArgumentError, NotSupportedError, TorchError

Find = Callable[[str], Callable[..., Any]]
Gather = Callable[[list[Any]], tuple[Any, ...]]
Outputs = (
    int | list[Any] | None
)  # the number of a value, or of each part; None for an unused result


class Step(NamedTuple):
    """One call."""

    function: Callable[..., Any]
    arguments: Gather
    named: Mapping[str, int]
    outputs: Outputs
    frees: tuple[int, ...]
    place: str


class Plan:
    """A graph that can be run. Several threads may run it at the same time."""

    def __init__(
        self, template: list[Any], inputs: list[int], steps: list[Step], outputs: list[int]
    ) -> None:
        self._template = template
        self._inputs = inputs
        self._steps = steps
        self._outputs = outputs

    def run(self, values: Sequence[Any]) -> list[Any]:
        """The outputs for the inputs of the graph."""
        env = self._template.copy()
        for number, value in zip(self._inputs, values, strict=True):
            env[number] = value
        for function, arguments, named, outputs, frees, place in self._steps:
            try:
                if named:
                    result = function(*arguments(env), **{k: env[n] for k, n in named.items()})
                else:
                    result = function(*arguments(env))
                if isinstance(outputs, int):
                    env[outputs] = result
                elif outputs is not None:
                    _assign(env, outputs, result)
            except TorchError as error:
                raise type(error)(f"{place}: {error}") from None
            except _WRONG_CALL as error:
                raise InvalidArgumentError(f"{place}: {error!r}") from None
            for number in frees:
                env[number] = None
        return [env[number] for number in self._outputs]


def _assign(env: list[Any], outputs: list[Any], result: Any) -> None:
    if not isinstance(result, (list, tuple)) or len(result) != len(outputs):
        raise InvalidArgumentError(f"expected {len(outputs)} results")
    for number, one in zip(outputs, result, strict=True):
        if isinstance(number, int):
            env[number] = one
        elif number is not None:
            _assign(env, number, one)


def _gather(numbers: Sequence[int]) -> Gather:
    if len(numbers) > 1:
        return itemgetter(*numbers)
    if not numbers:
        return lambda env: ()
    number = numbers[0]
    return lambda env: (env[number],)


def _as_list(*values: Any) -> list[Any]:
    return list(values)


class Builder:
    """Makes a plan of a graph."""

    def __init__(self, find: Find, missing: list[str]) -> None:
        """Args:
        find: Gives the function of a target, and raises MissingError for one that there is not.
        missing: Receives the names of the targets that there are not.
        """
        self._find = find
        self._missing = missing
        self._numbers: dict[str, int] = {}
        self._template: list[Any] = []
        self._steps: list[tuple[Callable[..., Any], list[int], dict[str, int], Outputs, str]] = []

    def plan(self, graph: Mapping[str, Any]) -> Plan:
        """The plan of a graph.

        Raises:
            NotImplementedError: It has an argument of a kind that is not supported.
            KeyError, TypeError, ValueError: It is damaged.
        """
        inputs = [self._input(one) for one in graph["inputs"]]
        for node in graph["nodes"]:
            self._node(node)
        outputs = [self._argument(one) for one in graph["outputs"]]
        return Plan(self._template, inputs, self._with_frees(outputs), outputs)

    # ---- Values

    def _new(self, value: Any = None) -> int:
        self._template.append(value)
        return len(self._template) - 1

    def _define(self, name: str) -> int:
        if name in self._numbers:
            raise ValueError(f"the value {name!r} is defined twice")
        number = self._numbers[name] = self._new()
        return number

    def _input(self, argument: Mapping[str, Any]) -> int:
        kind, value = schema.only(argument)
        if kind == "as_tensor":
            return self._define(value["name"])
        if kind in _SYMBOLIC and schema.only(value)[0] == "as_name":
            return self._define(value["as_name"])
        if schema.is_plain(kind):
            return self._new(schema.plain(kind, value))
        raise NotSupportedError(f"inputs of the kind {kind} are not supported")

    def _list(self, numbers: list[int]) -> int:
        """A list of values that are only known when the plan runs."""
        number = self._new()
        self._steps.append((_as_list, numbers, {}, number, "list"))
        return number

    def _argument(self, argument: Mapping[str, Any]) -> int:
        kind, value = schema.only(argument)
        if kind == "as_tensor":
            return self._numbers[value["name"]]
        if kind in _SYMBOLIC:
            inner, held = schema.only(value)
            return (
                self._numbers[held] if inner == "as_name" else self._new(schema.plain(inner, held))
            )
        if kind in _SYMBOLIC_LISTS:
            return self._list([self._argument({_SYMBOLIC_LISTS[kind]: one}) for one in value])
        if kind == "as_tensors":
            return self._list([self._numbers[one["name"]] for one in value])
        if kind == "as_nested_tensors":
            return self._list([self._argument({"as_tensors": inner}) for inner in value])
        if kind == "as_optional_tensors":
            return self._list([self._argument(one) for one in value])
        if kind == "as_optional_tensor":
            return self._argument(value)
        if kind == "as_graph":
            return self._new(Builder(self._find, self._missing).plan(value["graph"]))
        return self._new(schema.plain(kind, value))

    # ---- Nodes

    def _node(self, node: Mapping[str, Any]) -> None:
        target = str(node["target"])
        higher = control_flow.OPERATORS.get(target)
        function = higher or self._function(target)
        positional: list[int] = []
        named: dict[str, int] = {}
        for one in node["inputs"]:
            number = self._argument(one["arg"])
            if one.get("kind") == _KEYWORD:
                named[str(one["name"])] = number
            else:
                positional.append(number)
        outputs = [self._output(one) for one in node["outputs"]]
        # An operator returns its only result, a higher-order one a list of one.
        single = len(outputs) == 1 and higher is None
        self._steps.append(
            (
                function,
                positional,
                named,
                outputs[0] if single else outputs or None,
                f"{target.removeprefix('torch.ops.')} ({node.get('name') or 'unnamed'})",
            )
        )

    def _function(self, target: str) -> Callable[..., Any]:
        try:
            if target.startswith("torch.ops.higher_order."):
                raise MissingError(target.removeprefix("torch.ops."))
            return self._find(target)
        except MissingError as error:
            if str(error) not in self._missing:
                self._missing.append(str(error))
            return _as_list  # never runs: the caller raises an error with all names

    def _output(self, argument: Mapping[str, Any]) -> Outputs:
        kind, value = schema.only(argument)
        if kind == "as_tensor":
            return self._define(value["name"])
        if kind in _SYMBOLIC:
            return self._define(value["as_name"])
        if kind == "as_tensors":
            return [self._define(one["name"]) for one in value]
        if kind == "as_none":
            return None
        if kind == "as_optional_tensor":
            return self._output(value)
        raise NotSupportedError(f"results of the kind {kind} are not supported")

    # ---- Last uses

    def _with_frees(self, outputs: Iterable[int]) -> list[Step]:
        last: dict[int, int] = {}
        for at, (_, positional, named, results, _) in enumerate(self._steps):
            last |= dict.fromkeys((*positional, *named.values(), *_flat(results)), at)
        frees: dict[int, list[int]] = {}
        kept = {*outputs, *(n for n, value in enumerate(self._template) if value is not None)}
        for number, at in last.items():
            if number not in kept:
                frees.setdefault(at, []).append(number)
        return [
            Step(function, _gather(positional), named, results, tuple(frees.get(at, ())), place)
            for at, (function, positional, named, results, place) in enumerate(self._steps)
        ]


def _flat(outputs: Outputs) -> list[int]:
    if outputs is None:
        return []
    return [outputs] if isinstance(outputs, int) else [n for one in outputs for n in _flat(one)]


# What a damaged program causes where it calls a function with other arguments than its own.
_WRONG_CALL = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
_KEYWORD = 2
_SYMBOLIC = ("as_sym_int", "as_sym_float", "as_sym_bool")
_SYMBOLIC_LISTS = {f"{kind}s": kind for kind in _SYMBOLIC}
