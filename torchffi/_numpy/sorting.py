"""Sorting, searching and sets."""

from __future__ import annotations

import numpy as np

from torchffi._numpy.checks import Raw
from torchffi.errors import AxisError


def sort(x: Raw, axis: int, descending: bool) -> Raw:
    ordered = np.sort(x, axis, kind="stable")
    return np.array(np.flip(ordered, axis)) if descending else ordered


def argsort(x: Raw, axis: int, descending: bool) -> Raw:
    if not descending:
        return np.argsort(x, axis, kind="stable")
    # Flipped before and after sorting, so that equal elements keep their order.
    backwards = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.array(x.shape[axis] - 1 - np.flip(backwards, axis))


def searchsorted(x: Raw, values: Raw, right: bool, sorter: Raw | None) -> Raw:
    if sorter is not None and sorter.size and not 0 <= sorter.min() <= sorter.max() < x.size:
        raise AxisError("sorter index out of range")
    return np.asarray(np.searchsorted(x, values, "right" if right else "left", sorter))


def isin(x: Raw, among: Raw) -> Raw:
    return np.isin(x, among)
