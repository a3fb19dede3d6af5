"""Arrays whose memory LibTorch borrows: kept alive while it does, and released once."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import handles, python, settled
from torchffi._core import backends, tensor_libtorch
from torchffi._core.lifetimes import Owner, borrow, borrowed_arrays
from torchffi._libtorch.loader import lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

FLOAT32, FLOAT64, COMPLEX64 = 6, 7, 9

KINDS = {
    np.dtype("f4"): (Owner, FLOAT32),
    np.dtype(">f4"): (Owner, FLOAT32),
    np.dtype("c8"): (Owner, COMPLEX64),
}


def test_borrowed_array_is_kept_alive_by_the_owner() -> None:
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


def test_array_that_cannot_be_borrowed_is_not_kept_alive(monkeypatch: pytest.MonkeyPatch) -> None:
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
    gc.collect()  # frees the frames of the exceptions
    assert alive() is None
    assert handles() == before


class FakeArray:
    """An object with an arbitrary ``__array_struct__``."""

    dtype = np.dtype("f4")

    def __init__(self, structure: object) -> None:
        self.__array_struct__ = structure


@pytest.mark.parametrize("lender", [5, b"12", [1.0], FakeArray(5), FakeArray(None)])
def test_other_objects_cannot_be_borrowed(lender: Any) -> None:
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
def test_unusable_memory_is_a_buffer_error_with_the_reason(reason: str) -> None:
    array = _reasons()[reason]
    before = borrowed_arrays()
    assert borrow(array, KINDS) is None
    with pytest.raises(BufferError, match=reason):
        backends.FFI.from_array(array)
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
def test_memory_is_shared_for_any_supported_strides(array: np.ndarray[Any, Any]) -> None:
    x = t.from_numpy(array)
    assert x.shape == array.shape
    assert x.tolist() == array.tolist()
    if array.size:
        array[...] += 1
        assert x.tolist() == array.tolist()
        assert np.shares_memory(x.numpy(), array)


def test_destructor_of_a_borrowed_array_may_use_tensors() -> None:
    done: list[float] = []

    class Lender(np.ndarray[Any, Any]):
        def __del__(self) -> None:
            done.append(float(t.from_numpy(np.ones(3)).sum() + t.ones(())))

    before = settled()
    for _ in range(3):
        borrow(np.ones(4, np.float32).view(Lender), KINDS)
    assert done == [4.0] * 3
    assert handles() == before


def test_arrays_released_on_other_threads_are_all_freed() -> None:
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


def test_nothing_is_freed_at_the_end_of_the_process() -> None:
    printed = python("""
        import numpy as np
        import torchffi as t
        from torchffi._core.lifetimes import borrowed_arrays, end

        x, y = t.ones(3), t.from_numpy(np.ones(3))
        end()
        z = t.ones(2)  # as another thread may still do
        before = t.memory_stats()
        del x, y, z
        after = t.memory_stats()
        print(after == before, borrowed_arrays())
        """)
    assert printed == "True 1\n"
