"""The plot of the benchmark: time against size, an operation a panel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")  # a file, no window

from matplotlib import pyplot
from matplotlib.lines import Line2D
from matplotlib.ticker import EngFormatter, NullFormatter, NullLocator

from bench.operations import NAMES
from bench.report import Row
from bench.routes import NAMES as ROUTES

# Colours that people with a colour-vision deficiency can tell apart (Okabe and Ito, 2008).
STYLES: dict[str, dict[str, Any]] = {
    "ffi": {"color": "#D55E00", "marker": "o", "zorder": 4, "linewidth": 2.4},
    "fallback": {"color": "#E69F00", "marker": "s", "zorder": 3},
    "numpy": {"color": "#0072B2", "marker": "^", "zorder": 2},
    "torch": {"color": "#444444", "marker": "D", "zorder": 3, "linestyle": "--"},
}
COLUMNS = 5


def draw(found: Sequence[Row], path: Path, title: str) -> None:
    """Writes the plot as a PNG.

    Args:
        found: What was measured.
        path: Of the file.
        title: Says what it was measured on.
    """
    names = list(dict.fromkeys(row.operation for row in found))
    columns = min(COLUMNS, len(names))
    lines = -(-len(names) // columns)
    figure, grid = pyplot.subplots(
        lines, columns, figsize=(3.4 * columns, 3.3 * lines + 1.2), squeeze=False
    )
    panels = list(grid.flat)
    for panel, name in zip(panels, names, strict=False):
        chosen = [row for row in found if row.operation == name]
        (_bars if name == "minilm" else _lines)(panel, chosen)
        panel.set_title(NAMES[name], fontsize=11, fontweight="bold")
        _dress(panel)
    for panel in panels[len(names) :]:
        panel.set_visible(False)
    for line in grid:
        line[0].set_ylabel("time of one call (median)")
    _legend(figure, found)
    figure.suptitle(title, fontsize=12)
    figure.tight_layout(rect=(0, 0.06, 1, 0.99))
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def _lines(panel: Any, chosen: Sequence[Row]) -> None:
    for route, style in STYLES.items():
        points = [(row.size, row.seconds[route]) for row in chosen if route in row.seconds]
        if points:
            panel.plot(*zip(*points, strict=True), markersize=5, **style)
    panel.set_xscale("log", base=2)
    panel.set_yscale("log")
    sizes = [row.size for row in chosen]
    panel.set_xticks(sizes, [str(size) for size in sizes])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xlabel("n, for arrays of n x n float32")


def _bars(panel: Any, chosen: Sequence[Row]) -> None:
    routes = [route for route in STYLES if any(route in row.seconds for row in chosen)]
    width = 0.8 / max(len(routes), 1)
    for i, route in enumerate(routes):
        places = [j + (i - (len(routes) - 1) / 2) * width for j in range(len(chosen))]
        heights = [row.seconds.get(route, 0) for row in chosen]
        panel.bar(places, heights, width * 0.92, color=STYLES[route]["color"], zorder=3)
    panel.set_xticks(range(len(chosen)), [str(row.size) for row in chosen])
    panel.set_xlabel("sentences in a batch")


def _dress(panel: Any) -> None:
    """What all panels have in common."""
    panel.yaxis.set_major_formatter(EngFormatter("s"))
    panel.yaxis.set_minor_formatter(NullFormatter())
    panel.grid(True, which="major", color="#DDDDDD", linewidth=0.8, zorder=0)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=9)


def _legend(figure: Any, found: Sequence[Row]) -> None:
    measured = {route for row in found for route in row.seconds}
    handles = [
        Line2D([], [], label=ROUTES[route], markersize=6, **style)
        for route, style in STYLES.items()
        if route in measured
    ]
    figure.legend(
        handles=handles, loc="lower center", ncols=len(handles), frameon=False, fontsize=11
    )
