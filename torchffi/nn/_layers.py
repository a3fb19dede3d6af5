"""Activations and layers that have primitives, and so a fast path.

Source: the ATen operators named at each function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from torchffi._array import elementwise
from torchffi._array.data_types import astype
from torchffi._aten import layers
from torchffi._core.argument_kinds import (
    FLAG,
    INTEGER,
    INTEGERS,
    MASK,
    NUMBER,
    OPERAND,
    POINTER,
    SAME,
    SAME_OR_NONE,
    either,
)
from torchffi._core.arguments import tensor
from torchffi._core.fast_path import fast_path
from torchffi._core.tensor import Tensor
from torchffi.dtypes import FLOATING, INEXACT, NUMERIC, REAL, DType
from torchffi.errors import InvalidArgumentError
from torchffi.nn._arguments import operator

_relu_: Final = operator("relu", "relu_")
_silu_: Final = operator("silu", "silu_")
_attention: Final = operator("scaled_dot_product_attention")


@fast_path("relu", REAL, input=OPERAND)
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0).

    Args:
        input: A tensor of a real dtype.
        inplace: Whether the input is overwritten, and returned.

    Raises:
        TypeError: If input is of another dtype.

    Source: aten::relu.
    """
    return _relu_(input) if inplace else layers.relu(input)


@fast_path("silu", INEXACT, input=OPERAND)
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Sigmoid linear unit: input * sigmoid(input).

    Args:
        input: A tensor of a floating-point or complex dtype.
        inplace: Whether the input is overwritten, and returned.

    Raises:
        TypeError: If input is of another dtype.

    Source: aten::silu.
    """
    return _silu_(input) if inplace else layers.silu(input)


@fast_path("sigmoid", INEXACT, input=OPERAND)
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)).

    Args:
        input: A tensor; integers are converted to float32.

    Source: aten::sigmoid.
    """
    return layers.sigmoid(input)


@fast_path("tanh", FLOATING, input=OPERAND)
def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent.

    Args:
        input: A tensor; integers are converted to float32.

    Source: aten::tanh.
    """
    return elementwise.tanh(input)


@fast_path("gelu", FLOATING, input=OPERAND, approximate=either("none", "tanh"))
def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Gaussian error linear unit: input * Phi(input).

    Args:
        input: A tensor of a floating-point dtype.
        approximate: ``"none"`` for the exact function, with erf; ``"tanh"`` for an approximation.

    Raises:
        TypeError: If input is of another dtype.
        ValueError: For another approximation.

    Source: aten::gelu.
    """
    return layers.gelu(input, approximate=approximate)


def _prepared(
    name: str, input: Tensor, dim: int, dtype: DType | None, axis: int | None
) -> tuple[Tensor, int]:
    """The operand of a softmax, and its axis."""
    if axis is not None:
        if dim != -1:
            raise InvalidArgumentError(f"{name}: dim and axis are the same; give one of them")
        dim = axis
    return (input if dtype is None else astype(tensor(name, input), dtype, copy=False)), dim


@fast_path("softmax", FLOATING, input=OPERAND, dim=INTEGER)
def softmax(
    input: Tensor, dim: int = -1, *, dtype: DType | None = None, axis: int | None = None
) -> Tensor:
    """exp(input) / sum(exp(input)) along an axis.

    Args:
        input: A tensor of a floating-point dtype.
        dim: The axis.
        dtype: The dtype that the input is converted to first, and of the result.
        axis: The same as dim, as the Array API standard spells it.

    Raises:
        TypeError: If input is of another dtype.
        IndexError: If the axis is out of range.

    Source: aten::softmax.int.
    """
    return layers.softmax(*_prepared("softmax", input, dim, dtype, axis))


@fast_path("log_softmax", FLOATING, input=OPERAND, dim=INTEGER)
def log_softmax(
    input: Tensor, dim: int = -1, *, dtype: DType | None = None, axis: int | None = None
) -> Tensor:
    """Logarithm of the softmax. Arguments and errors are those of :func:`softmax`.

    Source: aten::log_softmax.int.
    """
    return layers.log_softmax(*_prepared("log_softmax", input, dim, dtype, axis))


@fast_path(
    "layer_norm",
    FLOATING,
    input=OPERAND,
    normalized_shape=INTEGERS,
    weight=SAME_OR_NONE,
    bias=SAME_OR_NONE,
    eps=NUMBER,
)
def layer_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalizes over the last axes to mean 0 and variance 1, then scales and shifts.

    Args:
        input: A tensor of a floating-point dtype.
        normalized_shape: The shape of the axes to normalize over, the last ones of the input.
        weight: A tensor of that shape to multiply by.
        bias: A tensor of that shape to add.
        eps: Added to the variance.

    Raises:
        TypeError: If a dtype differs.
        ValueError: If a shape does not fit.

    Source: aten::layer_norm.
    """
    return layers.layer_norm(input, normalized_shape, weight, bias, eps)


@fast_path("linear", NUMERIC, input=OPERAND, weight=SAME, bias=SAME_OR_NONE)
def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Input @ transpose(weight) + bias.

    Args:
        input: A tensor of shape (..., in), of a numeric dtype.
        weight: A tensor of shape (out, in), of the same dtype.
        bias: A tensor of shape (out,), of the same dtype.

    Returns:
        A tensor of shape (..., out).

    Raises:
        TypeError: If the dtypes differ.
        ValueError: If the shapes do not fit.

    Source: aten::linear.
    """
    return layers.linear(input, weight, bias)


@fast_path(
    "scaled_dot_product_attention",
    FLOATING,
    query=OPERAND,
    key=SAME,
    value=SAME,
    attn_mask=MASK,
    is_causal=FLAG,
    scale=POINTER,
)
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(query @ transpose(key) * scale + mask) @ value.

    Args:
        query: A tensor of shape (..., l, e), of a floating-point dtype.
        key: A tensor of shape (..., s, e).
        value: A tensor of shape (..., s, v).
        attn_mask: A tensor that broadcasts to (..., l, s): of bool, true for the keys to attend to,
            or of the dtype of query, added to the products.
        dropout_p: Probability with which an element of the softmax is set to 0.
        is_causal: Whether row i attends only to columns up to i; not together with a mask.
        scale: The factor; 1 / sqrt(e) if None.
        enable_gqa: Whether each head of keys and values, axis -3, serves several heads of queries.

    Returns:
        A tensor of shape (..., l, v).

    Raises:
        TypeError: If the dtypes differ.
        ValueError: If the shapes do not fit, or for a mask together with ``is_causal``.

    Source: aten::scaled_dot_product_attention.
    """
    if dropout_p or enable_gqa:
        more = {"scale": scale, "enable_gqa": enable_gqa}
        return _attention(query, key, value, attn_mask, dropout_p, is_causal, **more)
    return layers.scaled_dot_product_attention(
        query, key, value, attn_mask, is_causal=is_causal, scale=scale
    )
