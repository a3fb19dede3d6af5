"""``python -m bench --breadth``: measures the rows and reports."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any, Final

from bench.breadth.operands import SIZES, Size
from bench.breadth.rows import Row, rows
from bench.report import baseline, machine

# The programs have one size.
WHOLE: Final = SIZES[0]._replace(name="whole")
# Seconds that a run of all rows may take, and those that a row may have left.
SECONDS: Final = 570.0
PACE: Final = 0.1


def run(only: Sequence[str], quick: bool, before: Path | None, report: Path) -> int:
    """Runs the benchmark; returns its exit code.

    Args:
        only: Groups or names; all if empty.
        quick: Fewer rounds, and without the largest size.
        before: An earlier breadth.json to compare with.
        report: The output folder.
    """
    unset, load = machine.prepare(), os.getloadavg()[0]
    try:
        chosen = rows(only)
        content = _read(before) if before else None
    except (ValueError, baseline.BaselineError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1

    from bench.breadth import summary, write

    found, failed = measure(chosen, quick)
    about = machine.facts(quick, unset, load)
    report.mkdir(parents=True, exist_ok=True)
    write.report(found, failed, about, report)
    print("", summary.text(found), "", *write.described(about), sep="\n")
    if content:
        print(f"\n{write.changes(found, write.earlier(content['rows']))}")
        if differs := baseline.other_machine(content["machine"], about):
            print(f"The baseline was measured on another machine or setup: {differs}.")
    print(f"Written to {os.path.relpath(report)}: {', '.join(write.FILES)}")
    if load > 0.5:
        print(f"The machine was busy (load {load:.1f}): run the benchmark again when it is idle.")
    for key, reason in failed.items():
        print(f"bench: failed: {key}: {reason}", file=sys.stderr)
    return int(bool(failed))


def _read(path: Path) -> dict[str, Any]:
    """An earlier ``breadth.json``.

    Raises:
        BaselineError: If the file is not one.
    """
    from bench.breadth.write import earlier

    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        earlier(content["rows"])
        dict(content["machine"])
    except OSError as error:
        raise baseline.BaselineError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise baseline.BaselineError(f"{path}: not a breadth.json of this benchmark") from error
    return content


def sizes(row: Row, quick: bool) -> tuple[Size, ...]:
    """The sizes of a row; a quick run leaves out the largest one."""
    return (WHOLE,) if row.group == "programs" else SIZES[: 2 if quick else 3]


def measure(chosen: Sequence[Row], quick: bool) -> tuple[list[Any], dict[str, str]]:
    """Measures rows under a progress bar; returns the measurements, and the failures with the reason.

    One size comes after the other, so that the arrays of only one are in memory, except that gradients
    come last.
    """
    from tqdm import tqdm

    from bench.breadth import sides, timing
    from bench.breadth.rows import GRADIENTS
    from bench.cases import routes

    routes.set_threads(1)
    tqdm.monitor_interval = 0  # no monitor thread during the measurements
    most = timing.BUDGET / 4 if quick else timing.BUDGET
    end = monotonic() + SECONDS
    todo = [
        (row, size)
        for late in (False, True)
        for size in (WHOLE, *SIZES)
        for row in chosen
        if size in sizes(row, quick) and (row.group in GRADIENTS) == late
    ]
    found: list[timing.Measured] = []
    failed: dict[str, str] = {}
    with tqdm(todo, unit="row", disable=None) as bar, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of NumPy, about infinities; and of PyTorch, once each
        last = None
        for number, (row, size) in enumerate(bar):
            # Behind schedule, the remaining rows have the fewest rounds.
            budget = most if (end - monotonic()) / (len(todo) - number) > PACE else 0.0
            bar.set_description_str(
                f"{size.name} {row.group}: {row.ours}"[:48].ljust(48), refresh=False
            )
            if size is not last:
                sides.forget()
                last = size
            try:
                found.append(timing.measure(row, size, budget))
            except Exception as error:
                failed[f"{row.ours}, {size.name}"] = f"{type(error).__name__}: {error}"
    order = {row: number for number, row in enumerate(chosen)}
    return sorted(found, key=lambda one: order[one.row]), failed
