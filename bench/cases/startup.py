"""From the start of a process to its first result: seconds and memory, torchffi and its peers.

Each start is a new process that measures itself. Its files are in the page cache, and the garbage
collector is on. ``import_alone`` and ``first_result`` exclude the start of Python, which is the same on
both sides; ``minilm_cold`` and the parts in the details include it.
"""

from __future__ import annotations

import compileall
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

import torchffi
from bench.cases import interleave
from bench.cases.numpy_minilm import NumpyEncoder
from bench.cases.sentences import TEXTS
from bench.processes import worker
from bench.report.samples import Pairs
from examples.minilm.encoder import Encoder, packaged_model, padded


class Counts(NamedTuple):
    """Number of pairs of each row; and whether to discard a first pair."""

    first_result: int
    import_alone: int
    minilm: int
    warm_up: bool


FULL = Counts(first_result=7, import_alone=15, minilm=7, warm_up=True)
QUICK = Counts(first_result=2, import_alone=3, minilm=1, warm_up=False)


class Start(NamedTuple):
    """The report of a process of bench.processes.startup."""

    seconds: dict[str, float]
    peak_bytes: int
    route: str
    result: Any

    def total(self) -> float:
        """Seconds from the start of the process to its result."""
        return sum(self.seconds.values())

    def after_python(self) -> float:
        """The same without the start of Python."""
        return self.total() - self.seconds["Python"]


# Task of bench.processes.startup -> the route it must report.
ROUTES = {
    "python": "python",
    "numpy": "numpy",
    "torchffi": "not opened",
    "torchffi_sum": "ffi",
    "torch_sum": "torch",
    "torchffi_minilm": "ffi",
    "torch_minilm": "torch",
    **{f"torchffi_{kind}": "ffi" for kind in ("export", "script", "checkpoint")},
    **{f"torch_{kind}": "torch" for kind in ("export", "script", "checkpoint")},
}


def start(task: str, model: Path | None = None) -> Start:
    """Starts a process.

    Args:
        task: A task of bench.processes.startup.
        model: The file that it loads; None for the folder of MiniLM.

    Raises:
        AssertionError: If it computed on another route, or a wrong result.
        RuntimeError: If it failed.
    """
    path = str(model or packaged_model())
    found = Start(**worker.start("bench.processes.startup", task, path))
    assert found.route == ROUTES[task], f"{task}: ran on {found.route}, expected {ROUTES[task]}"
    if task.endswith("_sum"):
        assert found.result == [[2, 2], [2, 2]], f"{task}: ones + ones is {found.result}"
    if task.endswith("_minilm"):
        np.testing.assert_allclose(found.result, first_embedding(), atol=1e-5, err_msg=task)
    return found


@cache
def first_embedding() -> Any:
    """The expected first embedding, by plain NumPy."""
    folder = packaged_model()
    with torchffi.use_backend("numpy"):
        tokenizer = Encoder(folder).tokenizer
    return NumpyEncoder(folder).forward(*padded(tokenizer.encode_batch(list(TEXTS[:1]))))


def measure(quick: bool, progress: Callable[[str], None]) -> list[Pairs]:
    """The rows of this file; ``progress`` is called once a step."""
    return compare(QUICK if quick else FULL, progress)


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    counts = QUICK if quick else FULL
    rows = (counts.first_result, counts.import_alone, counts.minilm)
    return sum(rows) + len(rows) * counts.warm_up + 1


def compare(counts: Counts, progress: Callable[[str], None]) -> list[Pairs]:
    """Starts both sides of each row alternately."""

    def take(what: str, pairs: int, ours: str, peer: str) -> list[tuple[Start, Start]]:
        return interleave.pairs(
            what, pairs, lambda: (start(ours), start(peer)), progress, warm_up=counts.warm_up
        )

    compile_sources()
    first = take("first result", counts.first_result, "torchffi_sum", "torch_sum")
    alone = take("import alone", counts.import_alone, "torchffi", "numpy")
    minilm = take("MiniLM", counts.minilm, "torchffi_minilm", "torch_minilm")
    progress("memory of Python and of NumPy")
    memory = {
        "Python": start("python").peak_bytes,
        "NumPy": start("numpy").peak_bytes,
        "torchffi": median(ours.peak_bytes for ours, _ in first),
        "PyTorch": median(peer.peak_bytes for _, peer in first),
    }
    return [
        row("first_result", "s", first, Start.after_python, parts=parts(first)),
        row("import_alone", "s", alone, Start.after_python),
        row("start_memory", "bytes", first, lambda one: one.peak_bytes, bytes=memory),
        row("minilm_cold", "s", minilm, Start.total, parts=parts(minilm)),
    ]


def compile_sources() -> None:
    """Compiles the Python files, as pip does for installed packages."""
    for folder in ("torchffi", "shim", "bench", "examples"):
        compileall.compile_dir(worker.ROOT / folder, quiet=1)


def row(
    key: str,
    unit: str,
    pairs: list[tuple[Start, Start]],
    value: Callable[[Start], float],
    **details: Any,
) -> Pairs:
    """One row of the table, from one value of each start."""
    ours, peer = zip(*pairs, strict=True)
    return Pairs(key, unit, [value(one) for one in ours], [value(one) for one in peer], details)


def parts(pairs: list[tuple[Start, Start]]) -> dict[str, dict[str, float]]:
    """For each side, the seconds by part of the median start."""
    return {
        side: sorted(starts, key=Start.total)[len(starts) // 2].seconds
        for side, starts in zip(("ours", "peer"), zip(*pairs, strict=True), strict=True)
    }
