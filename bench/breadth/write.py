"""Writes breadth.json, breadth.md and breadth.png, and compares with an earlier breadth.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.breadth import picture, summary
from bench.breadth.timing import COMPARED, Measured
from bench.report import machine
from bench.report.samples import Ratio
from bench.report.table import aligned, quantity

FILES = ("breadth.json", "breadth.md", picture.FILE)


def report(
    found: Sequence[Measured], failed: dict[str, str], about: dict[str, Any], folder: Path
) -> None:
    """Writes the report.

    Args:
        found: All measurements.
        failed: The rows that could not be measured, and why.
        about: The result of ``machine.facts``.
        folder: The output folder.
    """
    content = {"machine": about, "rows": as_json(found), "failed": failed}
    (folder / FILES[0]).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    (folder / FILES[1]).write_text(markdown(found, failed, about), encoding="utf-8")
    picture.draw(found, folder)


def as_json(found: Sequence[Measured]) -> list[dict[str, Any]]:
    """The rows of ``breadth.json``; ``ratio`` is FFI / PyTorch, for a comparison with another report."""
    won = summary.wins_from(found)
    rows = []
    for one in found:
        each = {title: one.ratio(*pair) for pair, title in summary.TITLES.items()}
        rows.append(
            {
                "key": one.key,
                "group": one.row.group,
                "name": one.row.name,
                "size": one.size,
                "statements": {
                    "ours": one.row.ours,
                    "torch": one.row.torch,
                    "numpy": one.row.numpy,
                },
                "seconds": {route: one.time(route) for route in one.seconds},
                "ratios": {title: ratio._asdict() for title, ratio in each.items() if ratio},
                "ffi_wins_from": won.get(f"{one.row.group}: {one.row.ours}"),
            }
        )
    return rows


def markdown(found: Sequence[Measured], failed: dict[str, str], about: dict[str, Any]) -> str:
    """The text of ``breadth.md``."""
    parts = [
        "# Every operation of torchffi compared with PyTorch and NumPy",
        "\n".join(f"- {line}" for line in described(about)),
        "A ratio is ours / peer: the median of interleaved rounds of thread CPU time. FFI is torchffi "
        "on LibTorch, the fallback is torchffi on NumPy. The table has the geometric means of the "
        f"ratios, and the shares of rows above {summary.HIGH}.",
        _table([summary.head(), *summary.lines(found)], left=2),
        f"![Ratios by group]({picture.FILE})",
        "## The size from which FFI is faster than the fallback",
        _table(summary.wins(found), left=1),
        "## All rows",
        *(_group(group, found) for group in summary.groups(found)),
    ]
    if failed:
        rows = [("row", "reason"), *failed.items()]
        parts += ["## Not measured", _table(rows, left=2)]
    return "\n\n".join(parts) + "\n"


def _group(group: str, found: Sequence[Measured]) -> str:
    won = summary.wins_from(found)
    routes = ("ffi", "torch", "fallback", "numpy")
    lines: list[tuple[str, ...]] = [
        ("call", "size", *routes, *summary.TITLES.values(), "FFI wins from")
    ]
    for one in found:
        if one.row.group != group:
            continue
        times = [quantity(time, "s/op") if (time := one.time(r)) else "" for r in routes]
        each = [f"{ratio.median:.2f}" if (ratio := one.ratio(*pair)) else "" for pair in COMPARED]
        wins = won.get(f"{group}: {one.row.ours}", "")
        lines.append((f"`{one.row.ours}`", one.size, *times, *each, wins))
    return f"### {group}\n\n{_table(lines, left=2)}"


def _table(lines: Sequence[Sequence[str]], left: int) -> str:
    rule = ["---"] * left + ["---:"] * (len(lines[0]) - left)
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in (lines[0], rule, *lines[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def described(about: dict[str, Any]) -> list[str]:
    """The machine and the run as lines of text."""
    return machine.describe(
        about, "only the groups that need gradients, the last ones, compute them"
    )


# ---- An earlier report


def earlier(rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], Ratio]:
    """The ratios of an earlier report, by row and comparison.

    Raises:
        KeyError, TypeError: If the rows are not those of a breadth report.
    """
    return {
        (row["key"], title): Ratio(**ratio)
        for row in rows
        for title, ratio in row["ratios"].items()
    }


def changes(found: Sequence[Measured], before: dict[tuple[str, str], Ratio]) -> str:
    """The rows whose ratio changed by more than the spreads of both runs, the largest change first."""
    changed: list[tuple[float, tuple[str, ...]]] = []
    for one in found:
        for pair, title in summary.TITLES.items():
            now, then = one.ratio(*pair), before.get((one.key, title))
            if now is None or then is None:
                continue
            if abs(now.median - then.median) > max(now.spread, then.spread):
                change = now.median / then.median - 1
                cells = (f"{then.median:.2f}", f"{now.median:.2f}", f"{change:+.0%}")
                changed.append((-abs(change), (one.key, title, *cells)))
    if not changed:
        return "No ratio changed by more than the spreads of both runs."
    head = ("changed by more than both spreads", "", "before", "now", "change")
    return aligned([head, *(line for _, line in sorted(changed))], left=2)
