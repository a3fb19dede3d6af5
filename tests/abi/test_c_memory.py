"""Memory in the C ABI: views, slots, counters, and host memory that a tensor borrows."""

from __future__ import annotations

import pytest

from tests.abi.calls import (
    FLOAT32,
    Handles,
    last_error,
    read,
    whole,
)
from tests.support import settled
from torchffi._libtorch.loader import ffi, lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

SLOT = 2**31 - 1  # the bits of a handle that number its slot


def test_a_view_keeps_its_base_alive_and_a_shared_storage_counts_once(new: Handles) -> None:
    before = lib.rt_torch_live_bytes()
    base = lib.rt_torch_tensor_ones((256,), 1, FLOAT32, -1)
    view = new.own(lib.rt_torch_tensor_slice(base, 0, 0, 2, 1))
    other = new.own(lib.rt_torch_tensor_alias(base))
    assert lib.rt_torch_live_bytes() - before == 1024
    assert lib.rt_torch_tensor_free(base) == 0
    assert read(view) == [1, 1]
    assert read(other) == [1] * 256
    assert lib.rt_torch_live_bytes() - before == 1024


def test_a_slot_is_reused_but_its_old_handle_stays_invalid(new: Handles) -> None:
    freed = new.floats(2)
    lib.rt_torch_tensor_free(new.owned.pop())
    again = new.floats(2)
    assert again != freed
    assert (again ^ freed) & SLOT == 0


def test_counters_follow_the_handles() -> None:
    settled()
    live, created = lib.rt_torch_live_handles(), lib.rt_torch_created_handles()
    handles = [whole() for _ in range(10)]
    assert lib.rt_torch_live_handles() == live + 10
    assert lib.rt_torch_created_handles() == created + 10
    assert lib.rt_torch_peak_handles() >= live + 10
    for handle in handles:
        assert lib.rt_torch_tensor_free(handle) == 0
        assert lib.rt_torch_tensor_free(handle) == -1
    assert lib.rt_torch_live_handles() == live


class Lender:
    """Host memory that counts the calls of its deleter by context."""

    def __init__(self) -> None:
        self.memory = ffi.new("float[]", [1, 2, 3, 4])
        self.returned: list[int] = []
        self._deleter = ffi.callback("void(void *)", self._returned)

    def _returned(self, context: object) -> None:
        self.returned.append(int(ffi.cast("uintptr_t", context)))

    def lend(
        self, nbytes: int, dims: tuple[int, ...], strides: tuple[int, ...] | None, number: int
    ) -> int:
        context = ffi.cast("void *", number)
        handle: int = lib.rt_torch_tensor_from_blob(
            self.memory,
            nbytes,
            dims,
            strides or ffi.NULL,
            len(dims),
            FLOAT32,
            self._deleter,
            context,
        )
        return handle


def test_wrapped_memory_is_returned_once_after_the_last_view() -> None:
    lender = Lender()
    tensor = lender.lend(16, (2, 2), None, 7)
    view = lib.rt_torch_tensor_select(tensor, 0, 1)
    lender.memory[2] = 30
    assert read(view) == [30, 4]
    lib.rt_torch_tensor_free(tensor)
    assert lender.returned == []
    lib.rt_torch_tensor_free(view)
    assert lender.returned == [7]


@pytest.mark.parametrize(
    ("nbytes", "dims", "strides"),
    [
        (15, (2, 2), None),
        (-1, (2, 2), None),
        (16, (2, 2), (3, 1)),
        (16, (2, 2), (-2, 1)),
        (16, (2**60,), (16,)),
    ],
)
def test_wrapped_memory_that_is_too_small_is_an_error_and_not_released(
    nbytes: int, dims: tuple[int, ...], strides: tuple[int, ...] | None
) -> None:
    lender = Lender()
    tensor = lender.lend(nbytes, dims, strides, 7)
    assert tensor == 0
    assert last_error()[0] == 1
    assert lender.returned == []
