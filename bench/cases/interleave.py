"""Interleaved pairs of measurements, so that a disturbance of the machine affects both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def pairs(
    what: str,
    count: int,
    pair: Callable[[], T],
    progress: Callable[[str], None],
    *,
    warm_up: bool = True,
) -> list[T]:
    """Measures pair by pair.

    Args:
        what: Description of the measurement, for the progress bar.
        count: Number of pairs.
        pair: Measures both sides once.
        progress: Called for each pair, and for the warm-up.
        warm_up: Whether to measure one pair first that is not counted.

    Returns:
        The results of ``pair``.
    """
    if warm_up:
        progress(f"{what}, warm-up")
        pair()
    found = []
    for number in range(1, count + 1):
        progress(f"{what}, {number} of {count}")
        found.append(pair())
    return found
