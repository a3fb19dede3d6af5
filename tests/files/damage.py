"""Damages model files and reads them: ``python -m tests.files.damage COUNT SEED``.

Each file must give an error that names it, or values. Reports, for each kind, how many gave which, the
time, the memory, the processes that died, and calls that no file may cause. Exits with 1 if there is one
of the last two, or another exception. ``python -m tests.files.damage_child SEED N N+1`` repeats file N.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.files.damaged import KINDS
from tests.support import ROOT, child_environment

BATCH = 2000
OUTCOMES = ("error", "same", "different", "wrong", "died")


@dataclass
class Report:
    """Counts of the outcomes, times and problems."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    peak: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, case: dict[str, Any], result: dict[str, Any] | None, status: int) -> None:
        """Counts a file; ``result`` is None if the process ended with ``status``."""
        kind = case["kind"]
        if result is None:
            self.counts[kind, "died"] += 1
            self.problems.append(f"{case}: the process ended with {status}")
            return
        outcome = result["outcome"]
        self.counts[kind, outcome if outcome in OUTCOMES else "wrong"] += 1
        self.seconds[kind] += result["seconds"]
        self.slowest[kind] = max(self.slowest.get(kind, 0), result["seconds"])
        self.peak = max(self.peak, result["peak"])
        if outcome not in OUTCOMES or result["foreign"]:
            self.problems.append(f"{case}: {outcome} {result['foreign']}")

    def __str__(self) -> str:
        width = max(map(len, KINDS))
        head = f"{'kind':{width}}" + "".join(f"{name:>11}" for name in OUTCOMES)
        lines = [f"{head}{'seconds':>11}{'slowest':>11}"]
        for kind in KINDS:
            counts = "".join(f"{self.counts[kind, name]:11,}" for name in OUTCOMES)
            times = f"{self.seconds[kind]:11.1f}{self.slowest.get(kind, 0):11.3f}"
            lines.append(f"{kind:{width}}{counts}{times}")
        total = "".join(
            f"{sum(self.counts[kind, name] for kind in KINDS):11,}" for name in OUTCOMES
        )
        times = f"{sum(self.seconds.values()):11.1f}{max(self.slowest.values(), default=0):11.3f}"
        lines += [f"{'total':{width}}{total}{times}", f"peak memory {self.peak / 1e6:.0f} MB"]
        return "\n".join([*lines, *self.problems[:20]])


def run(count: int, seed: int) -> Report:
    """Reads damaged files in child processes; after a death the next one goes on."""
    report, start = Report(), 0
    while start < count:
        end = min(count, start + BATCH)
        command = [sys.executable, "-m", "tests.files.damage_child", *map(str, (seed, start, end))]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=child_environment(),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        if not lines:
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}")
        for case, result in zip(lines[::2], [*lines[1::2], None], strict=False):
            report.add(case, result, done.returncode)
            start = case["number"] + 1
    return report


def main(count: str = "20000", seed: str = "1") -> int:
    report = run(int(count), int(seed))
    print(report)
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
