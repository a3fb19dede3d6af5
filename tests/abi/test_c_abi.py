"""Values through the C ABI, called as C would call it."""

from __future__ import annotations

import math
import struct

import pytest

from tests.abi.calls import (
    Handles,
    last_error,
    layout,
    read,
    stale,
)
from torchffi import dtypes
from torchffi._libtorch.loader import ffi, lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

# ---- Values


SCALARS = {
    "bool": ("?", True), "int8": ("b", -5), "int16": ("h", -300), "int32": ("i", -(2**31)),
    "int64": ("q", -(2**63)), "uint8": ("B", 200), "uint16": ("H", 65535), "uint32": ("I", 2**32 - 1),
    "uint64": ("Q", 2**64 - 1), "float16": ("e", 0.5), "float32": ("f", 1.5), "float64": ("d", math.pi),
    "complex64": ("ff", (1.5, -2.5)), "complex128": ("dd", (math.pi, -math.e)),
}  # fmt: skip


@pytest.mark.parametrize("name", SCALARS)
def test_scalars_and_items_keep_all_bits(name: str, new: Handles) -> None:
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


def test_all_indices_may_be_0_for_whole_axes(new: Handles) -> None:
    a = new.of([1, 2, 3, 4], 2, 2)
    everything = new.own(lib.rt_torch_tensor_index(a, (0, 0), 2))
    assert lib.rt_torch_tensor_index_put_(a, (0,), 1, new.of([7, 8], 2)) == 0
    assert read(a) == [7, 8, 7, 8]
    assert read(everything) == [1, 2, 3, 4]  # a copy
    assert lib.rt_torch_tensor_index_put_(a, (0,), 1, new.floats(3)) == -1
    assert last_error()[0] == 2


def test_layout_has_address_device_extent_shape_and_strides(new: Handles) -> None:
    a = new.of([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 3, 4)
    address, *rest = layout(a)
    assert rest == [-1, 48, 2, 3, 4, 4, 1, 0]
    assert lib.rt_torch_tensor_set_requires_grad(a, 1) == 0
    assert layout(a) == [address, *rest[:-1], 1]
    ffi.cast("float *", address)[5] = 50
    assert read(a)[4:7] == [4, 50, 6]


def test_layout_of_a_view_ends_with_its_last_element(new: Handles) -> None:
    a = new.floats(3, 4)
    column = new.own(lib.rt_torch_tensor_select(a, 1, 3))
    assert layout(column) == [layout(a)[0] + 12, -1, 36, 1, 3, 4, 0]
    wide = new.own(
        lib.rt_torch_tensor_expand(column, (2**50, 3), 2)
    )  # all elements share three values
    assert layout(wide) == [layout(column)[0], -1, 36, 2, 2**50, 3, 0, 4, 0]


def test_layout_of_no_axes_and_of_no_elements(new: Handles) -> None:
    assert layout(new.floats())[1:] == [-1, 4, 0, 0]
    empty = layout(new.floats(2, 0))
    assert empty[:6] == [0, -1, 0, 2, 2, 0]
    assert len(empty) == 9


def test_layout_is_cut_to_the_capacity(new: Handles) -> None:
    a, values = new.floats(2, 3), ffi.new("int64_t[4]", [-7] * 4)
    assert lib.rt_torch_tensor_layout(a, values, 3) == 9
    assert list(values)[1:] == [-1, 24, -7]
    assert lib.rt_torch_tensor_layout(a, ffi.NULL, 0) == 9
    assert lib.rt_torch_tensor_layout(a, ffi.NULL, 1) == -1
    assert last_error() == (1, "layout: values is NULL")
    assert lib.rt_torch_tensor_layout(a, values, -1) == -1
    assert lib.rt_torch_tensor_layout(stale(), values, 4) == -1
    assert last_error()[0] == 8


def test_products_and_differences_check_their_operands(new: Handles) -> None:
    a, row = new.of([1, 2, 3, 4], 2, 2), new.of([1, 5], 2)
    assert read(new.own(lib.rt_torch_tensor_outer(row, row))) == [1, 5, 5, 25]
    assert read(new.own(lib.rt_torch_tensor_diff(row, 1, -1))) == [4]
    assert lib.rt_torch_tensor_numel(new.own(lib.rt_torch_tensor_diff(row, 2**62, 0))) == 0
    for name in ("dot", "outer"):
        assert getattr(lib, f"rt_torch_tensor_{name}")(a, row) == 0
        assert last_error()[0] == 2
    assert lib.rt_torch_tensor_mv(row, row) == 0
    assert lib.rt_torch_tensor_mm(a, row) == 0
    assert last_error()[0] == 2
    assert lib.rt_torch_tensor_diff(a, -1, 0) == 0
    assert last_error()[0] == 1


# ---- Functions without a Python caller


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
