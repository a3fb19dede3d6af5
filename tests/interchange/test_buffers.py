"""asarray() of objects with DLPack or the buffer protocol."""

from __future__ import annotations

import array
import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.interchange.sharing import address
from tests.support import check

pytestmark = pytest.mark.filterwarnings("error")


def test_asarray_shares_objects_with_dlpack(torch: Any, backend: str) -> None:
    theirs = torch.ones(3)
    x = t.asarray(theirs)
    assert (x.backend, x.dtype, address(x)) == (backend, t.float32, theirs.data_ptr())
    assert address(t.asarray(theirs, copy=False)) == theirs.data_ptr()
    assert address(t.asarray(theirs, device="cpu")) == theirs.data_ptr()
    assert address(t.asarray(theirs, copy=True)) != theirs.data_ptr()
    assert t.asarray(theirs, dtype=t.float64).dtype is t.float64
    with pytest.raises(ValueError, match="asarray: another dtype or device requires a copy"):
        t.asarray(theirs, dtype=t.float64, copy=False)
    t.asarray(theirs, copy=True)[0] = 9
    assert theirs.tolist() == [1, 1, 1]
    with pytest.raises(BufferError, match="require"):
        t.asarray(torch.ones(3, requires_grad=True))


BUFFERS: dict[str, tuple[Callable[[], Any], str]] = {
    "bytearray": (lambda: bytearray(b"\1\2\3"), "uint8"),
    "memoryview": (lambda: memoryview(bytearray(b"\1\2\3")), "uint8"),
    "array": (lambda: array.array("d", [1, 2, 3]), "float64"),
    "ctypes": (lambda: (ctypes.c_int16 * 3)(1, 2, 3), "int16"),
    "bytes": (lambda: b"\1\2\3", "uint8"),
}


@pytest.mark.parametrize("kind", BUFFERS)
def test_asarray_takes_buffers(kind: str, backend: str) -> None:
    make, dtype = BUFFERS[kind]
    memory = make()
    x = t.asarray(memory)
    check(x, np.array([1, 2, 3], dtype))
    x[0] = 9
    shared = kind != "bytes"
    assert memory[0] == (9 if shared else 1)
    t.asarray(memory, copy=True)[1] = 9
    assert memory[1] == 2
    check(t.asarray(memory, dtype=t.float32)[1], np.float32(2))
    if shared:
        t.asarray(memory, copy=False)[2] = 9
        assert memory[2] == 9


def test_asarray_shares_no_bytes_with_libtorch(ffi_backend: None) -> None:
    with pytest.raises(ValueError, match="read-only"):
        t.asarray(b"abc", copy=False)


def test_asarray_of_a_buffer_without_numbers_is_refused(backend: str) -> None:
    with pytest.raises(TypeError, match="is not supported"):
        t.asarray(memoryview(b"abc").cast("c"))

    released = memoryview(b"abc")
    released.release()
    with pytest.raises(ValueError, match="asarray: operation forbidden on released memoryview"):
        t.asarray(released)
