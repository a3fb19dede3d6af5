"""ATen operators on NumPy: losses between numbers, of pairs, and distances."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._numpy.checks import Raw
from torchffi._numpy.moments import vector_norm
from torchffi._numpy.totals import BLOCK, blocks, total
from torchffi.errors import InvalidArgumentError, ShapeError


def reduced(loss: Raw, reduction: int) -> Raw:
    """The loss, its mean for 1, or its sum for 2."""
    if not reduction:
        return np.asarray(loss)
    summed = np.add.reduce(loss, None, np.float64)
    return np.asarray(summed if reduction == 2 else summed / loss.size, loss.dtype)


def _in_blocks(function: Callable[..., Raw], reduction: int, *arrays: Any) -> Raw:
    """A loss from a function of elements, called for block after block: its results stay in the cache.

    Args:
        function: Returns the loss of each element.
        reduction: As for :func:`reduced`.
        arrays: Its arguments: arrays that broadcast, or None.
    """
    shapes = {one.shape for one in arrays if one is not None}
    shape = shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
    if math.prod(shape) <= BLOCK:
        return reduced(function(*arrays), reduction)
    whole = [None if one is None else np.broadcast_to(one, shape) for one in arrays]
    summed, size = 0.0, math.prod(shape)
    result: Any = None
    for index in blocks(whole[0]):  # type: ignore[arg-type]
        loss = function(*[None if one is None else one[index] for one in whole])
        if reduction:
            summed, dtype = summed + float(total(loss, None)), loss.dtype
        else:
            result = np.empty(shape, loss.dtype) if result is None else result
            result[index] = loss
    return (
        result if not reduction else np.asarray(summed if reduction == 2 else summed / size, dtype)
    )


def _difference(x: Raw, target: Raw) -> Raw:
    return np.asarray(np.abs(away := x - target, out=away if away.ndim else None))


def _mse(x: Raw, target: Raw, reduction: int = 1) -> Raw:
    return _in_blocks(lambda a, b: np.square(a - b), reduction, x, target)


def _l1(x: Raw, target: Raw, reduction: int = 1) -> Raw:
    return _in_blocks(_difference, reduction, x, target)


def _smooth_l1(x: Raw, target: Raw, reduction: int = 1, beta: float = 1.0) -> Raw:
    if beta < 0:
        raise InvalidArgumentError(f"beta is {beta}, expected >= 0")

    def loss(x: Raw, target: Raw) -> Raw:
        size = _difference(x, target)
        if not beta:
            return size
        return np.where(size < beta, size * size * (0.5 / beta), size - 0.5 * beta)

    return _in_blocks(loss, reduction, x, target)


def _huber(x: Raw, target: Raw, reduction: int = 1, delta: float = 1.0) -> Raw:
    if delta <= 0:
        raise InvalidArgumentError(f"delta is {delta}, expected > 0")

    def loss(x: Raw, target: Raw) -> Raw:
        size = _difference(x, target)
        return np.where(size <= delta, size * size * 0.5, delta * (size - 0.5 * delta))

    return _in_blocks(loss, reduction, x, target)


def _binary(x: Raw, target: Raw, weight: Raw | None = None, reduction: int = 1) -> Raw:
    return _in_blocks(_binary_loss, reduction, x, target, weight)


def _binary_loss(x: Raw, target: Raw, weight: Raw | None) -> Raw:
    if x.size and not (x.min() >= 0 and x.max() <= 1):  # also for NaN
        raise InvalidArgumentError("all elements of input should be between 0 and 1")
    logs = np.maximum(np.log(x), -100), np.maximum(np.log1p(-x), -100)
    loss = np.asarray((target - 1) * logs[1] - target * logs[0])
    return loss if weight is None else loss * weight


def _softplus(x: Raw) -> Raw:
    return np.asarray(np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0))


def _binary_logits(
    x: Raw, target: Raw, weight: Any = None, pos_weight: Any = None, reduction: int = 1
) -> Raw:
    def loss(x: Raw, target: Raw, weight: Any, pos_weight: Any) -> Raw:
        soft = _softplus(-x)
        if pos_weight is not None:
            soft *= (pos_weight - 1) * target + 1
        soft += (1 - target) * x
        return soft if weight is None else soft * weight

    return _in_blocks(loss, reduction, x, target, weight, pos_weight)


def _kl_div(x: Raw, target: Raw, reduction: int = 1, *, log_target: bool = False) -> Raw:
    def loss(x: Raw, target: Raw) -> Raw:
        if log_target:
            return np.asarray(np.exp(target) * (target - x))
        logs = np.log(target)
        logs -= x
        logs *= target
        zero = target == 0
        if zero.any():  # xlogy
            logs = np.where(zero, target * -x, logs)
        return np.asarray(logs, x.dtype)

    return _in_blocks(loss, reduction, x, target)


def _poisson(x: Raw, target: Raw, log: bool, full: bool, eps: float, reduction: int) -> Raw:
    def loss(x: Raw, target: Raw) -> Raw:
        found = np.exp(x) - target * x if log else x - target * np.log(x + eps)
        if full:
            stirling = target * np.log(target) - target + 0.5 * np.log(2 * math.pi * target)
            found = found + np.where(target > 1, stirling, 0)
        return np.asarray(found, x.dtype)

    return _in_blocks(loss, reduction, x, target)


# ---- Pairs


def _distance(a: Raw, b: Raw, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Raw:
    away = np.asarray(a - b)
    away += a.dtype.type(eps)
    return vector_norm(away, (-1,), 1, p, keepdim)


def _cosine_similarity(a: Raw, b: Raw, axis: int = 1, eps: float = 1e-8) -> Raw:
    a, b = np.broadcast_arrays(a, b)
    axes = (range(a.ndim)[axis],)
    lengths = [np.maximum(vector_norm(x.astype(np.float64), axes, 1, 2, True), eps) for x in (a, b)]
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
    def loss(a: Raw, b: Raw, target: Raw) -> Raw:
        found = np.asarray((b - a) * target)
        found += margin
        return np.asarray(np.maximum(found, 0, out=found), a.dtype)

    return _in_blocks(loss, reduction, a, b, target)


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
    def loss(x: Raw, target: Raw) -> Raw:
        far = np.where(target == 1, 0, np.maximum(margin - x, 0))
        near = np.where(target == -1, 0, x)
        return np.asarray(far + near, x.dtype)

    return _in_blocks(loss, reduction, x, target)


def _soft_margin(x: Raw, target: Raw, reduction: int = 1) -> Raw:
    return _in_blocks(
        lambda x, target: np.asarray(np.log1p(np.exp(-target * x)), x.dtype), reduction, x, target
    )


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
    "mse_loss": of_arrays(_mse, mixes=True),
    "l1_loss": of_arrays(_l1, mixes=True),
    "smooth_l1_loss": of_arrays(_smooth_l1, mixes=True),
    "huber_loss": of_arrays(_huber, mixes=True),
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
