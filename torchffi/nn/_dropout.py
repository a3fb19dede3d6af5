"""Functions with random numbers: dropouts and the Gumbel softmax.

The numbers are those of :func:`torchffi.manual_seed`; they differ between the backends.
"""

from __future__ import annotations

from typing import Final

from torchffi._array import creation, elementwise, manipulation, searching
from torchffi._array.data_types import astype
from torchffi._core import arguments
from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError, ShapeError
from torchffi.nn._arguments import operator
from torchffi.nn._layers import softmax

# By public function: the operator, and the one that overwrites its input.
_OPERATORS: Final = {
    function: (operator(function, name), operator(function, f"{name}_"))
    for function, name in (
        ("dropout", "dropout"),
        ("dropout1d", "feature_dropout"),
        ("dropout2d", "feature_dropout"),
        ("dropout3d", "feature_dropout"),
        ("alpha_dropout", "alpha_dropout"),
        ("feature_alpha_dropout", "feature_alpha_dropout"),
    )
}
_one_hot: Final = operator("gumbel_softmax", "one_hot")
_exponential_: Final = operator("gumbel_softmax", "exponential_")


def _drop(function: str, input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    arguments.tensor(function, input)
    if not 0 <= p <= 1:
        raise InvalidArgumentError(f"{function}: p is {p}, expected a probability from 0 to 1")
    return _OPERATORS[function][bool(inplace)](input, p, bool(training))


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Sets random elements to 0 and multiplies the others by 1 / (1 - p).

    Args:
        input: A tensor of a floating-point dtype.
        p: Probability that an element is set to 0.
        training: Whether to do so; else the input is returned.
        inplace: Whether the input is overwritten.

    Raises:
        ValueError: If p is not in [0, 1].

    Source: aten::dropout.
    """
    return _drop("dropout", input, p, training, inplace)


def _drop_channels(
    function: str, axes: int, input: Tensor, p: float, training: bool, inplace: bool
) -> Tensor:
    """The dropout of channels with a number of axes; the axis of the batch may be absent."""
    arguments.tensor(function, input)
    if input.ndim not in (axes + 1, axes + 2):
        raise ShapeError(
            f"{function}: input has shape {input.shape}, expected {axes + 1} or {axes + 2} axes"
        )
    if input.ndim == axes + 2:
        return _drop(function, input, p, training, inplace)
    result = _drop(function, input[None], p, training, inplace)
    return input if inplace else result[0]


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """As :func:`dropout`, but whole channels are set to 0.

    Args:
        input: A tensor of shape (n, channels, length) or (channels, length).
        p, training, inplace: As for :func:`dropout`.

    Source: aten::feature_dropout.
    """
    return _drop_channels("dropout1d", 1, input, p, training, inplace)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """As :func:`dropout`, but whole channels are set to 0.

    Args:
        input: A tensor of shape (n, channels, height, width). One of 3 axes is taken for
            (n, channels, length), as PyTorch does.
        p, training, inplace: As for :func:`dropout`.

    Source: aten::feature_dropout.
    """
    return _drop("dropout2d", input, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """As :func:`dropout`, but whole channels are set to 0.

    Args:
        input: A tensor of shape (n, channels, depth, height, width), or without n.
        p, training, inplace: As for :func:`dropout`.

    Source: aten::feature_dropout.
    """
    return _drop_channels("dropout3d", 3, input, p, training, inplace)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """A dropout that keeps mean 0 and variance 1, for :func:`selu`.

    Args:
        input, p, training, inplace: As for :func:`dropout`.

    Source: aten::alpha_dropout.
    """
    return _drop("alpha_dropout", input, p, training, inplace)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """As :func:`alpha_dropout`, for whole channels.

    Args:
        input: A tensor of shape (n, channels, ...).
        p, training, inplace: As for :func:`dropout`.

    Source: aten::feature_alpha_dropout.
    """
    return _drop("feature_alpha_dropout", input, p, training, inplace)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """The softmax of logits with random numbers of the Gumbel distribution added.

    Args:
        logits: A tensor of a floating-point dtype, of unnormalized log-probabilities.
        tau: The temperature.
        hard: Whether the result is one-hot; its gradient is that of the softmax all the same.
        eps: Has no effect.
        dim: The axis of the softmax.

    Source: aten::exponential_, aten::softmax.int.
    """
    noise = creation.empty_like(arguments.tensor("gumbel_softmax", logits))
    noise = -elementwise.log(_exponential_(noise))
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    places = _one_hot(searching.argmax(soft, axis=dim), soft.shape[dim])
    one_hot = manipulation.moveaxis(astype(places, soft.dtype), -1, dim)
    return one_hot - soft.detach() + soft
