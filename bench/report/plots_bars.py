"""Bar plots: ratios, cold start, memory."""

from __future__ import annotations

from typing import Any

from matplotlib import pyplot
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from bench.report import plot_style
from bench.report.rows import Row, rows
from bench.report.samples import Pairs
from bench.report.targets import TARGETS

ROWS = tuple(target.key for target in TARGETS)
_AIM = {"color": "black", "markerfacecolor": "white", "marker": "D", "markersize": 5}
_TICKS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20)


def ratios(found: dict[str, Pairs]) -> Any:
    """The ratio of each row with its quartiles, the target, and the aim."""
    chosen = rows(found.values())
    figure, panel = pyplot.subplots(figsize=(10, 1.6 + 0.33 * len(chosen)))
    for y, row in enumerate(chosen):
        _ratio(panel, y, row)
    panel.axvline(1, color="#888888", linewidth=1)
    panel.set_xscale("log")
    panel.xaxis.set_major_locator(FixedLocator(_TICKS))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    low, high = panel.get_xlim()
    panel.set_xlim(min(low, 0.65), max(high, 1.55))
    panel.set_yticks(range(len(chosen)), [_label(row) for row in chosen])
    panel.set_ylim(len(chosen) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)
    plot_style.dress(panel)
    panel.set_title("torchffi compared with its peers", loc="left", fontweight="bold", pad=30)
    panel.set_xlabel("torchffi / peer (median and quartiles of the pairs)")
    marks: list[tuple[str, dict[str, Any]]] = [
        ("pass", {"color": plot_style.PASS, "marker": "o", "linewidth": 2.2}),
        ("short", {"color": plot_style.SHORT, "marker": "o", "linewidth": 2.2}),
        ("must", {"color": "black", "marker": "|", "markersize": 12, "linestyle": ""}),
        ("aim", {**_AIM, "linestyle": ""}),
    ]
    handles = [Line2D([], [], label=label, **mark) for label, mark in marks]
    figure.tight_layout()
    panel.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False)
    return figure


def _ratio(panel: Any, y: int, row: Row) -> None:
    target, ratio = row.target, row.ratio
    color = plot_style.SHORT if row.verdict == "short" else plot_style.PASS
    panel.plot([ratio.low, ratio.high], [y, y], color=color, linewidth=2.2, zorder=3)
    panel.plot(ratio.median, y, color=color, marker="o", markersize=7, zorder=4)
    panel.plot(target.must, y, color="black", marker="|", markersize=15, zorder=5)
    if target.aim is not None:
        panel.plot(target.aim, y, **_AIM, zorder=6)


def _label(row: Row) -> str:
    more = ", higher is better" if row.target.higher_is_better else ""
    return f"{row.target.what}  ({row.target.peer}{more})"


def cold_start(found: dict[str, Pairs]) -> Any:
    """The parts of the start of a process: a panel per program, a bar per side."""
    what = {"first_result": "to the first a + b", "minilm_cold": "to the first MiniLM vector"}
    figure, panels = pyplot.subplots(
        len(found), 1, figsize=(9, 0.9 + 1.7 * len(found)), squeeze=False
    )
    used: dict[str, None] = {}
    for panel, (key, pairs) in zip(panels.flat, found.items(), strict=True):
        sides = [pairs.details["parts"]["ours"], pairs.details["parts"]["peer"]]
        for y, parts in enumerate(sides):
            left = 0.0
            for part, seconds in parts.items():
                panel.barh(y, seconds, 0.62, left=left, color=plot_style.PARTS[part])
                left += seconds
                used[part] = None
            panel.text(left, y, f"  {left:.2f} s", va="center", fontsize=10)
        panel.set_yticks(
            [0, 1], ["torchffi", "PyTorch" if key == "first_result" else "torch +\ntransformers"]
        )
        panel.set_ylim(1.55, -0.55)
        panel.margins(x=0.1)
        panel.tick_params(axis="y", length=0)
        plot_style.dress(panel, f"From the start of the process {what[key]}", grid="x")
        panel.set_xlabel("seconds (median)")
    handles = [
        Patch(color=plot_style.PARTS[part], label=part) for part in plot_style.PARTS if part in used
    ]
    figure.tight_layout(rect=(0, 0.12 if len(found) == 1 else 0.07, 1, 1))
    figure.legend(handles=handles, loc="lower center", ncols=6, frameon=False)
    return figure


def memory(found: dict[str, Pairs]) -> Any:
    """Peak memory of a process, by the library it has started."""
    sizes = found["start_memory"].details["bytes"]
    colors = {"Python": "#BBBBBB", "NumPy": plot_style.NUMPY, "torchffi": plot_style.OURS}
    figure, panel = pyplot.subplots(figsize=(8, 0.9 + 0.55 * len(sizes)))
    for y, (name, size) in enumerate(sizes.items()):
        panel.barh(y, size, 0.62, color=colors.get(name, plot_style.PEER))
        panel.text(size, y, f"  {size / 1e6:.0f} MB", va="center", fontsize=10)
    panel.set_yticks(range(len(sizes)), sizes)
    panel.invert_yaxis()
    panel.margins(x=0.12)
    panel.tick_params(axis="y", length=0)
    panel.xaxis.set_minor_formatter(NullFormatter())
    plot_style.in_units(panel.xaxis, "B")
    plot_style.dress(panel, "A process up to its first result", grid="x")
    panel.set_xlabel("peak resident memory (median)")
    figure.tight_layout()
    return figure
