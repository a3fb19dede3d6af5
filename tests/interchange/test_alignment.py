"""complex128 memory that is aligned to 8 bytes, as NumPy allows: LibTorch's kernels need 16."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.abi.calls import last_error
from torchffi._libtorch.loader import ffi, lib

SIZE = 40


def _misaligned() -> Any:
    memory = np.zeros(2 * SIZE + 2)
    start = 1 if memory.ctypes.data % 16 == 0 else 0
    array = memory[start : start + 2 * SIZE].view(np.complex128)
    array[:] = np.arange(SIZE) * (1 + 2j)
    assert array.flags.aligned
    assert array.ctypes.data % 16 == 8
    return array


def _is_usable(x: t.Tensor, array: Any) -> None:
    """Computes with the kernels that need the alignment."""
    np.testing.assert_array_equal((x + x * x - x / 2).numpy(), array + array * array - array / 2)
    np.testing.assert_array_equal(t.sum(x).numpy(), array.sum())
    np.testing.assert_allclose((x @ t.conj(x)).numpy(), array @ array.conj())
    np.testing.assert_array_equal(t.flip(x).numpy(), array[::-1])


def test_misaligned_memory_is_copied(backend: str) -> None:
    array = _misaligned()
    for given in (array, array[::2], array[3:], array.reshape(4, 10)[1], [*array]):
        x = t.asarray(given)
        np.testing.assert_array_equal(x.numpy(), np.asarray(given))
        _is_usable(x, np.asarray(given))


def test_misaligned_memory_is_not_shared_with_libtorch(ffi_backend: None) -> None:
    array = _misaligned()
    with pytest.raises(ValueError, match="aligned"):
        t.asarray(array, copy=False)
    for copy in (None, False):
        with pytest.raises(ValueError, match="aligned to 16 bytes"):
            t.from_dlpack(array, copy=copy)
    with pytest.raises((ValueError, TypeError), match="aligned"):
        t.from_numpy(array)


def test_operands_on_both_backends_are_combined() -> None:
    array = _misaligned()
    with t.use_backend("numpy"):
        ours = t.asarray(array, copy=False)
    with t.use_backend("ffi"):
        other = t.asarray(array, copy=True)
    np.testing.assert_array_equal((ours + other).numpy(), array + array)
    np.testing.assert_array_equal((other * ours).numpy(), array * array)
    other += ours
    np.testing.assert_array_equal(other.numpy(), array + array)
    ours += other
    np.testing.assert_array_equal(ours.numpy(), 3 * other.numpy() / 2)


def test_c_function_refuses_misaligned_memory(ffi_backend: None) -> None:
    memory = ffi.new("double[]", 4)
    address = int(ffi.cast("uintptr_t", memory))
    data = ffi.cast("void *", address + (8 if address % 16 == 0 else 0))
    blob = lib.rt_torch_tensor_from_blob(
        data, 16, (1,), ffi.NULL, 1, lib.RT_TORCH_COMPLEX128, ffi.NULL, ffi.NULL
    )
    assert blob == 0
    assert "16 bytes" in last_error()[1]
