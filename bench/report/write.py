"""Writes report.json, report.md and the plots."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.report import machine, plots, table
from bench.report.rows import rows
from bench.report.samples import Pairs


def report(measured: Sequence[Pairs], about: dict[str, Any], folder: Path) -> list[str]:
    """Writes the report.

    Args:
        measured: All measurements.
        about: The result of ``machine.facts``.
        folder: The output folder.

    Returns:
        The names of the files.
    """
    for old in folder.glob("*.png"):
        if not old.name.startswith("breadth"):  # of another report
            old.unlink()
    drawn = plots.draw(measured, folder)
    details = {pairs.key: pairs.details for pairs in measured if pairs.details}
    found = rows(measured)
    content = {"machine": about, "rows": [row.as_json() for row in found], "details": details}
    text = json.dumps(content, indent=1)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    lines = [
        "# torchffi compared with its peers",
        "",
        *(f"- {line}" for line in machine.describe(about)),
        "",
        table.markdown(found),
        "",
        f"{table.count(found)}. A ratio is torchffi / peer: the median of interleaved pairs.",
        *(
            f"\n## {plot.title}\n\n{plot.sentence}\n\n![{plot.title}]({plot.file})"
            for plot in drawn
        ),
    ]
    (folder / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return ["report.json", "report.md", *(plot.file for plot in drawn)]
