"""Operators by name whose kernels trust their arguments, and tensors that failed operators wrote."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from torchffi import ops

pytestmark = pytest.mark.usefixtures("ffi_backend")

FAR = 2**40


def _ones(*dims: int) -> t.Tensor:
    return t.ones(dims)


def _pool(indices: t.Tensor, axes: int = 2) -> Any:
    name = f"max_pool{axes}d_with_indices_backward"
    grad, x = _ones(1, 1, *[2] * axes), _ones(1, 1, *[4] * axes)
    lists = [2] * axes, [2] * axes, [0] * axes, [1] * axes
    return getattr(ops.aten, name)(grad, x, *lists, False, indices)


def _state(*dims: int) -> t.Tensor:
    return t.zeros(dims, dtype=t.int64)


def _smallest(dtype: Any) -> t.Tensor:
    return t.asarray([3, t.iinfo(dtype).min], dtype=dtype)


REFUSED: dict[str, Callable[[], Any]] = {
    **{
        f"div {dtype}": lambda dtype=dtype: ops.aten.div(
            _smallest(dtype), t.full((2,), -1, dtype=dtype), rounding_mode="trunc"
        )
        for dtype in (t.int32, t.int64)
    },
    "div_": lambda: ops.aten.div_(_smallest(t.int64), t.asarray(-1), rounding_mode="trunc"),
    "div scalar": lambda: ops.aten.div(_smallest(t.int32), -1, rounding_mode="trunc"),
    "divide": lambda: ops.aten.divide(_smallest(t.int64), -1, rounding_mode="trunc"),
    "repeat_interleave": lambda: ops.aten.repeat_interleave(t.asarray([2**62] * 4)),
    "repeat_interleave x": lambda: ops.aten.repeat_interleave(_ones(4), t.asarray([2**62] * 4)),
    "lengths": lambda: ops.aten.segment_reduce(
        _ones(4), "sum", lengths=t.asarray([2, FAR]), axis=0, unsafe=True
    ),
    "negative lengths": lambda: ops.aten.segment_reduce(
        _ones(4), "sum", lengths=t.asarray([-FAR, 2]), axis=0, unsafe=True
    ),
    "offsets": lambda: ops.aten.segment_reduce(
        _ones(4), "sum", offsets=t.asarray([0, FAR]), axis=0
    ),
    "descending offsets": lambda: ops.aten.segment_reduce(
        _ones(4), "sum", offsets=t.asarray([0, 4, 2]), axis=0
    ),
    "pool2d": lambda: _pool(t.full((1, 1, 2, 2), FAR)),
    "pool2d below": lambda: _pool(t.full((1, 1, 2, 2), -1)),
    "pool2d few": lambda: _pool(t.full((1, 1, 1, 1), 0)),
    "pool3d": lambda: _pool(t.full((1, 1, 2, 2, 2), 64), 3),
    "adaptive_max_pool2d": lambda: ops.aten.adaptive_max_pool2d_backward(
        _ones(1, 1, 2, 2), _ones(1, 1, 4, 4), t.full((1, 1, 2, 2), 16)
    ),
    "adaptive_max_pool3d": lambda: ops.aten.adaptive_max_pool3d_backward(
        _ones(1, 1, 2, 2, 2), _ones(1, 1, 4, 4, 4), t.full((1, 1, 2, 2, 2), FAR)
    ),
    "sobol draw": lambda: ops.aten._sobol_engine_draw(_state(2), 10, _state(1, 1), 2, 0, None),
    "sobol ff": lambda: ops.aten._sobol_engine_ff_(_state(2), 2**31, _state(2, 30), 2, 0),
    "sobol state": lambda: ops.aten._sobol_engine_initialize_state_(_state(1, 1), 500),
    "sobol scramble": lambda: ops.aten._sobol_engine_scramble_(_state(2, 30), _state(1, 1, 1), 2),
    "reshape_alias": lambda: ops.aten._reshape_alias(_ones(2, 3), [FAR], [1]),
    "reshape_alias strides": lambda: ops.aten._reshape_alias(_ones(2, 3), [2, 3], [6, 1]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_values_that_would_end_the_process_are_refused(case: str) -> None:
    with pytest.raises((ValueError, IndexError)):
        REFUSED[case]()


def test_values_that_fit_give_what_torch_gives(torch: Any) -> None:
    ours, theirs = t.asarray([-7, 7, -(2**63)]), torch.tensor([-7, 7, -(2**63)])
    for other in (2, -2):
        expected = torch.div(theirs, other, rounding_mode="trunc").numpy()
        got = ops.aten.div(ours, other, rounding_mode="trunc").numpy()
        np.testing.assert_array_equal(got, expected)
    counts = [2, 0, 3]
    np.testing.assert_array_equal(
        ops.aten.repeat_interleave(t.asarray(counts)).numpy(),
        torch.repeat_interleave(torch.tensor(counts)).numpy(),
    )
    data = torch.arange(4.0)
    expected = torch.segment_reduce(data, "sum", lengths=torch.tensor([1, 3])).numpy()
    got = ops.aten.segment_reduce(t.arange(4.0), "sum", lengths=t.asarray([1, 3]), axis=0)
    np.testing.assert_array_equal(got.numpy(), expected)
    x = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)
    _, indices = ops.aten.max_pool2d_with_indices(t.asarray(x), [2, 2], [2, 2])
    at = np.zeros((4, 4), np.float32)
    at[1::2, 1::2] = 1
    np.testing.assert_array_equal(_pool(indices).numpy()[0, 0], at)


# ---- Tensors that a failed operator was about to enlarge


WRITERS: dict[str, Callable[[t.Tensor], Any]] = {
    "resize_": lambda x: ops.aten.resize_(x, [2**50]),
    "resize_as_": lambda x: ops.aten.resize_as_(x, t.broadcast_to(t.ones(()), (2**50,))),
    "set_": lambda x: ops.aten.set_.source_Tensor_storage_offset(x, x, 0, [2**50], [1]),
    "out": lambda x: ops.aten.add.out(t.broadcast_to(t.ones(()), (2**50,)), t.ones(()), out=x),
    "cat out": lambda x: ops.aten.cat.out([t.broadcast_to(t.ones(()), (2**50,))], out=x),
}


@pytest.mark.parametrize("case", WRITERS)
def test_tensor_fits_its_memory_after_a_failed_operator(case: str) -> None:
    x = t.reshape(t.arange(6.0), (2, 3))
    view = x[1]
    with pytest.raises((ValueError, MemoryError)):
        WRITERS[case](x)
    assert x.shape == (2, 3)
    np.testing.assert_array_equal((x + 1).numpy(), np.arange(1, 7, dtype=np.float32).reshape(2, 3))
    np.testing.assert_array_equal(view.numpy(), [3, 4, 5])


@pytest.mark.parametrize("case", WRITERS)
def test_memory_that_is_shared_does_not_grow(case: str) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    x = t.from_numpy(array)
    with pytest.raises((ValueError, MemoryError)):
        WRITERS[case](x)
    x += 1
    np.testing.assert_array_equal(array, np.arange(1, 7, dtype=np.float32).reshape(2, 3))
    assert x.shape == (2, 3)
