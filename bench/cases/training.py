"""Steps of training, of torchffi and of PyTorch in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bench.cases import interleave
from bench.processes.training import NETWORKS
from bench.processes.worker import Worker
from bench.report.samples import Pairs

FULL, QUICK = 150, 15  # pairs


def measure(quick: bool, progress: Callable[[str], None]) -> list[Pairs]:
    """The rows of this file; ``progress`` is called once a step."""
    return compare(QUICK if quick else FULL, progress)


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    return len(NETWORKS) * (QUICK if quick else FULL)


def compare(pairs: int, progress: Callable[[str], None]) -> list[Pairs]:
    """Seconds of the same number of steps."""
    rows = []
    with Worker("bench.processes.training") as worker:
        for key in NETWORKS:
            ask: Callable[[], Any] = partial(worker.ask, key)
            found = interleave.pairs(key, pairs, ask, progress, warm_up=False)
            ours, peer = map(list, zip(*found, strict=True))
            rows.append(Pairs(key, "s", ours, peer, {}))
    return rows
