"""Sorting.

Source: Array API standard, "Sorting Functions".
"""

from __future__ import annotations

from torchffi import dtypes
from torchffi._core import arguments
from torchffi._core.argument_kinds import FLAG, IGNORED, INTEGER, OPERAND
from torchffi._core.arguments import tensor
from torchffi._core.dispatch import run
from torchffi._core.fast_path import fast_path
from torchffi._core.tensor import Tensor
from torchffi.dtypes import BOOL, REAL, DType


def _sorted(
    operation: str, x: Tensor, axis: int, descending: bool, dtype: DType | None = None
) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x.dtype, REAL | BOOL)
    along = arguments.axis(operation, axis, x)
    return run(operation, dtype or x.dtype, x, along, bool(descending))


@fast_path("sort", REAL | BOOL, x=OPERAND, axis=INTEGER, descending=FLAG, stable=IGNORED)
def sort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """The elements sorted along an axis; NaN counts as the largest number.

    Args:
        x: A tensor of a real dtype or bool.
        axis: The axis.
        descending: Whether the largest element comes first.
        stable: Ignored: equal elements always keep their order.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        TypeError: If x is complex.
        IndexError: If the axis is out of range.

    Source: aten::sort.stable.
    """
    return _sorted("sort", x, axis, descending)


@fast_path(
    "argsort", REAL | BOOL, dtypes.int64, x=OPERAND, axis=INTEGER, descending=FLAG, stable=IGNORED
)
def argsort(
    x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Tensor:
    """The indices that would sort a tensor along an axis. Arguments are those of :func:`sort`.

    Returns:
        A tensor of int64, of the same shape.

    Source: aten::sort.stable.
    """
    return _sorted("argsort", x, axis, descending, dtypes.int64)
