"""Two threads of Python at once: do both compute, or does one wait for the other?

python -m bench.concurrency is the process that is measured. LibTorch's own threads are set to one, so
that each of Python's has a core of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from time import perf_counter

from bench import turns
from bench.pairs import Pairs
from bench.processes import Worker, serve

SIZE = 256
# Pairs, and calls of each thread in one of them.
FULL = (15, 400)
QUICK = (3, 200)


def measure(quick: bool, progress: Callable[[str], None]) -> list[Pairs]:
    """The row of this file; ``progress`` is told of each step."""
    return compare(*(QUICK if quick else FULL), progress)


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    return (QUICK if quick else FULL)[0] + 1


def compare(pairs: int, calls: int, progress: Callable[[str], None]) -> list[Pairs]:
    """Calls per second by two threads, ours, and by one, the peer."""
    with Worker("bench.concurrency") as worker:
        found = turns.take(
            "two threads", pairs, lambda: (worker.ask([2, calls]), worker.ask([1, calls])), progress
        )
    ours, peer = map(list, zip(*found, strict=True))
    return [Pairs("two_threads", "op/s", ours, peer, {})]


def throughput(threads: int, calls: int) -> float:
    """Calls per second of all threads together, each with tensors of its own.

    Args:
        threads: How many compute at once.
        calls: By each of them.
    """
    import numpy as np

    import torchffi
    from bench import routes

    ready = Barrier(threads + 1)
    right: list[bool] = []

    def compute() -> None:
        x, y, z = torchffi.eye(SIZE), torchffi.ones((SIZE, SIZE)), torchffi.ones((SIZE, SIZE))
        ready.wait()
        for _ in range(calls):
            result = x @ y + z
        ready.wait()
        routes.check("ffi", result, np.full((SIZE, SIZE), 2, np.float32), 0)
        right.append(True)

    running = [Thread(target=compute) for _ in range(threads)]
    for thread in running:
        thread.start()
    ready.wait()
    began = perf_counter()
    ready.wait()
    seconds = perf_counter() - began
    for thread in running:
        thread.join()
    assert len(right) == threads, "a thread computed wrongly, or not on LibTorch"
    return threads * calls / seconds


def main() -> None:
    """The process."""
    import torchffi

    torchffi.set_num_threads(1)
    serve(lambda question: throughput(*question))


if __name__ == "__main__":
    main()
