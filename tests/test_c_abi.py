"""The C ABI, called as C would call it."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

import pytest

from tests.support import settled
from torchffi import dtypes
from torchffi._libtorch.loader import ffi, lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

FLOAT32, FLOAT64, INT64, BOOL, COMPLEX64 = 6, 7, 4, 11, 9
SLOT = 0x7FFFFFFF  # the bits of a handle that say where it lies in the table


class Handles:
    """Makes tensors and frees them after the test."""

    def __init__(self) -> None:
        self.owned: list[int] = []

    def own(self, handle: int) -> int:
        assert handle > 0, last_error()
        self.owned.append(handle)
        return handle

    def floats(self, *dims: int) -> int:
        return self.own(lib.rt_torch_tensor_ones(dims, len(dims), FLOAT32, -1))

    def of(self, values: list[float], *dims: int) -> int:
        data = ffi.new("float[]", values)
        return self.own(
            lib.rt_torch_tensor_from_data(data, 4 * len(values), dims, len(dims), FLOAT32, -1)
        )


@pytest.fixture
def new(ffi_backend: None) -> Iterator[Handles]:
    handles = Handles()
    settled()
    before = lib.rt_torch_live_handles()
    yield handles
    for handle in handles.owned:
        lib.rt_torch_tensor_free(handle)
    assert lib.rt_torch_live_handles() == before


def last_error(capacity: int = 4096) -> tuple[int, str]:
    text = ffi.new("char[]", 4096)
    code = lib.rt_torch_last_error(text, capacity)
    return code, ffi.string(text).decode()


def read(handle: int) -> list[float]:
    count = lib.rt_torch_tensor_numel(handle)
    data = ffi.new("float[]", max(count, 1))
    assert lib.rt_torch_tensor_copy_to_host(handle, data, 4 * count) == 0, last_error()
    return list(data)[:count]


# ---- Errors


HUGE = 2**32
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
    "memory": (5, "zeros", lambda new: lib.rt_torch_tensor_zeros((2**46,), 1, FLOAT32, -1)),
    "kernel": (6, "add", lambda new: lib.rt_torch_tensor_add(*[new.own(whole(29))] * 2)),
    "zero": (8, "add", lambda new: lib.rt_torch_tensor_add(new.floats(2), 0)),
    "stale": (8, "relu", lambda new: lib.rt_torch_relu(stale())),
}


def whole(dtype: int = INT64) -> int:
    return int(lib.rt_torch_tensor_ones((2,), 1, dtype, -1))


def stale() -> int:
    handle = whole()
    assert lib.rt_torch_tensor_free(handle) == 0
    return handle


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


def test_each_thread_has_an_error_record_of_its_own(new: Handles) -> None:
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


# ---- Values


SCALARS = {
    "bool": ("?", True), "int8": ("b", -5), "int16": ("h", -300), "int32": ("i", -(2**31)),
    "int64": ("q", -(2**63)), "uint8": ("B", 200), "uint16": ("H", 65535), "uint32": ("I", 2**32 - 1),
    "uint64": ("Q", 2**64 - 1), "float16": ("e", 0.5), "float32": ("f", 1.5), "float64": ("d", math.pi),
    "complex64": ("ff", (1.5, -2.5)), "complex128": ("dd", (math.pi, -math.e)),
}  # fmt: skip


@pytest.mark.parametrize("name", SCALARS)
def test_scalars_and_items_travel_whole(name: str, new: Handles) -> None:
    layout, value = SCALARS[name]
    packed = struct.pack(f"={layout}", *(value if isinstance(value, tuple) else (value,)))
    scalar = packed.ljust(16, b"\0")
    code = dtypes.by_name(name).code
    tensor = new.own(lib.rt_torch_tensor_full((2,), 1, scalar, code, code, -1))
    one = new.own(lib.rt_torch_tensor_select(tensor, 0, 1))
    assert lib.rt_torch_tensor_dtype(one) == code
    item = ffi.new("char[16]", b"\xff" * 16)
    assert lib.rt_torch_tensor_item(one, item) == 0
    assert bytes(ffi.buffer(item)) == scalar


def test_host_memory_is_copied_both_ways_in_c_order(new: Handles) -> None:
    a = new.of([1, 2, 3, 4, 5, 6], 2, 3)
    turned = new.own(lib.rt_torch_tensor_transpose(a, 0, 1))
    assert read(turned) == [1, 4, 2, 5, 3, 6]
    assert lib.rt_torch_tensor_is_contiguous(turned) == 0
    data = ffi.new("float[]", [9, 8, 7, 6, 5, 4])
    assert lib.rt_torch_tensor_copy_from_host(turned, data, 24) == 0
    assert read(turned) == [9, 8, 7, 6, 5, 4]
    assert read(a) == [9, 7, 5, 8, 6, 4]
    assert lib.rt_torch_tensor_copy_to_host(a, data, 20) == -1
    assert last_error() == (1, "copy_to_host: nbytes is 20, expected 24 for this shape and dtype")


def test_shape_strides_and_device_come_through_the_callers_memory(new: Handles) -> None:
    a = new.floats(2, 3, 4)
    values = ffi.new("int64_t[]", [-7] * 4)
    assert lib.rt_torch_tensor_shape(a, values, 4) == 3
    assert list(values) == [2, 3, 4, -7]
    assert lib.rt_torch_tensor_strides(a, values, 2) == 3
    assert list(values) == [12, 4, 4, -7]
    assert lib.rt_torch_tensor_shape(a, ffi.NULL, 0) == 3
    assert lib.rt_torch_tensor_ndim(a) == 3
    assert lib.rt_torch_tensor_numel(a) == 24
    assert lib.rt_torch_tensor_device(a, values) == 0
    assert values[0] == -1
    assert lib.rt_torch_tensor_is_cuda(a) == 0


def test_data_pointer_is_the_memory_of_the_tensor(new: Handles) -> None:
    a = new.of([1, 2, 3], 3)
    address = ffi.new("void **")
    assert lib.rt_torch_tensor_data(a, address) == 0
    ffi.cast("float *", address[0])[1] = 20
    assert read(a) == [1, 20, 3]
    assert lib.rt_torch_tensor_data(new.floats(0), address) == 0
    assert address[0] == ffi.NULL


def test_indices_may_all_take_their_axis_whole(new: Handles) -> None:
    a = new.of([1, 2, 3, 4], 2, 2)
    everything = new.own(lib.rt_torch_tensor_index(a, (0, 0), 2))
    assert lib.rt_torch_tensor_index_put_(a, (0,), 1, new.of([7, 8], 2)) == 0
    assert read(a) == [7, 8, 7, 8]
    assert read(everything) == [1, 2, 3, 4]  # a copy
    assert lib.rt_torch_tensor_index_put_(a, (0,), 1, new.floats(3)) == -1
    assert last_error()[0] == 2


def layout(handle: int) -> list[int]:
    values = ffi.new("int64_t[132]", [-7] * 132)
    count = lib.rt_torch_tensor_layout(handle, values, 132)
    assert count >= 4, last_error()
    assert set(values[count:132]) <= {-7}
    return list(values[0:count])


def test_layout_tells_all_about_the_memory_of_a_tensor(new: Handles) -> None:
    a = new.of([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 3, 4)
    address, *rest = layout(a)
    assert rest == [-1, 48, 2, 3, 4, 4, 1]
    ffi.cast("float *", address)[5] = 50
    assert read(a)[4:7] == [4, 50, 6]


def test_layout_of_a_view_ends_with_its_last_element(new: Handles) -> None:
    a = new.floats(3, 4)
    column = new.own(lib.rt_torch_tensor_select(a, 1, 3))
    assert layout(column) == [layout(a)[0] + 12, -1, 36, 1, 3, 4]
    wide = new.own(lib.rt_torch_tensor_expand(column, (2**50, 3), 2))  # all over the same three
    assert layout(wide) == [layout(column)[0], -1, 36, 2, 2**50, 3, 0, 4]


def test_layout_of_no_axes_and_of_no_elements(new: Handles) -> None:
    assert layout(new.floats())[1:] == [-1, 4, 0]
    empty = layout(new.floats(2, 0))
    assert empty[:6] == [0, -1, 0, 2, 2, 0]
    assert len(empty) == 8


def test_layout_is_cut_to_the_capacity(new: Handles) -> None:
    a, values = new.floats(2, 3), ffi.new("int64_t[4]", [-7] * 4)
    assert lib.rt_torch_tensor_layout(a, values, 3) == 8
    assert list(values)[1:] == [-1, 24, -7]
    assert lib.rt_torch_tensor_layout(a, ffi.NULL, 0) == 8
    assert lib.rt_torch_tensor_layout(a, ffi.NULL, 1) == -1
    assert last_error() == (1, "layout: values is NULL")
    assert lib.rt_torch_tensor_layout(a, values, -1) == -1
    assert lib.rt_torch_tensor_layout(stale(), values, 4) == -1
    assert last_error()[0] == 8


# ---- What the facade does not call


def test_functions_that_only_c_callers_use_compute(new: Handles) -> None:
    a = new.of([1, 2, 3, 4, 5, 6], 2, 3)
    assert read(new.own(lib.rt_torch_tensor_narrow(a, 1, -2, 2))) == [2, 3, 5, 6]
    assert read(new.own(lib.rt_torch_tensor_cpu(a))) == [1, 2, 3, 4, 5, 6]
    assert lib.rt_torch_tensor_cuda(a, -1) == 0
    assert last_error()[0] == 1
    assert lib.rt_torch_cuda_device_count() >= 0
    assert read(new.own(lib.rt_torch_tensor_addmm(
        new.of([float("nan")] * 4, 2, 2), a, new.own(lib.rt_torch_tensor_transpose(a, 0, 1)), 0.0, 2.0
    ))) == [28, 64, 64, 154]  # fmt: skip


# ---- Memory


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


def test_a_slot_is_used_again_and_its_old_handle_is_not(new: Handles) -> None:
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
    """Host memory, and how often its deleter was called with each context."""

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
def test_wrapped_memory_that_does_not_reach_is_refused_and_kept(
    nbytes: int, dims: tuple[int, ...], strides: tuple[int, ...] | None
) -> None:
    lender = Lender()
    tensor = lender.lend(nbytes, dims, strides, 7)
    assert tensor == 0
    assert last_error()[0] == 1
    assert lender.returned == []
