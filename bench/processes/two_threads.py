"""A process that computes in one or two Python threads: ``python -m bench.processes.two_threads``.

LibTorch's thread pool is set to one thread, so that each Python thread has its own core.
"""

from __future__ import annotations

from threading import Barrier, Thread
from time import perf_counter

from bench.processes.worker import serve

SIZE = 256


def throughput(threads: int, calls: int) -> float:
    """Calls per second of all threads together, each with its own tensors.

    Args:
        threads: How many compute at the same time.
        calls: Made by each of them.
    """
    import numpy as np

    import torchffi
    from bench.cases import routes

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
    assert len(right) == threads, "a thread computed a wrong result, or not on LibTorch"
    return threads * calls / seconds


def main() -> None:
    """Answers a number of threads and a number of calls with their throughput."""
    import torchffi

    torchffi.set_num_threads(1)
    serve(lambda question: throughput(*question))


if __name__ == "__main__":
    main()
