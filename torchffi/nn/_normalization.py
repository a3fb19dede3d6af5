"""Normalization over batches, groups, instances and vectors.

Source: the ATen operators named at each function.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from torchffi._array import elementwise, manipulation
from torchffi._core import arguments
from torchffi._core.arguments import tensor
from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError, ShapeError
from torchffi.nn._arguments import direct, operator
from torchffi.nn._pooling import avg_pool2d, avg_pool3d
from torchffi.nn._resizing import pad

_batch_norm: Final = operator("batch_norm")
_group_norm: Final = operator("group_norm")
_rms_norm: Final = operator("rms_norm")
_instance_norm: Final = operator("instance_norm")
_norm: Final = operator("normalize", "linalg_vector_norm")
_clamp_min: Final = operator("normalize", "clamp_min")


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Normalizes each channel over the batch, then scales and shifts.

    Args:
        input: A tensor of shape (n, channels, ...), of a floating-point dtype.
        running_mean: The means, of shape (channels,). In training they are updated in place, or None.
        running_var: The variances, of shape (channels,). In training they are updated in place.
        weight: A tensor of shape (channels,) to multiply by.
        bias: A tensor of shape (channels,) to add.
        training: Whether the mean and variance of the input are taken instead of the running ones.
        momentum: Weight of the new mean and variance in an update of the running ones.
        eps: Added to the variance.

    Raises:
        ValueError: If the shapes do not fit, or in training for one element a channel.

    Source: aten::batch_norm.
    """
    tensor("batch_norm", input)
    if training and input.ndim > 1 and input.size == input.shape[1]:
        raise ShapeError(
            f"batch_norm: input has shape {input.shape}, expected more than one element a channel"
        )
    return _batch_norm(
        input, weight, bias, running_mean, running_var, bool(training), momentum, eps, True
    )


@direct(_group_norm)
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Normalizes groups of channels of each sample, then scales and shifts the channels.

    Args:
        input: A tensor of shape (n, channels, ...), of a floating-point dtype.
        num_groups: Number of groups, a divisor of the number of channels.
        weight: A tensor of shape (channels,) to multiply by.
        bias: A tensor of shape (channels,) to add.
        eps: Added to the variance.

    Raises:
        ValueError: If the shapes do not fit.

    Source: aten::group_norm.
    """
    return _group_norm(input, num_groups, weight, bias, eps, True)


@direct(_rms_norm)
def rms_norm(
    input: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divides by the root of the mean square over the last axes, then scales.

    Args:
        input: A tensor of a floating-point dtype.
        normalized_shape: The shape of the axes to normalize over, the last ones of the input.
        weight: A tensor of that shape to multiply by.
        eps: Added to the mean square; the dtype's epsilon if None.

    Raises:
        ValueError: If the shapes do not fit.

    Source: aten::rms_norm.
    """
    return _rms_norm(input, arguments.shape("rms_norm", normalized_shape), weight, eps)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Normalizes each channel of each sample, then scales and shifts.

    Args:
        input: A tensor of shape (n, channels, ...), of a floating-point dtype.
        running_mean, running_var, weight, bias, momentum, eps: As for :func:`batch_norm`.
        use_input_stats: Whether the mean and variance of the input are taken instead of the running
            ones.

    Raises:
        ValueError: If the shapes do not fit, or for one element a channel of the input.

    Source: aten::instance_norm.
    """
    tensor("instance_norm", input)
    if use_input_stats and math.prod(input.shape[2:]) == 1:
        raise ShapeError(
            f"instance_norm: input has shape {input.shape}, expected more than one element a channel"
        )
    return _instance_norm(
        input, weight, bias, running_mean, running_var, bool(use_input_stats), momentum, eps, True
    )


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Divides by a power of the mean square over neighbouring channels.

    Args:
        input: A tensor of shape (n, channels, ...), of at least 3 axes.
        size: Number of channels that the mean is taken over.
        alpha: Factor of the mean square.
        beta: The exponent.
        k: Added to the product.

    Raises:
        ValueError: If the input has fewer than 3 axes.

    Source: aten::mul, aten::pad, aten::avg_pool3d, aten::pow, aten::div.
    """
    name = "local_response_norm"
    shape = tensor(name, input).shape
    if len(shape) < 3:
        raise ShapeError(f"{name}: input has shape {shape}, expected at least 3 axes")
    if not input.size:
        return input
    square, around = input * input, (size // 2, (size - 1) // 2)
    if len(shape) == 3:
        padded = pad(square[:, None], (0, 0, *around))
        mean = avg_pool2d(padded, (size, 1), stride=1)
    else:
        square = manipulation.reshape(square, (shape[0], 1, *shape[1:3], -1))
        mean = avg_pool3d(pad(square, (0, 0, 0, 0, *around)), (size, 1, 1), stride=1)
    mean = manipulation.reshape(mean, shape)
    return input / elementwise.pow(mean * alpha + k, beta)


def normalize(
    input: Tensor,
    p: float = 2.0,
    dim: int | Sequence[int] = 1,
    eps: float = 1e-12,
    out: None = None,
) -> Tensor:
    """Divides by the norm along an axis.

    Args:
        input: A tensor of a floating-point or complex dtype.
        p: The order of the norm.
        dim: The axis, or several.
        eps: The least norm to divide by.
        out: Must be None.

    Source: aten::linalg_vector_norm, aten::clamp_min, aten::div.
    """
    if out is not None:
        raise InvalidArgumentError("normalize: out is not supported; assign the result")
    axes = [dim] if isinstance(dim, int) else list(dim)
    arguments.axes("normalize", tuple(axes), tensor("normalize", input))
    return input / _clamp_min(_norm(input, p, axes, True), eps)
