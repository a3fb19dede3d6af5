"""A statement in a loop: what is timed of an operation that is over too soon for a clock."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from timeit import Timer
from typing import Any

SECONDS = 1e-3  # how long a block takes at least


class Block:
    """A statement as its users write it, repeated without a call of its own around it.

    Attributes:
        calls: How often one run of the block executes it.
    """

    def __init__(self, statement: str, names: Mapping[str, Any]) -> None:
        """Takes the statement, and what its names stand for."""
        # timeit switches the garbage collector off; a program has it on.
        self._timer = Timer(statement, "gc.enable()", globals={"gc": gc, **names})
        self.calls = 1

    def __call__(self) -> float:
        """Runs the block; returns its seconds."""
        return self._timer.timeit(self.calls)

    def calibrate(self) -> None:
        """Repeats so often that a run takes a millisecond or two; that warms it up as well."""
        while min(self(), self()) < SECONDS:  # one of them may have been interrupted
            self.calls *= 2
