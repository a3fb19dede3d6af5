"""Ownership of handles: own(), make() and release()."""

from __future__ import annotations

import ctypes
import gc
import sys
import weakref
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import handles, settled
from torchffi._core import lifetimes
from torchffi._core.lifetimes import Owner, borrow, make, own, release
from torchffi._libtorch.loader import lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

FLOAT32 = 6


def new() -> int:
    handle: int = lib.rt_torch_tensor_ones((2,), 1, FLOAT32, -1)
    assert handle
    return handle


def live(handle: int) -> bool:
    return bool(lib.rt_torch_tensor_ndim(handle) >= 0)


def test_handle_lives_as_long_as_its_owner() -> None:
    handle = new()
    owner = own(handle, Owner)
    assert type(owner) is Owner
    assert owner._data == handle
    assert live(handle)
    del owner
    assert not live(handle)


def test_owner_releases_its_reference_to_the_int() -> None:
    handle = new()
    before = sys.getrefcount(handle)
    own(handle, Owner)
    assert sys.getrefcount(handle) == before


def test_the_callback_of_a_finalizer_frees_once_whoever_calls_it() -> None:
    before = settled()
    owner, other = own(new(), Owner), own(new(), Owner)
    (finalizer,) = weakref.getweakrefs(owner)
    callback: Any = finalizer.__callback__
    assert finalizer == finalizer and finalizer != weakref.getweakrefs(other)[0]
    callback(finalizer)
    assert not live(owner._data)
    callback(finalizer)
    if lifetimes.implementation() == "C":  # that in Python raises AttributeError
        callback(weakref.ref(other))
        callback(1)
    assert live(other._data)
    del owner, other, finalizer, callback
    gc.collect()
    assert settled() == before


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


def test_cached_view_is_released_with_the_owner() -> None:
    view = np.zeros(3)
    alive = weakref.ref(view)
    owner = own(new(), Owner)
    owner._cached_view = view
    del view
    assert alive() is not None
    del owner
    assert alive() is None


@pytest.mark.parametrize("kind", [int, object, t.Tensor, 5, "Owner"])
@pytest.mark.parametrize("through", [own, lambda handle, kind: make(kind, lambda: handle)])
def test_handle_is_freed_if_the_class_is_not_an_owner(kind: Any, through: Any) -> None:
    handle = new()
    with pytest.raises(TypeError, match=r"expected a subclass of <class '.*\.Owner'>, got"):
        through(handle, kind)
    assert not live(handle)


def test_class_none_means_the_class_of_the_handles_dtype(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_invalid_handle_is_a_value_error(handle: Any) -> None:
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


def test_make_returns_none_for_0_and_passes_exceptions_on() -> None:
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


def test_freeing_a_stale_handle_does_not_raise() -> None:
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
    if lifetimes.implementation() == "C":  # whose Owner does not support cycle collection
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


def test_handle_is_freed_before_the_cached_view() -> None:
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
def test_memory_errors_leak_nothing(fails_at: int) -> None:
    _testcapi = pytest.importorskip("_testcapi")  # some builds of Python lack it
    kind, array = type(t.ones(1)), np.ones((2, 2), np.float32)
    alive, before = weakref.ref(array), settled()
    handle, refused = new(), [0, 0]

    def without_memory(which: int, make: Any, *arguments: Any) -> None:
        _testcapi.set_nomemory(fails_at, fails_at + 1)
        try:
            make(*arguments)
        except (MemoryError, ctypes.ArgumentError):  # ctypes turns a MemoryError into the latter
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


def test_pending_exception_is_kept_while_tensors_are_freed() -> None:
    def fail() -> None:
        array = np.ones(3)
        kept = [t.ones(1000), t.from_numpy(array), t.ones(2).numpy()]
        raise KeyError(len(kept))

    before = settled()
    with pytest.raises(KeyError, match="3"):
        fail()
    gc.collect()
    assert handles() == before


def test_reference_counts_of_types_are_kept() -> None:
    kind = type(t.ones(1))
    before = sys.getrefcount(kind), sys.getrefcount(Owner), sys.getrefcount(np.float32)
    for _ in range(1000):
        x = t.from_numpy(np.ones(3, np.float32))
        x.numpy()
        x = x + x
    del x
    after = sys.getrefcount(kind), sys.getrefcount(Owner), sys.getrefcount(np.float32)
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) < 10
