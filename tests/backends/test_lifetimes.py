"""A tensor's handle is released exactly once, when the tensor or the last export of it is gone."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import handles, python, settled

MILLION = 1_000_000


def drop_plain(count: int) -> None:
    for _ in range(count):
        t.zeros(1)


def drop_in_cycles(count: int) -> None:
    for i in range(count):
        cycle: list[Any] = [t.zeros(1)]
        cycle.append(cycle)
        if i % 10_000 == 0:
            gc.collect()
    del cycle
    gc.collect()


def drop_from_two_threads(count: int) -> None:
    threads = [threading.Thread(target=drop_on_ffi, args=(count // 2,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def drop_on_ffi(count: int) -> None:
    with t.use_backend("ffi"):  # the backend is chosen per thread
        drop_plain(count)


@pytest.mark.parametrize("drop", [drop_plain, drop_in_cycles, drop_from_two_threads])
def test_a_million_tensors_leak_nothing(
    drop: Callable[[int], None], ffi_backend: None, untraced: None
) -> None:
    before, created = settled(), t.memory_stats()["created_handles"]
    drop(MILLION)
    assert t.memory_stats()["created_handles"] - created == MILLION
    assert handles() == before


def test_views_and_results_are_released_too(ffi_backend: None) -> None:
    x = t.randn((4, 5))
    before = settled()
    for _ in range(1000):
        ((x[1:, ::2] + 1) @ t.ones((3, 2))).sum(axis=0).reshape(2, 1)[0].item()
        x += 1
        x[0] = 2
        repr(x), x.tolist(), float(x[0, 0])
    assert handles() == before


def test_failed_operations_leak_nothing(ffi_backend: None) -> None:
    x = t.ones((2, 3))
    before = settled()
    for _ in range(100):
        for mistake in (
            lambda: x + t.ones(4),
            lambda: x[5],
            lambda: x @ x,
            lambda: t.concat([x, t.ones((3, 4))]),
            lambda: t.from_numpy(np.ones(4)[::-1]),
            lambda: x.reshape(4),
        ):
            with pytest.raises(t.TorchError):
                mistake()
    gc.collect()
    assert handles() == before


def test_borrowed_array_is_released_once_the_last_tensor_over_it_is_gone(ffi_backend: None) -> None:
    array = np.ones(8, np.float32)
    alive = weakref.ref(array)
    before = settled()
    x = t.from_numpy(array)
    view = x[2:4]
    del array, x
    assert alive() is not None
    assert view.tolist() == [1, 1]
    del view
    assert alive() is None
    assert handles() == before


def test_many_borrowed_arrays_are_all_released(ffi_backend: None) -> None:
    before = settled()
    kept = [t.from_numpy(np.ones(3)) for _ in range(1000)]
    assert handles()[2] == before[2] + 1000
    del kept
    assert handles() == before


def test_export_outlives_the_tensor(backend: str) -> None:
    x = t.arange(1000)
    exported = x.numpy()
    t.tensor_free(x)
    assert exported.tolist() == list(range(1000))
    part = exported[10:20]
    del x, exported
    gc.collect()
    t.zeros(1000)  # would reuse the memory if it were free
    assert part.tolist() == list(range(10, 20))


def test_export_holds_a_handle_of_its_own(ffi_backend: None) -> None:
    before = settled()
    x = t.ones(10)
    exported = x.numpy()
    assert handles()[0] == before[0] + 2
    t.tensor_free(x)
    assert handles()[0] == before[0] + 1
    del exported
    assert handles() == before


def test_exports_of_one_tensor_share_only_its_memory(ffi_backend: None) -> None:
    before = settled()
    x = t.ones((2, 3))
    first = x.numpy()
    first[0, 0] = 5
    first.shape = (6,)
    first.flags.writeable = False
    second = x.numpy()
    assert second.shape == (2, 3)
    assert second.flags.writeable
    assert second[0, 0] == 5
    assert handles()[0] == before[0] + 2
    del first, second
    assert handles()[0] == before[0] + 2  # the tensor caches the exported handle
    del x
    assert handles() == before


def test_exported_memory_does_not_move(ffi_backend: None) -> None:
    x = t.ones(4)
    exported = x.numpy()
    with pytest.raises(ValueError, match="not resizable"):
        t.ops.aten.resize_(x, [1_000_000])
    t.ops.aten.resize_(x, [2])
    assert exported.tolist() == [1, 1, 1, 1]
    assert x.numpy().shape == (2,)


ENDS = {
    "live tensors": "kept = [t.ones((100, 100)) for _ in range(100)]",
    "wrapped memory": "kept = t.from_numpy(np.ones((100, 100)))",
    "exported memory": "kept = t.ones((100, 100)).numpy()",
    "a cycle": "kept = [t.ones(10)]; kept.append(kept); del kept",
    "a tensor in a module": "import sys; sys.leftover = t.from_numpy(np.ones(3)); np = None",
    "a freed tensor": "x = t.ones(3); y = x.numpy(); t.tensor_free(x)",
    "a tensor in a destructor": """
class Late:
    def __init__(self): self.x = t.ones(3)
    def __del__(self): self.x = None
kept = Late()""",
    "a thread at work": """
import threading
x = t.ones((300, 300))
def work():
    while True: x @ x
threading.Thread(target=work, daemon=True).start()""",
    "a tensor of another thread": """
import threading
kept = []
thread = threading.Thread(target=lambda: kept.append(t.from_numpy(np.ones(3))))
thread.start(); thread.join()""",
}


@pytest.mark.parametrize("end", ENDS)
def test_interpreter_exits_cleanly_with(end: str, ffi_backend: None) -> None:
    assert python(f"import numpy as np\nimport torchffi as t\n{ENDS[end]}\nprint('end')") == "end\n"
