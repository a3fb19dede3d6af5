"""Changes since an earlier report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.report.rows import Row
from bench.report.samples import Ratio
from bench.report.table import aligned

HEAD = ("", "before", "now", "change", "")


class BaselineError(Exception):
    """The earlier report cannot be read; the message says why."""


def read(path: Path) -> dict[str, Any]:
    """An earlier ``report.json``.

    Raises:
        BaselineError: If the file is not one.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        ratios = {row["key"]: Ratio(**row["ratio"]) for row in found["rows"]}
        return {"ratios": ratios, "machine": dict(found["machine"])}
    except OSError as error:
        raise BaselineError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BaselineError(f"{path}: not a report.json of this benchmark ({error})") from error


def mark(row: Row, before: Ratio) -> str:
    """``"better"`` or ``"worse"`` if the change exceeds the spread of both runs, else ``""``."""
    now = row.ratio
    if abs(now.median - before.median) <= max(now.spread, before.spread):
        return ""
    return "better" if (now.median > before.median) == row.target.higher_is_better else "worse"


def changes(found: Sequence[Row], ratios: dict[str, Ratio]) -> str:
    """A table of the ratios before and now."""
    lines = [HEAD]
    for row in found:
        before, now = ratios.get(row.target.key), row.ratio
        if before is None:
            lines.append((row.target.what, "-", f"{now.median:.3f}", "", "new"))
            continue
        change = f"{now.median / before.median - 1:+.1%}"
        figures = (f"{before.median:.3f}", f"{now.median:.3f}", change)
        lines.append((row.target.what, *figures, mark(row, before)))
    return aligned(lines, left=1)


def other_machine(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Differences between the machines of both runs; ``""`` if there are none."""
    same = ("cpu", "cores", "python", "numpy", "libtorch", "torch", "quick")
    different = [
        f"{name} was {before.get(name)}, is {now[name]}"
        for name in same
        if before.get(name) != now[name]
    ]
    return "; ".join(different)
