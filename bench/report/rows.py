"""The rows of the report: each target with its measurements."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from typing import Any, NamedTuple

from bench.report.samples import Pairs, Ratio, ratio
from bench.report.targets import TARGETS, Target


class Row(NamedTuple):
    """A target and its measurements."""

    target: Target
    pairs: Pairs

    @property
    def ratio(self) -> Ratio:
        """Ours / peer."""
        return ratio(self.pairs)

    @property
    def verdict(self) -> str:
        """``"short"``, ``"pass"``, or ``"pass, aim"`` if the aim is reached as well."""
        target, found = self.target, self.ratio.median
        if not target.reached(found, target.must):
            return "short"
        reached = target.aim is not None and target.reached(found, target.aim)
        return "pass, aim" if reached else "pass"

    def as_json(self) -> dict[str, Any]:
        """The row in ``report.json``: the summary and every pair."""
        return {
            **self.target._asdict(),
            "ratio": self.ratio._asdict(),
            "verdict": self.verdict,
            "unit": self.pairs.unit,
            "ours": median(self.pairs.ours),
            "peers": median(self.pairs.peer),
            "pairs": {"ours": self.pairs.ours, "peer": self.pairs.peer},
        }


def rows(measured: Iterable[Pairs]) -> list[Row]:
    """The measured targets, in their order."""
    found = {pairs.key: pairs for pairs in measured}
    return [Row(target, found[target.key]) for target in TARGETS if target.key in found]
