"""Warm MiniLM: sentences to vectors by torchffi, compared with torch and transformers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.cases import interleave
from bench.processes.worker import Worker
from bench.report.samples import Pairs

# Sentences in a batch -> pairs.
FULL = {1: 15, 8: 15, 64: 5}
QUICK = {1: 7, 8: 3, 64: 1}


def measure(quick: bool, progress: Callable[[str], None]) -> list[Pairs]:
    """The rows of this file; ``progress`` is called once a step."""
    return compare(QUICK if quick else FULL, progress)


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    counts = QUICK if quick else FULL
    return sum(counts.values()) + len(counts)


def compare(counts: dict[int, int], progress: Callable[[str], None]) -> list[Pairs]:
    """Runs both encoders alternately, on batches of each size."""
    rows = []
    with Worker("bench.processes.warm_minilm") as encoders:
        for size, pairs in counts.items():
            what = f"MiniLM, batch of {size}"
            found = interleave.pairs(what, pairs, partial(encoders.ask, size), progress)
            ours, peer = map(list, zip(*found, strict=True))
            rows.append(Pairs(f"minilm_{size}", "s", ours, peer, {}))
    return rows
