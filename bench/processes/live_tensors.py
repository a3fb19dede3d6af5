"""A process with many live tensors: ``python -m bench.processes.live_tensors torchffi|torch``.

The calls used here have the same names in both libraries. The garbage collector is on.
"""

from __future__ import annotations

import sys
from importlib import import_module
from time import perf_counter
from typing import Any

from bench.processes.clock import resident_bytes
from bench.processes.worker import serve

CALLS, WARM_UP = 2000, 500  # in a block of a + b


class LiveTensors:
    """Live tensors of one element each, and two tensors to add."""

    def __init__(self, library: str) -> None:
        self._library: Any = import_module(library)
        self._a, self._b = self._library.ones((2, 2)), self._library.ones((2, 2))
        self._tensors: list[Any] = []
        self._check()

    def cost(self, count: int) -> dict[str, float]:
        """The cost of ``count`` tensors.

        Returns:
            ``bytes``: resident memory per live tensor, including its entry in the list;
            ``seconds``: time to make and drop them all.
        """
        zeros = self._library.zeros
        before = resident_bytes()
        began = perf_counter()
        self._tensors = [zeros((1,)) for _ in range(count)]
        seconds = perf_counter() - began
        taken = resident_bytes() - before
        self._check()
        began = perf_counter()
        self._tensors.clear()
        self._a + self._b  # a deferred release counts as well
        seconds += perf_counter() - began
        self._check()
        return {"bytes": taken / count, "seconds": seconds}

    def add(self, live: int) -> float:
        """Seconds of one a + b with ``live`` tensors, at least as many as in the last call."""
        if live != len(self._tensors):
            zeros = self._library.zeros
            self._tensors += [zeros((1,)) for _ in range(live - len(self._tensors))]
            self._check()  # only here: it inspects every tensor
        a, b = self._a, self._b
        for _ in range(WARM_UP):
            a + b
        began = perf_counter()
        for _ in range(CALLS):
            a + b
        return (perf_counter() - began) / CALLS

    def _check(self) -> None:
        """Checks the backend, a sum, and the number of live tensors."""
        total = (self._a + self._b).numpy()
        assert total.tolist() == [[2, 2], [2, 2]], f"ones + ones is {total}"
        del total
        if self._library.__name__ == "torchffi":
            assert self._library.get_backend() == "ffi", "torchffi does not compute with LibTorch"
            live = self._library.memory_stats()["live_handles"]
            assert live == len(self._tensors) + 2, (
                f"{live} live tensors, not {len(self._tensors) + 2}"
            )


def main() -> None:
    """Answers the name of a method and its argument."""
    tensors = LiveTensors(sys.argv[1])
    serve(lambda question: getattr(tensors, question[0])(question[1]))


if __name__ == "__main__":
    main()
