"""Primitives on NumPy that do without a slower function of NumPy: they return what it returns."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from torchffi._numpy import shapes
from torchffi._numpy.special import are_places


@pytest.mark.parametrize("name", ["int8", "int32", "int64", "uint8", "uint64", "q"])
@pytest.mark.parametrize("size", [1, 5, 9000])
def test_indices_are_within_the_length_of_an_axis(name: str, size: int) -> None:
    x = (np.arange(size) % 100).astype(name)
    limits = np.iinfo(x.dtype)
    assert are_places(x, 100) and are_places(x[::-1], 100) and are_places(x[:0], 0)
    assert not are_places(x, 0)
    for wrong in (-1, 300, limits.min, limits.max):
        if limits.min <= wrong <= limits.max and not 0 <= wrong < 300:
            x[size // 2] = wrong
            assert not are_places(x, 300) and not are_places(x[::-1], 300)


def _shape_or_error(move: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return move(*arguments).shape
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("ndim", range(4))
def test_axes_are_moved_as_by_numpy(ndim: int) -> None:
    x = np.zeros((2, 3, 4)[:ndim])
    for counts in ((0, 0), (1, 1), (2, 2), (1, 2), (2, 1)):
        pairs = itertools.product(*[itertools.product(range(-4, 4), repeat=n) for n in counts])
        for source, destination in pairs:
            ours = _shape_or_error(
                shapes.moveaxis, x, source, len(source), destination, len(destination)
            )
            assert ours == _shape_or_error(np.moveaxis, x, source, destination)
