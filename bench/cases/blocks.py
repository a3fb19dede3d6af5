"""A statement in a loop, for operations that are too short for the clock."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from time import perf_counter
from timeit import Timer
from typing import Any

SECONDS = 1e-3


class Block:
    """A statement as users write it, repeated inline, without a function call per repetition.

    Args:
        statement: The statement.
        names: Its namespace.
        setup: Runs before the repetitions, not timed.
        clock: The clock.
        seconds: The minimum duration of a run.

    Attributes:
        calls: Number of executions per run of the block.
    """

    def __init__(
        self,
        statement: str,
        names: Mapping[str, Any],
        *,
        setup: str = "pass",
        clock: Callable[[], float] = perf_counter,
        seconds: float = SECONDS,
    ) -> None:
        # timeit disables the garbage collector; programs run with it.
        setup = f"gc.enable(); {setup}"
        self._timer = Timer(statement, setup, clock, globals={"gc": gc, **names})
        self._seconds = seconds
        self.calls = 1

    def __call__(self) -> float:
        """Runs the block; returns its seconds."""
        return self._timer.timeit(self.calls)

    def calibrate(self) -> None:
        """Sets the number of calls so that a run takes once to twice the minimum; this also warms up."""
        while min(self(), self()) < self._seconds:  # one of them may have been interrupted
            self.calls *= 2
