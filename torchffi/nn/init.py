"""Values of new parameters. The functions overwrite a tensor, without a gradient, and return it.

The random numbers are those of :func:`torchffi.manual_seed`; on LibTorch they are PyTorch's.
``generator`` is an integer, the seed of a generator for this call, or None for the common one.
Source: the ATen operators named at each function.
"""

from __future__ import annotations

import math
import warnings
from typing import Final

from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError, ShapeError
from torchffi.linalg import diagonal
from torchffi.nn._arguments import operator
from torchffi.nn._draws import fill, orthogonal_, overwrites, sparse_, trunc_normal_

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_uniform_: Final = operator("uniform_")
_normal_: Final = operator("normal_")
_GAINS: Final = {
    "tanh": 5 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3 / 4,
    **dict.fromkeys(("linear", "sigmoid"), 1.0),
    **{f"conv{way}{axes}d": 1.0 for way in ("", "_transpose") for axes in (1, 2, 3)},
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The recommended factor of the standard deviation for an activation.

    Args:
        nonlinearity: ``"linear"``, ``"conv1d"`` and the like, ``"sigmoid"``, ``"tanh"``, ``"relu"``,
            ``"leaky_relu"`` or ``"selu"``.
        param: The slope of ``"leaky_relu"``, 0.01 if None.

    Raises:
        ValueError: For another activation.
    """
    if nonlinearity == "leaky_relu":
        if isinstance(param, bool) or not isinstance(param, (int, float, type(None))):
            raise InvalidArgumentError(f"calculate_gain: param is {param!r}, expected a slope")
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        expected = ", ".join(sorted({*_GAINS, "leaky_relu"}))
        raise InvalidArgumentError(
            f"calculate_gain: nonlinearity is {nonlinearity!r}, expected one of {expected}"
        )
    return _GAINS[nonlinearity]


@overwrites
def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: int | None = None
) -> Tensor:
    """Random numbers, uniform in [a, b). Source: aten::uniform_."""
    return _uniform_(tensor, a, b, generator=generator)


@overwrites
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: int | None = None
) -> Tensor:
    """Random numbers of a normal distribution. Source: aten::normal_."""
    return _normal_(tensor, mean, std, generator=generator)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One value. Source: aten::copy_."""
    return fill("constant_", tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """Ones. Source: aten::copy_."""
    return fill("ones_", tensor, 1)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros. Source: aten::copy_."""
    return fill("zeros_", tensor, 0)


@overwrites
def eye_(tensor: Tensor) -> Tensor:
    """Ones on the diagonal of a matrix, and zeros elsewhere. Source: aten::zero_, aten::diagonal."""
    if tensor.ndim != 2:
        raise ShapeError(f"eye_: tensor has shape {tensor.shape}, expected 2 axes")
    tensor[...] = False
    diagonal(tensor)[...] = True
    return tensor


@overwrites
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Weights of a convolution that copies its channels, those of each group by themselves.

    Args:
        tensor: A tensor of shape (out, in, ...), of 3 to 5 axes.
        groups: Number of groups, a divisor of the first length.

    Raises:
        ValueError: If the shape does not fit.
    """
    if tensor.ndim not in (3, 4, 5) or tensor.shape[0] % groups:
        raise ShapeError(
            f"dirac_: tensor has shape {tensor.shape}, expected 3 to 5 axes, "
            f"the first of a length divisible by {groups}"
        )
    tensor[...] = 0
    channels = tensor.shape[0] // groups
    centre = tuple(n // 2 for n in tensor.shape[2:])
    for group in range(groups):
        for channel in range(min(channels, tensor.shape[1])):
            place = (group * channels + channel, channel, *centre)
            tensor[place] = 1
    return tensor


def _fans(name: str, tensor: Tensor) -> tuple[int, int]:
    """Number of inputs and of outputs of a unit."""
    if tensor.ndim < 2:
        raise ShapeError(f"{name}: tensor has shape {tensor.shape}, expected at least 2 axes")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


@overwrites
def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: int | None = None) -> Tensor:
    """Uniform numbers of standard deviation gain * sqrt(2 / (inputs + outputs)).

    Args:
        tensor: Weights of shape (out, in, ...).
        gain: See :func:`calculate_gain`.
        generator: See the module.

    Source: aten::uniform_.
    """
    limit = math.sqrt(3.0) * (gain * math.sqrt(2.0 / float(sum(_fans("xavier_uniform_", tensor)))))
    return _uniform_(tensor, -limit, limit, generator=generator)


@overwrites
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: int | None = None) -> Tensor:
    """As :func:`xavier_uniform_`, with a normal distribution. Source: aten::normal_."""
    std = gain * math.sqrt(2.0 / float(sum(_fans("xavier_normal_", tensor))))
    return _normal_(tensor, 0.0, std, generator=generator)


def _kaiming(name: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float | None:
    """The standard deviation; None for a tensor without elements."""
    if 0 in tensor.shape:
        warnings.warn(f"{name}: the tensor has no elements", stacklevel=4)
        return None
    if mode not in ("fan_in", "fan_out"):
        raise InvalidArgumentError(f"{name}: mode is {mode!r}, expected 'fan_in' or 'fan_out'")
    fan = _fans(name, tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


@overwrites
def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: int | None = None,
) -> Tensor:
    """Uniform numbers of standard deviation gain / sqrt(inputs).

    Args:
        tensor: Weights of shape (out, in, ...).
        a: The slope of ``"leaky_relu"``.
        mode: ``"fan_in"``, or ``"fan_out"`` for the outputs instead of the inputs.
        nonlinearity: The activation that gives the gain: see :func:`calculate_gain`.
        generator: See the module.

    Source: aten::uniform_.
    """
    std = _kaiming("kaiming_uniform_", tensor, a, mode, nonlinearity)
    if std is None:
        return tensor
    limit = math.sqrt(3.0) * std
    return _uniform_(tensor, -limit, limit, generator=generator)


@overwrites
def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: int | None = None,
) -> Tensor:
    """As :func:`kaiming_uniform_`, with a normal distribution. Source: aten::normal_."""
    std = _kaiming("kaiming_normal_", tensor, a, mode, nonlinearity)
    return tensor if std is None else _normal_(tensor, 0, std, generator=generator)
