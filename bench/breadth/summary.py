"""Figures of the breadth benchmark: by group and size, the worst rows, and from which size FFI wins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bench.breadth.operands import SIZES
from bench.breadth.timing import COMPARED, Measured
from bench.report.table import aligned, quantity

HIGH: Final = 1.3  # the ratio above which a row is slow
WORST: Final = 10
TITLES: Final = {
    ("ffi", "torch"): "FFI / PyTorch",
    ("fallback", "numpy"): "fallback / NumPy",
    ("ffi", "fallback"): "FFI / fallback",
}


class Figures(NamedTuple):
    """The ratios of a group at a size.

    Attributes:
        count: Number of rows.
        mean: Their geometric mean.
        high: The share of rows above HIGH.
    """

    count: int
    mean: float
    high: float


def ratios(found: Iterable[Measured], ours: str, peer: str) -> list[tuple[float, Measured]]:
    """The ratios of two routes and their rows, the largest first."""
    each = [(one.ratio(ours, peer), one) for one in found]
    some = [(ratio.median, one) for ratio, one in each if ratio is not None]
    return sorted(some, key=lambda one: -one[0])


def figures(found: Iterable[Measured], ours: str, peer: str) -> Figures | None:
    """The figures of a comparison; None if no row has both routes."""
    some = [ratio for ratio, _ in ratios(found, ours, peer)]
    if not some:
        return None
    mean = math.exp(sum(map(math.log, some)) / len(some))
    return Figures(len(some), mean, sum(ratio > HIGH for ratio in some) / len(some))


def sizes(found: Iterable[Measured]) -> list[str]:
    """The sizes of the measurements, in their order."""
    return list(dict.fromkeys(one.size for one in found))


def groups(found: Iterable[Measured]) -> list[str]:
    """The groups of the measurements, in their order."""
    return list(dict.fromkeys(one.row.group for one in found))


def wins_from(found: Iterable[Measured]) -> dict[str, str]:
    """Statement -> the size from which on FFI is faster than the fallback, or ``"never"``.

    Statements without a fallback are missing.
    """
    won: dict[str, str] = {}
    by_size = {name: number for number, name in enumerate([*(size.name for size in SIZES)])}
    for one in sorted(found, key=lambda one: by_size.get(one.size, 0)):
        ratio = one.ratio("ffi", "fallback")
        if ratio is None:
            continue
        key = f"{one.row.group}: {one.row.ours}"
        if ratio.median >= 1:
            won[key] = "never"
        elif won.get(key, "never") == "never":
            won[key] = one.size
    return won


# ---- Text


def head() -> tuple[str, ...]:
    """The header of the table of groups."""
    each = [f"{title}, > {HIGH}" for title in TITLES.values()]
    return ("group", "size", "rows", *(cell for one in each for cell in one.split(", ")))


def lines(found: Sequence[Measured]) -> list[tuple[str, ...]]:
    """The table of groups: a line for each group and size, and for all groups at each size."""
    made = [
        _line(group, size, [one for one in found if (one.row.group, one.size) == (group, size)])
        for group in groups(found)
        for size in sizes(one for one in found if one.row.group == group)
    ]
    of_rows = [one for one in found if one.row.group != "programs"]
    for size in sizes(of_rows):
        made.append(_line("all but programs", size, [one for one in of_rows if one.size == size]))
    return made


def _line(group: str, size: str, found: Sequence[Measured]) -> tuple[str, ...]:
    cells = [group, size, str(len(found))]
    for ours, peer in COMPARED:
        one = figures(found, ours, peer)
        cells += ["-", "-"] if one is None else [f"{one.mean:.2f}", f"{one.high:.0%}"]
    return tuple(cells)


def wins(found: Sequence[Measured]) -> list[tuple[str, ...]]:
    """For each group, the number of rows by the size from which FFI wins; the first is the header."""
    won = wins_from(found)
    names = [name for name in [*sizes(found), "never"] if name in {*won.values(), "never"}]
    made: list[tuple[str, ...]] = [("FFI is faster than the fallback from", *names)]
    for group in groups(found):
        some = [size for key, size in won.items() if key.startswith(f"{group}: ")]
        if some:
            made.append((group, *(str(some.count(name)) for name in names)))
    return made


def worst(
    found: Sequence[Measured], ours: str, peer: str, count: int = WORST
) -> list[tuple[str, ...]]:
    """The rows with the largest ratios: statement, ratio, and both times."""
    made = []
    for ratio, one in ratios(found, ours, peer)[:count]:
        times = [quantity(one.time(route) or 0.0, "s/op") for route in (ours, peer)]
        made.append((one.row.ours, f"{ratio:.2f}", *times))
    return made


def text(found: Sequence[Measured]) -> str:
    """The summary for a terminal."""
    parts = []
    for group in groups(found):
        for size in sizes(one for one in found if one.row.group == group):
            some = [one for one in found if (one.row.group, one.size) == (group, size)]
            for ours, peer in COMPARED[:2]:
                if rows := worst(some, ours, peer):
                    parts.append(
                        _titled(f"{group}, {size}: {TITLES[ours, peer]}", rows, ours, peer)
                    )
    parts += [aligned([head(), *lines(found)], left=2)]
    made = wins(found)
    if len(made) > 1:
        parts += [aligned(made, left=1)]
    return "\n\n".join(parts)


def _titled(title: str, rows: list[tuple[str, ...]], ours: str, peer: str) -> str:
    return aligned([(title, "ratio", ours, peer), *rows], left=1)
