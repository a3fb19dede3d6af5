"""One tensor, one handle, released exactly once, whatever becomes of the tensor."""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import handles, python, settled
from torchffi._libtorch.loader import Owner, lib

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
    with t.use_backend("ffi"):  # the choice of backend is a thread's own
        drop_plain(count)


@pytest.mark.parametrize("drop", [drop_plain, drop_in_cycles, drop_from_two_threads])
def test_a_million_tensors_leave_nothing_behind(
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


def test_a_failed_operation_leaves_nothing_behind(ffi_backend: None) -> None:
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


def test_lent_array_is_released_once_the_last_tensor_over_it_is_gone(ffi_backend: None) -> None:
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


def test_many_lent_arrays_are_all_returned(ffi_backend: None) -> None:
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
    t.zeros(1000)  # would take the memory if it were free
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


def test_exports_of_one_tensor_share_its_memory_and_nothing_else(ffi_backend: None) -> None:
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
    assert handles()[0] == before[0] + 2  # the tensor keeps it for the next one
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


def test_freed_tensor_gives_up_the_memory_it_exported(ffi_backend: None) -> None:
    before = settled()
    x = t.ones(10)
    x.numpy()
    t.tensor_free(x)
    assert handles() == before


def test_use_after_free_is_an_error_not_a_crash(backend: str) -> None:
    x, y = t.ones((2, 2)), t.ones((2, 2))
    assert (x + y).shape == x.shape
    t.tensor_free(x)
    for use in (
        lambda: x + y,
        lambda: y + x,
        lambda: x.sum(),
        lambda: x.item(),
        lambda: x.numpy(),
        lambda: x[0],
        lambda: x.clone(),
        lambda: x.device,
        lambda: x.shape,
        lambda: len(x),
        lambda: t.concat([y, x]),
        lambda: x.__setitem__(0, 1),
        lambda: x.__iadd__(1),
    ):
        with pytest.raises(t.HandleError, match="freed"):
            use()
    assert repr(x) == "Tensor(<freed>)"
    assert x.dtype is t.float32


def test_double_free_is_an_error_and_frees_once(backend: str) -> None:
    before = settled()
    x = t.ones(3)
    t.tensor_free(x)
    assert handles() == before
    for _ in range(2):
        with pytest.raises(t.HandleError, match="freed"):
            t.tensor_free(x)
    del x
    assert handles() == before


def test_free_that_loses_a_race_is_an_error(ffi_backend: None) -> None:
    x = t.ones(3)
    Owner._release(x)  # what another thread has done by now
    with pytest.raises(t.HandleError, match="freed"):
        t.tensor_free(x)


def test_tensor_whose_handle_is_gone_knows_nothing_of_who_has_its_slot(ffi_backend: None) -> None:
    x = t.ones(3)
    handle = x._data
    lib.rt_torch_tensor_free(handle)  # on another thread, while this one reads x
    y = t.ones((2, 2))
    assert (y._data ^ handle) & 0x7FFFFFFF == 0  # the same slot of the handle table
    for use in (lambda: x.shape, x.numpy, lambda: x + x, lambda: x[0]):
        with pytest.raises(t.HandleError, match="freed"):
            use()
    x = y
    assert y.tolist() == [[1, 1], [1, 1]]


def test_with_frees_at_the_end_of_the_block(backend: str) -> None:
    with t.ones(3) as x:
        assert x.sum().item() == 3
    with pytest.raises(t.HandleError):
        x.sum()
    with t.ones(3) as x:
        t.tensor_free(x)  # the end of the block is content with that


def test_freeing_something_else_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="expected a Tensor, got int"):
        t.tensor_free(5)  # type: ignore[arg-type]


def test_tensor_freed_on_another_thread_is_gone(ffi_backend: None) -> None:
    before = settled()
    tensors = [t.ones(3) for _ in range(100)]
    thread = threading.Thread(target=lambda: [t.tensor_free(x) for x in tensors])
    thread.start()
    thread.join()
    assert handles() == before
    with pytest.raises(t.HandleError):
        tensors[0].sum()


def yielding(frame: Any, event: str, arg: object) -> Any:
    """A tracer that lets other threads run between any two instructions."""
    frame.f_trace_opcodes = True
    time.sleep(0)
    return yielding


def test_reader_of_tensors_that_another_thread_frees_sees_their_own_shape(
    ffi_backend: None, untraced: None
) -> None:
    tensors = [t.ones(n % 7 + 1) for n in range(80)]
    wrong: list[object] = []

    def read() -> None:
        sys.settrace(yielding)
        for n, x in enumerate(tensors):
            try:
                while x.shape == x.numpy().shape == (n % 7 + 1,):
                    pass
                wrong.append(n)
            except t.HandleError:
                pass
            except BaseException as error:
                wrong.append(error)
                raise

    reader = threading.Thread(target=read)
    reader.start()
    sys.settrace(yielding)
    try:
        for x in tensors:
            t.tensor_free(x)
            t.ones(9).numpy()  # in the slot that is free now
    finally:
        sys.settrace(None)
    reader.join()
    assert not wrong


def test_two_threads_that_free_the_same_tensors_free_each_once(ffi_backend: None) -> None:
    before = settled()
    tensors = [t.ones(3) for _ in range(20_000)]
    freed = [0, 0]

    def free(number: int) -> None:
        for x in tensors:
            try:
                t.tensor_free(x)
                freed[number] += 1
            except t.HandleError:
                pass

    threads = [threading.Thread(target=free, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(freed) == 20_000
    assert handles() == before


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
def test_interpreter_ends_well_with(end: str, ffi_backend: None) -> None:
    assert python(f"import numpy as np\nimport torchffi as t\n{ENDS[end]}\nprint('end')") == "end\n"
