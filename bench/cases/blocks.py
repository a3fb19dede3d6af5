"""A statement in a loop, for operations that are too short for the clock."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from timeit import Timer
from typing import Any

SECONDS = 1e-3  # minimum duration of a block


class Block:
    """A statement as users write it, repeated inline, without a function call per repetition.

    Attributes:
        calls: Number of executions per run of the block.
    """

    def __init__(self, statement: str, names: Mapping[str, Any]) -> None:
        """Takes the statement and its namespace."""
        # timeit disables the garbage collector; programs run with it.
        self._timer = Timer(statement, "gc.enable()", globals={"gc": gc, **names})
        self.calls = 1

    def __call__(self) -> float:
        """Runs the block; returns its seconds."""
        return self._timer.timeit(self.calls)

    def calibrate(self) -> None:
        """Sets the number of calls so that a run takes 1-2 ms; this also warms up."""
        while min(self(), self()) < SECONDS:  # one of them may have been interrupted
            self.calls *= 2
