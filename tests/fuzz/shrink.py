"""Runs tests.fuzz.abi in child processes, and shortens a sequence that fails or crashes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
MODULE = "tests.fuzz.abi"
TRIES = 150  # children that shorten a sequence


class Fuzz:
    """The program, in a folder and an environment.

    Attributes:
        folder: The folder with the package torchffi and this one.
        environment: Of the children; None for this process's.
    """

    def __init__(self, folder: Path = ROOT, environment: Mapping[str, str] | None = None) -> None:
        self.folder, self.environment = folder, environment

    def run(self, calls: int, seed: str) -> dict[str, Any]:
        """The report of a run. A failure in it comes with the shortest sequence that was found.

        Raises:
            AssertionError: A call did something else than NumPy, or the process died.
        """
        done = self.child([str(calls), seed])
        if done.returncode == 0:
            report: dict[str, Any] = json.loads(done.stdout)
            if report["wrong"] is None:
                return report
            seed, steps, fault = report["seed"], report["steps"], report["wrong"]
        else:
            started, fault = done.stderr.splitlines(), f"the process ended with {done.returncode}"
            seed = [line for line in started if line.startswith(f"{seed}:")][-1]
            fault += "\n" + "\n".join(started[started.index(seed) + 1 :][:40])
            steps = [json.loads(line) for line in self.child(["steps", seed]).stdout.splitlines()]
        short = shorten(steps, self.fails)
        lines = "\n".join(map(json.dumps, short))
        raise AssertionError(
            f"seed {seed}: {fault}\n{len(steps)} steps, shortened to {len(short)}:\n{lines}"
        )

    def fails(self, steps: list[Any]) -> bool:
        done = self.child(["replay"], json.dumps(steps))
        return done.returncode != 0 or json.loads(done.stdout)["wrong"] is not None

    def child(self, arguments: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", MODULE, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )


def shorten(steps: list[Any], fails: Callable[[list[Any]], bool]) -> list[Any]:
    """Fewer steps that fail as well: leaves out halves, then quarters, ... as long as the rest fails."""
    tries, size = 0, len(steps) // 2
    while size:
        start = 0
        while start < len(steps) and tries < TRIES:
            rest = steps[:start] + steps[start + size :]
            tries += 1
            if rest and fails(rest):
                steps = rest
            else:
                start += size
        size //= 2
    return steps
