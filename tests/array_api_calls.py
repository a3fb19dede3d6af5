"""Calls of array functions with several arguments each, for the table of the Array API standard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.support import COMPLEX, FLOATS, UNSIGNED

Call = Callable[..., Any]


def reductions(name: str, **keywords: Any) -> Call:
    def call(xp: Any, x: Any) -> Any:
        function = getattr(xp, name)
        return (
            function(x, **keywords),
            function(x, axis=-1, **keywords),
            function(x, axis=(0,), keepdims=True, **keywords),
            function(x, axis=(), **keywords),
        )

    return call


def places(name: str) -> Call:
    def call(xp: Any, x: Any) -> Any:
        function = getattr(xp, name)
        return function(x), function(x, axis=-1), function(x, axis=0, keepdims=True)

    return call


def running(name: str) -> Call:
    def call(xp: Any, x: Any) -> Any:
        function = getattr(xp, name)
        return function(x, axis=0), function(x, axis=-1, include_initial=True)

    return call


def ordered(name: str) -> Call:
    def call(xp: Any, x: Any) -> Any:
        function = getattr(xp, name)
        return function(x), function(x, axis=0, descending=True)

    return call


def small(xp: Any, x: Any, dtype: Any = None) -> Any:
    """Values 0, 1, 2, 0, ... in the shape of x."""
    flat = xp.reshape(xp.arange(x.size) % 3, x.shape)
    return xp.astype(flat, dtype or x.dtype)


def regular(xp: Any, x: Any) -> Any:
    """A matrix with a large diagonal."""
    return x + 20 * xp.eye(x.shape[-1], dtype=x.dtype)


def hermitian(xp: Any, x: Any) -> Any:
    x = regular(xp, x)
    other = xp.matrix_transpose(x)
    return x + (xp.conj(other) if xp.isdtype(x.dtype, "complex floating") else other)


def inexact(xp: Any, x: Any, *, complex_too: bool = True) -> Any:
    """Returns an array of a floating-point dtype; the standard does not define other dtypes here."""
    kinds = ("real floating", "complex floating")[: 1 + complex_too]
    if not xp.isdtype(x.dtype, kinds):
        raise TypeError("expected a floating-point dtype")
    return x


def linspace(xp: Any, x: Any) -> Any:
    x = inexact(xp, x)
    more = xp.linspace(0, 1, 4, dtype=x.dtype, endpoint=False)
    return xp.linspace(-1, 2, 5, dtype=x.dtype), more


def integers(xp: Any, *values: int) -> Any:
    return xp.asarray(values, dtype=xp.int64)


def rebuilt(xp: Any, x: Any, values: Any, vectors: Any) -> Any:
    """x @ vectors - vectors * values: 0, with the dtypes of both."""
    x = xp.astype(x, vectors.dtype)
    return xp.matmul(x, vectors) - vectors * xp.astype(values, vectors.dtype)[..., None, :]


def values_of(name: str, numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Values of a dtype made from small integers."""
    if name == "bool":
        return numbers > 0
    if name in UNSIGNED:
        return np.abs(numbers).astype(name)
    if name in FLOATS:
        return (numbers / 4).astype(name)
    if name in COMPLEX:
        return (numbers / 4 + 1j * np.roll(numbers, 1) / 8).astype(name)
    return numbers.astype(name)
