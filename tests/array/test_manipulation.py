"""Shape, order and joining, on both backends, compared with NumPy."""

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


def _n(*counts: int) -> t.Tensor:
    return t.asarray(counts, dtype=t.uint8)


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
    "expand-dims-two": (lambda x: t.expand_dims(x, (0, -1)), lambda a: a[None, ..., None]),
    "expand-dims-between": (lambda x: t.expand_dims(x, (3, 1)), lambda a: a[:, None, :, None]),
    "expand-dims-none": (lambda x: t.expand_dims(x, ()), lambda a: a),
    "moveaxis": (lambda x: t.moveaxis(x, 0, -1), lambda a: np.moveaxis(a, 0, -1)),
    "moveaxis-back": (lambda x: t.moveaxis(x, -1, 0), lambda a: np.moveaxis(a, -1, 0)),
    "moveaxis-two": (lambda x: t.moveaxis(x, (0, 2), (1, 0)), lambda a: np.moveaxis(a, (0, 2), (1, 0))),
    "moveaxis-none": (lambda x: t.moveaxis(x, (), ()), lambda a: a),
    "roll": (lambda x: t.roll(x, 5), lambda a: np.roll(a, 5)),
    "roll-back": (lambda x: t.roll(x, -30), lambda a: np.roll(a, -30)),
    "roll-axis": (lambda x: t.roll(x, 1, axis=-1), lambda a: np.roll(a, 1, -1)),
    "roll-axes": (lambda x: t.roll(x, (1, -2), axis=(0, 2)), lambda a: np.roll(a, (1, -2), (0, 2))),
    "roll-one-for-all": (lambda x: t.roll(x, 1, axis=(0, 1)), lambda a: np.roll(a, 1, (0, 1))),
    "roll-axis-twice": (lambda x: t.roll(x, (1, 1), axis=(2, 2)), lambda a: np.roll(a, 2, 2)),
    "roll-no-axes": (lambda x: t.roll(x, 1, axis=()), lambda a: a),
    "roll-far": (lambda x: t.roll(x, 10**30 + 1), lambda a: np.roll(a, (10**30 + 1) % 24)),
    "tile": (lambda x: t.tile(x, (2, 1, 3)), lambda a: np.tile(a, (2, 1, 3))),
    "tile-fewer": (lambda x: t.tile(x, (2,)), lambda a: np.tile(a, (2,))),
    "tile-more": (lambda x: t.tile(x, (2, 1, 1, 2)), lambda a: np.tile(a, (2, 1, 1, 2))),
    "tile-nothing": (lambda x: t.tile(x, (0, 1)), lambda a: np.tile(a, (0, 1))),
    "tile-once": (lambda x: t.tile(x, ()), lambda a: a),
    "repeat": (lambda x: t.repeat(x, 2), lambda a: np.repeat(a, 2)),
    "repeat-axis": (lambda x: t.repeat(x, 3, axis=1), lambda a: np.repeat(a, 3, 1)),
    "repeat-once": (lambda x: t.repeat(x, 1, axis=1), lambda a: a),
    "repeat-never": (lambda x: t.repeat(x, 0, axis=-1), lambda a: np.repeat(a, 0, -1)),
    "repeat-each": (lambda x: t.repeat(x, _n(2, 0, 1), axis=1), lambda a: np.repeat(a, [2, 0, 1], 1)),
    "repeat-all": (lambda x: t.repeat(x, _n(2)), lambda a: np.repeat(a, 2)),
    "unstack": (lambda x: t.unstack(x)[1], lambda a: a[1]),
    "unstack-last": (lambda x: t.stack(t.unstack(x, axis=-1)), lambda a: np.moveaxis(a, -1, 0)),
    "broadcast-arrays": (lambda x: t.broadcast_arrays(x[:1], x)[0], lambda a: np.repeat(a[:1], 2, 0)),
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
    "squeeze", "narrow", "select", "moveaxis", "expand-dims-two", "expand-dims-none", "unstack",
    "broadcast-arrays",
]  # fmt: skip
COPIES = [
    "flip", "concat", "concat-one", "stack", "contiguous", "clone", "roll", "roll-no-axes", "tile",
    "tile-once", "repeat", "repeat-once",
]  # fmt: skip


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


def test_contiguous_returns_a_contiguous_tensor_itself(backend: str) -> None:
    x = t.ones((2, 3))
    assert x.contiguous() is x
    assert not x.T.is_contiguous()
    assert x.T.contiguous().is_contiguous()
    assert t.ones((0, 3)).T.is_contiguous()
    assert t.ones((1, 3)).T.is_contiguous()
    assert t.ones(()).is_contiguous()


def test_reshape_copies_with_copy_true(backend: str) -> None:
    x = t.zeros(4)
    assert np.shares_memory(t.reshape(x, (2, 2), copy=False).numpy(), x.numpy())
    assert not np.shares_memory(t.reshape(x, (2, 2), copy=True).numpy(), x.numpy())
    with pytest.raises(ValueError, match=r"reshape: .*copy=False"):
        t.reshape(t.zeros((2, 3)).T, (6,), copy=False)
    with pytest.raises(ValueError, match=r"reshape: shape \(4,\) of 4 elements does not fit"):
        t.reshape(x, (3, -1), copy=False)


@pytest.mark.parametrize("shape", [(3, 2), (6, 1), (2, 3, 1), (2, 3, 4, 1), (-1, 2, 3, 4), (2, -1)])
@pytest.mark.parametrize("base", ["whole", "turned", "part", "empty"])
def test_reshape_without_a_copy_is_possible_exactly_where_numpy_says_so(
    base: str, shape: tuple[int, ...], backend: str
) -> None:
    values = {
        "whole": X.copy(),
        "turned": X.copy()[0, :, :2].T,
        "part": X.copy()[:, :, :1],
        "empty": X.copy()[:0],
    }[base]
    view = values.view()
    try:
        wanted = np.reshape(view, shape)
    except ValueError:
        with pytest.raises(ValueError, match=r"reshape: .* does not fit"):
            t.reshape(t.from_numpy(values), shape, copy=False)
        return
    if np.shares_memory(wanted, values) or not wanted.size:
        seen = t.reshape(t.from_numpy(values), shape, copy=False)
        check(seen, wanted)
        assert not wanted.size or np.shares_memory(seen.numpy(), values)
    else:
        with pytest.raises(ValueError, match="without a copy"):
            t.reshape(t.from_numpy(values), shape, copy=False)


BAD: list[tuple[Callable[[t.Tensor], Any], type[Exception], str]] = [
    (
        lambda x: t.moveaxis(x, (0, 1), 0),
        ValueError,
        "moveaxis: source has 2 axes, but destination has 1",
    ),
    (lambda x: t.moveaxis(x, (0, 0), (1, 2)), ValueError, "moveaxis: .* repeats an axis"),
    (lambda x: t.moveaxis(x, 3, 0), IndexError, "moveaxis: axis 3"),
    (lambda x: t.expand_dims(x, (0, 0)), ValueError, "expand_dims: .* repeats an axis"),
    (lambda x: t.expand_dims(x, (0, 5)), IndexError, "expand_dims: axis 5"),
    (lambda x: t.expand_dims(x, -5), IndexError, "expand_dims: axis -5"),
    (lambda x: t.roll(x, (1, 2)), ValueError, "roll: 2 shifts without axes"),
    (lambda x: t.roll(x, (1, 2), axis=0), ValueError, "roll: 2 shifts for 1 axes"),
    (lambda x: t.roll(x, 1, axis=3), IndexError, "roll: axis 3"),
    (
        lambda x: t.roll(x, 1.5),
        TypeError,
        "roll: shift must be an int or a sequence of ints, got 1.5",
    ),
    (lambda x: t.tile(x, (2, -1)), ValueError, "tile: .* negative"),
    (lambda x: t.tile(x, (2**61,)), ValueError, "tile: .* too large"),
    (lambda x: t.repeat(x, -1), ValueError, "repeat: .* negative"),
    (lambda x: t.repeat(x, 2**61), ValueError, "repeat: .* too large"),
    (lambda x: t.repeat(x, t.asarray([1, 2]), axis=1), ValueError, r"repeats has shape \(2,\)"),
    (lambda x: t.repeat(x, t.asarray([1, -2, 1]), axis=1), ValueError, "repeat: .*negative"),
    (lambda x: t.repeat(x, t.asarray([1.0])), TypeError, "repeat: float32 is not supported"),
    (lambda x: t.repeat(x, "2"), TypeError, "repeat: expected a Tensor, got str"),
    (lambda x: t.unstack(x, axis=3), IndexError, "unstack: axis 3"),
    (lambda x: t.unstack(x[0, 0, 0]), IndexError, "unstack: axis 0"),
    (
        lambda x: t.broadcast_arrays(x, x[:, :2]),
        ValueError,
        r"shapes \(2, 3, 4\) and \(2, 2, 4\) do",
    ),
    (lambda x: t.broadcast_shapes((2,), (-1,)), ValueError, "broadcast_shapes: .* negative"),
    (lambda x: t.concat([]), ValueError, "concat: no tensors"),
]


@pytest.mark.parametrize("case", range(len(BAD)))
def test_invalid_arguments_are_errors_that_show_them(case: int, backend: str) -> None:
    call, error, text = BAD[case]
    with pytest.raises(error, match=text):
        call(t.asarray(X.copy()))


@pytest.mark.parametrize(
    "shapes", [(), ((),), ((3,), ()), ((2, 1), (3,)), ((0,), (1,)), ((4, 1, 2), (3, 1), (1, 1, 1))]
)
def test_shapes_broadcast_as_in_numpy(shapes: tuple[tuple[int, ...], ...]) -> None:
    assert t.broadcast_shapes(*shapes) == np.broadcast_shapes(*shapes)
    arrays = t.broadcast_arrays(*map(t.ones, shapes))
    assert [x.shape for x in arrays] == [np.broadcast_shapes(*shapes)] * len(shapes)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0)])
def test_scalars_and_empty_tensors_roll_tile_and_repeat(
    shape: tuple[int, ...], backend: str
) -> None:
    a = np.zeros(shape, "int32")
    x = t.asarray(a)
    check(t.roll(x, 3), np.roll(a, 3))
    check(t.tile(x, (2, 1)), np.tile(a, (2, 1)))
    check(t.repeat(x, 2), np.repeat(a, 2))


def test_flip_of_a_scalar_is_the_scalar(backend: str) -> None:
    check(t.flip(t.asarray(3)), np.array(3))
    check(t.ones(()).permute(), np.ones((), "float32"))


def test_joining_promotes(backend: str) -> None:
    x, y = t.ones(2, dtype=t.int8), t.ones(2, dtype=t.uint8)
    check(t.concat([x, y]), np.ones(4, "int16"))
    check(t.stack([y, x]), np.ones((2, 2), "int16"))
    check(t.concat([x, t.ones(2)]), np.ones(4, "float32"))
    check(t.stack([x, x > 0]), np.ones((2, 2), "int8"))
    with pytest.raises(TypeError, match="concat: dtypes int64 and uint64 do not mix"):
        t.concat([t.ones(2, dtype=t.int64), t.ones(2, dtype=t.uint64)])


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
