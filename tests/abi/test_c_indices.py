"""Lists of index tensors in the C ABI: NumPy's result, or an error that names the cause."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from tests.abi.calls import FLOAT32, Handles, last_error, read
from torchffi._libtorch.loader import ffi, lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

SHAPES = [(), (1,), (2,), (3,), (2, 3), (0,), (0, 3), (2, 1), (3, 4)]
INDEX_DTYPES = [lib.RT_TORCH_INT64, lib.RT_TORCH_INT32, lib.RT_TORCH_BOOL, lib.RT_TORCH_UINT8]
OTHERS = [lib.RT_TORCH_FLOAT32, lib.RT_TORCH_UINT16, lib.RT_TORCH_COMPLEX64]
NAMED = {
    lib.RT_TORCH_INVALID_ARGUMENT,
    lib.RT_TORCH_SHAPE,
    lib.RT_TORCH_TYPE,
    lib.RT_TORCH_INDEX,
}


def _ones(new: Handles, dtype: int, shape: tuple[int, ...]) -> int:
    return new.own(lib.rt_torch_tensor_ones(shape or ffi.NULL, len(shape), dtype, -1))


def test_any_combination_of_indices_gives_a_result_or_names_the_cause(new: Handles) -> None:
    draw = random.Random("indices")
    targets = [
        _ones(new, FLOAT32, shape) for shape in ((2, 3), (3,), (), (0, 3), (2, 0), (2, 3, 4))
    ]
    pairs = itertools.product(INDEX_DTYPES, SHAPES)
    indices = [_ones(new, dtype, shape) for dtype, shape in pairs] + 6 * [0]
    indices += [_ones(new, dtype, (2,)) for dtype in OTHERS]
    values = [_ones(new, FLOAT32, shape) for shape in (*SHAPES, (5,), (2, 1, 3))]
    before = lib.rt_torch_live_handles()
    succeeded = 0
    for _ in range(20_000):
        count = draw.randint(1, 4)
        given = ffi.new("int64_t[]", draw.choices(indices, k=count))
        target = draw.choice(targets)
        if draw.random() < 0.5:
            result = lib.rt_torch_tensor_index(target, given, count)
            failed = result == 0
            lib.rt_torch_tensor_free(result)
        else:
            failed = lib.rt_torch_tensor_index_put_(target, given, count, draw.choice(values)) != 0
        succeeded += not failed
        assert not failed or last_error()[0] in NAMED, last_error()
    assert lib.rt_torch_live_handles() == before
    assert succeeded > 500


def test_valid_combinations_give_what_numpy_gives(new: Handles) -> None:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    target = new.of(array.ravel().tolist(), 2, 3, 4)
    ones = {(dtype, shape): _ones(new, dtype, shape) for dtype in INDEX_DTYPES for shape in SHAPES}
    compared = 0
    for keys in itertools.product([None, *ones], repeat=2):
        arrays = tuple(
            slice(None) if key is None else np.ones(key[1], _numpy(key[0])) for key in keys
        )
        try:
            expected = array[arrays]
        except IndexError:
            continue
        if all(key is None for key in keys):
            continue
        given = [0 if key is None else ones[key] for key in keys]
        result = lib.rt_torch_tensor_index(target, ffi.new("int64_t[]", given), 2)
        masks = [key[1] for key in keys if key and _numpy(key[0]) == "bool"]
        if any(not shape or 0 in shape for shape in masks):
            # A mask must have an axis and the shape of what it selects; NumPy excepts empty ones.
            assert result or last_error()[0] in (lib.RT_TORCH_SHAPE, lib.RT_TORCH_INDEX)
            lib.rt_torch_tensor_free(result)
            continue
        assert read(new.own(result)) == expected.ravel().tolist(), (keys, last_error())
        compared += 1
    assert compared > 100


def _numpy(dtype: int) -> str:
    masks = (lib.RT_TORCH_BOOL, lib.RT_TORCH_UINT8)
    return "bool" if dtype in masks else "int32" if dtype == lib.RT_TORCH_INT32 else "int64"
