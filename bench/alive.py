"""What live tensors cost: the memory and the time of a million, and `a + b` among them.

Each side is a process of its own, see bench.crowd. A quick run has a fifth and a tenth of the tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from bench import turns
from bench.pairs import Pairs
from bench.processes import Worker

Progress = Callable[[str], None]


class Counts(NamedTuple):
    """How much is measured.

    Attributes:
        tensors: That are made and dropped.
        starts: Pairs of fresh processes that do so.
        live: Numbers of live tensors, rising.
        blocks: Blocks of `a + b` at each of these numbers.
        pairs: Of the first and the last of them.
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
    """The rows of this file; ``progress`` is told of each step."""
    return compare(QUICK if quick else FULL, progress)


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    counts = QUICK if quick else FULL
    return counts.starts + len(counts.live) + 1 + counts.pairs


def compare(counts: Counts, progress: Progress) -> list[Pairs]:
    """Measures as much as that."""
    return [*million(counts, progress), alive(counts, progress)]


def million(counts: Counts, progress: Progress) -> list[Pairs]:
    """Makes and drops that many tensors in fresh processes of both libraries, in turns."""

    def cost(library: str) -> dict[str, float]:
        with Worker("bench.crowd", library) as crowd:
            found: dict[str, float] = crowd.ask(["cost", counts.tensors])
            return found

    found = turns.take(
        f"{counts.tensors:,} tensors",
        counts.starts,
        lambda: (cost("torchffi"), cost("torch")),
        progress,
        warm_up=False,  # a process that is fresh is not warm
    )
    ours, peer = zip(*found, strict=True)

    def row(key: str, unit: str, value: str) -> Pairs:
        sides = ([one[value] for one in side] for side in (ours, peer))
        return Pairs(key, unit, *sides, {"tensors": counts.tensors})

    return [row("million_bytes", "bytes", "bytes"), row("million_seconds", "s", "seconds")]


def alive(counts: Counts, progress: Progress) -> Pairs:
    """Times `a + b` in processes with few and with many live tensors, in turns."""
    with (
        Worker("bench.crowd", "torchffi") as few,
        Worker("bench.crowd", "torchffi") as many,
        Worker("bench.crowd", "torch") as peer,
    ):
        rising: list[list[float]] = []
        for live in counts.live:
            progress(f"a + b, {live:,} live tensors")
            blocks = [
                [crowd.ask(["add", live]) for crowd in (many, peer)] for _ in range(counts.blocks)
            ]
            rising.append([median(side) for side in zip(*blocks, strict=True)])
        least, most = counts.live[0], counts.live[-1]
        found = turns.take(
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
