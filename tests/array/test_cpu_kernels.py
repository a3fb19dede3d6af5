"""Operators whose kernels are called without the dispatcher, compared with those that it calls."""

from __future__ import annotations

import numpy as np
import pytest

import torchffi as t
from tests.support import check
from torchffi import dtypes
from torchffi.ops import aten

pytestmark = pytest.mark.usefixtures("ffi_backend")

# Functions on the fast path, and the operators that compute the same through the dispatcher.
BINARY = {
    "add": lambda x, y: aten.add.Tensor(x, y),
    "subtract": lambda x, y: aten.sub.Tensor(x, y),
    "multiply": lambda x, y: aten.mul.Tensor(x, y),
    "divide": lambda x, y: aten.div.Tensor(x, y),
    "equal": lambda x, y: aten.eq.Tensor(x, y),
    "not_equal": lambda x, y: aten.ne.Tensor(x, y),
    "less": lambda x, y: aten.lt.Tensor(x, y),
    "less_equal": lambda x, y: aten.le.Tensor(x, y),
    "greater": lambda x, y: aten.gt.Tensor(x, y),
    "greater_equal": lambda x, y: aten.ge.Tensor(x, y),
    "logical_and": lambda x, y: aten.logical_and(x, y),
    "logical_or": lambda x, y: aten.logical_or(x, y),
    "logical_xor": lambda x, y: aten.logical_xor(x, y),
}
ORDER = ["less", "less_equal", "greater", "greater_equal"]
UNARY = {
    "relu": (t.nn.relu, lambda x: aten.relu(x)),
    "sum": (lambda x: t.sum(x, dtype=x.dtype), lambda x: aten.sum(x, dtype=x.dtype)),
    "sum over an axis": (
        lambda x: t.sum(x, axis=-1, keepdims=True, dtype=x.dtype),
        lambda x: aten.sum.dim_IntList(x, [-1], True, dtype=x.dtype),
    ),
    "sum over the first axis": (
        lambda x: t.sum(x, axis=0, dtype=x.dtype),
        lambda x: aten.sum.dim_IntList(x, [0], dtype=x.dtype),
    ),
    "logical_not": (t.logical_not, lambda x: aten.logical_not(x)),
    "count_nonzero": (t.count_nonzero, lambda x: aten.count_nonzero(x)),
    "any over an axis": (
        lambda x: t.any(x, axis=0),
        lambda x: aten.to.dtype(aten.any.dim(x, 0), t.bool),
    ),
    "concat": (lambda x: t.concat([x, x], axis=1), lambda x: aten.cat([x, x], 1)),
    "stack": (lambda x: t.stack([x, x]), lambda x: aten.stack([x, x], 0)),
    "stack at the last axis": (
        lambda x: t.stack([x, x], axis=-1),
        lambda x: aten.stack([x, x], -1),
    ),
    "roll": (lambda x: t.roll(x, 1, axis=0), lambda x: aten.roll(x, [1], [0])),
    "roll twice": (
        lambda x: t.roll(x, (-5, 3), axis=(1, 0)),
        lambda x: aten.roll(x, [-5, 3], [1, 0]),
    ),
    "index": (lambda x: x[ROWS], lambda x: aten.index.Tensor(x, [ROWS])),
    "full_like": (
        lambda x: t.full_like(x, 3),
        lambda x: aten.full(x.shape, 3, dtype=x.dtype),
    ),
    "select": (lambda x: x[-1], lambda x: aten.select.int(x, 0, -1)),
    "reshape": (lambda x: t.reshape(x, (-1, 1)), lambda x: aten.reshape(x, [-1, 1])),
}
REAL = {
    "amax": (lambda x: t.max(x, axis=0), lambda x: aten.amax(x, [0])),
    "argmin": (lambda x: t.argmin(x, axis=0), lambda x: aten.argmin(x, 0)),
    "argmax of all": (t.argmax, lambda x: aten.argmax(x)),
    "max": (t.max, lambda x: aten.max(x)),
    "min": (t.min, lambda x: aten.min(x)),
}
PRECISE = {
    "mean": (lambda x: t.mean(x, axis=0), lambda x: aten.mean.dim(x, [0])),
    "vector_norm": (t.linalg.vector_norm, lambda x: aten.linalg_vector_norm(x)),
    "vector_norm over an axis": (
        lambda x: t.linalg.vector_norm(x, axis=1, ord=3),
        lambda x: aten.linalg_vector_norm(x, 3, [1]),
    ),
    "tril": (t.tril, lambda x: aten.tril(x)),
    "triu": (lambda x: t.triu(x, k=1), lambda x: aten.triu(x, 1)),
}
ROWS = t.asarray([1, 0, -1])
INTEGERS = ["uint8", "int64"]
NUMBERS = [*INTEGERS, "float16", "bfloat16", "float32", "float64", "complex64"]


def same(actual: t.Tensor, expected: t.Tensor) -> None:
    assert (actual.dtype, actual.shape, actual.strides) == (
        expected.dtype, expected.shape, expected.strides,
    )  # fmt: skip
    assert aten.equal(actual, expected)


def operands(name: str) -> list[t.Tensor]:
    """Matrices with and without gaps, without elements, and larger than the limit for small tensors."""
    grid = t.astype(t.asarray(np.arange(1, 13).reshape(3, 4)), dtypes.by_name(name))
    large = t.astype(t.asarray(np.arange(1, 10001).reshape(100, 100) % 7 + 1), grid.dtype)
    return [grid, t.asarray(grid[:3, :3].mT), grid[:, ::2], grid[:, :0], large, large.mT]


def images(name: str) -> list[t.Tensor]:
    """Tensors of 4 and 5 axes whose channels are last in memory, small and large."""
    shapes = [(4, 1, 4, 3), (2, 2, 3, 2), (2, 40, 40, 3), (2, 2, 1, 3, 2), (2, 9, 9, 9, 3)]
    made = [np.arange(np.prod(shape)).reshape(shape) % 7 + 1 for shape in shapes]
    tensors = [t.astype(t.asarray(values), dtypes.by_name(name)) for values in made]
    return [x.permute(0, x.ndim - 1, *range(1, x.ndim - 1)) for x in tensors]


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        (name, d)
        for name in BINARY
        for d in NUMBERS
        if not (name == "divide" and d in INTEGERS) and not (name in ORDER and d == "complex64")
    ],
)
def test_operator_of_two_tensors_gives_the_result_of_the_dispatcher(name: str, dtype: str) -> None:
    for x in operands(dtype) + images(dtype):
        for y in (x, x[:1], x[..., :1], x[:1, :1] + x[:1, :1]):
            same(getattr(t, name)(x, y), BINARY[name](x, y))


@pytest.mark.parametrize(
    ("name", "dtype"),
    [(name, d) for name in UNARY for d in NUMBERS if name != "relu" or d != "complex64"],
)
def test_operator_of_one_tensor_gives_the_result_of_the_dispatcher(name: str, dtype: str) -> None:
    direct, dispatched = UNARY[name]
    for x in operands(dtype) + images(dtype):
        same(direct(x), dispatched(x))


@pytest.mark.parametrize(
    ("name", "dtype"),
    [(name, d) for name in REAL for d in NUMBERS if d != "complex64"]
    + [(name, d) for name in PRECISE for d in ("float32", "float64", "complex64")],
)
def test_reduction_gives_the_result_of_the_dispatcher(name: str, dtype: str) -> None:
    direct, dispatched = {**REAL, **PRECISE}[name]
    for x in operands(dtype) + images(dtype):
        if x.size:
            same(direct(x), dispatched(x))


@pytest.mark.parametrize("dtype", ["float32", "int64", "complex64"])
def test_products_with_an_axis_count_are_those_of_the_dispatcher(dtype: str) -> None:
    for x in operands(dtype):
        column, row = x[:, :1].mT.reshape(-1), x[0]
        if x.size:
            same(row.dot(row), aten.dot(row, row))
            same(x.mv(row), aten.mv(x, row))
        same(x.mm(x.mT), aten.mm(x, x.mT))
        same(column.outer(row), aten.outer(column, row))
        same(t.linalg.outer(column, row), aten.outer(column, row))
        same(t.diff(x, axis=0), aten.diff(x, 1, 0))
        if x.size:
            same(t.diff(x, n=3), aten.diff(x, 3))
        if dtype == "float32":
            same(t.nn.functional.linear(x, x, x[:, 0] if x.size else None),
                 aten.linear(x, x, x[:, 0] if x.size else None))  # fmt: skip
    for method in ("dot", "mv", "outer"):
        with pytest.raises((ValueError, RuntimeError)):
            getattr(x, method)(x)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_matrix_product_is_that_of_the_dispatcher(dtype: str) -> None:
    for x in operands(dtype):
        same(x @ x.mT, aten.mm(x, x.mT))
        same(x @ x.mT[:, 0], aten.mv(x, x.mT[:, 0]))


def test_different_dtypes_promote_as_in_the_dispatcher() -> None:
    x, y = t.asarray([1, 2], dtype=t.int8), t.asarray([300, 4])
    same(t.multiply(x, y), aten.mul.Tensor(x, y))


def test_sparse_tensors_take_their_own_kernels_by_name() -> None:
    dense = t.asarray([[0.0, 1.0], [2.0, 0.0]])
    sparse = aten.to_sparse(dense)
    twice = aten.add(sparse, sparse)
    check(aten.to_dense(twice), np.array([[0.0, 2.0], [4.0, 0.0]], np.float32))
    check(aten.mm(sparse, dense), np.array([[2.0, 0.0], [0.0, 2.0]], np.float32))
    row = aten.select(sparse, 0, 0)
    check(aten.to_dense(row), np.array([0.0, 1.0], np.float32))
