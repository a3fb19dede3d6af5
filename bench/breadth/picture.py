"""The picture of the breadth benchmark: a strip for each group, a dot for each row and size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib
import numpy as np

matplotlib.use("Agg")  # write files, open no window

from matplotlib import pyplot
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from bench.breadth import summary
from bench.breadth.operands import SIZES
from bench.breadth.timing import Measured
from bench.report import plot_style

FILE: Final = "breadth.png"
_COLORS: Final = (plot_style.OURS, plot_style.NUMPY, "#009E73")
_TICKS: Final = (0.001, 0.01, 0.1, 0.3, 1, 3, 10, 30, 100, 1000)
_HEIGHT: Final = 0.52  # inches of a group


def draw(found: Sequence[Measured], folder: Path) -> None:
    """Writes the picture: a panel for each comparison that was measured."""
    pairs = [pair for pair in summary.TITLES if summary.ratios(found, *pair)]
    if not pairs:
        return
    groups = summary.groups(found)
    figure, panels = pyplot.subplots(
        1,
        len(pairs),
        figsize=(2.6 + 4.3 * len(pairs), 1.8 + _HEIGHT * len(groups)),
        sharey=True,
        squeeze=False,
    )
    for panel, pair in zip(panels.flat, pairs, strict=True):
        for number, group in enumerate(groups):
            some = [one for one in found if one.row.group == group]
            if not summary.ratios(some, *pair):
                _note(panel, number)
            if number % 2:
                panel.axhspan(number - 0.5, number + 0.5, color="#F4F4F4", zorder=0)
            for size in summary.sizes(some):
                at_size = [one for one in some if one.size == size]
                _lane(panel, number, size, summary.ratios(at_size, *pair))
        _dress(panel, summary.TITLES[pair], [one for one, _ in summary.ratios(found, *pair)])
    left = panels.flat[0]
    left.set_yticks(range(len(groups)), groups, fontsize=10)
    left.set_ylim(len(groups) - 0.5, -0.5)
    handles = [
        Line2D([], [], color=color, marker="o", linestyle="", label=size.name)
        for size, color in zip(SIZES, _COLORS, strict=True)
    ]
    mean = {"marker": "|", "markersize": 13, "markeredgewidth": 2.2, "linestyle": ""}
    handles.append(Line2D([], [], color="black", label="geometric mean", **mean))
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.45 / figure.get_figheight()))
    figure.legend(handles=handles, loc="upper center", ncols=4, frameon=False, fontsize=11)
    figure.savefig(folder / FILE, dpi=130)
    pyplot.close(figure)


def _lane(panel: Any, number: int, size: str, ratios: list[tuple[float, Measured]]) -> None:
    """The dots of a group and a size, and their geometric mean."""
    names = [one.name for one in SIZES]
    lane = names.index(size) if size in names else None
    color = "#555555" if lane is None else _COLORS[lane]
    y = number + (0 if lane is None else (lane - 1) * 0.27)
    x = [ratio for ratio, _ in ratios]
    if not x:
        return
    # Spread by a fixed sequence, so that equal ratios do not hide each other.
    spread = (np.arange(len(x)) * 0.618034 % 1 - 0.5) * 0.17
    panel.scatter(x, y + spread, s=9, color=color, alpha=0.55, linewidths=0, zorder=3)
    mean = math.exp(sum(map(math.log, x)) / len(x))
    panel.plot(mean, y, color="black", marker="|", markersize=9, markeredgewidth=2, zorder=4)


def _note(panel: Any, number: int) -> None:
    """Says that a group has no dots in this panel."""
    at = panel.get_yaxis_transform()
    panel.text(
        0.6, number, "no counterpart", transform=at, va="center", fontsize=8, color="#888888"
    )


def _dress(panel: Any, title: str, x: Sequence[float]) -> None:
    panel.set_xscale("log")
    low, high = min(*x, 0.5), max(*x, 2)
    panel.set_xlim(low / 1.25, high * 1.25)
    more = () if high / low > 50 else (0.5, 0.7, 1.5, 2, 5)
    panel.xaxis.set_major_locator(FixedLocator((*_TICKS, *more)))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.tick_params(axis="y", length=0)
    plot_style.dress(panel, title, grid="x")
    panel.axvline(1, color="black", linewidth=1.2, zorder=2)
    panel.set_xlabel("ratio of the times; left of 1 the first is faster", fontsize=9)
