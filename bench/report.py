"""What was measured, as rows, and the table that the benchmark ends with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from bench.operations import NAMES
from bench.routes import NAMES as ROUTES

# Ours and its peer: the columns of ratios.
RATIOS = (("ffi", "torch"), ("ffi", "numpy"), ("fallback", "numpy"))
_SHORT = {"ffi": "FFI", "fallback": "fallback", "numpy": "NumPy", "torch": "PyTorch"}


class Row(NamedTuple):
    """One operation at one size.

    Attributes:
        operation: A key of ``bench.operations.NAMES``.
        size: n of the n x n arrays; sentences for ``"minilm"``.
        seconds: Route -> median time of one call.
    """

    operation: str
    size: int
    seconds: dict[str, float]

    def ratio(self, ours: str, peer: str) -> float | None:
        """Our time divided by the peer's; None if one of them was not measured."""
        if ours not in self.seconds or peer not in self.seconds:
            return None
        return self.seconds[ours] / self.seconds[peer]

    @property
    def label(self) -> str:
        """The size as text."""
        if self.operation == "minilm":
            return f"{self.size} sentence{'s' * (self.size > 1)}"
        return f"{self.size} x {self.size}"


def rows(measured: dict[str, Any]) -> list[Row]:
    """The rows of a JSON object that pytest-benchmark wrote, in the order of measurement."""
    found: dict[tuple[str, int], dict[str, float]] = {}
    for case in measured["benchmarks"]:
        info = case["extra_info"]
        seconds = found.setdefault((info["operation"], info["size"]), {})
        seconds[info["route"]] = case["stats"]["median"]
    return [Row(operation, size, seconds) for (operation, size), seconds in found.items()]


def as_json(found: Sequence[Row], machine: dict[str, Any]) -> dict[str, Any]:
    """What ``report.json`` holds."""
    return {
        "machine": machine,
        "unit": "seconds, median of one call",
        "rows": [
            {
                **row._asdict(),
                "ratios": {f"{ours}/{peer}": row.ratio(ours, peer) for ours, peer in RATIOS},
            }
            for row in found
        ],
    }


def duration(seconds: float | None) -> str:
    """A time with three digits and its unit."""
    if seconds is None:
        return "-"
    units = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9))
    unit, size = next((one for one in units if seconds >= one[1]), units[-1])
    value = seconds / size
    return f"{value:.{2 - (value >= 10) - (value >= 100)}f} {unit}"


def table(found: Sequence[Row]) -> str:
    """Times and ratios as text."""
    head = [f"{'':14}", *(f"{_SHORT[route]:>10}" for route in ROUTES), " "]
    head += [f"{f'{_SHORT[ours]}/{_SHORT[peer]}':>16}" for ours, peer in RATIOS]
    lines = ["".join(head)]
    previous = None
    for row in found:
        if row.operation != previous:
            lines += ["", NAMES[row.operation]]
            previous = row.operation
        cells = [f"  {row.label:12}"]
        cells += [f"{duration(row.seconds.get(route)):>10}" for route in ROUTES]
        cells.append(" ")
        for ours, peer in RATIOS:
            ratio = row.ratio(ours, peer)
            cells.append(f"{'-' if ratio is None else f'{ratio:.2f}':>16}")
        lines.append("".join(cells))
    return "\n".join(lines)
