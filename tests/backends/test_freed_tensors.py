"""Freed tensors: every use is a HandleError, also while other threads free them."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

import pytest

import torchffi as t
from tests.support import handles, settled
from torchffi._core.lifetimes import release
from torchffi._libtorch.loader import lib

SLOT = 2**31 - 1  # the bits of a handle that number its slot


def test_freeing_a_tensor_drops_its_cached_export(ffi_backend: None) -> None:
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
    release(x)  # as another thread would
    with pytest.raises(t.HandleError, match="freed"):
        t.tensor_free(x)


def test_stale_handle_is_an_error_after_its_slot_is_reused(ffi_backend: None) -> None:
    x = t.ones(3)
    handle = x._data
    lib.rt_torch_tensor_free(handle)  # as another thread could while this one reads x
    y = t.ones((2, 2))
    assert (y._data ^ handle) & SLOT == 0
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
        t.tensor_free(x)  # the end of the block does not raise


def test_freeing_another_object_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="expected a Tensor, got int"):
        t.tensor_free(5)  # type: ignore[arg-type]


def test_tensors_can_be_freed_on_another_thread(ffi_backend: None) -> None:
    before = settled()
    tensors = [t.ones(3) for _ in range(100)]
    thread = threading.Thread(target=lambda: [t.tensor_free(x) for x in tensors])
    thread.start()
    thread.join()
    assert handles() == before
    with pytest.raises(t.HandleError):
        tensors[0].sum()


def yielding(frame: Any, event: str, arg: object) -> Any:
    """A trace function that yields to other threads before each bytecode instruction."""
    frame.f_trace_opcodes = True
    time.sleep(0)
    return yielding


def test_tensor_freed_while_it_is_read_never_shows_another_shape(
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
            t.ones(9).numpy()  # reuses the slot
    finally:
        sys.settrace(None)
    reader.join()
    assert not wrong


def test_two_threads_free_the_same_tensors_only_once(ffi_backend: None) -> None:
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
