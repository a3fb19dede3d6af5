"""A process with many live tensors: python -m bench.crowd torchffi|torch answers what they cost.

Both libraries spell what is done here alike. The garbage collector is on.
"""

from __future__ import annotations

import sys
from importlib import import_module
from time import perf_counter
from typing import Any

from bench.clock import resident_bytes
from bench.processes import serve

CALLS, WARM_UP = 2000, 500  # of a block of a + b


class Crowd:
    """Live tensors of one element each, and two tensors to add."""

    def __init__(self, library: str) -> None:
        self._library: Any = import_module(library)
        self._a, self._b = self._library.ones((2, 2)), self._library.ones((2, 2))
        self._crowd: list[Any] = []
        self._check()

    def cost(self, count: int) -> dict[str, float]:
        """What that many tensors cost.

        Returns:
            ``bytes``: resident memory for each of them while they live, the list of them included;
            ``seconds``: to make and to drop them all.
        """
        zeros = self._library.zeros
        before = resident_bytes()
        began = perf_counter()
        self._crowd = [zeros((1,)) for _ in range(count)]
        seconds = perf_counter() - began
        taken = resident_bytes() - before
        self._check()
        began = perf_counter()
        self._crowd.clear()
        self._a + self._b  # torchffi frees what waits for it when the next tensor is made
        seconds += perf_counter() - began
        self._check()
        return {"bytes": taken / count, "seconds": seconds}

    def add(self, live: int) -> float:
        """Seconds of one a + b while that many tensors are live, which is not fewer than before."""
        if live != len(self._crowd):
            zeros = self._library.zeros
            self._crowd += [zeros((1,)) for _ in range(live - len(self._crowd))]
            self._check()  # only then, for it looks at every tensor
        a, b = self._a, self._b
        for _ in range(WARM_UP):
            a + b
        began = perf_counter()
        for _ in range(CALLS):
            a + b
        return (perf_counter() - began) / CALLS

    def _check(self) -> None:
        """Refuses a wrong backend, a wrong sum, or another number of live tensors."""
        total = (self._a + self._b).numpy()
        assert total.tolist() == [[2, 2], [2, 2]], f"ones + ones is {total}"
        del total
        if self._library.__name__ == "torchffi":
            assert self._library.get_backend() == "ffi", "torchffi does not compute with LibTorch"
            live = self._library.memory_stats()["live_handles"]
            assert live == len(self._crowd) + 2, f"{live} live tensors, not {len(self._crowd) + 2}"


def main() -> None:
    """The process: answers the name of a method and its argument."""
    crowd = Crowd(sys.argv[1])
    serve(lambda question: getattr(crowd, question[0])(question[1]))


if __name__ == "__main__":
    main()
