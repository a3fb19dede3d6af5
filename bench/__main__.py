"""The benchmark: torchffi compared with its peers, in interleaved pairs.

python -m bench [--quick] [--only NAMES] [--baseline report.json] [--report FOLDER] writes report.json,
report.md and plots into build/bench/report/, and prints a table. With --breadth it measures every public
operation instead, and writes breadth.json, breadth.md and breadth.png. Exit status 1 means that a
benchmark failed, not that a target was missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from bench import modules
from bench.report import baseline, machine
from bench.report.samples import Pairs

REPORT = Path(__file__).resolve().parents[1] / "build" / "bench" / "report"
NEEDED = (
    *("matplotlib", "pytest_benchmark", "safetensors", "threadpoolctl", "tokenizers", "torch"),
    *("tqdm", "transformers"),
    *("facenet_pytorch", "silero_vad"),  # for their model files
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    result.add_argument("--quick", action="store_true", help="about a minute")
    result.add_argument("--breadth", action="store_true", help="every operation, at three sizes")
    result.add_argument(
        "--only",
        default="",
        help="modules or keys of rows, or with --breadth groups or names, separated by commas",
    )
    result.add_argument("--baseline", type=Path, help="an earlier report.json to compare with")
    result.add_argument(
        "--report", type=Path, default=REPORT, help="output folder (default: build/bench/report)"
    )
    return result


def main() -> int:
    """Runs the command; returns its exit code."""
    options = parser().parse_args()
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        print(f"bench: {', '.join(missing)} not installed: make .venv/bench .venv/models",
              file=sys.stderr)  # fmt: skip
        return 1
    only = [name for name in options.only.split(",") if name]
    if options.breadth:
        from bench.breadth import command

        return command.run(only, options.quick, options.baseline, options.report)
    try:
        chosen = modules.chosen(only)
        before = baseline.read(options.baseline) if options.baseline else None
    except (ValueError, baseline.BaselineError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    unset, load = machine.prepare(), os.getloadavg()[0]
    measured = measure(modules.jobs(chosen, options.quick), options.quick)

    from bench.report import table, write
    from bench.report.rows import rows

    about = machine.facts(options.quick, unset, load)
    options.report.mkdir(parents=True, exist_ok=True)
    files = write.report(measured, about, options.report)
    found = rows(measured)
    print("", *machine.describe(about), "", sep="\n")
    print(f"{table.text(found)}\n")
    if before:
        print(f"{baseline.changes(found, before['ratios'])}\n")
        if differs := baseline.other_machine(before["machine"], about):
            print(f"The baseline was measured on another machine or setup: {differs}.")
    print(f"Written to {os.path.relpath(options.report)}: {', '.join(files)}")
    if load > 0.5:
        print(f"The machine was busy (load {load:.1f}): run the benchmark again when it is idle.")
    print(table.count(found))
    failed = {key for keys in chosen.values() for key in keys} - {pairs.key for pairs in measured}
    if failed:
        print(f"bench: failed, see above: {', '.join(sorted(failed))}", file=sys.stderr)
    return int(bool(failed))


def measure(jobs: Sequence[modules.Job], quick: bool) -> list[Pairs]:
    """Runs the jobs under a progress bar. A job that fails does not stop the others."""
    from tqdm import tqdm  # type: ignore[import-untyped]

    tqdm.monitor_interval = 0  # no monitor thread during the measurements
    found: list[Pairs] = []
    steps = 0
    total = sum(job.steps for job in jobs)
    # No bar unless stderr is a terminal.
    with tqdm(total=total, bar_format="{l_bar}{bar}| {elapsed}", disable=None) as bar:

        def progress(what: str) -> None:
            nonlocal steps
            bar.n = steps
            steps += 1
            bar.set_description_str(f"{what:40.40}", refresh=True)

        for job in jobs:
            try:
                found += job.measure(quick, progress)
            except Exception:
                traceback.print_exc()
        bar.n = bar.total
        bar.set_description_str("done")
    return found


if __name__ == "__main__":
    sys.exit(main())
