"""Activations and layers of neural networks that have primitives, without a fast path.

The functions of :mod:`torchffi.nn.functional` call them, and so do programs on NumPy.
Source: the ATen operators named at each function.
"""

from __future__ import annotations

from collections.abc import Sequence

from torchffi import dtypes
from torchffi._core import arguments
from torchffi._core.arguments import inexact, tensor
from torchffi._core.dispatch import pointer, run
from torchffi._core.operations import of_one
from torchffi._core.tensor import Tensor
from torchffi.dtypes import FLOATING, INEXACT, NUMERIC, REAL
from torchffi.errors import DTypeError, InvalidArgumentError


def _of(operation: str, x: Tensor, admitted: frozenset[str]) -> Tensor:
    x = tensor(operation, x)
    dtypes.check(operation, x.dtype, admitted)
    return x


def _same_dtype(operation: str, x: Tensor, *others: Tensor | None) -> None:
    for other in others:
        if other is not None and tensor(operation, other).dtype is not x.dtype:
            raise DTypeError(f"{operation}: dtypes {x.dtype} and {other.dtype} differ")


@of_one("relu", REAL)
def relu(x: Tensor, /) -> Tensor:
    """max(x, 0).

    Args:
        x: A tensor of a real dtype.

    Raises:
        TypeError: If x is of another dtype.

    Source: aten::relu.
    """
    x = _of("relu", x, REAL)
    return run("relu", x._dtype, x)


@of_one("sigmoid", INEXACT)
def sigmoid(x: Tensor, /) -> Tensor:
    """1 / (1 + exp(-x)).

    Args:
        x: A tensor; integers are converted to float32.

    Source: aten::sigmoid.
    """
    x = inexact("sigmoid", x)
    return run("sigmoid", x.dtype, x)


def silu(x: Tensor, /) -> Tensor:
    """Sigmoid linear unit: x * sigmoid(x).

    Args:
        x: A tensor of a floating-point or complex dtype.

    Raises:
        TypeError: If x is of another dtype.

    Source: aten::silu.
    """
    return run("silu", x.dtype, _of("silu", x, INEXACT))


def gelu(x: Tensor, /, *, approximate: str = "none") -> Tensor:
    """Gaussian error linear unit: x * Phi(x).

    Args:
        x: A tensor of a floating-point dtype.
        approximate: ``"none"`` for the exact function, with erf; ``"tanh"`` for an approximation.

    Raises:
        TypeError: If x is of another dtype.
        ValueError: For another approximation.

    Source: aten::gelu.
    """
    if approximate not in ("none", "tanh"):
        raise InvalidArgumentError(
            f"gelu: approximate is {approximate!r}, expected 'none' or 'tanh'"
        )
    return run("gelu", x.dtype, _of("gelu", x, FLOATING), approximate == "tanh")


def softmax(x: Tensor, /, axis: int = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along an axis.

    Args:
        x: A tensor of a floating-point dtype.
        axis: The axis.

    Raises:
        TypeError: If x is of another dtype.
        IndexError: If the axis is out of range.

    Source: aten::softmax.int.
    """
    x = _of("softmax", x, FLOATING)
    return run("softmax", x.dtype, x, arguments.axis("softmax", axis, x))


def log_softmax(x: Tensor, /, axis: int = -1) -> Tensor:
    """Logarithm of the softmax. Arguments and errors are those of :func:`softmax`.

    Source: aten::log_softmax.int.
    """
    x = _of("log_softmax", x, FLOATING)
    return run("log_softmax", x.dtype, x, arguments.axis("log_softmax", axis, x))


def layer_norm(
    x: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalizes over the last axes to mean 0 and variance 1, then scales and shifts.

    Args:
        x: A tensor of a floating-point dtype.
        normalized_shape: The shape of the axes to normalize over, the last ones of x.
        weight: A tensor of that shape to multiply by.
        bias: A tensor of that shape to add.
        eps: Added to the variance.

    Raises:
        TypeError: If a dtype differs.
        ValueError: If a shape does not fit.

    Source: aten::layer_norm.
    """
    x = _of("layer_norm", x, FLOATING)
    _same_dtype("layer_norm", x, weight, bias)
    shape = arguments.shape("layer_norm", normalized_shape)
    return run("layer_norm", x.dtype, x, shape, weight, bias, float(eps))


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """X @ transpose(weight) + bias.

    Args:
        x: A tensor of shape (..., in), of a numeric dtype.
        weight: A tensor of shape (out, in), of the same dtype.
        bias: A tensor of shape (out,), of the same dtype.

    Returns:
        A tensor of shape (..., out).

    Raises:
        TypeError: If the dtypes differ.
        ValueError: If the shapes do not fit.

    Source: aten::linear.
    """
    x = _of("linear", x, NUMERIC)
    _same_dtype("linear", x, weight, bias)
    return run("linear", x.dtype, x, weight, bias)


def embedding(weight: Tensor, indices: Tensor) -> Tensor:
    """Rows of a table.

    Args:
        weight: A tensor of shape (rows, columns).
        indices: A tensor of integers, each in [0, rows).

    Returns:
        A tensor of shape indices.shape + (columns,).

    Raises:
        TypeError: If the indices are not integers.
        IndexError: If an index is out of range.
        ValueError: If the table is not 2-D.

    Source: aten::embedding.
    """
    weight = tensor("embedding", weight)
    rows = arguments.indices("embedding", tensor("embedding", indices))
    return run("embedding", weight.dtype, weight, rows)


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    *,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """softmax(query @ transpose(key) * scale + mask) @ value.

    Args:
        query: A tensor of shape (..., l, e), of a floating-point dtype.
        key: A tensor of shape (..., s, e).
        value: A tensor of shape (..., s, v).
        attn_mask: A tensor that broadcasts to (..., l, s): of bool, true for the keys to attend to,
            or of the dtype of query, added to the products.
        is_causal: Whether row i attends only to columns up to i; not together with a mask.
        scale: The factor; 1 / sqrt(e) if None.

    Returns:
        A tensor of shape (..., l, v).

    Raises:
        TypeError: If the dtypes differ.
        ValueError: If the shapes do not fit, or for a mask together with ``is_causal``.

    Source: aten::scaled_dot_product_attention.
    """
    name = "scaled_dot_product_attention"
    query = _of(name, query, FLOATING)
    _same_dtype(name, query, key, value)
    if attn_mask is not None:
        if is_causal:
            raise InvalidArgumentError(f"{name}: attn_mask and is_causal exclude each other")
        if attn_mask.dtype is not dtypes.bool:
            _same_dtype(name, query, attn_mask)
    factor = pointer(None if scale is None else float(scale))
    return run(name, query.dtype, query, key, value, attn_mask, bool(is_causal), factor)
