"""Elements picked by position."""

from __future__ import annotations

from torchffi.backends import boxed
from torchffi.errors import AxisError, InvalidArgumentError

Raw = int

OPERATORS: dict[str, str] = {}


def take(x: Raw, indices: Raw, axis: int) -> Raw:
    return boxed.call("aten::index.Tensor", x, [*[None] * axis, indices])  # type: ignore[no-any-return]


def take_along_axis(x: Raw, indices: Raw, axis: int) -> Raw:
    try:
        return boxed.call("aten::gather", x, axis, indices)  # type: ignore[no-any-return]
    except InvalidArgumentError as error:
        raise AxisError(str(error)) from None
