"""Activations without a primitive: ATen's operators by name.

``inplace=True`` overwrites the input and returns it.
Source: the ATen operators named at each function.
"""

from __future__ import annotations

from typing import Final

from torchffi._array import elementwise
from torchffi._core.arguments import inexact, tensor
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.nn._arguments import direct, operator
from torchffi.nn._layers import softmax, tanh

# The operators of functions with ``inplace``: out of place, in place.
_BOTH: Final = {
    name: (operator(name), operator(name, f"{name}_"))
    for name in (
        "relu6", "leaky_relu", "elu", "selu", "celu", "hardtanh", "hardswish", "hardsigmoid", "mish",
        "threshold",
    )
}  # fmt: skip
_prelu: Final = operator("prelu")
_softplus: Final = operator("softplus")
_glu: Final = operator("glu")
_log_sigmoid: Final = operator("logsigmoid", "log_sigmoid")
_softshrink: Final = operator("softshrink")
_hardshrink: Final = operator("hardshrink")


@direct(_BOTH["relu6"][0])
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(input, 0), 6).

    Args:
        input: A tensor of a real dtype.
        inplace: Whether the input is overwritten.

    Source: aten::relu6.
    """
    return _BOTH["relu6"][bool(inplace)](input)


@direct(_BOTH["leaky_relu"][0])
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """The input where it is positive, else the input times a slope.

    Args:
        input: A tensor of a floating-point dtype.
        negative_slope: The slope.
        inplace: Whether the input is overwritten.

    Source: aten::leaky_relu.
    """
    return _BOTH["leaky_relu"][bool(inplace)](input, negative_slope)


@direct(_BOTH["elu"][0])
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """The input where it is positive, else alpha * (exp(input) - 1).

    Args:
        input: A tensor of a floating-point dtype.
        alpha: The factor; minus the limit for small inputs.
        inplace: Whether the input is overwritten.

    Source: aten::elu.
    """
    return _BOTH["elu"][bool(inplace)](input, alpha)


@direct(_BOTH["selu"][0])
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """A scaled :func:`elu` that keeps mean 0 and variance 1.

    Args:
        input: A tensor of a floating-point dtype.
        inplace: Whether the input is overwritten.

    Source: aten::selu.
    """
    return _BOTH["selu"][bool(inplace)](input)


@direct(_BOTH["celu"][0])
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """The input where it is positive, else alpha * (exp(input / alpha) - 1).

    Args:
        input: A tensor of a floating-point dtype.
        alpha: The factor, not 0.
        inplace: Whether the input is overwritten.

    Source: aten::celu.
    """
    return _BOTH["celu"][bool(inplace)](input, alpha)


@direct(_prelu)
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """The input where it is positive, else the input times a weight.

    Args:
        input: A tensor of shape (n, channels, ...), of a floating-point dtype.
        weight: A tensor of shape (channels,) or of one element.

    Source: aten::prelu.
    """
    return _prelu(input, weight)


@direct(_BOTH["hardtanh"][0])
def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """The input, limited to a range.

    Args:
        input: A tensor of a real dtype.
        min_val: The lower limit.
        max_val: The upper limit.
        inplace: Whether the input is overwritten.

    Source: aten::hardtanh.
    """
    return _BOTH["hardtanh"][bool(inplace)](input, min_val, max_val)


@direct(_BOTH["hardswish"][0])
def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Input * min(max(input + 3, 0), 6) / 6.

    Args:
        input: A tensor of a floating-point dtype.
        inplace: Whether the input is overwritten.

    Source: aten::hardswish.
    """
    return _BOTH["hardswish"][bool(inplace)](input)


@direct(_BOTH["hardsigmoid"][0])
def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(input + 3, 0), 6) / 6.

    Args:
        input: A tensor of a floating-point dtype.
        inplace: Whether the input is overwritten.

    Source: aten::hardsigmoid.
    """
    return _BOTH["hardsigmoid"][bool(inplace)](input)


@direct(_softplus)
def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:
    """log(1 + exp(beta * input)) / beta.

    Args:
        input: A tensor of a floating-point dtype.
        beta: The factor.
        threshold: Where beta * input is larger the result is the input.

    Source: aten::softplus.
    """
    return _softplus(input, beta, threshold)


def softsign(input: Tensor) -> Tensor:
    """Input / (1 + abs(input)).

    Args:
        input: A tensor of a floating-point dtype.

    Source: aten::abs, aten::add, aten::div.
    """
    return input / (elementwise.abs(tensor("softsign", input)) + 1)


@direct(_BOTH["mish"][0])
def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Input * tanh(softplus(input)).

    Args:
        input: A tensor of a floating-point dtype.
        inplace: Whether the input is overwritten.

    Source: aten::mish.
    """
    return _BOTH["mish"][bool(inplace)](input)


@direct(_glu)
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Gated linear unit: the first half along an axis times the sigmoid of the second.

    Args:
        input: A tensor of a floating-point dtype.
        dim: The axis; its length is even.

    Source: aten::glu.
    """
    return _glu(input, dim)


@direct(_log_sigmoid)
def logsigmoid(input: Tensor) -> Tensor:
    """log(1 / (1 + exp(-input))).

    Args:
        input: A tensor of a floating-point dtype.

    Source: aten::log_sigmoid.
    """
    return _log_sigmoid(input)


def softmin(input: Tensor, dim: int = -1, *, dtype: DType | None = None) -> Tensor:
    """The softmax of -input. Arguments are those of :func:`softmax`.

    Source: aten::neg, aten::softmax.int.
    """
    return softmax(-tensor("softmin", input), dim, dtype=dtype)


def tanhshrink(input: Tensor) -> Tensor:
    """Input - tanh(input).

    Args:
        input: A tensor of a floating-point dtype.

    Source: aten::tanh, aten::sub.
    """
    input = inexact("tanhshrink", input)
    return input - tanh(input)


@direct(_softshrink)
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """The input, moved towards 0 by lambd; 0 where it is within lambd of 0.

    Args:
        input: A tensor of a floating-point dtype.
        lambd: The distance, not negative.

    Source: aten::softshrink.
    """
    return _softshrink(input, lambd)


@direct(_hardshrink)
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """The input; 0 where it is within lambd of 0.

    Args:
        input: A tensor of a floating-point dtype.
        lambd: The distance.

    Source: aten::hardshrink.
    """
    return _hardshrink(input, lambd)


@direct(_BOTH["threshold"][0])
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """The input where it is above a threshold, else a value.

    Args:
        input: A tensor of a real dtype.
        threshold: The threshold.
        value: The value.
        inplace: Whether the input is overwritten.

    Source: aten::threshold.
    """
    return _BOTH["threshold"][bool(inplace)](input, threshold, value)
