"""Errors of the C ABI: the code, the message, the record of each thread."""

from __future__ import annotations

import pytest

from tests.abi.calls import (
    FLOAT32,
    INT64,
    Handles,
    last_error,
    stale,
    whole,
)
from torchffi._libtorch.loader import ffi, lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

HUGE = 2**32
UINT8 = 0


def arange(start: int, stop: int, step: int, dtype: int = INT64) -> int:
    ends = [ffi.new("int64_t *", number) for number in (start, stop, step)]
    return int(lib.rt_torch_tensor_arange(*ends, INT64, dtype, -1))


def wide(new: Handles) -> int:
    """A view of 2**58 elements; 64 of them have 2**64."""
    return new.own(lib.rt_torch_tensor_expand(new.floats(1), (2**58,), 1))


MISTAKES = {
    "NULL shape": (1, "zeros", lambda new: lib.rt_torch_tensor_zeros(ffi.NULL, 1, FLOAT32, -1)),
    "negative": (1, "zeros", lambda new: lib.rt_torch_tensor_zeros((-1,), 1, FLOAT32, -1)),
    "dtype": (1, "zeros", lambda new: lib.rt_torch_tensor_zeros((1,), 1, 99, -1)),
    "ndim": (1, "zeros", lambda new: lib.rt_torch_tensor_zeros((1,) * 65, 65, FLOAT32, -1)),
    "overflow": (1, "zeros", lambda new: lib.rt_torch_tensor_zeros((HUGE, HUGE), 2, FLOAT32, -1)),
    "device": (1, "zeros", lambda new: lib.rt_torch_tensor_zeros((1,), 1, FLOAT32, -2)),
    "axis twice": (
        1,
        "sum",
        lambda new: lib.rt_torch_tensor_sum(new.floats(2, 3), (0, -2), 2, 0, 6),
    ),
    "flag": (1, "mean", lambda new: lib.rt_torch_tensor_mean(new.floats(2), ffi.NULL, 0, 2)),
    "threads": (1, "set_num_threads", lambda new: lib.rt_torch_set_num_threads(100_000)),
    "broadcast": (2, "add", lambda new: lib.rt_torch_tensor_add(new.floats(2, 3), new.floats(4))),
    "product": (2, "matmul", lambda new: lib.rt_torch_tensor_matmul(*[new.floats(2, 3)] * 2)),
    "reshape": (2, "reshape", lambda new: lib.rt_torch_tensor_reshape(new.floats(2, 3), (4,), 1)),
    "in place": (2, "add_", lambda new: lib.rt_torch_tensor_add_(new.floats(1), new.floats(2))),
    "not one": (
        2,
        "item",
        lambda new: lib.rt_torch_tensor_item(new.floats(2), ffi.new("char[16]")),
    ),
    "float &": (
        3,
        "bitwise_and",
        lambda new: lib.rt_torch_tensor_bitwise_and(*[new.floats(2)] * 2),
    ),
    "int gelu": (3, "gelu", lambda new: lib.rt_torch_gelu(new.own(whole()), 0)),
    "int /=": (3, "div_", lambda new: lib.rt_torch_tensor_div_(*[new.own(whole())] * 2)),
    "index": (4, "select", lambda new: lib.rt_torch_tensor_select(new.floats(2), 0, 2)),
    "axis": (4, "sum", lambda new: lib.rt_torch_tensor_sum(new.floats(2), (1,), 1, 0, FLOAT32)),
    "row": (4, "embedding", lambda new: lib.rt_torch_embedding(new.floats(1, 3), new.own(whole()))),
    "row of none": (
        4,
        "embedding",
        lambda new: lib.rt_torch_embedding(new.floats(0, 3), new.own(whole())),
    ),
    "range": (1, "arange", lambda new: arange(-(2**63), 2**63 - 1, 1)),
    "range in uint8": (1, "arange", lambda new: arange(0, 300, 1, UINT8)),
    "rounded range": (
        1,
        "arange_real",
        lambda new: lib.rt_torch_tensor_arange_real(2.0**53, ffi.NULL, 1.0, INT64, -1),
    ),
    "joined": (1, "cat", lambda new: lib.rt_torch_tensor_cat([wide(new)] * 64, 64, 0)),
    "memory": (5, "zeros", lambda new: lib.rt_torch_tensor_zeros((2**46,), 1, FLOAT32, -1)),
    "kernel": (6, "add", lambda new: lib.rt_torch_tensor_add(*[new.own(whole(29))] * 2)),
    "zero": (8, "add", lambda new: lib.rt_torch_tensor_add(new.floats(2), 0)),
    "stale": (8, "relu", lambda new: lib.rt_torch_relu(stale())),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_has_its_code_and_names_its_operation(mistake: str, new: Handles) -> None:
    expected, operation, call = MISTAKES[mistake]
    result = call(new)
    assert result == (-1 if result_type(operation) == "int32_t" else 0)
    code, message = last_error()
    assert code == expected, message
    assert message.startswith(f"{operation}: ")
    assert "Exception raised from" not in message  # no C++ backtrace
    assert len(message) > len(operation) + 10


def test_ranges_past_int64_are_counted_exactly(new: Handles) -> None:
    for start, stop, step in (
        (-(2**63), 2**63 - 1, 2**62),
        (2**63 - 1, -(2**63), -(2**61)),
        (-1, 2**53, 2**52),
    ):
        handle = new.own(arange(start, stop, step))
        values = list(range(start, stop, step))
        assert lib.rt_torch_tensor_numel(handle) == len(values)
        data = ffi.new("int64_t[]", len(values))
        assert lib.rt_torch_tensor_copy_to_host(handle, data, 8 * len(values)) == 0
        assert list(data) == values


def test_assignment_by_indices_that_are_the_target(new: Handles) -> None:
    p, values = new.own(arange(2, -1, -1)), new.own(arange(5, 8, 1))
    assert lib.rt_torch_tensor_index_put_(p, (p,), 1, values) == 0
    data = ffi.new("int64_t[]", 3)
    assert lib.rt_torch_tensor_copy_to_host(p, data, 24) == 0
    assert list(data) == [7, 6, 5]


def result_type(operation: str) -> str:
    prefixes = ("rt_torch_tensor_", "rt_torch_")
    function = next(filter(None, (getattr(lib, p + operation, None) for p in prefixes)))
    return str(ffi.typeof(function).result.cname)


def test_success_and_freeing_leave_the_error_record_alone(new: Handles) -> None:
    a = new.floats(2)
    assert lib.rt_torch_tensor_add(a, new.floats(3)) == 0
    before = last_error()
    new.own(lib.rt_torch_tensor_add(a, a))
    assert lib.rt_torch_tensor_free(stale()) == -1
    assert lib.rt_torch_tensor_free(0) == 0
    assert last_error() == before == (2, "add: shapes (2,) and (3,) do not broadcast")


@pytest.mark.parametrize(
    ("capacity", "expected"), [(1, ""), (4, "add"), (9, "add: sha"), (0, ""), (-1, "")]
)
def test_error_text_is_cut_to_the_capacity(new: Handles, capacity: int, expected: str) -> None:
    assert lib.rt_torch_tensor_add(new.floats(2), new.floats(3)) == 0
    assert last_error(capacity) == (2, expected)
    assert lib.rt_torch_last_error(ffi.NULL, 4096) == 2


def test_each_thread_has_its_own_error_record(new: Handles) -> None:
    import threading

    assert lib.rt_torch_tensor_add(new.floats(2), new.floats(3)) == 0
    found: list[tuple[int, str]] = []

    def other() -> None:
        found.append(last_error())
        lib.rt_torch_tensor_zeros(ffi.NULL, 1, FLOAT32, -1)
        found.append(last_error())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found[0] == (0, "")
    assert found[1][0] == 1
    assert last_error()[0] == 2
