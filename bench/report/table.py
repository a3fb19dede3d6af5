"""The final table, as text and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from bench.report.rows import Row

HEAD = ("", "peer", "ours", "peer's", "ratio", "quartiles", "pairs", "must", "aim", "")
_SECONDS = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9))
_BYTES = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1.0))


def quantity(value: float, unit: str) -> str:
    """A time or a size with three digits and its unit.

    Args:
        value: In the unit.
        unit: ``"s"``, ``"s/op"``, or ``"bytes"``; others are printed unchanged.
    """
    if unit not in ("s", "s/op", "bytes"):
        return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    scale = _BYTES if unit == "bytes" else _SECONDS
    name, size = next((one for one in scale if value >= one[1]), scale[-1])
    value /= size
    return f"{value:.{2 - (value >= 10) - (value >= 100)}f} {name}"


def cells(row: Row) -> tuple[str, ...]:
    """One row as text."""
    target, pairs, ratio = row.target, row.pairs, row.ratio
    sign = ">=" if target.higher_is_better else "<="
    return (
        target.what,
        target.peer,
        quantity(median(pairs.ours), pairs.unit),
        quantity(median(pairs.peer), pairs.unit),
        f"{ratio.median:.3f}",
        f"{ratio.low:.3f} - {ratio.high:.3f}",
        str(len(pairs.ours)),
        f"{sign} {target.must:.2f}",
        "" if target.aim is None else f"{sign} {target.aim:.2f}",
        row.verdict,
    )


def aligned(lines: Sequence[Sequence[str]], left: int) -> str:
    """A table as text, with a rule below its header.

    The first ``left`` columns and the last one are left-aligned, the others right-aligned.
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    last = len(widths) - 1
    printed = [
        "  ".join(
            f"{cell:{'<' if i < left or i == last else '>'}{width}}"
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([printed[0], "-" * max(map(len, printed)), *printed[1:]])


def text(found: Sequence[Row]) -> str:
    """The table for a terminal."""
    return aligned([HEAD, *map(cells, found)], left=2)


def markdown(found: Sequence[Row]) -> str:
    """The table for ``report.md``."""
    rule = ["---", "---", *["---:"] * (len(HEAD) - 3), "---"]
    lines = [HEAD, rule, *map(cells, found)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def count(found: Sequence[Row]) -> str:
    """A sentence with the number of rows that pass."""
    short = sum(row.verdict == "short" for row in found)
    aims = sum(row.verdict == "pass, aim" for row in found)
    return f"{len(found)} rows: {len(found) - short} pass, {aims} of them the aim; {short} short"
