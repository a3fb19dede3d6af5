"""Time against size: two operations on every route, from a few elements to many."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import numpy as np

from bench.cases import routes
from bench.cases.blocks import Block
from bench.cases.operations import Case, verify
from bench.report.samples import Pairs

# Statement -> lengths of an axis, and the number of axes.
SWEEPS = {
    "a + b": ([1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000], 1),
    "a @ b": ([2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048], 2),
}
QUICK_SWEEPS = {"a + b": ([1, 100, 10_000, 1_000_000], 1), "a @ b": ([2, 8, 32, 128, 512], 2)}
EXPECTED = {"a + b": np.add, "a @ b": np.matmul}
ROUNDS = 15


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    return sum(len(sizes) for sizes, _ in (QUICK_SWEEPS if quick else SWEEPS).values())


def measure(quick: bool, progress: Callable[[str], None]) -> list[Pairs]:
    """Times both operations on one thread, for the plot; they are not rows of the table."""
    routes.set_threads(1)
    found = {}
    for statement, (sizes, axes) in (QUICK_SWEEPS if quick else SWEEPS).items():
        seconds: dict[str, list[float]] = {route: [] for route in routes.NAMES}
        for size in sizes:
            progress(f"{statement}, {' x '.join([f'{size:,}'] * axes)}")
            case = Case(statement, EXPECTED[statement], (size,) * axes)
            for route, value in at(case, ROUNDS).items():
                seconds[route].append(value)
        found[statement] = {"sizes": sizes, "seconds": seconds}
    return [Pairs("sizes", "s/op", [], [], found)]


def at(case: Case, rounds: int) -> dict[str, float]:
    """Median seconds of one call on each route, over ``rounds`` interleaved rounds."""
    arrays = case.arrays()
    expected = case.expected(*arrays)
    blocks = {}
    for route in routes.NAMES:
        with routes.on(route):
            names = routes.names(route, *arrays)
            verify(case, route, names, expected)
            blocks[route] = Block(case.statement, names)
            blocks[route].calibrate()
    with routes.on("ffi"):
        times = [{route: block() for route, block in blocks.items()} for _ in range(rounds)]
    return {route: median(one[route] for one in times) / blocks[route].calls for route in blocks}
