"""Sorting.

Source: Array API standard, "Sorting Functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchffi import dtypes, operands
from torchffi.dtypes import REAL, DType
from torchffi.operands import tensor
from torchffi.routing import run

if TYPE_CHECKING:
    from torchffi.tensor import Tensor


def _sorted(
    operation: str, x: Tensor, axis: int, descending: bool, dtype: DType | None = None
) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x.dtype, REAL | dtypes.BOOL)
    along = operands.axis(operation, axis, x)
    return run(operation, dtype or x.dtype, x, along, bool(descending))


def sort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """The elements in order along an axis; NaN counts as the largest number.

    Args:
        x: A tensor of a real dtype or bool.
        axis: The axis.
        descending: Whether the largest element comes first.
        stable: Whether equal elements keep their order, which they always do here.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: If x is complex.
        IndexError: If the axis is out of range.

    Source: aten::sort.stable.
    """
    return _sorted("sort", x, axis, descending)


def argsort(
    x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Tensor:
    """The indices that would sort a tensor along an axis. Arguments are those of :func:`sort`.

    Returns:
        A tensor of int64, of the same shape.

    Source: aten::sort.stable.
    """
    return _sorted("argsort", x, axis, descending, dtypes.int64)
