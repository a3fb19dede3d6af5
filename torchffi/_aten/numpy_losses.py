"""ATen operators on NumPy: losses between numbers, of pairs, and distances."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._numpy.checks import Raw
from torchffi.errors import InvalidArgumentError, ShapeError


def reduced(loss: Raw, reduction: int) -> Raw:
    """The loss, its mean for 1, or its sum for 2."""
    if not reduction:
        return np.asarray(loss)
    total = np.sum(loss, dtype=np.float64)
    return np.asarray(total if reduction == 2 else total / max(loss.size, 0), loss.dtype)


def _element(function: Callable[..., Raw]) -> Callable[..., Raw]:
    """A loss of the difference of input and target."""

    def loss(x: Raw, target: Raw, reduction: int = 1, *more: Any, **named: Any) -> Raw:
        return reduced(function(x - target, *more, **named), reduction)

    return loss


def _smooth_l1(difference: Raw, beta: float = 1.0) -> Raw:
    if beta < 0:
        raise InvalidArgumentError(f"beta is {beta}, expected >= 0")
    size = np.abs(difference)
    if not beta:
        return np.asarray(size)
    return np.where(size < beta, size * size * 0.5 / beta, size - 0.5 * beta)


def _huber(difference: Raw, delta: float = 1.0) -> Raw:
    if delta <= 0:
        raise InvalidArgumentError(f"delta is {delta}, expected > 0")
    size = np.abs(difference)
    return np.where(size <= delta, size * size * 0.5, delta * (size - 0.5 * delta))


def _binary(x: Raw, target: Raw, weight: Raw | None = None, reduction: int = 1) -> Raw:
    if x.size and not (np.all(x >= 0) and np.all(x <= 1)):
        raise InvalidArgumentError("all elements of input should be between 0 and 1")
    logs = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
    loss = np.asarray((target - 1) * logs[1] - target * logs[0])
    return reduced(loss if weight is None else loss * weight, reduction)


def _softplus(x: Raw) -> Raw:
    return np.asarray(np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0))


def _binary_logits(
    x: Raw, target: Raw, weight: Any = None, pos_weight: Any = None, reduction: int = 1
) -> Raw:
    factor = 1 if pos_weight is None else (pos_weight - 1) * target + 1
    loss = np.asarray((1 - target) * x + factor * _softplus(-x))
    return reduced(loss if weight is None else loss * weight, reduction)


def _kl_div(x: Raw, target: Raw, reduction: int = 1, *, log_target: bool = False) -> Raw:
    if log_target:
        return reduced(np.asarray(np.exp(target) * (target - x)), reduction)
    own = np.where(target == 0, 0, target * np.log(target))  # xlogy
    return reduced(np.asarray(own - target * x, x.dtype), reduction)


def _poisson(x: Raw, target: Raw, log: bool, full: bool, eps: float, reduction: int) -> Raw:
    loss = np.exp(x) - target * x if log else x - target * np.log(x + eps)
    if full:
        stirling = target * np.log(target) - target + 0.5 * np.log(2 * math.pi * target)
        loss = loss + np.where(target > 1, stirling, 0)
    return reduced(np.asarray(loss, x.dtype), reduction)


# ---- Pairs


def _distance(a: Raw, b: Raw, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Raw:
    return norm(np.asarray(a - b + a.dtype.type(eps)), p, (-1,), keepdim)


def norm(x: Raw, p: float, axes: tuple[int, ...], keepdim: bool) -> Raw:
    """The vector norm of order p over axes, totals in float64."""
    size: Any = np.abs(x)
    result: Any
    if math.isinf(p):
        result = size.max(axes, keepdims=keepdim) if p > 0 else size.min(axes, keepdims=keepdim)
    elif not p:
        result = np.sum(size != 0, axes, np.float64, keepdims=keepdim)
    else:
        total = np.sum(np.power(size, p, dtype=np.float64), axes, keepdims=keepdim)
        result = np.power(total, 1 / p)
    return np.asarray(result, x.dtype)


def _cosine_similarity(a: Raw, b: Raw, axis: int = 1, eps: float = 1e-8) -> Raw:
    a, b = np.broadcast_arrays(a, b)
    axes = (range(a.ndim)[axis],)
    lengths = [np.maximum(norm(x.astype(np.float64), 2, axes, True), eps) for x in (a, b)]
    return np.asarray(np.sum((a / lengths[0]) * (b / lengths[1]), axis), a.dtype)


def _cosine_loss(a: Raw, b: Raw, target: Raw, margin: float = 0.0, reduction: int = 1) -> Raw:
    if target.ndim != a.ndim - 1 or a.ndim not in (1, 2):
        raise ShapeError(
            f"inputs of shape {a.shape} and {b.shape} and a target of shape {target.shape}; expected "
            "(n, length) and (n,), or (length,) and ()"
        )
    wide = [x.astype(np.float64) for x in (a, b)]
    squares = [np.sum(x * x, -1) + 1e-12 for x in wide]
    cosine = np.sum(wide[0] * wide[1], -1) / np.sqrt(squares[0] * squares[1])
    far = np.where(target == -1, np.maximum(cosine - margin, 0), 0)
    return reduced(np.asarray(np.where(target == 1, 1 - cosine, far), a.dtype), reduction)


def _ranking(a: Raw, b: Raw, target: Raw, margin: float = 0.0, reduction: int = 1) -> Raw:
    return reduced(np.asarray(np.maximum(-target * (a - b) + margin, 0), a.dtype), reduction)


def _triplet(
    anchor: Raw, positive: Raw, negative: Raw, margin: float = 1.0, p: float = 2.0,
    eps: float = 1e-6, swap: bool = False, reduction: int = 1,
) -> Raw:  # fmt: skip
    if not anchor.ndim == positive.ndim == negative.ndim:
        shapes = f"{anchor.shape}, {positive.shape} and {negative.shape}"
        raise ShapeError(f"shapes {shapes} differ in their axes")
    near, far = _distance(anchor, positive, p, eps), _distance(anchor, negative, p, eps)
    if swap:
        far = np.minimum(far, _distance(positive, negative, p, eps))
    return reduced(np.asarray(np.maximum(margin + near - far, 0)), reduction)


def _hinge(x: Raw, target: Raw, margin: float = 1.0, reduction: int = 1) -> Raw:
    far = np.where(target == 1, 0, np.maximum(margin - x, 0))
    near = np.where(target == -1, 0, x)
    return reduced(np.asarray(far + near, x.dtype), reduction)


def _soft_margin(x: Raw, target: Raw, reduction: int = 1) -> Raw:
    return reduced(np.asarray(np.log1p(np.exp(-target * x)), x.dtype), reduction)


def _bilinear(a: Raw, b: Raw, weight: Raw, bias: Raw | None = None) -> Raw:
    if weight.ndim != 3 or (a.shape[-1], b.shape[-1]) != weight.shape[1:]:
        raise ShapeError(
            f"weight has shape {weight.shape} for inputs of shape {a.shape} and {b.shape}"
        )
    if a.shape[:-1] != b.shape[:-1]:
        raise ShapeError(
            f"inputs have shapes {a.shape} and {b.shape}, which differ before the last"
        )
    inner = np.matmul(a[..., None, None, :], weight)[..., 0, :]  # (..., out, in2)
    result = np.matmul(inner, b[..., None])[..., 0]
    return np.asarray(result if bias is None else result + bias)


TABLE: Final[dict[str, Function]] = {
    **{
        name: of_arrays(_element(function), mixes=True)
        for name, function in {
            "mse_loss": lambda difference: difference * difference,
            "l1_loss": lambda difference: np.abs(difference),
            "smooth_l1_loss": _smooth_l1,
            "huber_loss": _huber,
        }.items()
    },
    "binary_cross_entropy": of_arrays(_binary),
    "binary_cross_entropy_with_logits": of_arrays(_binary_logits),
    "kl_div": of_arrays(_kl_div),
    "poisson_nll_loss": of_arrays(_poisson, mixes=True),
    "pairwise_distance": of_arrays(_distance),
    "cosine_similarity": of_arrays(_cosine_similarity),
    "cosine_embedding_loss": of_arrays(_cosine_loss, mixes=True),
    "margin_ranking_loss": of_arrays(_ranking, mixes=True),
    "triplet_margin_loss": of_arrays(_triplet),
    "hinge_embedding_loss": of_arrays(_hinge, mixes=True),
    "soft_margin_loss": of_arrays(_soft_margin, mixes=True),
    "bilinear": of_arrays(_bilinear, "fc"),
}
