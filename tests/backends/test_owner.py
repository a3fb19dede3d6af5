"""Handles and their owners, arrays and tensors over their memory: the functions of lifetimes."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import handles, python, settled
from torchffi._core import backends, lifetimes, tensor_libtorch
from torchffi._core.lifetimes import Owner, borrow, borrowed_arrays, make, own, release
from torchffi._libtorch.loader import lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

FLOAT32, FLOAT64, COMPLEX64 = 6, 7, 9
KINDS = {
    np.dtype("f4"): (Owner, FLOAT32),
    np.dtype(">f4"): (Owner, FLOAT32),
    np.dtype("c8"): (Owner, COMPLEX64),
}


def new() -> int:
    handle: int = lib.rt_torch_tensor_ones((2,), 1, FLOAT32, -1)
    assert handle
    return handle


def live(handle: int) -> bool:
    return bool(lib.rt_torch_tensor_ndim(handle) >= 0)


# ---- Ownership


def test_handle_lives_as_long_as_its_owner() -> None:
    handle = new()
    owner = own(handle, Owner)
    assert type(owner) is Owner
    assert owner._data == handle
    assert live(handle)
    del owner
    assert not live(handle)


def test_owner_lets_go_of_the_int_too() -> None:
    handle = new()
    before = sys.getrefcount(handle)
    own(handle, Owner)
    assert sys.getrefcount(handle) == before


def test_release_is_done_once_and_leaves_the_stale_handle() -> None:
    handle = new()
    owner = own(handle, Owner)
    owner._cached_view = (2,)
    assert release(owner) is True
    assert release(owner) is False
    assert not live(handle)
    assert owner._data == handle
    with pytest.raises(AttributeError):
        _ = owner._cached_view


def test_owner_is_weakly_referenced_like_any_object() -> None:
    called: list[object] = []
    owner = own(new(), Owner)
    reference = weakref.ref(owner, called.append)
    assert reference() is owner
    del owner
    assert reference() is None
    assert called == [reference]


def test_what_was_seen_goes_with_the_owner() -> None:
    seen = np.zeros(3)
    alive = weakref.ref(seen)
    owner = own(new(), Owner)
    owner._cached_view = seen
    del seen
    assert alive() is not None
    del owner
    assert alive() is None


@pytest.mark.parametrize("kind", [int, object, t.Tensor, 5, "Owner"])
@pytest.mark.parametrize("through", [own, lambda handle, kind: make(kind, lambda: handle)])
def test_handle_of_a_wrong_kind_is_freed(kind: Any, through: Any) -> None:
    handle = new()
    with pytest.raises(TypeError, match=r"expected a subclass of <class '.*\.Owner'>, got"):
        through(handle, kind)
    assert not live(handle)


def test_handle_of_no_class_gets_the_one_of_its_dtype(monkeypatch: pytest.MonkeyPatch) -> None:
    handle = new()
    x = own(handle, None)
    assert x.dtype is t.float32
    assert x.tolist() == [1, 1]
    monkeypatch.delitem(lifetimes.class_of_code, FLOAT32)
    lost = new()
    with pytest.raises(KeyError, match="6"):
        own(lost, None)
    assert live(handle)
    assert not live(lost)


@pytest.mark.parametrize("handle", [0, -1, 2**63, 2**200, "1", 1.5, None])
def test_what_is_no_handle_has_no_owner(handle: Any) -> None:
    with pytest.raises(ValueError, match="expected a handle, got"):
        own(handle, Owner)


@pytest.mark.parametrize("arguments", [(), (1,), (1, 2), (1, 2, 3)])
def test_make_calls_the_function_with_its_arguments(arguments: tuple[int, ...]) -> None:
    called: list[tuple[int, ...]] = []

    def function(*given: int) -> int:
        called.append(given)
        return new()

    owner = make(Owner, function, *arguments)
    assert type(owner) is Owner
    assert called == [arguments]
    assert live(owner._data)


def test_make_of_0_is_none_and_of_an_exception_the_exception() -> None:
    assert make(Owner, lambda: 0) is None
    with pytest.raises(ZeroDivisionError):
        make(Owner, lambda: 1 // 0)
    with pytest.raises(TypeError, match="not callable"):
        make(Owner, 5)  # type: ignore[arg-type]
    for wrong in (None, "5", 1.5, -1, 2**64):
        with pytest.raises(ValueError, match="expected a handle, got"):
            make(Owner, lambda wrong=wrong: wrong)


def test_wrong_number_of_arguments() -> None:
    for function in (own, borrow, make):
        for arguments in ((), (1,)):
            with pytest.raises(TypeError):
                function(*arguments)
    with pytest.raises(TypeError):
        own(1, Owner, 2)


def test_stale_handle_is_freed_in_silence() -> None:
    handle = new()
    lib.rt_torch_tensor_free(handle)
    owner = own(handle, Owner)
    assert release(owner) is False
    del owner


def test_handle_of_a_cycle_is_freed() -> None:
    class Node(Owner):
        __slots__ = ("other",)
        other: Any

    handles_ = [new(), new()]
    nodes = [own(handle, Node) for handle in handles_]
    nodes[0].other, nodes[1].other = nodes[1], nodes[0]
    gc.collect()
    assert all(map(live, handles_))
    if lifetimes.implementation() == "C":  # which takes owners for what is in no cycle
        nodes[0].other = None
    del nodes
    gc.collect()
    assert not any(map(live, handles_))


def test_owner_in_a_cycle_is_freed() -> None:
    handle = new()
    cycle: list[Any] = [own(handle, Owner)]
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert not live(handle)


def test_finalizer_runs_before_what_the_owner_refers_to_goes() -> None:
    events: list[str] = []
    handle = new()
    owner = own(handle, Owner)

    class View:
        def __del__(self) -> None:
            events.append("freed" if not live(handle) else "live")

    owner._cached_view = View()
    del owner
    assert events == ["freed"]


@pytest.mark.parametrize("fails_at", range(8))
def test_no_memory_is_an_error_that_leaves_nothing_behind(fails_at: int) -> None:
    _testcapi = pytest.importorskip("_testcapi")  # a Python may come without it
    kind, array = type(t.ones(1)), np.ones((2, 2), np.float32)
    alive, before = weakref.ref(array), settled()
    handle, refused = new(), [0, 0]

    def without_memory(which: int, make: Any, *arguments: Any) -> None:
        _testcapi.set_nomemory(fails_at, fails_at + 1)
        try:
            make(*arguments)
        except (MemoryError, ctypes.ArgumentError):  # the latter by ctypes, of a MemoryError
            refused[which] = 1
        finally:
            _testcapi.remove_mem_hooks()

    without_memory(0, own, handle, kind)
    without_memory(1, borrow, array, {array.dtype: (kind, FLOAT32)})
    assert fails_at or refused[1]
    assert not live(handle)
    del array
    assert alive() is None
    assert handles() == before


def test_exception_under_way_stays_while_tensors_go() -> None:
    def fail() -> None:
        array = np.ones(3)
        kept = [t.ones(1000), t.from_numpy(array), t.ones(2).numpy()]
        raise KeyError(len(kept))

    before = settled()
    with pytest.raises(KeyError, match="3"):
        fail()
    gc.collect()
    assert handles() == before


def test_types_are_not_worn_out() -> None:
    kind = type(t.ones(1))
    before = sys.getrefcount(kind), sys.getrefcount(Owner), sys.getrefcount(np.float32)
    for _ in range(1000):
        x = t.from_numpy(np.ones(3, np.float32))
        x.numpy()
        x = x + x
    del x
    after = sys.getrefcount(kind), sys.getrefcount(Owner), sys.getrefcount(np.float32)
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) < 10


# ---- Borrowed memory


def test_borrowed_memory_keeps_its_lender() -> None:
    array = np.ones((2, 2), np.float32)
    alive, before = weakref.ref(array), borrowed_arrays()
    owner = borrow(array, KINDS)
    assert owner is not None
    assert borrowed_arrays() == before + 1
    del array
    assert alive() is not None
    del owner
    assert alive() is None
    assert borrowed_arrays() == before


def test_memory_that_is_refused_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.zeros(3, np.float32)
    alive, before = weakref.ref(array), settled()
    wrong: Any = {array.dtype: (Owner, FLOAT64)}
    assert borrow(array, wrong) is None
    monkeypatch.setitem(tensor_libtorch.kinds, array.dtype, (type(t.ones(1)), FLOAT64))
    with pytest.raises(ValueError, match="nbytes is 12, too few"):
        t.from_numpy(array)
    for kind in (int, FLOAT32), (Owner, "6"):
        wrong = {array.dtype: kind}
        with pytest.raises((TypeError, ValueError)):
            borrow(array, wrong)
    with pytest.raises(KeyError, match="float32"):
        borrow(array, {})
    del array
    gc.collect()  # the errors' frames
    assert alive() is None
    assert handles() == before


class Pretender:
    """Says that it is an array."""

    dtype = np.dtype("f4")

    def __init__(self, structure: object) -> None:
        self.__array_struct__ = structure


@pytest.mark.parametrize("lender", [5, b"12", [1.0], Pretender(5), Pretender(None)])
def test_what_is_no_array_lends_nothing(lender: Any) -> None:
    before = borrowed_arrays()
    with pytest.raises((AttributeError, ValueError, TypeError)):
        borrow(lender, KINDS)
    assert borrowed_arrays() == before


def _reasons() -> dict[str, np.ndarray[Any, Any]]:
    read_only = np.ones(3, np.float32)
    read_only.flags.writeable = False
    return {
        "the array is read-only": read_only,
        "the elements are not aligned": np.frombuffer(bytearray(13), np.float32, 3, offset=1),
        "the elements are not in native byte order": np.ones(3, ">f4"),
        "negative stride": np.ones(3, np.float32)[::-1],
        "stride is not a multiple of the element size": np.zeros(3, [("a", "c8"), ("b", "f4")])[
            "a"
        ],
    }


@pytest.mark.parametrize("reason", _reasons())
def test_memory_that_cannot_be_used_is_refused_with_a_reason(reason: str) -> None:
    array = _reasons()[reason]
    before = borrowed_arrays()
    assert borrow(array, KINDS) is None
    with pytest.raises(BufferError, match=reason):
        backends.FFI.over(array)
    assert borrowed_arrays() == before


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.float32).reshape(4, 6)[::2, 1:5:3],
        np.arange(24, dtype=np.float32).reshape(2, 3, 4).transpose(2, 0, 1),
        np.arange(6, dtype=np.float32).reshape(2, 3).T,
        np.arange(6, dtype=np.float32)[::-1][:1],
        np.zeros((3, 0, 2), np.float32)[::-1],
        np.full((), 3, np.float32),
        np.arange(4, dtype=np.float32)[2:, None][:, ::-1],
        np.ones((1,) * 32, np.float32),
    ],
    ids=lambda array: f"{array.shape}{array.strides}"[:40],
)
def test_whatever_strides_there_are_the_memory_is_shared(array: np.ndarray[Any, Any]) -> None:
    x = t.from_numpy(array)
    assert x.shape == array.shape
    assert x.tolist() == array.tolist()
    if array.size:
        array[...] += 1
        assert x.tolist() == array.tolist()
        assert np.shares_memory(x.numpy(), array)


def test_lender_may_use_tensors_when_it_goes() -> None:
    done: list[float] = []

    class Lender(np.ndarray[Any, Any]):
        def __del__(self) -> None:
            done.append(float(t.from_numpy(np.ones(3)).sum() + t.ones(())))

    before = settled()
    for _ in range(3):
        borrow(np.ones(4, np.float32).view(Lender), KINDS)
    assert done == [4.0] * 3
    assert handles() == before


def test_arrays_returned_on_other_threads_all_come_back() -> None:
    before = settled()
    arrays = [np.ones(1, np.float32) for _ in range(20_000)]
    alive = [weakref.ref(array) for array in arrays[::100]]
    owners = [borrow(array, KINDS) for array in arrays]
    numbers = [owner._data for owner in owners if owner is not None]
    del arrays
    assert borrowed_arrays() == before[2] + 20_000

    def free(some: list[int]) -> None:
        for handle in some:
            assert lib.rt_torch_tensor_free(handle) == 0

    threads = [
        threading.Thread(target=free, args=(numbers[start : start + 500],))
        for start in range(0, len(numbers), 500)
    ]
    for thread in threads:
        thread.start()
        borrowed_arrays()
    for thread in threads:
        thread.join()
    assert handles() == before
    assert all(reference() is None for reference in alive)
    del owners
    assert handles() == before


def test_nothing_is_freed_once_the_process_ends() -> None:
    printed = python("""
        import numpy as np
        import torchffi as t
        from torchffi._core.lifetimes import borrowed_arrays, end

        x, y = t.ones(3), t.from_numpy(np.ones(3))
        before = t.memory_stats()
        end()
        del x, y
        after = t.memory_stats()
        print(after == before, borrowed_arrays())
        """)
    assert printed == "True 1\n"
