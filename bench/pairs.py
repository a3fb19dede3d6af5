"""Measurements of one row, ours and the peer's, and what they come to."""

from __future__ import annotations

from statistics import median, quantiles
from typing import Any, NamedTuple


class Pairs(NamedTuple):
    """One row's measurements: ours and the peer's, taken in turns.

    Attributes:
        key: A Target's key; or another one for what only a plot shows, then without pairs.
        unit: ``"s"``, ``"bytes"``, or ``"s/op"``.
        ours: One value a pair.
        peer: The same of the peer.
        details: Whatever the plots or the report show beside it, as JSON has it.
    """

    key: str
    unit: str
    ours: list[float]
    peer: list[float]
    details: dict[str, Any]


class Ratio(NamedTuple):
    """Ours / peer over all pairs: the median and the quartiles around it."""

    low: float
    median: float
    high: float

    @property
    def spread(self) -> float:
        """The distance of the quartiles, in which half of the pairs lie."""
        return self.high - self.low


def ratio(pairs: Pairs) -> Ratio:
    """What the pairs come to."""
    each = [ours / peer for ours, peer in zip(pairs.ours, pairs.peer, strict=True)]
    if len(each) == 1:
        each *= 2
    low, _, high = quantiles(each, n=4, method="inclusive")
    return Ratio(low, median(each), high)
