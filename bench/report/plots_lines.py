"""Line plots: time against size, time against live tensors."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Any

from matplotlib import pyplot
from matplotlib.ticker import NullLocator

from bench.cases.routes import NAMES
from bench.report import plot_style
from bench.report.samples import Pairs

_AXES = {"a + b": "elements of a and of b (float32)", "a @ b": "n, for n x n arrays of float32"}


def sizes(found: dict[str, Pairs]) -> Any:
    """Time of an operation against the size of its operands: one panel each, one line per route."""
    sweeps = found["sizes"].details
    figure, panels = pyplot.subplots(1, len(sweeps), figsize=(6.2 * len(sweeps), 5), squeeze=False)
    for panel, (statement, sweep) in zip(panels.flat, sweeps.items(), strict=True):
        for route, line in plot_style.LINES.items():
            panel.loglog(sweep["sizes"], sweep["seconds"][route], label=NAMES[route], **line)
        if (
            len(sweep["sizes"]) > 1 and sweep["sizes"][1] < 10 * sweep["sizes"][0]
        ):  # not powers of 10
            panel.set_xticks(sweep["sizes"], [str(size) for size in sweep["sizes"]])
            panel.xaxis.set_minor_locator(NullLocator())
        plot_style.dress(panel, statement)
        plot_style.in_units(panel.yaxis, "s")
        panel.set_xlabel(_AXES[statement])
        panel.set_ylabel("time of one call (median)")
        _mark(panel, sweep["sizes"], sweep["seconds"])
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.legend(handles, labels, loc="lower center", ncols=4, frameon=False)
    return figure


def _mark(panel: Any, sizes: Sequence[int], seconds: dict[str, list[float]]) -> None:
    """Marks the size from which torchffi on LibTorch is faster than NumPy."""
    size = crossover(sizes, seconds["ffi"], seconds["numpy"])
    text = f"no crossover of torchffi and NumPy up to {sizes[-1]:,}"
    if size is not None:
        panel.axvline(size, color=plot_style.OURS, linestyle=":", linewidth=1.4)
        text = f"torchffi is faster than NumPy from {float(f'{size:.2g}'):,.0f} on"
    panel.text(0.03, 0.95, text, transform=panel.transAxes, color=plot_style.OURS, fontsize=10)


def crossover(sizes: Sequence[float], ours: Sequence[float], peer: Sequence[float]) -> float | None:
    """The size from which ours is faster up to the last size, interpolated on logarithmic axes.

    None if ours is not faster at the last size.
    """
    gaps = [log(a / b) for a, b in zip(ours, peer, strict=True)]
    slower = [i for i, gap in enumerate(gaps) if gap >= 0]
    if not slower:
        return sizes[0]
    i = slower[-1]
    if i == len(gaps) - 1:
        return None
    share = gaps[i] / (gaps[i] - gaps[i + 1])
    return exp(log(sizes[i]) + share * (log(sizes[i + 1]) - log(sizes[i])))


def alive(found: dict[str, Pairs]) -> Any:
    """Time of an operation against the number of live tensors."""
    details = found["alive"].details
    figure, panel = pyplot.subplots(figsize=(7, 4.2))
    for route, key in (("ffi", "seconds_per_op"), ("torch", "peer_seconds_per_op")):
        panel.semilogx(details["live"], details[key], label=NAMES[route], **plot_style.LINES[route])
    panel.set_ylim(0, 1.25 * max(details["seconds_per_op"] + details["peer_seconds_per_op"]))
    plot_style.dress(panel, "a + b while other tensors are alive")
    plot_style.in_units(panel.yaxis, "s")
    panel.set_xlabel("live tensors")
    panel.set_ylabel("time of one a + b (median)")
    panel.legend(frameon=False, loc="upper left", ncols=2)
    figure.tight_layout()
    return figure
