"""Live tensors: memory and time of a million of them, and the time of `a + b` while they live.

Each side is a separate process (bench.processes.live_tensors). A quick run uses a fifth or a tenth
of the tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from bench.cases import interleave
from bench.processes.worker import Worker
from bench.report.samples import Pairs

Progress = Callable[[str], None]


class Counts(NamedTuple):
    """The amount of work.

    Attributes:
        tensors: Number of tensors that are made and dropped.
        starts: Number of pairs of new processes that do so.
        live: Numbers of live tensors, ascending.
        blocks: Blocks of `a + b` at each of these numbers.
        pairs: Number of pairs of the first and the last of these numbers.
    """

    tensors: int
    starts: int
    live: tuple[int, ...]
    blocks: int
    pairs: int


LIVE = (10, 100, 1000, 10_000, 100_000, 1_000_000)
FULL = Counts(tensors=1_000_000, starts=5, live=LIVE, blocks=5, pairs=61)
QUICK = Counts(tensors=200_000, starts=1, live=LIVE[:-1], blocks=3, pairs=15)


def measure(quick: bool, progress: Progress) -> list[Pairs]:
    """The rows of this file; ``progress`` is called once a step."""
    return compare(QUICK if quick else FULL, progress)


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    counts = QUICK if quick else FULL
    return counts.starts + len(counts.live) + 1 + counts.pairs


def compare(counts: Counts, progress: Progress) -> list[Pairs]:
    """Measures with these counts."""
    return [*million(counts, progress), alive(counts, progress)]


def million(counts: Counts, progress: Progress) -> list[Pairs]:
    """Makes and drops tensors in new processes of both libraries, alternately."""

    def cost(library: str) -> dict[str, float]:
        with Worker("bench.processes.live_tensors", library) as process:
            found: dict[str, float] = process.ask(["cost", counts.tensors])
            return found

    found = interleave.pairs(
        f"{counts.tensors:,} tensors",
        counts.starts,
        lambda: (cost("torchffi"), cost("torch")),
        progress,
        warm_up=False,  # each pair is two new processes
    )
    ours, peer = zip(*found, strict=True)

    def row(key: str, unit: str, value: str) -> Pairs:
        sides = ([one[value] for one in side] for side in (ours, peer))
        return Pairs(key, unit, *sides, {"tensors": counts.tensors})

    return [row("million_bytes", "bytes", "bytes"), row("million_seconds", "s", "seconds")]


def alive(counts: Counts, progress: Progress) -> Pairs:
    """Times `a + b` in processes with few and with many live tensors, alternately."""
    with (
        Worker("bench.processes.live_tensors", "torchffi") as few,
        Worker("bench.processes.live_tensors", "torchffi") as many,
        Worker("bench.processes.live_tensors", "torch") as peer,
    ):
        rising: list[list[float]] = []
        for live in counts.live:
            progress(f"a + b, {live:,} live tensors")
            blocks = [
                [process.ask(["add", live]) for process in (many, peer)]
                for _ in range(counts.blocks)
            ]
            rising.append([median(side) for side in zip(*blocks, strict=True)])
        least, most = counts.live[0], counts.live[-1]
        found = interleave.pairs(
            f"a + b, {most:,} and {least} live",
            counts.pairs,
            lambda: (many.ask(["add", most]), few.ask(["add", least])),
            progress,
        )
    seconds, peer_seconds = map(list, zip(*rising, strict=True))
    return Pairs(
        "alive",
        "s/op",
        *map(list, zip(*found, strict=True)),
        {"live": list(counts.live), "seconds_per_op": seconds, "peer_seconds_per_op": peer_seconds},
    )
