"""Sorting, searching and sets."""

from __future__ import annotations

from torchffi.backends import boxed
from torchffi.backends.calls import only
from torchffi.errors import AxisError, InvalidArgumentError

Raw = int

OPERATORS: dict[str, str] = {}


def sort(x: Raw, axis: int, descending: bool) -> Raw:
    return only(0, boxed.call("aten::sort.stable", x, True, axis, descending))


def argsort(x: Raw, axis: int, descending: bool) -> Raw:
    return only(1, boxed.call("aten::sort.stable", x, True, axis, descending))


def searchsorted(x: Raw, values: Raw, right: bool, sorter: Raw | None) -> Raw:
    arguments = (x, values, False, right, None, sorter)
    try:
        return boxed.call("aten::searchsorted.Tensor", *arguments)  # type: ignore[no-any-return]
    except InvalidArgumentError as error:  # all that is left to refuse is an index in the sorter
        raise AxisError(str(error)) from None


def isin(x: Raw, among: Raw) -> Raw:
    return boxed.call("aten::isin.Tensor_Tensor", x, among)  # type: ignore[no-any-return]
