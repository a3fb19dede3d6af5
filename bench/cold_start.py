"""Time and memory from the start of a process to its first sentence embedding.

python -m bench.cold_start [--pairs N] [--json] starts bench.minilm on LibTorch and bench.peer in turns.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SENTENCE = "A small boat crosses the lake before the storm."
FFI = ("bench.minilm", "--backend", "ffi", "--json")
NUMPY = ("bench.minilm", "--backend", "numpy", "--json")
PEER = ("bench.peer",)


class Start(NamedTuple):
    """One start of a process.

    Attributes:
        seconds: By part: ``import`` (from the start of the process), ``load``, ``embed``.
        peak_mb: Peak resident memory, in units of 10^6 bytes.
        embeddings: What it computed.
    """

    seconds: dict[str, float]
    peak_mb: float
    embeddings: list[list[float]]

    @property
    def total(self) -> float:
        """Seconds from the start of the process to its first embedding."""
        return sum(self.seconds.values())


def start(command: tuple[str, ...], *arguments: str) -> Start:
    """Starts a Python module that prints what ``bench.minilm --json`` does.

    Args:
        command: The module and its options.
        arguments: More of them.

    Raises:
        RuntimeError: If it fails; the text ends with the last line that it wrote.
    """
    with tempfile.NamedTemporaryFile("r") as peak:
        done = subprocess.run(
            [sys.executable, "-m", "bench.watched", peak.name, *command, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise RuntimeError(f"{command[0]} failed: {said[-1]}")
        peak_mb = int(peak.read()) / 1e6
    result: dict[str, Any] = json.loads(done.stdout)
    return Start(result["seconds"], peak_mb, result["embeddings"])


def compare(pairs: int) -> dict[str, list[Start]]:
    """Starts each side in turns, after one start of each that fills the disk's cache."""
    sides = {"torchffi": FFI, "torch + transformers": PEER}
    starts: dict[str, list[Start]] = {name: [] for name in sides}
    for number in range(pairs + 1):
        for name, command in sides.items():
            one = start(command, SENTENCE)
            if number:
                starts[name].append(one)
    return starts


def summary(starts: dict[str, list[Start]]) -> dict[str, Any]:
    """Medians of each side; and torchffi's share of its peer's time and memory, pair by pair."""
    sides = {
        name: {
            **{part: median(one.seconds[part] for one in side) for part in side[0].seconds},
            "total": median(one.total for one in side),
            "peak_mb": median(one.peak_mb for one in side),
        }
        for name, side in starts.items()
    }
    ours, peer = starts.values()
    ratios = {
        "time": median(a.total / b.total for a, b in zip(ours, peer, strict=True)),
        "memory": median(a.peak_mb / b.peak_mb for a, b in zip(ours, peer, strict=True)),
    }
    return {"pairs": len(ours), "sides": sides, "ratios": ratios}


def table(result: dict[str, Any]) -> str:
    """The summary as text."""
    columns = ("import", "load", "embed", "total", "peak_mb")
    lines = [
        f"cold start to the first embedding, medians of {result['pairs']} interleaved pairs",
        f"  {'':22}" + "".join(f"{head:>10}" for head in (*columns[:-1], "memory")),
    ]
    for name, side in result["sides"].items():
        cells = [f"{side[column]:8.2f} s" for column in columns[:-1]]
        lines.append(f"  {name:22}" + "".join(cells) + f"{side['peak_mb']:7.0f} MB")
    ratios = result["ratios"]
    lines.append(f"  {'torchffi / peer':22}{ratios['time']:38.3f}  {ratios['memory']:10.3f}")
    return "\n".join(lines)


def main() -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.cold_start", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="how often to start each (default 5)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    missing = [name for name in ("torch", "transformers") if find_spec(name) is None]
    if missing:
        print(f"cold_start: the peer needs {' and '.join(missing)}: pip install {' '.join(missing)}",
              file=sys.stderr)  # fmt: skip
        return 1
    try:
        result = summary(compare(max(options.pairs, 1)))
    except RuntimeError as error:
        print(f"cold_start: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result) if options.json else table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
