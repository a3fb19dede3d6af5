"""Basic indexing and views through the C ABI, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.abi.calls import Handles, last_error, layout, read
from torchffi._libtorch.loader import ffi, lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

INDEX, SLICE = lib.RT_TORCH_KEY_INDEX, lib.RT_TORCH_KEY_SLICE
NEW_AXIS, ELLIPSIS = lib.RT_TORCH_KEY_NEW_AXIS, lib.RT_TORCH_KEY_ELLIPSIS
TENSOR = lib.RT_TORCH_KEY_TENSOR


def keys_of(*keys: tuple[int, ...]) -> tuple[list[int], int]:
    """Keys as integers, filled up with what must not be read, and their number."""
    return [one for key in keys for one in (*key, -9, -9, -9)[: lib.RT_TORCH_KEY_INTS]], len(keys)


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        ([(INDEX, -1)], -1),
        ([(INDEX, 1), (INDEX, 0), (INDEX, -4)], (1, 0, -4)),
        ([(SLICE, -100, 2**63 - 1, 2)], np.s_[-100::2]),
        ([(SLICE, 1, 0, 2**62)], np.s_[1:0]),
        ([(ELLIPSIS,), (INDEX, 1)], np.s_[..., 1]),
        ([(ELLIPSIS,), (SLICE, 1, -1, 1), (NEW_AXIS,)], np.s_[..., 1:-1, None]),
        ([(NEW_AXIS,), (INDEX, 1), (ELLIPSIS,), (NEW_AXIS,)], np.s_[None, 1, ..., None]),
        ([(SLICE, 0, 2, 1), (NEW_AXIS,), (INDEX, 2), (SLICE, 3, 1, 1)], np.s_[0:2, None, 2, 3:1]),
        ([], ()),
    ],
)
def test_basic_indexing_does_as_numpy_and_writes_what_it_views(
    new: Handles, keys: list[tuple[int, ...]], index: Any
) -> None:
    twin = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    a = new.of(twin.ravel().tolist(), 2, 3, 4)
    view = new.own(lib.rt_torch_tensor_basic_index(a, *keys_of(*keys)))
    expected = twin[index]
    assert layout(view)[3 : 4 + expected.ndim] == [expected.ndim, *expected.shape]
    assert read(view) == expected.ravel().tolist()
    minus = new.of([-1])
    assert lib.rt_torch_tensor_basic_index_put_(a, *keys_of(*keys), minus) == 0
    twin[index] = -1
    assert read(a) == twin.ravel().tolist()
    assert read(view) == [-1] * expected.size


def test_keys_are_checked(new: Handles) -> None:
    a, values = new.of([1, 2, 3, 4], 2, 2), new.floats(3)
    many = [(NEW_AXIS,)] * 63
    for keys, code in (
        ([(INDEX, 2)], 4),
        ([(INDEX, 0), (INDEX, -3)], 4),
        ([(INDEX, 0)] * 3, 4),
        ([(ELLIPSIS,), (ELLIPSIS,)], 4),
        ([(SLICE, 0, 1, 0)], 1),
        ([(SLICE, 0, 1, -1)], 1),
        ([(5,)], 1),
        ([(-1,)], 1),
        (many, 2),
        ([*many, (INDEX, 0), (INDEX, 0)], 1),
    ):
        assert lib.rt_torch_tensor_basic_index(a, *keys_of(*keys)) == 0
        assert last_error()[0] == code
        assert lib.rt_torch_tensor_basic_index_put_(a, *keys_of(*keys), a) == -1
        assert last_error()[0] == code
    for count in (1, -1, 2**62):
        assert lib.rt_torch_tensor_basic_index(a, ffi.NULL, count) == 0
        assert last_error()[0] == 1
    assert lib.rt_torch_tensor_basic_index_put_(a, *keys_of((INDEX, 0)), values) == -1
    assert last_error()[0] == 2
    assert read(a) == [1, 2, 3, 4]


_ROWS, _COLUMNS = np.array([1, -2, 0]), np.array([[2], [-1]])
_MASK, _BYTES = np.array([True, False, True]), np.array([[1, 0, 1], [0, 0, 2]], np.uint8)
_INT32 = np.array([-1, 0], np.int32)


@pytest.mark.parametrize(
    "key",
    [
        (_ROWS[:2],),
        (..., _COLUMNS),
        (slice(None), _ROWS, 1),
        (1, slice(None), _COLUMNS),
        (-1, ..., _INT32),
        (slice(0, 2), _MASK),
        (None, _ROWS[:2], None, 1),
        (0, _ROWS, slice(1, 4, 2)),
        (_INT32, slice(None), slice(None, -1)),
        (_BYTES, 2),
        (0, 1, _COLUMNS),
        (_ROWS[:0], slice(None), 3),
    ],
    ids=repr,
)
def test_keys_with_tensors_select_what_numpy_selects(new: Handles, key: tuple[Any, ...]) -> None:
    twin = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    a = new.of(twin.ravel().tolist(), 2, 3, 4)
    keys: list[tuple[int, ...]] = []
    for one in key:
        if isinstance(one, np.ndarray):
            keys.append((TENSOR, new.from_array(one)))
        elif isinstance(one, slice):
            keys.append((SLICE, *one.indices(2**62)) if one.stop != -1 else (SLICE, 0, -1, 1))
        else:
            keys.append(
                (INDEX, one) if isinstance(one, int) else (NEW_AXIS if one is None else ELLIPSIS,)
            )
    index = tuple(one.astype(bool) if one is _BYTES else one for one in key)
    expected = twin[index]
    found = new.own(lib.rt_torch_tensor_basic_index(a, *keys_of(*keys)))
    assert layout(found)[3 : 4 + expected.ndim] == [expected.ndim, *expected.shape]
    assert read(found) == expected.ravel().tolist()
    minus = new.of([-1])
    assert lib.rt_torch_tensor_basic_index_put_(a, *keys_of(*keys), minus) == 0
    twin[index] = -1
    assert read(a) == twin.ravel().tolist()
    assert read(found) == expected.ravel().tolist()


def test_keys_with_tensors_are_checked(new: Handles) -> None:
    a, nine = new.of([1, 2, 3, 4], 2, 2), new.of([9])
    far, three = new.from_array(np.array([2])), new.from_array(np.array([0, 1, 0]))
    two, no_mask = new.from_array(np.array([0, 1])), new.from_array(np.array(True))
    long = new.from_array(np.array([True, False, True]))
    for keys, code in (
        ([(TENSOR, far)], 4),
        ([(TENSOR, two), (TENSOR, three)], 2),
        ([(TENSOR, two), (INDEX, 2)], 4),
        ([(INDEX, -3), (SLICE, 0, 1, 1), (TENSOR, two)], 4),
        ([(TENSOR, two)] * 3, 4),
        ([(TENSOR, no_mask)], 2),
        ([(TENSOR, long)], 4),
        ([(TENSOR, a)], 3),
        ([(TENSOR, 0)], 8),
        ([(TENSOR, -1)], 8),
    ):
        assert lib.rt_torch_tensor_basic_index(a, *keys_of(*keys)) == 0
        assert last_error()[0] == code, keys
        assert lib.rt_torch_tensor_basic_index_put_(a, *keys_of(*keys), nine) == -1
        assert last_error()[0] == code, keys
    assert read(a) == [1, 2, 3, 4]


def test_assignment_by_tensors_converts_and_may_read_the_tensor(new: Handles) -> None:
    a = new.of([1, 2, 3, 4], 2, 2)
    swap = (TENSOR, new.from_array(np.array([1, 0])))
    assert lib.rt_torch_tensor_basic_index_put_(a, *keys_of(swap), a) == 0
    assert read(a) == [3, 4, 1, 2]
    whole = new.from_array(np.array([7, 8]))
    assert lib.rt_torch_tensor_basic_index_put_(a, *keys_of((ELLIPSIS,), swap), whole) == 0
    assert read(a) == [8, 7, 8, 7]
    over = new.from_array(np.array([1, 0]))
    assert lib.rt_torch_tensor_basic_index_put_(over, *keys_of((TENSOR, over)), over) == 0
    found = ffi.new("int64_t[2]")
    assert lib.rt_torch_tensor_copy_to_host(over, found, 16) == 0
    assert list(found) == [0, 1]


def test_assignment_may_read_the_tensor(new: Handles) -> None:
    a = new.of([1, 2, 3, 4], 2, 2)
    row = new.own(lib.rt_torch_tensor_select(a, 0, 0))
    assert lib.rt_torch_tensor_basic_index_put_(a, *keys_of((ELLIPSIS,), (INDEX, -1)), row) == 0
    assert read(a) == [1, 1, 3, 2]


def test_view_is_refused_where_a_copy_would_be_needed(new: Handles) -> None:
    a = new.of([1, 2, 3, 4, 5, 6], 2, 3)
    assert layout(new.own(lib.rt_torch_tensor_view(a, [3, -1], 2)))[3:] == [2, 3, 2, 2, 1, 0]
    turned = new.own(lib.rt_torch_tensor_t(a))
    assert layout(new.own(lib.rt_torch_tensor_view(turned, [3, 1, 2], 3)))[4:7] == [3, 1, 2]
    for tensor, shape, code in ((turned, [6], 1), (a, [4], 2), (a, [-1, -1], 2), (a, [-6], 2)):
        assert lib.rt_torch_tensor_view(tensor, shape, len(shape)) == 0
        assert last_error()[0] == code
    assert lib.rt_torch_tensor_view(a, ffi.NULL, 1) == 0
    assert last_error()[0] == 1
