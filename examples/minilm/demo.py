"""A sentence encoder on LibTorch and on NumPy, and a training: ``python -m examples.minilm.demo``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

import torchffi
from bench.processes.worker import ROOT, start
from examples.minilm.encoder import Encoder, packaged_model

SENTENCES = (
    "Snow stopped the train to the coast.",
    "No rail travel to the seaside in winter.",
    "She poured the batter into a cake tin.",
    "Bake the sponge until it is golden.",
    "The central bank raised interest rates.",
    "Loans are becoming more expensive again.",
    "The goalkeeper saved two penalties.",
    "Our team won the cup after a shoot-out.",
    "A telescope shows the moons of Jupiter.",
    "Through the lens he saw Saturn's rings.",
    "A pointer was freed twice, and it crashed.",
    "A memory error stopped the software.",
)
WIDTH = 42
REPEATS = 7
EPOCHS = 3


def main() -> int:
    """Runs the demo; returns its exit code."""
    progress("Starting the encoder in two new processes, on LibTorch and on NumPy ...")
    try:
        starts = {
            backend: start("bench.minilm", "--backend", backend, "--json", *SENTENCES)
            for backend in ("ffi", "numpy")
        }
    except RuntimeError as error:
        progress("")
        print(f"demo: {error}", file=sys.stderr)
        return 1
    progress("Measuring batches ...")
    batches = {backend: batch_seconds(backend) for backend in starts}
    progress("")
    print(report(starts, batches))
    print(
        f"\nTraining a network on LibTorch to read handwritten digits, {EPOCHS} epochs:", flush=True
    )
    print(f"  {training()}")
    return 0


def progress(text: str) -> None:
    """Shows one line that the next one replaces, if stderr is a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def batch_seconds(backend: str) -> dict[int, float]:
    """Median seconds of the warm encoder for one sentence and for all of them."""
    with torchffi.use_backend(backend):
        encoder = Encoder(packaged_model())
        found = {}
        for count in (1, len(SENTENCES)):
            times = []
            for _ in range(REPEATS + 1):
                began = perf_counter()
                encoder.embed(SENTENCES[:count])
                times.append(perf_counter() - began)
            found[count] = median(times[1:])  # the first one is the warm-up
    return found


def training() -> str:
    """The last line of ``examples.digits.train``, or why it cannot run.

    It is a process of its own, whose progress bar is shown if stderr is a terminal. Its files go to a
    temporary folder, so that those of a longer training stay.
    """
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "examples.digits.train", str(EPOCHS)]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.PIPE,
            stderr=None if sys.stderr.isatty() else subprocess.PIPE,
            text=True,
            check=False,
        )
    lines = (done.stdout if done.returncode == 0 else done.stderr or "").split("\n")
    return next(
        (line for line in reversed(lines) if line), f"failed with exit code {done.returncode}"
    )


def report(starts: dict[str, Any], batches: dict[str, dict[int, float]]) -> str:
    """The whole text."""
    ffi, fallback = (np.array(starts[backend]["embeddings"]) for backend in ("ffi", "numpy"))
    torch_imported = "torch" in sys.modules
    return "\n".join(
        [
            "",
            f"all-MiniLM-L6-v2 on LibTorch {torchffi.diagnose()['libtorch_version']}; the Python "
            f"package torch was {'' if torch_imported else 'not '}imported",
            "",
            *neighbours(ffi),
            "",
            *times(starts, batches),
            "",
            f"Largest difference between the two backends' {ffi.size:,} numbers: "
            f"{np.abs(ffi - fallback).max():.1e}",
        ]
    )


def neighbours(vectors: np.ndarray[Any, Any]) -> list[str]:
    """A table: each sentence, its nearest neighbour, and the cosine between them."""
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    lines = [
        f"  {'sentence':{WIDTH}}  {'nearest, on LibTorch':{WIDTH}}  cosine",
        rule(2 * WIDTH + 12),
    ]
    for sentence, row in zip(SENTENCES, cosines, strict=True):
        nearest = int(row.argmax())
        lines.append(f"  {sentence:{WIDTH}}  {SENTENCES[nearest]:{WIDTH}}  {row[nearest]:6.3f}")
    return lines


def times(starts: dict[str, Any], batches: dict[str, dict[int, float]]) -> list[str]:
    """A table: time and memory of both backends."""
    both = (starts["ffi"], starts["numpy"])
    rows = [
        (
            f"cold start to {len(SENTENCES)} embeddings",
            [f"{sum(one['seconds'].values()):.2f} s" for one in both],
        )
    ]
    for part, meaning in (
        ("import", "Python and packages"),
        ("load", "LibTorch and the model"),
        ("embed", "tokenizing and computing"),
    ):
        rows.append((f"  {meaning}", [f"{one['seconds'][part]:.2f} s" for one in both]))
    rows.append(("  peak memory", [f"{one['peak_bytes'] / 1e6:.0f} MB" for one in both]))
    for count in batches["ffi"]:
        name = f"warm, a batch of {count} sentence{'s' * (count > 1)}"
        rows.append((name, [f"{1000 * one[count]:.1f} ms" for one in batches.values()]))
    lines = [f"  {name:36}" + "".join(f"{cell:>12}" for cell in cells) for name, cells in rows]
    return [f"  {'':36}{'LibTorch':>12}{'NumPy':>12}", rule(60), *lines]


def rule(width: int) -> str:
    """The rule below the header of a table."""
    return "  " + "-" * width


if __name__ == "__main__":
    sys.exit(main())
