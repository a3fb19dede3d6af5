"""Reductions of truth values, and differences.

Source: Array API standard, "Utility Functions".
"""

from __future__ import annotations

from torchffi import dtypes
from torchffi._array import joining
from torchffi._array.statistical import reduce
from torchffi._core import arguments
from torchffi._core.argument_kinds import AXES, FLAG, INTEGER, OPERAND
from torchffi._core.arguments import Axis, tensor
from torchffi._core.dispatch import run
from torchffi._core.fast_path import fast_path
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY, NUMERIC
from torchffi.errors import InvalidArgumentError

ALL_TRUE = fast_path("all", ANY, dtypes.bool, x=OPERAND, axis=AXES, keepdims=FLAG)
ANY_TRUE = fast_path("any", ANY, dtypes.bool, x=OPERAND, axis=AXES, keepdims=FLAG)


@ALL_TRUE
def all(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every element is nonzero.

    Args:
        x: A tensor of any dtype.
        axis: An axis, a tuple of them, or None for all.
        keepdims: Whether the reduced axes stay with length 1.

    Returns:
        A tensor of bool.

    Source: aten::all.dims.
    """
    x = tensor("all", x)
    dtypes.check("all", x.dtype, ANY)
    return reduce("all", x, axis, dtypes.bool, bool(keepdims))


@ANY_TRUE
def any(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether any element is nonzero. Arguments are those of :func:`all`.

    Source: aten::any.dims.
    """
    x = tensor("any", x)
    return reduce("any", x, axis, dtypes.bool, bool(keepdims))


@fast_path("diff", NUMERIC, x=OPERAND, n=INTEGER, axis=INTEGER)
def diff(
    x: Tensor,
    /,
    n: int = 1,
    axis: int = -1,
    *,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:
    """Differences between adjacent elements along an axis, taken n times.

    Args:
        x: A tensor of a numeric dtype.
        n: How many times, 0 or more.
        axis: The axis, of length m. Both may be positional, in this order, as in NumPy.
        prepend, append: Tensors to join to x along the axis first, before and after it.

    Returns:
        A tensor of the same dtype; the axis is shorter by n.

    Raises:
        ValueError: If n is negative.
        IndexError: If the axis is out of range.

    Source: aten::sub.Tensor.
    """
    x = tensor("diff", x)
    dtypes.check("diff", x.dtype, NUMERIC)
    n = arguments.integer("diff", "n", n)
    if n < 0:
        raise InvalidArgumentError(f"diff: n is {n}, expected 0 or more")
    along = arguments.axis("diff", axis, x)
    pieces = [piece for piece in (prepend, x, append) if piece is not None]
    result = joining.concat(pieces, axis=along) if len(pieces) > 1 else x
    # More differences than elements leave none.
    return run("diff", x.dtype, result, min(n, result.shape[along] + 1), along)
