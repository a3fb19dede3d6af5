"""Assignment where operands share memory, and of values with leading axes of length 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.array.index_keys import with_tensors
from tests.support import check

pytestmark = pytest.mark.filterwarnings("error")

X = np.arange(12).reshape(3, 4)
# What is assigned, written for tensors and arrays; ``c`` copies what the target shares.
SHARED: dict[str, Callable[[Any, Any], None]] = {
    "index-is-target": lambda p, c: p.__setitem__(c(p), 7),
    "index-is-view": lambda p, c: p.__setitem__(c(p[::2]), 9),
    "index-and-value-are-views": lambda p, c: p.__setitem__(c(p[::2]), c(p[::2])),
    "value-is-target": lambda p, c: p.__setitem__(c(p[::-1]), c(p)),
    "both-are-target": lambda p, c: p.__setitem__(c(p), c(p)),
    "second-index-is-target": lambda p, c: p.reshape((2, 4)).__setitem__(
        (slice(None), c(p)[:4] % 4), 5
    ),
    "forward": lambda p, c: p.__setitem__(slice(1, None), c(p[:-1])),
    "backward": lambda p, c: p.__setitem__(slice(None, -1), c(p[1:])),
    "reversed": lambda p, c: p.__setitem__(..., c(p[::-1])),
    "reversed-key": lambda p, c: p.__setitem__(slice(None, None, -1), c(p)),
    "wider-step": lambda p, c: p.__setitem__(slice(None, None, 2), c(p[:4])),
    "narrower-step": lambda p, c: p.__setitem__(slice(None, 4), c(p[::2])),
    "row": lambda p, c: p.reshape((2, 4)).__setitem__(..., c(p[2:6])),
    "transposed": lambda p, c: p[:4].reshape((2, 2)).__setitem__(..., c(p[:4].reshape((2, 2)).T)),
    "mask-is-target": lambda p, c: p.__setitem__(c(p > 3), 0),
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("case", SHARED)
def test_assignment_reads_everything_before_it_writes(case: str, seed: int, backend: str) -> None:
    values = np.random.default_rng(seed).permutation(8)
    expected, x = values.copy(), t.asarray(values.copy())
    SHARED[case](expected, np.copy)
    SHARED[case](x, lambda shared: shared)
    check(x, expected)


def test_assigned_values_of_an_index_that_is_the_target(backend: str) -> None:
    # NumPy itself would read the index 5 that it has just written.
    p = t.asarray([1, 0, 2])
    p[p] = t.asarray([5, 6, 7])
    assert p.tolist() == [6, 5, 7]
    mask = t.asarray([True, False, True])
    mask[mask] = False
    assert mask.tolist() == [False, False, False]


KEYS: dict[str, Any] = {
    "int": 0,
    "slice": slice(1, 3),
    "reversed": slice(None, None, -1),
    "mask": np.array([True, False, True]),
    "mask-of-all": X > 5,
    "indices": np.array([0, 2]),
    "indices-reversed": (np.array([0, 2]), slice(None, None, -1)),
    "all": ...,
    "element": (0, 1),
}


@pytest.mark.parametrize("extra", [1, 2, 3])
@pytest.mark.parametrize("key", KEYS)
def test_leading_axes_of_length_1_do_not_count(key: str, extra: int, backend: str) -> None:
    expected, x = X.copy(), t.asarray(X.copy())
    selected = X[KEYS[key]]
    values = -1 - np.arange(selected.size).reshape(selected.shape)
    expected[KEYS[key]] = values
    x[with_tensors(KEYS[key])] = t.asarray(values.reshape((1,) * extra + values.shape))
    check(x, expected)


@pytest.mark.parametrize("shape", [(2, 4), (1, 2, 4), (2, 1), (3,), (1, 3), (0,), (1, 0)])
def test_other_values_do_not_broadcast_to_a_row(shape: tuple[int, ...], backend: str) -> None:
    x = t.asarray(X.copy())
    for key in (0, (0, t.asarray([0, 1, 2, 3]))):
        with pytest.raises(ValueError, match="broadcast"):
            x[key] = t.zeros(shape, dtype=t.int64)
    check(x, X)


AUGMENTED = {
    "row": lambda x, y: x.__setitem__(1, x[1].__iadd__(y)),
    "slice": lambda x, y: x.__setitem__(slice(1, None), x[1:].__isub__(y)),
    "step": lambda x, y: x.__setitem__((..., slice(None, None, 2)), x[..., ::2].__imul__(2)),
    "shifted": lambda x, y: x.__setitem__(slice(1, None), x[:-1]),
    "turned": lambda x, y: x.__setitem__(slice(None), x.mT),
    "itself": lambda x, y: x.__setitem__(..., x),
}


@pytest.mark.parametrize("dtype", ["float32", "int64", "complex64"])
@pytest.mark.parametrize("name", AUGMENTED)
def test_assignment_of_elements_to_themselves(name: str, dtype: str, backend: str) -> None:
    array, row = np.arange(9).reshape(3, 3).astype(dtype), np.arange(3).astype(dtype)
    x = t.asarray(array, copy=True)
    AUGMENTED[name](x, t.asarray(row))
    AUGMENTED[name](array, row)
    np.testing.assert_array_equal(x.numpy(), array, strict=True)


@pytest.mark.parametrize("value", [1.5, -2, 1e30])
@pytest.mark.parametrize(
    "key",
    [
        lambda p: (p, 0),
        lambda p: (p, slice(None)),
        lambda p: (slice(1, None), p),
        lambda p: (..., p, None),
        lambda p: (p > 1, 1),
        lambda p: (p, p),
        lambda p: (p, 5),
        lambda p: (slice(None, None, -1), p),
    ],
)
def test_a_number_is_assigned_by_keys_with_tensors(key: Any, value: float, backend: str) -> None:
    picks = np.array([2, 0, -1])
    array = np.arange(9, dtype=np.float32).reshape(3, 3)
    x = t.asarray(array, copy=True)
    given = key(t.asarray(picks)), key(picks)
    try:
        array[given[1]] = value
    except IndexError:
        with pytest.raises(IndexError):
            x[given[0]] = value
    else:
        x[given[0]] = value
    np.testing.assert_array_equal(x.numpy(), array, strict=True)


def test_an_index_over_the_target_is_read_before_it_is_written(backend: str) -> None:
    x = t.asarray([[1.0, 2.0], [3.0, 4.0]], dtype=t.float64)
    x[...] = t.asarray([[0, 1], [1, 0]]).view(t.float64)
    x[x.view(t.int64)[0], 0] = 7.0
    assert x[:, 0].tolist() == [7.0, 7.0]
