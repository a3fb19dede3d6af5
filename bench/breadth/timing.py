"""Times a row on all its sides, in interleaved rounds of thread CPU time."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from time import thread_time
from typing import Any, Final, NamedTuple

from bench.breadth import sides
from bench.breadth.operands import Size
from bench.breadth.rows import Row
from bench.cases import routes
from bench.cases.blocks import Block
from bench.report.samples import Pairs, Ratio, ratio

# Seconds of one run of a block; seconds of all rounds of a row; the fewest and the most rounds.
BLOCK: Final = 4e-4
BUDGET: Final = 0.08
FEWEST, MOST = 3, 15
# A row of which one round takes longer has one round, after the warm-up.
LONG: Final = 0.4
# The pairs of routes that are compared: ours, and what it is compared with.
COMPARED: Final = (("ffi", "torch"), ("fallback", "numpy"), ("ffi", "fallback"))


class Measured(NamedTuple):
    """The times of a row at one size.

    Attributes:
        row: The row.
        size: The name of the size.
        seconds: Route -> seconds of a call, one value per round, for routes that have the operation.
    """

    row: Row
    size: str
    seconds: dict[str, list[float]]

    @property
    def key(self) -> str:
        """Identifies the measurement, also in an earlier report."""
        return f"{self.row.group}: {self.row.ours}, {self.size}"

    def time(self, route: str) -> float | None:
        """Median seconds of a call on a route."""
        return median(self.seconds[route]) if route in self.seconds else None

    def ratio(self, ours: str, peer: str) -> Ratio | None:
        """The ratio of two routes; None if one of them is missing."""
        if ours not in self.seconds or peer not in self.seconds:
            return None
        return ratio(Pairs(self.key, "s/op", self.seconds[ours], self.seconds[peer], {}))


def measure(row: Row, size: Size, budget: float = BUDGET) -> Measured:
    """Times a row, after checking that its sides compute the same.

    Args:
        row: The row.
        size: The size of its operands.
        budget: Seconds of all rounds.

    Raises:
        DifferentError: If the results differ.
        WrongRouteError: If an operation ran on another route.
    """
    values, blocks = checked(row, size)
    del values
    for route, block in blocks.items():
        with sides.on(route):
            if _warm(block) < BLOCK:
                block.calibrate()
    once = _round(blocks, blocks)
    spent = sum(once[route] * block.calls for route, block in blocks.items())
    rounds = 1 if spent > LONG else min(MOST, max(FEWEST, int(budget / spent)))
    found = [_round(blocks, _order(blocks, turn)) for turn in range(rounds)]
    return Measured(row, size.name, {route: [one[route] for one in found] for route in blocks})


def _warm(block: Block) -> float:
    """Seconds of a call after the first ones, which may compile what later ones take."""
    first = block()
    return first if first > LONG else min(first, block(), block())


def checked(row: Row, size: Size) -> tuple[dict[str, Any], dict[str, Block]]:
    """The results and the blocks of a row by route; the results are the same.

    Raises:
        DifferentError: If the results differ.
    """
    values: dict[str, Any] = {}
    blocks: dict[str, Block] = {}
    for route in routes.NAMES:
        text = sides.statement(row, route)
        if text is None:
            continue
        try:
            with sides.on(route):
                names = sides.namespace(row, route, size)
                values[route] = sides.result(row, route, names)
        except sides.MissingError:
            continue
        setup = sides.setup(row, route)
        blocks[route] = Block(text, names, setup=setup, clock=thread_time, seconds=BLOCK)
    for ours, peer in COMPARED:
        if ours in values and peer in values and not (row.of_backend and peer == "fallback"):
            sides.compare(row, values[ours], values[peer])
    return values, blocks


def _order(blocks: dict[str, Block], turn: int) -> Iterable[str]:
    """The order of a round, which alternates."""
    return list(blocks)[:: -1 if turn % 2 else 1]


def _round(blocks: dict[str, Block], order: Iterable[str]) -> dict[str, float]:
    """Runs each block once; returns the seconds of a call."""
    found = {}
    for route in order:
        with sides.on(route):
            found[route] = blocks[route]() / blocks[route].calls
    return found
