"""The plots of a report: their data, their titles and how to read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")  # write files, open no window

from matplotlib import pyplot

from bench.report import plots_bars, plots_lines
from bench.report.samples import Pairs


class Plot(NamedTuple):
    """One plot.

    Attributes:
        file: The name of the file.
        title: The heading.
        sentence: How to read the plot.
        needs: Keys of measurements; the plot is drawn if one of them exists.
        figure: Draws the plot from those that exist.
    """

    file: str
    title: str
    sentence: str
    needs: tuple[str, ...]
    figure: Callable[[dict[str, Pairs]], Any]


PLOTS = (
    Plot(
        "ratios.png",
        "Ratio by operation",
        "Each dot is torchffi / peer, with a line from the first to the third quartile of the pairs: "
        "left of 1 torchffi takes less. The bar is the target, the diamond the aim.",
        plots_bars.ROWS,
        plots_bars.ratios,
    ),
    Plot(
        "sizes.png",
        "Time against size",
        "Each line is one route, on one thread; lower is faster, and both axes are logarithmic. "
        " The dotted line marks the size from which LibTorch through torchffi is faster "
        "than NumPy.",
        ("sizes",),
        plots_lines.sizes,
    ),
    Plot(
        "cold_start.png",
        "Cold start",
        "Each bar is the time from the start of a process to its first result, split "
        "into its parts; shorter is better.",
        ("first_result", "minilm_cold"),
        plots_bars.cold_start,
    ),
    Plot(
        "memory.png",
        "Memory",
        "Each bar is the peak memory of a process that has computed its first result; those of bare "
        "Python and of NumPy, for comparison, have only started.",
        ("start_memory",),
        plots_bars.memory,
    ),
    Plot(
        "alive.png",
        "Time per operation against live tensors",
        "A flat line means that other live tensors do not slow an operation down.",
        ("alive",),
        plots_lines.alive,
    ),
)


def draw(measured: Sequence[Pairs], folder: Path) -> list[Plot]:
    """Writes the plots whose data was measured; returns them."""
    found = {pairs.key: pairs for pairs in measured}
    drawn = []
    for plot in PLOTS:
        some = {key: found[key] for key in plot.needs if key in found}
        if some:
            figure = plot.figure(some)
            figure.savefig(folder / plot.file, dpi=130, bbox_inches="tight")
            pyplot.close(figure)
            drawn.append(plot)
    return drawn
