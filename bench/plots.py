"""The plots of a report: which there are, what they need, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib

matplotlib.use("Agg")  # files, no window

from matplotlib import pyplot

from bench import curves, figures
from bench.pairs import Pairs


class Plot(NamedTuple):
    """One plot.

    Attributes:
        file: Its name.
        title: Above it.
        sentence: How to read it.
        needs: Keys of measurements; it is drawn if one of them is there.
        figure: Draws it, of those that are there.
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
        "left of 1 torchffi takes less. The bar is what must be reached, the diamond the aim.",
        figures.ROWS,
        figures.ratios,
    ),
    Plot(
        "sizes.png",
        "Time against size",
        "Each line is one route, on one thread: the lower, the faster, and both axes are "
        "logarithmic. The dotted line marks the size from which LibTorch through torchffi is faster "
        "than NumPy.",
        ("sizes",),
        curves.sizes,
    ),
    Plot(
        "cold_start.png",
        "Cold start",
        "Each bar is the time from the start of a process to its first result, from the left to the "
        "right what it is spent on: the shorter, the better.",
        ("first_result", "minilm_cold"),
        figures.cold_start,
    ),
    Plot(
        "memory.png",
        "Memory",
        "Each bar is the peak memory of a process that has started and computed its first result; "
        "those of bare Python and of NumPy, for comparison, have computed none.",
        ("start_memory",),
        figures.memory,
    ),
    Plot(
        "alive.png",
        "Time per operation against live tensors",
        "A flat line means that an operation does not become slower for other tensors that are alive.",
        ("alive",),
        curves.alive,
    ),
)


def draw(measured: Sequence[Pairs], folder: Path) -> list[Plot]:
    """Writes those plots that something was measured for; returns them."""
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
