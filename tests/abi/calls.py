"""Calls of the C ABI through the binding: handles, their values and the last error."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from torchffi import dtypes
from torchffi._libtorch.loader import ffi, lib

CODES = {dtype.name: dtype.code for dtype in dtypes.ALL}
FLOAT32, FLOAT64, INT64, BOOL, COMPLEX64 = 6, 7, 4, 11, 9


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

    def from_array(self, array: npt.NDArray[Any]) -> int:
        data = ffi.from_buffer(np.ascontiguousarray(array))
        code = CODES[array.dtype.name]
        return self.own(
            lib.rt_torch_tensor_from_data(data, array.nbytes, array.shape, array.ndim, code, -1)
        )


def last_error(capacity: int = 4096) -> tuple[int, str]:
    text = ffi.new("char[]", 4096)
    code = lib.rt_torch_last_error(text, capacity)
    return code, ffi.string(text).decode()


def read(handle: int) -> list[float]:
    count = lib.rt_torch_tensor_numel(handle)
    data = ffi.new("float[]", max(count, 1))
    assert lib.rt_torch_tensor_copy_to_host(handle, data, 4 * count) == 0, last_error()
    return list(data)[:count]


def whole(dtype: int = INT64) -> int:
    return int(lib.rt_torch_tensor_ones((2,), 1, dtype, -1))


def stale() -> int:
    handle = whole()
    assert lib.rt_torch_tensor_free(handle) == 0
    return handle


def layout(handle: int) -> list[int]:
    """What rt_torch_tensor_layout() copies out, which is checked to write no more."""
    values = ffi.new("int64_t[133]", [-7] * 133)
    count = lib.rt_torch_tensor_layout(handle, values, 133)
    assert count >= 4, last_error()
    assert set(values[count:133]) <= {-7}
    return list(values[0:count])
