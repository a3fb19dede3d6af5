"""DLPack structures of any layout, valid and damaged, through the C ABI."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.interchange import dlpack_structures as dlpack
from tests.support import examples, handles
from torchffi._libtorch.loader import ffi, lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

LIMIT = settings(max_examples=examples(200), deadline=None)
# code, bits, NumPy's dtype of the same size, the dtype of the C ABI
DTYPES = [
    (dlpack.UINT, 8, "u1", 0), (dlpack.INT, 8, "i1", 1), (dlpack.INT, 16, "i2", 2),
    (dlpack.INT, 32, "i4", 3), (dlpack.INT, 64, "i8", 4), (dlpack.FLOAT, 16, "f2", 5),
    (dlpack.FLOAT, 32, "f4", 6), (dlpack.FLOAT, 64, "f8", 7), (dlpack.COMPLEX, 64, "c8", 9),
    (dlpack.COMPLEX, 128, "c16", 10), (dlpack.BOOL, 8, "?", 11), (dlpack.BFLOAT, 16, "u2", 15),
    (dlpack.UINT, 16, "u2", 27), (dlpack.UINT, 32, "u4", 28), (dlpack.UINT, 64, "u8", 29),
]  # fmt: skip
HALF = 4096  # bytes before and after the place that data points to


class Source(dlpack.Producer):
    """Memory with a structure over it, whose layout is drawn."""

    def __init__(self, data: st.DataObject) -> None:
        super().__init__(data.draw(st.booleans()))
        code, bits, name, self.expected_dtype = data.draw(st.sampled_from(DTYPES))
        dims = data.draw(st.lists(st.integers(0, 4), max_size=4))
        strides = data.draw(st.lists(st.integers(-9, 9), min_size=len(dims), max_size=len(dims)))
        contiguous = data.draw(st.booleans())
        size = bits // 8
        offset = data.draw(st.integers(0, 3)) * size
        memory = np.random.default_rng(len(dims)).integers(0, 2, 2 * HALF + 64, "uint8")
        memory = memory[-memory.ctypes.data % 64 :][: 2 * HALF]
        self.memory = memory
        self.tensor.data = memory.ctypes.data + HALF
        self.tensor.byte_offset = offset
        self.tensor.code, self.tensor.bits = code, bits
        self.set_shape(dims, None if contiguous else strides)
        if contiguous:
            strides = [int(np.prod(dims[i + 1 :])) for i in range(len(dims))]
        self.read_only = self.versioned and data.draw(st.integers(0, 3)) == 0
        if self.read_only:
            self.made.flags = dlpack.READ_ONLY
        start = memory[HALF + offset :].view(name)[:1]
        self.view = np.lib.stride_tricks.as_strided(start, dims, [size * s for s in strides])
        negative = any(n > 1 and s < 0 for n, s in zip(dims, strides, strict=True))
        self.needs_copy = self.read_only or (negative and self.view.size > 0)

    @property
    def versioned(self) -> int:
        return int(isinstance(self.made, dlpack.Versioned))

    def taken(self, copy: int) -> int:
        return int(lib.rt_torch_tensor_from_dlpack(dlpack.pointer(self.made), self.versioned, copy))


def elements(handle: int, nbytes: int) -> bytes:
    memory = ffi.new("char[]", max(nbytes, 1))
    assert lib.rt_torch_tensor_copy_to_host(handle, memory, nbytes) == 0
    return bytes(ffi.buffer(memory, nbytes))


@given(data=st.data(), copy=st.integers(0, 1))
@LIMIT
def test_a_structure_of_any_layout_is_read_shared_and_released_once(
    data: st.DataObject, copy: int
) -> None:
    source, before = Source(data), handles()
    handle = source.taken(copy)
    if source.needs_copy and not copy:
        assert (handle, lib.rt_torch_last_error(ffi.NULL, 0)) == (0, lib.RT_TORCH_INVALID_ARGUMENT)
        assert (source.deleted, handles()) == (0, before)
        return
    assert lib.rt_torch_tensor_dtype(handle) == source.expected_dtype
    dims = ffi.new("int64_t[]", 64)
    ndim = lib.rt_torch_tensor_shape(handle, dims, 64)
    assert tuple(dims[0:ndim]) == source.view.shape
    expected = source.view.tobytes()
    assert elements(handle, len(expected)) == expected
    assert source.deleted == int(source.needs_copy)
    source.memory[...] ^= 1
    changed = expected if source.needs_copy else source.view.tobytes()
    assert elements(handle, len(expected)) == changed
    assert handles()[0] == before[0] + 1
    assert lib.rt_torch_tensor_free(handle) == 0
    assert (source.deleted, handles()) == (1, before)


def _damage(source: Source, field: str, data: st.DataObject) -> Any:
    """Sets a field to a value with which the structure is invalid."""
    tensor = source.tensor
    far = [2**62, 2**63 - 1, -(2**63), -1]
    bad: dict[str, Any] = {
        "ndim": [-1, 65, 2**31 - 1, -(2**31)],
        "lanes": [0, 2, 65535],
        "bits": [0, 1, 7, 24, 255],
        "code": [3, 7, 17, 255],
        "device_type": [0, -1, 4, 8, 13, 2**31 - 1],
        "byte_offset": [2**63, 2**64 - 64],
        "data": [None],
        "shape": [None],
        "dims": far,
    }
    value = data.draw(st.sampled_from(bad[field]))
    if field in ("data", "shape", "dims", "byte_offset"):  # matters only with an element
        dims = (
            [2, 3]
            if field != "dims"
            else data.draw(st.sampled_from([[value], [2, value], [value, 4, 0]]))
        )
        source.set_shape(dims, None)
        if dims in ([2**62], [2**63 - 1]) and tensor.bits == 8:
            tensor.bits, tensor.code = 32, dlpack.INT
    if field != "dims":
        setattr(tensor, field, value)


FIELDS = ["ndim", "lanes", "bits", "code", "device_type", "byte_offset", "data", "shape", "dims"]


@given(data=st.data(), field=st.sampled_from(FIELDS), copy=st.integers(0, 1))
@LIMIT
def test_a_damaged_structure_is_refused_and_not_consumed(
    data: st.DataObject, field: str, copy: int
) -> None:
    source, before = Source(data), handles()
    _damage(source, field, data)
    assert source.taken(copy) == 0
    assert lib.rt_torch_last_error(ffi.NULL, 0) in (1, 3, 9)
    assert (source.deleted, handles()) == (0, before)
    assert lib.rt_torch_dlpack_free(dlpack.pointer(source.made), source.versioned) == 0
    assert source.deleted == 1


@given(data=st.data())
@LIMIT
def test_an_exported_structure_describes_the_tensor(data: st.DataObject) -> None:
    source, before = Source(data), handles()
    handle, versioned = source.taken(1), data.draw(st.integers(0, 1))
    exported = lib.rt_torch_tensor_to_dlpack(handle, versioned, 0)
    lib.rt_torch_tensor_free(handle)
    kind: Any = dlpack.Versioned if versioned else dlpack.Managed
    tensor = kind.from_address(int(ffi.cast("uintptr_t", exported))).dl_tensor
    dims = (ctypes.c_int64 * max(tensor.ndim, 1)).from_address(
        tensor.shape or ctypes.addressof(source.shape)
    )
    assert tuple(dims[: tensor.ndim]) == source.view.shape
    assert (tensor.code, tensor.bits, tensor.lanes) == (source.tensor.code, source.tensor.bits, 1)
    assert tensor.device_type == dlpack.CPU
    if not source.needs_copy and source.view.size:
        assert tensor.data + tensor.byte_offset == source.view.__array_interface__["data"][0]
        assert source.deleted == 0
    assert lib.rt_torch_dlpack_free(exported, versioned) == 0
    assert (source.deleted, handles()) == (1, before)
