"""DLPack structures through the C ABI."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import torchffi as t
from tests.interchange.dlpack_structures import (
    CUDA,
    MANAGED,
    METAL,
    OPAQUE,
    Producer,
    pointer,
    structure,
)  # fmt: skip
from tests.interchange.sharing import on_ffi_tensor
from tests.support import handles, settled
from torchffi import dtypes
from torchffi._core import lifetimes
from torchffi._libtorch.loader import ffi, lib
from torchffi._libtorch.operators import boxed

pytestmark = pytest.mark.filterwarnings("error")


def last_error() -> tuple[int, str]:
    text = ffi.new("char[]", 4096)
    return lib.rt_torch_last_error(text, 4096), ffi.string(text).decode()


Change = Callable[[Producer], Any]
MALFORMED: dict[str, tuple[int, str, Change]] = {
    "ndim 65": (1, "number of dims is 65", lambda p: p.set_shape([1] * 65, [1] * 65)),
    "ndim -1": (1, "number of dims is -1", lambda p: setattr(p.tensor, "ndim", -1)),
    "no shape": (1, "dims is NULL", lambda p: setattr(p.tensor, "shape", None)),
    "negative": (1, "negative dimension", lambda p: p.set_shape([2, -3], [3, 1])),
    "too many": (1, "too large", lambda p: p.set_shape([2**32, 2**32], [1, 1])),
    "too many elements with an axis of 0": (
        1,
        "too large",
        lambda p: p.set_shape([0, 2**62, 4], None),
    ),
    "no data": (1, "data is NULL", lambda p: setattr(p.tensor, "data", None)),
    "stride": (1, "overflow the address space", lambda p: p.set_shape([2, 3], [2**62, 1])),
    "stride -": (1, "overflow the address space", lambda p: p.set_shape([2, 3], [1, -(2**62)])),
    "stride min": (1, "overflow the address space", lambda p: p.set_shape([2, 3], [1, -(2**63)])),
    "strides": (1, "overflow the address space", lambda p: p.set_shape([2, 2, 2], [2**60] * 3)),
    "below 0": (1, "overflow the address space", lambda p: p.set_shape([2**31, 2], [-(2**28), 1])),
    "offset": (
        1,
        "overflow the address space",
        lambda p: setattr(p.tensor, "byte_offset", 2**64 - 8),
    ),
    "offset 2**63": (
        1,
        "overflow the address space",
        lambda p: setattr(p.tensor, "byte_offset", 2**63),
    ),
    "unaligned": (1, "float32 needs", lambda p: setattr(p.tensor, "byte_offset", 2)),
    "lanes 4": (3, "32 bits and 4 lanes", lambda p: setattr(p.tensor, "lanes", 4)),
    "lanes 0": (3, "32 bits and 0 lanes", lambda p: setattr(p.tensor, "lanes", 0)),
    "float24": (3, "code 2, 24 bits", lambda p: setattr(p.tensor, "bits", 24)),
    "float8": (3, "code 10, 32 bits", lambda p: setattr(p.tensor, "code", 10)),
    "opaque": (3, "code 3, 32 bits", lambda p: setattr(p.tensor, "code", OPAQUE)),
    "Metal": (9, "device type 8, expected", lambda p: setattr(p.tensor, "device_type", METAL)),
    "managed": (9, "device type 13", lambda p: setattr(p.tensor, "device_type", MANAGED)),
    "no device": (9, "device type 0", lambda p: setattr(p.tensor, "device_type", 0)),
    "device -2": (9, "device type -2", lambda p: setattr(p.tensor, "device_type", -2)),
}


@pytest.mark.parametrize("versioned", [1, 0])
@pytest.mark.parametrize("change", MALFORMED)
def test_malformed_structure_is_refused_and_not_consumed(
    change: str, versioned: int, ffi_backend: None
) -> None:
    code, words, spoil = MALFORMED[change]
    producer, before = Producer(bool(versioned)), settled()
    spoil(producer)
    for copy in (0, 1):
        assert lib.rt_torch_tensor_from_dlpack(pointer(producer.made), versioned, copy) == 0
        assert last_error()[0] == code
        assert last_error()[1].startswith("from_dlpack: ")
        assert words in last_error()[1]
    assert (producer.deleted, handles()) == (0, before)
    assert lib.rt_torch_dlpack_free(pointer(producer.made), versioned) == 0
    assert producer.deleted == 1


@pytest.mark.parametrize("device", [(CUDA, -1), (CUDA, -(2**31)), (CUDA, 2**31 - 1)])
def test_invalid_cuda_device_is_refused(device: tuple[int, int], ffi_backend: None) -> None:
    producer = Producer()
    producer.tensor.device_type, producer.tensor.device_id = device
    assert lib.rt_torch_tensor_from_dlpack(pointer(producer.made), 1, 1) == 0
    assert last_error()[0] in (1, 9)
    assert "CUDA" in last_error()[1]
    assert producer.deleted == 0


@pytest.mark.parametrize("major", [0, 2, 2**32 - 1])
def test_version_of_another_major_number_is_refused(major: int, ffi_backend: None) -> None:
    producer = Producer()
    producer.made.major = major
    producer.tensor.ndim = -1  # nothing else is read for another version
    assert lib.rt_torch_tensor_from_dlpack(pointer(producer.made), 1, 1) == 0
    assert last_error() == (1, f"from_dlpack: the structure is of DLPack {major}.0, expected 1.x")
    assert lib.rt_torch_dlpack_free(pointer(producer.made), 1) == 0
    assert producer.deleted == 1


def test_newer_minor_version_and_unknown_flags_are_accepted(ffi_backend: None) -> None:
    producer = Producer()
    producer.made.minor, producer.made.flags = 99, 1 << 40
    assert t.from_dlpack(producer, copy=False).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("versioned", [True, False])
def test_structure_without_strides_is_in_c_order(versioned: bool, backend: str) -> None:
    producer = Producer(versioned)
    producer.set_shape([3, 2], None)
    assert t.from_dlpack(producer).tolist() == [[0, 1], [2, 3], [4, 5]]


def test_byte_offset_counts(backend: str) -> None:
    producer = Producer()
    producer.set_shape([2], [2])
    producer.tensor.byte_offset = 4
    x = t.from_dlpack(producer)
    assert x.tolist() == [1, 3]
    x[1] = 30
    assert producer.values[3] == 30


def test_structure_of_no_axes_needs_neither_shape_nor_strides(backend: str) -> None:
    producer = Producer()
    producer.tensor.ndim = 0
    producer.tensor.shape = producer.tensor.strides = None
    producer.tensor.byte_offset = 12
    x = t.from_dlpack(producer)
    assert (x.shape, x.item()) == ((), 3)


def test_arguments_of_the_functions_are_checked(ffi_backend: None) -> None:
    x, made = t.ones(2), structure(True)
    null = ffi.NULL
    calls: dict[str, Callable[[], Any]] = {
        "from_dlpack: managed is NULL": lambda: lib.rt_torch_tensor_from_dlpack(null, 1, 0),
        "from_dlpack: versioned is 2, expected 0 or 1": (
            lambda: lib.rt_torch_tensor_from_dlpack(pointer(made), 2, 0)
        ),
        "from_dlpack: copy is -1, expected 0 or 1": (
            lambda: lib.rt_torch_tensor_from_dlpack(pointer(made), 1, -1)
        ),
        "to_dlpack: versioned is -1, expected 0 or 1": (
            lambda: lib.rt_torch_tensor_to_dlpack(x._data, -1, 0)
        ),
        "to_dlpack: copied is 7, expected 0 or 1": (
            lambda: lib.rt_torch_tensor_to_dlpack(x._data, 1, 7)
        ),
        "synchronize: device is -2, expected -1 (CPU) or the number of a CUDA device": (
            lambda: lib.rt_torch_synchronize(-2)
        ),
    }
    for message, call in calls.items():
        assert call() in (0, -1, null)
        assert last_error() == (1, message)
    assert lib.rt_torch_tensor_to_dlpack(0, 1, 0) == null
    assert last_error() == (8, "to_dlpack: expected a tensor, got handle 0")
    before = last_error()
    assert lib.rt_torch_dlpack_free(pointer(made), 2) == -1
    assert lib.rt_torch_dlpack_free(null, 0) == lib.rt_torch_dlpack_free(null, 1) == 0
    assert last_error() == before
    assert lib.rt_torch_synchronize(-1) == 0


def test_sparse_tensor_has_no_memory_to_share(ffi_backend: None) -> None:
    sparse = t.ops.aten.to_sparse(t.ones((2, 2)))
    with pytest.raises(BufferError, match="sparse_coo, expected strided"):
        sparse.__dlpack__()


def test_quantized_tensor_has_no_dtype_of_dlpack(ffi_backend: None) -> None:
    quint8 = dtypes.DType("quint8", 13, 1, "unsigned integer", in_numpy=False)
    x = t.ones(2)
    call = partial(lifetimes.make, lifetimes.Owner)
    quantized = boxed.call(call, "aten::quantize_per_tensor", x._data, 1.0, 0, quint8)
    assert lib.rt_torch_tensor_to_dlpack(quantized._data, 1, 0) == ffi.NULL
    assert last_error() == (1, "to_dlpack: QUInt/QInt types are not supported by dlpack")


def test_structures_work_in_c_without_capsules(ffi_backend: None) -> None:
    x = t.asarray([1.0, 2.0])
    before = settled()
    for versioned in (0, 1):
        managed = lib.rt_torch_tensor_to_dlpack(x._data, versioned, 0)
        handle = lib.rt_torch_tensor_from_dlpack(managed, versioned, 0)
        y = on_ffi_tensor(handle)
        y += 1
        del y
        assert (
            lib.rt_torch_dlpack_free(
                lib.rt_torch_tensor_to_dlpack(x._data, versioned, 0), versioned
            )
            == 0
        )
    assert x.tolist() == [3, 4]
    assert handles() == before
