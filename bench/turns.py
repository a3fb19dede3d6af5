"""Pairs of measurements, one after the other, so that what disturbs the machine disturbs both sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def take(
    what: str,
    pairs: int,
    pair: Callable[[], T],
    progress: Callable[[str], None],
    *,
    warm_up: bool = True,
) -> list[T]:
    """Measures pair by pair.

    Args:
        what: Is measured; for people.
        pairs: How many.
        pair: Measures both sides once.
        progress: Is told of each pair, and of the one before that is not counted.
        warm_up: Whether there is that one.

    Returns:
        What ``pair`` returned each time.
    """
    if warm_up:
        progress(f"{what}, warm-up")
        pair()
    found = []
    for number in range(1, pairs + 1):
        progress(f"{what}, {number} of {pairs}")
        found.append(pair())
    return found
