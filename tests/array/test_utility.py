"""diff(), on both backends, compared with NumPy. all() and any() are tested with the reductions."""

from __future__ import annotations

import numpy as np
import pytest

import torchffi as t
from tests.support import COMPLEX, FLOATS, NUMERIC, check, sample

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("name", NUMERIC)
def test_differences_are_those_of_numpy(name: str, backend: str) -> None:
    values = (sample(name, 24) * 3).astype(name).reshape(2, 3, 4)
    for axis in (0, 1, 2, -1):
        for n in (0, 1, 2, 5):
            check(t.diff(t.asarray(values), axis=axis, n=n), np.diff(values, n, axis), rtol=0)


@pytest.mark.parametrize("name", ["int32", *FLOATS, *COMPLEX])
def test_differences_use_prepend_and_append(name: str, backend: str) -> None:
    values, first = sample(name, 6).reshape(2, 3), sample(name, 4, 2).reshape(2, 2)
    x, piece = t.asarray(values), t.asarray(first)
    check(t.diff(x, prepend=piece), np.diff(values, prepend=first))
    check(t.diff(x, append=piece, n=2), np.diff(values, 2, append=first))
    check(t.diff(x, prepend=piece, append=piece), np.diff(values, prepend=first, append=first))
    check(t.diff(x, n=0, append=piece), np.concatenate([values, first], 1))


def test_no_difference_is_a_copy(backend: str) -> None:
    x = t.ones(3)
    assert not np.shares_memory(t.diff(x, n=0).numpy(), x.numpy())


def test_invalid_arguments_of_diff_are_errors(backend: str) -> None:
    with pytest.raises(TypeError, match="diff: bool is not supported"):
        t.diff(t.asarray([True, False]))
    with pytest.raises(ValueError, match="diff: n is -1, expected 0 or more"):
        t.diff(t.ones(3), n=-1)
    with pytest.raises(IndexError, match="diff: axis -1"):
        t.diff(t.ones(()))
    with pytest.raises(ValueError, match="concat: shapes"):
        t.diff(t.ones((2, 3)), append=t.ones((3, 1)))


def test_diff_takes_n_and_axis_by_position_as_numpy_does(backend: str) -> None:
    values = np.arange(12).reshape(3, 4) ** 2
    check(t.diff(t.asarray(values.copy()), 2), np.diff(values, 2))
    check(t.diff(t.asarray(values.copy()), 1, 0), np.diff(values, 1, 0))
