"""Higher-order operators: cond, while_loop, map, scan and the wrappers, over plans of their graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from torchffi._array.joining import stack
from torchffi.errors import InvalidArgumentError, NotSupportedError


class Plan(Protocol):
    """A graph that can be run."""

    def run(self, values: Sequence[Any]) -> list[Any]:
        """The outputs for the inputs."""


def _cond(condition: Any, if_true: Plan, if_false: Plan, operands: Sequence[Any] = ()) -> list[Any]:
    return (if_true if bool(condition) else if_false).run(operands)


def _while_loop(
    condition: Plan, body: Plan, carried: Sequence[Any], more: Sequence[Any] = ()
) -> list[Any]:
    values = list(carried)
    while bool(condition.run([*values, *more])[0]):
        values = body.run([*values, *more])
    return values


def _map(body: Plan, xs: Sequence[Any], more: Sequence[Any] = ()) -> list[Any]:
    rows = [body.run([*row, *more]) for row in _rows("map", xs)]
    return [stack(column) for column in zip(*rows, strict=True)]


def _scan(
    combine: Plan, init: Sequence[Any], xs: Sequence[Any], more: Sequence[Any] = ()
) -> list[Any]:
    carried, rows = list(init), []
    for row in _rows("scan", xs):
        results = combine.run([*carried, *row, *more])
        carried = results[: len(init)]
        rows.append(results[len(init) :])
    return [*carried, *(stack(column) for column in zip(*rows, strict=True))]


def _rows(name: str, xs: Sequence[Any]) -> list[list[Any]]:
    lengths = {x.shape[0] for x in xs}
    if len(lengths) != 1 or 0 in lengths:
        raise InvalidArgumentError(
            f"{name}: axis 0 has the lengths {sorted(lengths)}, expected one above 0"
        )
    return [[x[i] for x in xs] for i in range(*lengths)]


def _with_grad(enabled: bool, body: Plan, *operands: Any) -> list[Any]:
    return body.run(operands)  # no operation here records gradients


def _with_autocast(
    device: str, dtype: Any, enabled: bool, cache: bool | None, body: Plan, *operands: Any
) -> list[Any]:
    if enabled:
        raise NotSupportedError(
            "a region of the program computes in autocast, which is not supported"
        )
    return body.run(operands)


def _invoke(body: Plan, identifier: Any, *operands: Any) -> list[Any]:
    return body.run(operands)


OPERATORS: Final[dict[str, Callable[..., list[Any]]]] = {
    f"torch.ops.higher_order.{name}": function
    for name, function in (
        ("cond", _cond),
        ("while_loop", _while_loop),
        ("map_impl", _map),
        ("scan", _scan),
        ("wrap_with_set_grad_enabled", _with_grad),
        ("wrap_with_autocast", _with_autocast),
        ("invoke_subgraph", _invoke),
    )
}
