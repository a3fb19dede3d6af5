"""Products of matrices.

Source: Array API standard, "Linear Algebra Functions"; addmm is ATen's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchffi import dtypes, operands
from torchffi.dtypes import NUMERIC
from torchffi.errors import InvalidArgumentError
from torchffi.manipulation import matrix_transpose
from torchffi.operands import tensor
from torchffi.routing import run

if TYPE_CHECKING:
    from torchffi.tensor import Tensor

__all__ = ["addmm", "matmul", "matrix_transpose"]


def matmul(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Matrix product over the last two axes; the axes before broadcast.

    Args:
        x1: A tensor of shape (n,) or (..., m, n).
        x2: A tensor of shape (n,) or (..., n, p).

    Returns:
        A tensor of shape (..., m, p), without the axis of a vector, in the dtype where the two meet.

    Raises:
        ValueError: If the shapes do not fit.
        TypeError: If a dtype is not numeric, or the two do not mix.

    Source: aten::matmul.
    """
    x1, x2 = operands.pair("matmul", tensor("matmul", x1), tensor("matmul", x2), NUMERIC)
    return run("matmul", x1.dtype, x1, x2)


def addmm(bias: Tensor, x1: Tensor, x2: Tensor, /, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Beta * bias + alpha * (x1 @ x2).

    Args:
        bias: A tensor that broadcasts to (m, p).
        x1: A tensor of shape (m, n).
        x2: A tensor of shape (n, p).
        beta: Factor of the bias; 0 ignores its values. For integers a whole number.
        alpha: Factor of the product, likewise.

    Returns:
        A tensor of shape (m, p).

    Raises:
        ValueError: If the shapes do not fit, or a factor of integers has a fraction.
        TypeError: If a dtype is not numeric, or they do not mix.

    Source: aten::addmm.
    """
    x1, x2 = operands.pair("addmm", tensor("addmm", x1), tensor("addmm", x2), NUMERIC)
    dtype = dtypes.promote("addmm", tensor("addmm", bias).dtype, x1.dtype)
    for name, factor in (("beta", beta), ("alpha", alpha)):
        if dtype.kind in dtypes.INTEGER and not float(factor).is_integer():
            raise InvalidArgumentError(
                f"addmm: {name} is {factor}, expected a whole number for {dtype}"
            )
    bias, x1, x2 = (operands.astype(x, dtype) for x in (bias, x1, x2))
    return run("addmm", dtype, bias, x1, x2, float(beta), float(alpha))
