"""Losses between numbers: an input and a target of one shape.

``reduction`` is ``"mean"``, ``"sum"``, or ``"none"`` for a loss of each element; ``size_average`` and
``reduce`` are its former spelling.
Source: the ATen operators named at each function.
"""

from __future__ import annotations

import math
import warnings
from typing import Final

from torchffi._array import elementwise, statistical, utility
from torchffi._array.broadcasting import broadcast_arrays
from torchffi._autograd.modes import no_grad
from torchffi._core.arguments import tensor
from torchffi._core.backends import NUMPY
from torchffi._core.tensor import Tensor
from torchffi.dtypes import float32, float64
from torchffi.errors import InvalidArgumentError, ShapeError
from torchffi.nn._arguments import direct, operator, reduction

_number = reduction  # a parameter of most functions has its name

_mse: Final = operator("mse_loss")
_l1: Final = operator("l1_loss")
_smooth_l1: Final = operator("smooth_l1_loss")
_huber: Final = operator("huber_loss")
_poisson: Final = operator("poisson_nll_loss")
_kl_div: Final = operator("kl_div")
_clamp_min_: Final = operator("gaussian_nll_loss", "clamp_min_")
_PRECISE: Final = frozenset({NUMPY.classes[float32], NUMPY.classes[float64]})


def _pair(name: str, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both broadcast to one shape; warns if they have two, which is seldom meant."""
    if tensor(name, input).shape == tensor(name, target).shape:
        return input, target
    warnings.warn(
        f"{name}: target has shape {target.shape} and input {input.shape}; they are broadcast",
        stacklevel=3,
    )
    first, second = broadcast_arrays(input, target)
    return first, second


def _reduced(loss: Tensor, number: int) -> Tensor:
    return loss if not number else statistical.mean(loss) if number == 1 else statistical.sum(loss)


def _times(name: str, loss: Tensor, weight: Tensor, input: Tensor) -> Tensor:
    if tensor(name, weight).shape != input.shape:
        raise ShapeError(f"{name}: weight has shape {weight.shape}, and input {input.shape}")
    return loss * weight


def _weighted(name: str, loss: Tensor, weight: Tensor, input: Tensor, number: int) -> Tensor:
    loss = _times(name, loss, weight, input)
    if number == 1:
        return statistical.sum(loss) / statistical.sum(weight)
    return _reduced(loss, number)


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Squared error.

    Args:
        input: A tensor of a floating-point dtype.
        target: A tensor of the same shape.
        size_average, reduce, reduction: See the module.
        weight: Factors of the errors, of the same shape; the mean is divided by their sum.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::mse_loss.
    """
    number = _number("mse_loss", reduction, size_average, reduce)
    input, target = _pair("mse_loss", input, target)
    if weight is not None:
        return _weighted("mse_loss", (input - target) ** 2, weight, input, number)
    return _mse(input, target, number)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """Absolute error. Arguments and errors are those of :func:`mse_loss`.

    Source: aten::l1_loss.
    """
    number = _number("l1_loss", reduction, size_average, reduce)
    input, target = _pair("l1_loss", input, target)
    if weight is not None:
        return _weighted("l1_loss", elementwise.abs(input - target), weight, input, number)
    return _l1(input, target, number)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """Squared error / (2 * beta) where the error is below beta, else absolute error - beta / 2.

    Args:
        input: A tensor of a floating-point dtype.
        target: A tensor of the same shape.
        size_average, reduce, reduction: See the module.
        beta: Where the two meet, not negative.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::smooth_l1_loss.
    """
    number = _number("smooth_l1_loss", reduction, size_average, reduce)
    input, target = _pair("smooth_l1_loss", input, target)
    return _smooth_l1(input, target, number, float(beta))


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """Squared error / 2 where the error is below delta, else delta * (absolute error - delta / 2).

    Args:
        input: A tensor of a floating-point dtype.
        target: A tensor of the same shape.
        reduction: See the module.
        delta: Where the two meet, positive.
        weight: Factors of the losses, of the same shape.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::huber_loss.
    """
    number = _number("huber_loss", reduction)
    input, target = _pair("huber_loss", input, target)
    if weight is not None:
        losses = _huber(input, target, 0, float(delta))
        return _reduced(_times("huber_loss", losses, weight, input), number)
    return _huber(input, target, number, float(delta))


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Negative logarithm of the probability of a count under a Poisson distribution.

    Args:
        input: The expected count, or its logarithm.
        target: The count.
        log_input: Whether the input is the logarithm.
        full: Whether Stirling's approximation of log(target!) is added.
        size_average, reduce, reduction: See the module.
        eps: Added to the input before its logarithm is taken.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::poisson_nll_loss.
    """
    number = _number("poisson_nll_loss", reduction, size_average, reduce)
    return _poisson(input, target, bool(log_input), bool(full), eps, number)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Negative logarithm of the density of a normal distribution.

    Args:
        input: The mean.
        target: A sample.
        var: The variance: a number, a tensor of the input's shape, or one without its last axis or with
            one axis of length 1.
        full: Whether the constant log(2 * pi) / 2 is added.
        eps: The least variance. The limit has no gradient of its own.
        reduction: See the module.

    Raises:
        ValueError: If the shapes do not fit, for a negative variance, or for another reduction.

    Source: aten::log, aten::sub, aten::square, aten::div.
    """
    name = "gaussian_nll_loss"
    number = _number(name, reduction)
    tensor(name, input)
    if not isinstance(var, Tensor):
        var = input * 0 + var
    plain = type(var) in _PRECISE and var.size  # where one pass tells it, unless there is a NaN
    if not (plain and statistical.min(var).item() >= 0) and bool(utility.any(var < 0)):
        raise InvalidArgumentError(f"{name}: var has negative elements, expected variances")
    if var.shape != input.shape:
        others = [n for m, n in zip(input.shape, var.shape, strict=False) if m != n]
        if var.shape == input.shape[:-1]:
            var = var[..., None]
        elif var.ndim != input.ndim or others != [1]:
            raise ShapeError(f"{name}: var has shape {var.shape}, and input {input.shape}")
    if type(input) is type(target) is type(var) and type(input) in _PRECISE:
        from torchffi._aten.numpy_losses import gaussian  # imports NumPy

        return gaussian(input, target, var, bool(full), float(eps), number)  # type: ignore[no-any-return]
    # As with PyTorch the limit does not stop the gradient: only the values are changed.
    limited = var.clone()
    with no_grad():
        _clamp_min_(limited, eps)
    loss = 0.5 * (elementwise.log(limited) + (input - target) ** 2 / limited)
    return _reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, number)


@direct(_kl_div)
def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """Kullback-Leibler divergence: target * (log(target) - input).

    Args:
        input: Logarithms of probabilities.
        target: Probabilities, or their logarithms.
        size_average, reduce: See the module.
        reduction: See the module; also ``"batchmean"``, the sum divided by the length of the first axis.
        log_target: Whether the target is the logarithms.

    Raises:
        ValueError: If the shapes do not fit, or for another reduction.

    Source: aten::kl_div.
    """
    batchmean = reduction == "batchmean" and size_average is None and reduce is None
    number = _number("kl_div", "sum" if batchmean else reduction, size_average, reduce)
    loss = _kl_div(input, target, number, log_target=bool(log_target))
    return loss / input.shape[0] if batchmean and input.ndim else loss
