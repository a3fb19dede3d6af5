"""Sorting, searching and sets."""

from __future__ import annotations

from torchffi.backends import boxed
from torchffi.backends.calls import only

Raw = int

OPERATORS: dict[str, str] = {}


def sort(x: Raw, axis: int, descending: bool) -> Raw:
    return only(0, boxed.call("aten::sort.stable", x, True, axis, descending))


def argsort(x: Raw, axis: int, descending: bool) -> Raw:
    return only(1, boxed.call("aten::sort.stable", x, True, axis, descending))


def searchsorted(x: Raw, values: Raw, right: bool, sorter: Raw | None) -> Raw:
    return boxed.call("aten::searchsorted.Tensor", x, values, False, right, None, sorter)  # type: ignore[no-any-return]


def isin(x: Raw, among: Raw) -> Raw:
    return boxed.call("aten::isin.Tensor_Tensor", x, among)  # type: ignore[no-any-return]
