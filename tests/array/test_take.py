"""take() and take_along_axis(), on both backends, compared with NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import NAMES, check, sample

pytestmark = pytest.mark.filterwarnings("error")

X = np.arange(60, dtype="int64").reshape(3, 4, 5)
INDICES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("kind", INDICES)
def test_take_picks_as_numpy(kind: str, axis: int, backend: str) -> None:
    picked = np.array([2, 0, 1, 2]).astype(kind)
    check(t.take(t.asarray(X.copy()), t.asarray(picked), axis=axis), np.take(X, picked, axis))
    check(t.take(t.asarray(X[0, 0].copy()), t.asarray(picked)), X[0, 0][picked])


@pytest.mark.parametrize("name", NAMES)
def test_take_and_take_along_axis_take_every_dtype(name: str, backend: str) -> None:
    values = sample(name, 6).reshape(2, 3)
    picked = np.array([[0, -1], [1, 1]])
    x, indices = t.asarray(values), t.asarray(picked)
    check(t.take(x, indices[0], axis=1), np.take(values, picked[0], 1))
    check(t.take_along_axis(x, indices), np.take_along_axis(values, picked, -1))


@pytest.mark.parametrize(
    ("shape", "indices", "axis"),
    [
        ((3, 4), (3, 2), 1),
        ((3, 4), (5, 4), 0),
        ((3, 4), (1, 2), -1),
        ((1, 4), (3, 2), 1),
        ((2, 3, 4), (2, 1, 4), 1),
        ((3, 4), (3, 0), 1),
        ((0, 4), (0, 2), 1),
    ],
)
@pytest.mark.parametrize("kind", INDICES)
def test_take_along_axis_picks_as_numpy(
    kind: str, shape: tuple[int, ...], indices: tuple[int, ...], axis: int, backend: str
) -> None:
    values = np.arange(np.prod(shape)).reshape(shape)
    low = 0 if kind.startswith("u") else -shape[axis]
    picked = np.resize(np.arange(low, shape[axis]), indices).astype(kind)
    wide = np.broadcast_shapes(np.delete(shape, axis), np.delete(indices, axis))
    full = np.insert(wide, axis % len(shape), indices[axis])
    expected = np.take_along_axis(
        np.broadcast_to(values, np.insert(wide, axis % len(shape), shape[axis])),
        np.broadcast_to(picked, full).astype("int64"),
        axis,
    )
    check(t.take_along_axis(t.asarray(values), t.asarray(picked), axis=axis), expected)


BAD_PICKS: list[tuple[Any, type[Exception], str]] = [
    (
        lambda x, i: t.take(x, i),
        ValueError,
        r"take: axis is required unless x is 1-D; x has shape \(3, 4, 5\)",
    ),
    (lambda x, i: t.take(x, i, axis=3), IndexError, "take: axis 3"),
    (lambda x, i: t.take(x, i + 3, axis=0), IndexError, "take: .*out of bounds"),
    (lambda x, i: t.take(x, i - 9, axis=0), IndexError, "take: .*out of bounds"),
    (lambda x, i: t.take(x, i[None], axis=0), ValueError, r"take: indices have shape \(1, 2\)"),
    (lambda x, i: t.take(x, i / 2, axis=0), TypeError, "take: float32 is not supported"),
    (lambda x, i: t.take(x, [0], axis=0), TypeError, "take: expected a Tensor, got list"),
    (lambda x, i: t.take_along_axis(x, i), ValueError, "take_along_axis: indices have shape"),
    (lambda x, i: t.take_along_axis(x, i[:, None, None]), ValueError, "do not broadcast"),
    (lambda x, i: t.take_along_axis(x, i[None, None] + 5), IndexError, "take_along_axis: .*bounds"),
    (lambda x, i: t.take_along_axis(x, i[None, None] - 9), IndexError, "take_along_axis: .*bounds"),
    (lambda x, i: t.take_along_axis(x, i[None, None], axis=3), IndexError, "axis 3"),
]


@pytest.mark.parametrize("case", range(len(BAD_PICKS)))
def test_invalid_arguments_of_take_are_errors_that_say_why(case: int, backend: str) -> None:
    call, error, text = BAD_PICKS[case]
    with pytest.raises(error, match=text):
        call(t.asarray(X.copy()), t.asarray([0, 1]))
