"""Colours and style of the plots."""

from __future__ import annotations

from typing import Any

from matplotlib.ticker import EngFormatter, NullFormatter

# A palette for colour-vision deficiency (Okabe and Ito, 2008).
OURS, FALLBACK, NUMPY, PEER = "#D55E00", "#E69F00", "#0072B2", "#444444"
PASS, SHORT = "#009E73", "#D55E00"
# Colours of the parts of a start.
PARTS = {
    "Python": "#BBBBBB",
    "NumPy": NUMPY,
    "LibTorch": OURS,
    "PyTorch": PEER,
    "model": "#CC79A7",
    "compute": "#009E73",
}
LINES: dict[str, dict[str, Any]] = {
    "ffi": {"color": OURS, "marker": "o", "zorder": 5, "linewidth": 2.4},
    "fallback": {"color": FALLBACK, "marker": "s", "zorder": 4},
    "numpy": {"color": NUMPY, "marker": "^", "zorder": 3},
    "torch": {"color": PEER, "marker": "D", "zorder": 4, "linestyle": "--"},
}


def dress(panel: Any, title: str = "", grid: str = "both") -> None:
    """Applies the common style to a panel."""
    panel.set_title(title, fontsize=12, fontweight="bold", loc="left")
    panel.grid(True, which="major", axis=grid, color="#DDDDDD", linewidth=0.8)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)


def in_units(axis: Any, unit: str) -> None:
    """Formats the numbers of an axis as 10 ms, 20 MB, ..."""
    axis.set_major_formatter(EngFormatter(unit))
    axis.set_minor_formatter(NullFormatter())
