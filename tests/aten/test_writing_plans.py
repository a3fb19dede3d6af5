"""Operators that overwrite their first operand on NumPy: repeated calls, with plans, do as PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import torchffi as t

pytestmark = pytest.mark.filterwarnings("error")

# Calls of a method in place: each with the functions that make tensors, and the target, of shape (2, 3).
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "masked_fill_": lambda m, x: x.masked_fill_(m([[True, False, True]]), 7),
    "masked_fill_-0-d": lambda m, x: x[0, 0].masked_fill_(m(True), 7),
    "index_fill_": lambda m, x: x.index_fill_(1, m([2, 0]), 7),
    "index_fill_-nothing": lambda m, x: x.index_fill_(1, m([]), 7),
    "index_copy_": lambda m, x: x.index_copy_(0, m([1, 0]), x * 2),
    "index_copy_-last-axis": lambda m, x: x.index_copy_(-1, m([1]), x[:, :1] * 2),
    "index_add_": lambda m, x: x.index_add_(0, m([1, 1]), x * 2),
    "index_add_-alpha": lambda m, x: x.index_add_(0, m([1, 1]), x * 2, alpha=3),
    "index_put_": lambda m, x: x.index_put_((m([1, 0]),), x * 2),
    "index_put_-list": lambda m, x: x.index_put_([m([1, 1]), m([2, 0])], x[0, :2] * 2),
    "index_put_-accumulate": lambda m, x: x.index_put_((m([1, 1]),), x * 2, True),
    "index_put_-mask": lambda m, x: x.index_put_((x > 2,), x[0, 0] * 2),
    "masked_scatter_": lambda m, x: x.masked_scatter_(x > 2, x * 2),
    "scatter_": lambda m, x: x.scatter_(1, m([[2, 0], [1, 1]]), x * 2),
    "scatter_-number": lambda m, x: x.scatter_(0, m([[1, 0, 1]]), 7),
    "scatter_add_": lambda m, x: x.scatter_add_(1, m([[2, 2], [1, 1]]), x * 2),
    "fill_diagonal_": lambda m, x: x.fill_diagonal_(7),
    "pow_-2": lambda m, x: x.pow_(2),
    "pow_-3": lambda m, x: x.pow_(3),
    "pow_-3.0": lambda m, x: x.pow_(3.0),
    "pow_-tensor": lambda m, x: x.pow_(x),
    # Operands in the memory of the target.
    "index_copy_-of-itself": lambda m, x: x.index_copy_(0, m([1, 0]), x.clone()),
}
# Errors of the same methods.
MISTAKES: dict[str, Callable[[Any, Any], Any]] = {
    "masked_fill_-of-floats": lambda m, x: x.masked_fill_(x, 7),
    "index_fill_-out-of-range": lambda m, x: x.index_fill_(1, m([3]), 7),
    "index_copy_-negative": lambda m, x: x.index_copy_(0, m([-1, 0]), x * 2),
    "index_copy_-shape": lambda m, x: x.index_copy_(0, m([1, 0]), x[:, :2] * 2),
    "index_put_-dtype": lambda m, x: x.index_put_((m([1, 0]),), m([[1, 2, 3]])),
    "index_put_-out-of-range": lambda m, x: x.index_put_((m([2, 0]),), x * 2),
    "scatter_-shape": lambda m, x: x.scatter_(1, m([[0, 1, 2, 0]]), x * 2),
    "scatter_-out-of-range": lambda m, x: x.scatter_(1, m([[3]]), x * 2),
    "scatter_-of-three-axes": lambda m, x: x.scatter_(1, m([[[0]]]), x * 2),
}
LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "contiguous": lambda base: base[:2, :3],
    "transposed": lambda base: base[:3, :2].T,
    "strided": lambda base: base[::2, 1:4],
}


def _base(dtype: str) -> Any:
    return (np.arange(16).reshape(4, 4) * 3 % 7).astype(dtype)


CASES = [
    (name, dtype)
    for name in CALLS
    for dtype in ("float32", "float64", "int64")
    if (name, dtype) != ("pow_-3.0", "int64")  # which PyTorch refuses
]


@pytest.mark.parametrize(("name", "dtype"), CASES)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_repeated_calls_write_what_pytorch_writes(name: str, layout: str, dtype: str) -> None:
    for _ in range(4):  # the third one has a plan
        theirs = torch.from_numpy(_base(dtype))
        CALLS[name](_of_torch, LAYOUTS[layout](theirs))
        with t.use_backend("numpy"):
            ours = t.asarray(_base(dtype))
            target = LAYOUTS[layout](ours)
            found = CALLS[name](_ours, target)
        assert found is target or found.shape == ()
        assert ours.dtype.name == dtype
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


def _ours(values: Any) -> Any:
    return t.asarray(values, dtype=None if values else t.int64)


def _of_torch(values: Any) -> Any:
    return torch.tensor(values, dtype=None if values else torch.int64)


@pytest.mark.parametrize("name", MISTAKES)
def test_repeated_calls_refuse_what_pytorch_refuses(name: str) -> None:
    method = name.partition("-")[0]
    right = next(call for one, call in CALLS.items() if one == method)
    with t.use_backend("numpy"):
        for _ in range(3):
            right(_ours, t.ones((2, 3)))
        for _ in range(4):
            x = t.ones((2, 3))
            with pytest.raises(t.TorchError, match=f"^{method}: "):
                MISTAKES[name](_ours, x)
            assert x.tolist() == [[1, 1, 1]] * 2
    with pytest.raises((RuntimeError, IndexError)):
        MISTAKES[name](_of_torch, torch.ones((2, 3)))


def test_read_only_memory_is_not_written() -> None:
    values = np.ones((2, 3), np.float32)
    values.flags.writeable = False
    with t.use_backend("numpy"):
        x, index = t.from_numpy(values), t.asarray([0])
        for _ in range(4):
            with pytest.raises(ValueError, match="read-only"):
                x.index_fill_(0, index, 7)
        y = t.ones((2, 3))
        for _ in range(4):
            y.index_fill_(0, index, 7)
        with pytest.raises(ValueError, match="read-only"):
            x.index_fill_(0, index, 7)
    assert (values == 1).all()


def test_an_index_may_be_none() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    with t.use_backend("numpy"):
        for _ in range(4):
            x = t.asarray(values.copy())
            x.index_put_((None, t.asarray([2, 0])), t.asarray([[7.0, 8.0]]))
            assert x.tolist() == [[8, 1, 7], [8, 4, 7]]


def test_freed_tensors_in_lists_are_refused() -> None:
    with t.use_backend("numpy"):
        x, index = t.zeros((2, 3)), t.asarray([1])
        for _ in range(4):
            x.index_put_((index,), x[0] + 1)
        index._free()
        with pytest.raises(t.HandleError):
            x.index_put_((index,), x[0])


def test_a_slow_grid_is_that_of_a_kept_one() -> None:
    generator = np.random.default_rng(0)
    for shape in ((3, 5), (2, 3, 4), (40, 50), (1200, 2)):  # the last one is too long to be kept
        values = generator.random(shape)
        for axis in range(len(shape)):
            index = generator.integers(0, shape[axis], shape)
            with t.use_backend("numpy"):
                x, places = t.asarray(values), t.asarray(index)
                for _ in range(3):
                    found = x.gather(axis, places)
            np.testing.assert_array_equal(found.numpy(), np.take_along_axis(values, index, axis))
