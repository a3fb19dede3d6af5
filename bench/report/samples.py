"""Paired measurements of torchffi and a peer, and their ratio."""

from __future__ import annotations

from statistics import median, quantiles
from typing import Any, NamedTuple


class Pairs(NamedTuple):
    """Interleaved measurements of one row.

    Attributes:
        key: The key of a Target; or of a plot without a row, which has no pairs.
        unit: ``"s"``, ``"bytes"``, or ``"s/op"``.
        ours: One value of torchffi per pair.
        peer: One value of the peer per pair.
        details: Further values for the plots and the report, as JSON types.
    """

    key: str
    unit: str
    ours: list[float]
    peer: list[float]
    details: dict[str, Any]


class Ratio(NamedTuple):
    """Ours / peer over all pairs: the quartiles and the median."""

    low: float
    median: float
    high: float

    @property
    def spread(self) -> float:
        """The interquartile range."""
        return self.high - self.low


def ratio(pairs: Pairs) -> Ratio:
    """Median and quartiles of the ratios of the pairs."""
    each = [ours / peer for ours, peer in zip(pairs.ours, pairs.peer, strict=True)]
    if len(each) == 1:
        each *= 2
    low, _, high = quantiles(each, n=4, method="inclusive")
    return Ratio(low, median(each), high)
