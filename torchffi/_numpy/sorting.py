"""Sorting, searching and sets."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from torchffi._numpy.checks import Raw
from torchffi._numpy.special import are_places, largest, least
from torchffi.errors import AxisError

_SHORT = 800  # elements: up to here argsort() takes less time than sort() with its conversions
_FEW = 1000  # elements: up to here a stable sort takes less time than the search for zeros


def _backwards(x: Raw, axis: int) -> tuple[slice, ...]:
    """The key that reverses an axis: np.flip() takes eight times as long."""
    if not -x.ndim <= axis < x.ndim:
        raise AxisError(f"axis {axis} is out of range for shape {x.shape}")
    return (slice(None),) * (axis % x.ndim) + (slice(None, None, -1),)


def sort(x: Raw, axis: int, descending: bool) -> Raw:
    # Equal elements differ only if they are zeros, by their signs: only then is their order seen.
    signed = x.dtype.kind == "f" and (x.size < _FEW or not x.all())
    kind: Any = "stable" if signed else None
    if not descending:
        return np.sort(x, axis, kind)
    back = _backwards(x, axis)
    return np.array(np.sort(x[back] if signed else x, axis, kind)[back])


def _order(x: Raw, axis: int) -> Raw:
    """The stable order of many elements.

    For integers by sorting numbers that contain the element and, below, its index: NumPy sorts numbers
    several times as fast as indices. It has another fast way for those of up to 16 bits.
    """
    if x.dtype.kind not in "iu" or x.itemsize < 4:
        return x.argsort(axis, "stable")
    lowest, length = int(least(x)), x.shape[axis]
    bits = length.bit_length()
    if (int(largest(x)) - lowest).bit_length() + bits > 63:
        return x.argsort(axis, "stable")
    wide = x if x.itemsize == 8 else x.astype(np.int64)
    keys = np.subtract(wide, wide.dtype.type(lowest)).astype(np.int64, copy=False)
    keys <<= bits
    keys |= np.arange(length).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    keys.sort(axis)
    keys &= (1 << bits) - 1
    return np.asarray(keys)


def argsort(x: Raw, axis: int, descending: bool) -> Raw:
    if not x.ndim:
        raise AxisError(f"axis {axis} is out of range for shape ()")
    if not descending:
        return x.argsort(axis, "stable") if x.size < _SHORT else _order(x, axis)
    # Flipped before and after sorting, so that equal elements keep their order.
    back = _backwards(x, axis)
    turned = x[back]
    order = turned.argsort(axis, "stable") if x.size < _SHORT else _order(turned, axis)
    return np.array(x.shape[axis] - 1 - order[back])


def searchsorted(x: Raw, values: Raw, right: bool, sorter: Raw | Literal[0]) -> Raw:
    order = None if isinstance(sorter, int) else sorter
    if order is not None and not are_places(order, x.size):
        raise AxisError("sorter index out of range")
    return np.asarray(np.searchsorted(x, values, "right" if right else "left", order))


def isin(x: Raw, among: Raw) -> Raw:
    return np.isin(x, among)


# ---- Distinct elements; every NaN is distinct


def unique_values(x: Raw) -> Raw:
    return np.unique(x, equal_nan=False)


def unique_counts(x: Raw) -> tuple[Raw, Raw]:
    values, counts = np.unique(x, return_counts=True, equal_nan=False)
    return values, counts


def unique_inverse(x: Raw) -> tuple[Raw, Raw]:
    values, inverse = np.unique(x, return_inverse=True, equal_nan=False)
    return values, inverse.reshape(x.shape)  # flat in some versions of NumPy


def _argsort_of(x: Raw) -> Raw:
    """That of a method without arguments: along the last axis, stable."""
    if not x.ndim:
        raise AxisError("axis -1 is out of range for shape ()")
    return x.argsort(-1, "stable") if x.size < _SHORT else _order(x, -1)


argsort_of, bincount_of = _argsort_of, np.bincount  # of the methods without arguments
