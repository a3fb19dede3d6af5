"""Shape, order and joining, on both backends, beside NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import NAMES, check, sample

pytestmark = pytest.mark.filterwarnings("error")

X = np.arange(24, dtype="int32").reshape(2, 3, 4)
Case = tuple[Callable[[t.Tensor], t.Tensor], Callable[[Any], Any]]

CASES: dict[str, Case] = {
    "reshape": (lambda x: t.reshape(x, (4, 6)), lambda a: a.reshape(4, 6)),
    "reshape-open": (lambda x: t.reshape(x, (-1, 6)), lambda a: a.reshape(-1, 6)),
    "reshape-flat": (lambda x: t.reshape(x, 24), lambda a: a.reshape(24)),
    "reshape-method": (lambda x: x.reshape(3, -1), lambda a: a.reshape(3, -1)),
    "permute": (lambda x: t.permute_dims(x, (2, 0, 1)), lambda a: a.transpose(2, 0, 1)),
    "permute-negative": (lambda x: t.permute_dims(x, (-1, 0, 1)), lambda a: a.transpose(2, 0, 1)),
    "permute-method": (lambda x: x.permute(1, 0, 2), lambda a: a.transpose(1, 0, 2)),
    "permute-list": (lambda x: x.permute([1, 0, 2]), lambda a: a.transpose(1, 0, 2)),
    "matrix-transpose": (t.matrix_transpose, lambda a: a.swapaxes(-1, -2)),
    "mT": (lambda x: x.mT, lambda a: a.swapaxes(-1, -2)),
    "T": (lambda x: x[0].T, lambda a: a[0].T),
    "transpose": (lambda x: x.transpose(0, -1), lambda a: a.swapaxes(0, -1)),
    "broadcast": (lambda x: t.broadcast_to(x[:1], (5, 3, 4)), lambda a: np.repeat(a[:1], 5, 0)),
    "broadcast-more": (lambda x: t.broadcast_to(x, (2, 2, 3, 4)), lambda a: np.array([a, a])),
    "expand-method": (lambda x: x[:, :1].expand(2, 3, 4), lambda a: np.repeat(a[:, :1], 3, 1)),
    "expand-list": (lambda x: x[:, :1].expand([2, 3, 4]), lambda a: np.repeat(a[:, :1], 3, 1)),
    "expand-dims": (lambda x: t.expand_dims(x, axis=1), lambda a: a[:, None]),
    "expand-dims-last": (lambda x: t.expand_dims(x, axis=-1), lambda a: a[..., None]),
    "squeeze": (lambda x: t.squeeze(x[:1], 0), lambda a: a[0]),
    "squeeze-two": (lambda x: t.squeeze(x[:1, :, :1], (0, -1)), lambda a: a[0, :, 0]),
    "squeeze-method": (lambda x: x[:1].squeeze(0), lambda a: a[0]),
    "flip": (lambda x: t.flip(x), lambda a: a[::-1, ::-1, ::-1]),
    "flip-one": (lambda x: t.flip(x, axis=1), lambda a: a[:, ::-1]),
    "flip-two": (lambda x: t.flip(x, axis=(0, -1)), lambda a: a[::-1, :, ::-1]),
    "concat": (lambda x: t.concat([x, x[:1]]), lambda a: np.concatenate([a, a[:1]])),
    "concat-last": (lambda x: t.concat((x, x), axis=-1), lambda a: np.concatenate([a, a], -1)),
    "concat-flat": (lambda x: t.concat([x, x[0]], axis=None), lambda a: np.r_[a.ravel(), a[0].ravel()]),
    "concat-one": (lambda x: t.concat([x]), lambda a: a),
    "stack": (lambda x: t.stack([x, x]), lambda a: np.stack([a, a])),
    "stack-last": (lambda x: t.stack([x, x], axis=-1), lambda a: np.stack([a, a], -1)),
    "narrow": (lambda x: t.narrow(x, 2, 1, 2), lambda a: a[..., 1:3]),
    "narrow-negative": (lambda x: x.narrow(-1, -2, 2), lambda a: a[..., -2:]),
    "narrow-nothing": (lambda x: x.narrow(0, 2, 0), lambda a: a[2:]),
    "select": (lambda x: t.select(x, 1, -1), lambda a: a[:, -1]),
    "contiguous": (lambda x: x.mT.contiguous(), lambda a: a.swapaxes(-1, -2)),
    "clone": (lambda x: x.mT.clone(), lambda a: a.swapaxes(-1, -2)),
}  # fmt: skip
VIEWS = [
    "reshape", "permute", "matrix-transpose", "mT", "T", "transpose", "broadcast", "expand-dims",
    "squeeze", "narrow", "select",
]  # fmt: skip
COPIES = ["flip", "concat", "concat-one", "stack", "contiguous", "clone"]


@pytest.mark.parametrize("case", CASES)
def test_manipulation_gives_what_numpy_gives(case: str, backend: str) -> None:
    ours, theirs = CASES[case]
    result = ours(t.asarray(X.copy()))
    check(result, theirs(X))
    assert result.backend == backend


@pytest.mark.parametrize("case", CASES)
def test_manipulation_works_for_every_dtype(case: str, backend: str) -> None:
    ours, theirs = CASES[case]
    for name in NAMES:
        values = sample(name, 24).reshape(2, 3, 4)
        check(ours(t.asarray(values)), theirs(values))


@pytest.mark.parametrize("case", VIEWS)
def test_view_shares_its_memory(case: str, backend: str) -> None:
    x = t.asarray(X.copy())
    view = CASES[case][0](x)
    x[...] = -7
    assert set(view.reshape(-1).tolist()) == {-7}
    assert np.shares_memory(view.numpy(), x.numpy())


@pytest.mark.parametrize("case", COPIES)
def test_copy_has_memory_of_its_own(case: str, backend: str) -> None:
    x = t.asarray(X.copy())
    copy = CASES[case][0](x)
    assert not np.shares_memory(copy.numpy(), x.numpy())


def test_view_outlives_its_base(backend: str) -> None:
    x = t.asarray(X.copy())
    view = x.mT[0]
    t.tensor_free(x)
    check(view, X[0].T)


def test_contiguous_is_the_tensor_itself_where_it_is_so_already(backend: str) -> None:
    x = t.ones((2, 3))
    assert x.contiguous() is x
    assert not x.T.is_contiguous()
    assert x.T.contiguous().is_contiguous()
    assert t.ones((0, 3)).T.is_contiguous()
    assert t.ones((1, 3)).T.is_contiguous()
    assert t.ones(()).is_contiguous()


def test_reshape_copies_when_told_to(backend: str) -> None:
    x = t.zeros(4)
    assert np.shares_memory(t.reshape(x, (2, 2), copy=False).numpy(), x.numpy())
    assert not np.shares_memory(t.reshape(x, (2, 2), copy=True).numpy(), x.numpy())
    with pytest.raises(ValueError, match=r"reshape: .*copy=False"):
        t.reshape(t.zeros((2, 3)).T, (6,), copy=False)


def test_flip_of_a_scalar_is_the_scalar(backend: str) -> None:
    check(t.flip(t.asarray(3)), np.array(3))
    check(t.ones(()).permute(), np.ones((), "float32"))


def test_joining_promotes(backend: str) -> None:
    x, y = t.ones(2, dtype=t.int8), t.ones(2, dtype=t.uint8)
    check(t.concat([x, y]), np.ones(4, "int16"))
    check(t.stack([y, x]), np.ones((2, 2), "int16"))
    with pytest.raises(TypeError, match="concat: dtypes int8 and float32 do not mix"):
        t.concat([x, t.ones(2)])


@pytest.mark.parametrize("shape", [(0, 2), (2, 0), (0,)])
def test_empty_tensors_join(shape: tuple[int, ...], backend: str) -> None:
    x = np.zeros(shape, "float32")
    check(t.concat([t.asarray(x)] * 2), np.concatenate([x, x]))
    check(t.stack([t.asarray(x)] * 2), np.stack([x, x]))


def test_broadcast_view_is_written_through(backend: str) -> None:
    x = t.zeros((1, 2))
    rows = t.broadcast_to(x, (3, 2))
    x += 1
    assert rows.tolist() == [[1, 1]] * 3
    assert rows.strides == (0, 1)
