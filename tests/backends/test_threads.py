"""Operations in several threads at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import torchffi as t
from tests.support import python


def test_threads_share_tensors_and_each_gets_its_own_results(backend: str) -> None:
    shared = t.arange(10_000)
    plain = np.arange(10_000)

    def work(number: int) -> bool:
        with t.use_backend(backend):
            return all(
                ((shared * number + i).sum().item() == (plain * number + i).sum())
                for i in range(200)
            )

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(8)))


def test_each_thread_sees_its_own_error(ffi_backend: None) -> None:
    def work(size: int) -> None:
        with t.use_backend("ffi"):
            a, b = t.ones(size), t.ones(size + 100)
            for _ in range(300):
                with pytest.raises(ValueError, match=rf"\({size},\) and \({size + 100},\)"):
                    a + b

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(2, 10)))


def test_use_backend_governs_its_own_thread_only(ffi_backend: None) -> None:
    seen: list[str] = []
    with t.use_backend("numpy"):
        thread = threading.Thread(target=lambda: seen.append(t.zeros(1).backend))
        thread.start()
        thread.join()
        assert t.zeros(1).backend == "numpy"
    assert seen == [t.get_backend()]


def test_first_use_from_many_threads_opens_libtorch_once(ffi_backend: None) -> None:
    printed = python("""
        import threading
        import torchffi as t

        start = threading.Barrier(8)
        found = []

        def work():
            start.wait()
            found.append((t.ones(3) + 1).tolist())

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(found == [[2.0] * 3] * 8, t.memory_stats()["live_handles"])
    """)
    assert printed == "True 1\n"  # the cached scalar 1


def test_thread_count_is_set_and_checked(ffi_backend: None) -> None:
    before = t.get_num_threads()
    try:
        t.set_num_threads(1)
        assert t.get_num_threads() == 1
        t.set_num_threads(2)
        assert t.get_num_threads() == 2
        for wrong in (0, -1, 1025, 100_000):
            with pytest.raises(ValueError, match="expected 1 to 1024"):
                t.set_num_threads(wrong)
        assert t.get_num_threads() == 2
    finally:
        t.set_num_threads(before)
