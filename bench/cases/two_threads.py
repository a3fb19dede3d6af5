"""Throughput of two Python threads, compared with that of one."""

from __future__ import annotations

from collections.abc import Callable

from bench.cases import interleave
from bench.processes.worker import Worker
from bench.report.samples import Pairs

# Pairs, and calls of each thread in one of them.
FULL = (15, 400)
QUICK = (3, 200)


def measure(quick: bool, progress: Callable[[str], None]) -> list[Pairs]:
    """The row of this file; ``progress`` is called once a step."""
    return compare(*(QUICK if quick else FULL), progress)


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    return (QUICK if quick else FULL)[0] + 1


def compare(pairs: int, calls: int, progress: Callable[[str], None]) -> list[Pairs]:
    """Calls per second of two threads (ours) and of one thread (the peer)."""
    with Worker("bench.processes.two_threads") as worker:
        found = interleave.pairs(
            "two threads", pairs, lambda: (worker.ask([2, calls]), worker.ask([1, calls])), progress
        )
    ours, peer = map(list, zip(*found, strict=True))
    return [Pairs("two_threads", "op/s", ours, peer, {})]
