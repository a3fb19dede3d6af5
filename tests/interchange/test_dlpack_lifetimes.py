"""Memory exchanged through DLPack is released once, after its last user."""

from __future__ import annotations

import ctypes
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.interchange.dlpack_structures import (
    IS_COPIED,
    READ_ONLY,
    Producer,
    capsule_of,
    name,
    opened,
)  # fmt: skip
from tests.interchange.sharing import on_ffi_tensor
from tests.support import handles, settled
from torchffi._core import lifetimes
from torchffi._libtorch import capsules
from torchffi._libtorch.loader import lib
from torchffi._numpy import storage

pytestmark = pytest.mark.filterwarnings("error")


def test_producer_is_dropped_before_the_consumer(torch: Any, backend: str) -> None:
    values = np.arange(1000)
    alive = weakref.ref(values)
    x = t.from_dlpack(values)
    del values
    y = torch.from_dlpack(x)
    part = t.from_dlpack(y)[10:20]
    del x, y
    gc.collect()
    t.zeros(1000)  # would reuse the memory if it were free
    assert part.tolist() == list(range(10, 20))
    assert alive() is not None
    del part
    gc.collect()
    assert alive() is None


def test_consumer_is_dropped_before_the_producer(torch: Any, backend: str) -> None:
    before = settled()
    x = t.arange(1000)
    del_first = [np.from_dlpack(x), torch.from_dlpack(x), t.from_dlpack(x)]
    del del_first[:]
    gc.collect()
    assert x.sum().item() == 499500
    del x
    assert handles() == before


def test_export_outlives_tensor_free(torch: Any, backend: str) -> None:
    x = t.arange(3)
    y, n = torch.from_dlpack(x), np.from_dlpack(x)
    t.tensor_free(x)
    assert y.tolist() == n.tolist() == [0, 1, 2]


@pytest.mark.parametrize("version", [None, (1, 0)])
def test_capsule_that_is_not_consumed_releases_the_memory(version: Any, ffi_backend: None) -> None:
    values = np.ones(8)
    alive, before = weakref.ref(values), settled()
    capsule: Any = t.from_numpy(values).__dlpack__(max_version=version)
    del values
    gc.collect()
    assert alive() is not None
    del capsule
    t.memory_stats(), t.zeros(1)  # Python releases it at the next call
    gc.collect()
    t.from_numpy(np.ones(1))
    assert alive() is None
    assert handles() == before


def test_many_exports_and_imports_do_not_leak(torch: Any, ffi_backend: None) -> None:
    before = settled()
    for _ in range(1000):
        x = t.ones((2, 3))
        x.__dlpack__()
        x.__dlpack__(max_version=(1, 0), copy=True)
        t.from_dlpack(torch.from_dlpack(x))
        t.from_dlpack(np.ones(3))
    del x
    assert handles() == before


def _free(x: t.Tensor) -> None:
    t.tensor_free(x)


def _free_elsewhere(x: t.Tensor) -> None:
    thread = threading.Thread(target=t.tensor_free, args=(x,))
    thread.start()
    thread.join()


def _free_in_c_elsewhere(x: t.Tensor) -> None:
    handle = lib.rt_torch_tensor_alias(x._data)
    t.tensor_free(x)
    _free_elsewhere(on_ffi_tensor(handle))


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("free", [_free, _free_elsewhere, _free_in_c_elsewhere])
def test_deleter_is_called_once_after_the_last_tensor(
    free: Callable[[t.Tensor], None], versioned: bool, ffi_backend: None
) -> None:
    producer, before = Producer(versioned), settled()
    x = t.from_dlpack(producer)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    view = x.T[1:]
    free(x)
    assert producer.deleted == 0
    producer.values[1] = 10
    assert view.tolist() == [[10, 4], [2, 5]]
    free(view)
    assert producer.deleted == 1
    gc.collect()
    assert producer.deleted == 1
    assert handles() == before


@pytest.mark.parametrize("versioned", [True, False])
def test_deleter_is_called_once_by_numpys_backend(versioned: bool, numpy_backend: None) -> None:
    producer = Producer(versioned)
    x = t.from_dlpack(producer, copy=False)
    assert producer.deleted == 0
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    del x
    gc.collect()
    assert producer.deleted == 1


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.parametrize("dims", [[0], [2, 0, 3]])
def test_deleter_of_memory_without_elements_is_called_once(
    dims: list[int], versioned: bool, ffi_backend: None
) -> None:
    producer = Producer(versioned)
    producer.set_shape(dims, [-5] * len(dims))
    producer.tensor.data = None
    x = t.from_dlpack(producer)
    assert (x.shape, producer.deleted) == (tuple(dims), 0)
    del x
    assert producer.deleted == 1


@pytest.mark.parametrize("cause", ["read-only", "backwards"])
def test_deleter_is_called_immediately_if_the_memory_was_copied(
    cause: str, ffi_backend: None
) -> None:
    producer, before = Producer(), settled()
    if cause == "read-only":
        producer.made.flags = READ_ONLY | IS_COPIED
    else:
        producer.set_shape([2, 3], [3, -1])
        producer.tensor.byte_offset = 8
    x = t.from_dlpack(producer)
    assert producer.deleted == 1
    assert x.tolist() == (
        [[0, 1, 2], [3, 4, 5]] if cause == "read-only" else [[2, 1, 0], [5, 4, 3]]
    )
    del x
    assert (producer.deleted, handles()) == (1, before)


@pytest.mark.parametrize("versioned", [True, False])
def test_deleter_is_left_to_the_capsule_if_the_import_is_refused(
    versioned: bool, backend: str
) -> None:
    producer = Producer(versioned)
    producer.tensor.bits = 24
    kept = []
    plain = producer.__dlpack__

    def asked(**keywords: Any) -> Any:
        kept.append(plain(**keywords))
        return kept[-1]

    producer.__dlpack__ = asked  # type: ignore[method-assign]
    before = settled()
    with pytest.raises(TypeError, match=r"from_dlpack: .*dtype"):
        t.from_dlpack(producer)
    assert producer.deleted == 0
    assert name(kept[0]) == ("dltensor_versioned" if versioned else "dltensor")
    del kept[:]
    assert (producer.deleted, handles()) == (1, before)


@pytest.mark.parametrize("versioned", [True, False])
def test_capsule_is_consumed_once(versioned: bool, ffi_backend: None) -> None:
    producer = Producer(versioned)
    capsule = capsule_of(producer.made)
    x = t.from_dlpack(storage._Producer(capsule))
    assert name(capsule) == ("used_dltensor_versioned" if versioned else "used_dltensor")
    with pytest.raises(ValueError, match="this DLPack capsule has already been consumed"):
        t.from_dlpack(storage._Producer(capsule))
    del capsule
    assert (x.tolist(), producer.deleted) == ([[0, 1, 2], [3, 4, 5]], 0)
    del x
    assert producer.deleted == 1


def test_capsule_is_consumed_once_on_numpy(numpy_backend: None) -> None:
    producer = Producer()
    capsule = capsule_of(producer.made)
    x = t.from_dlpack(storage._Producer(capsule), copy=False)
    with pytest.raises(ValueError, match="NumPy cannot take the memory"):
        t.from_dlpack(storage._Producer(capsule))
    del x, capsule
    assert producer.deleted == 1


def test_structure_without_a_deleter_is_accepted(ffi_backend: None) -> None:
    producer = Producer()
    producer.made.deleter = None
    x = t.from_dlpack(producer)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    del x
    capsule_of(producer.made)  # nor does its capsule call one


@pytest.mark.parametrize("versioned", [True, False])
def test_capsule_that_cannot_be_made_does_not_leak(versioned: bool, ffi_backend: None) -> None:
    _testcapi = pytest.importorskip("_testcapi")  # some builds of Python lack it
    values = np.ones(3)
    alive, before = weakref.ref(values), settled()
    x = t.from_numpy(values)
    refused = 0
    for fails_at in range(12):
        _testcapi.set_nomemory(fails_at, fails_at + 1)
        try:
            capsules.pack(x._data, versioned, False)
        except MemoryError:
            refused += 1
        finally:
            _testcapi.remove_mem_hooks()
    assert refused
    del x, values
    assert alive() is None
    assert handles() == before


def test_handle_that_cannot_be_wrapped_releases_the_memory(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    producer = Producer()
    monkeypatch.setitem(lifetimes.class_of_code, t.float32.code, int)
    with pytest.raises(TypeError, match="expected a subclass"):
        t.from_dlpack(producer)
    assert producer.deleted == 1


def test_shape_of_an_export_does_not_change(ffi_backend: None) -> None:
    x = t.arange(6)
    capsule: Any = x.__dlpack__()
    t.ops.aten.resize_(x, [2, 2])
    with pytest.raises(ValueError, match="not resizable"):
        t.ops.aten.resize_(x, [2, 100])  # would move the memory
    tensor = opened(capsule).dl_tensor
    assert tensor.ndim == 1
    assert ctypes.c_int64.from_address(tensor.shape).value == 6
