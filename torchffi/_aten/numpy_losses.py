"""ATen operators on NumPy: losses between numbers, of pairs, and distances; gaussian() is not ATen's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._numpy.checks import Raw
from torchffi._numpy.moments import vector_norm
from torchffi._numpy.special import at_least, largest, least
from torchffi._numpy.squares import total_of_squares
from torchffi._numpy.totals import BLOCK, blocks, scratch, total
from torchffi.errors import InvalidArgumentError, ShapeError


def reduced(loss: Raw, reduction: int) -> Raw:
    """The loss, its mean for 1, or its sum for 2."""
    if not reduction:
        return np.asarray(loss)
    summed = np.add.reduce(loss, None, np.float64)
    return np.asarray(summed if reduction == 2 else summed / loss.size, loss.dtype)


def _in_blocks(
    function: Callable[..., Raw], reduction: int, *arrays: Any, add: Callable[..., Any] = total
) -> Raw:
    """A loss from a function of elements, called for block after block: its results stay in the cache.

    Args:
        function: Returns the loss of each element. It takes the arrays, and one for the result, which it
            need not return.
        reduction: As for :func:`reduced`.
        arrays: Its arguments: arrays that broadcast, or None.
        add: Adds what the function returns, if there are several blocks.
    """
    given = {(one.shape, one.dtype) for one in arrays if one is not None}
    shape, dtype = given.pop()
    if given:
        shape = np.broadcast_shapes(shape, *(one for one, _ in given))
        dtype = np.result_type(dtype, *(one for _, one in given))
    size = math.prod(shape)
    if size <= BLOCK:
        return reduced(function(*arrays, np.empty(shape, dtype)), reduction)
    whole = [None if one is None else np.broadcast_to(one, shape) for one in arrays]
    buffer = np.empty(shape if not reduction else BLOCK, dtype)
    summed = 0.0
    for index in blocks(np.broadcast_to(arrays[0], shape)):
        block = [None if one is None else one[index] for one in whole]
        if reduction:
            sides = [min(one.stop, n) - one.start for one, n in zip(index, shape, strict=True)]
            loss = function(*block, scratch(buffer, tuple(sides)))
            summed += float(add(loss, tuple(range(loss.ndim)), False))
        else:
            out = buffer[index]
            if (loss := function(*block, out)) is not out:
                out[...] = loss
    return (
        buffer if not reduction else np.asarray(summed if reduction == 2 else summed / size, dtype)
    )


def _away(x: Raw, target: Raw, result: Raw) -> Raw:
    return np.subtract(x, target, out=result)


def _difference(x: Raw, target: Raw, result: Raw) -> Raw:
    return np.abs(_away(x, target, result), out=result)


def _square(x: Raw, target: Raw, result: Raw) -> Raw:
    return np.square(_away(x, target, result), out=result)


def _mse(x: Raw, target: Raw, reduction: int = 1) -> Raw:
    if reduction and x.size > BLOCK:
        result = _in_blocks(_away, reduction, x, target, add=total_of_squares)
        if np.isfinite(result):  # a sum of float32 has not overflowed on the way
            return result
    return _in_blocks(_square, reduction, x, target)


def _l1(x: Raw, target: Raw, reduction: int = 1) -> Raw:
    return _in_blocks(_difference, reduction, x, target)


def _smooth_l1(x: Raw, target: Raw, reduction: int = 1, beta: float = 1.0) -> Raw:
    if beta < 0:
        raise InvalidArgumentError(f"beta is {beta}, expected >= 0")

    def loss(x: Raw, target: Raw, result: Raw) -> Raw:
        size = _difference(x, target, result)
        if not beta:
            return size
        return np.where(size < beta, size * size * (0.5 / beta), size - 0.5 * beta)

    return _in_blocks(loss, reduction, x, target)


def _huber(x: Raw, target: Raw, reduction: int = 1, delta: float = 1.0) -> Raw:
    if delta <= 0:
        raise InvalidArgumentError(f"delta is {delta}, expected > 0")

    def loss(x: Raw, target: Raw, result: Raw) -> Raw:
        size = _difference(x, target, result)
        return np.where(size <= delta, size * size * 0.5, delta * (size - 0.5 * delta))

    return _in_blocks(loss, reduction, x, target)


def _binary(x: Raw, target: Raw, weight: Raw | None = None, reduction: int = 1) -> Raw:
    return _in_blocks(_binary_loss, reduction, x, target, weight)


_LEAST: Final = 1e-43  # the logarithms of smaller numbers are below the limit, -100


def _binary_loss(x: Raw, target: Raw, weight: Raw | None, result: Raw) -> Raw:
    lowest, most = (least(x), largest(x)) if x.size else (1, 0)
    if not (lowest >= 0 and most <= 1):  # also for NaN
        raise InvalidArgumentError("all elements of input should be between 0 and 1")
    np.negative(x, out=result)
    np.log1p(result, out=result)
    if most == 1:
        np.maximum(result, -100, out=result)
    result *= target - 1
    logs = np.log(x, out=np.empty(result.shape, result.dtype))
    if lowest < _LEAST:
        np.maximum(logs, -100, out=logs)
    logs *= target
    result -= logs
    if weight is not None:
        result *= weight
    return result


def _binary_logits(
    x: Raw, target: Raw, weight: Any = None, pos_weight: Any = None, reduction: int = 1
) -> Raw:
    def loss(x: Raw, target: Raw, weight: Any, pos_weight: Any, result: Raw) -> Raw:
        np.abs(x, out=result)
        np.negative(result, out=result)
        np.exp(result, out=result)
        np.log1p(result, out=result)
        result += at_least(-x, 0)  # softplus(-x)
        if pos_weight is not None:
            result *= (pos_weight - 1) * target + 1
        result += (1 - target) * x
        if weight is not None:
            result *= weight
        return result

    return _in_blocks(loss, reduction, x, target, weight, pos_weight)


def _kl_div(x: Raw, target: Raw, reduction: int = 1, *, log_target: bool = False) -> Raw:
    def loss(x: Raw, target: Raw, result: Raw) -> Raw:
        if log_target:
            np.exp(target, out=result)
            result *= target - x
            return result
        np.log(target, out=result)
        result -= x
        result *= target
        if target.size and not least(target) > 0:
            np.copyto(result, target * -x, where=target == 0)  # xlogy
        return result

    return _in_blocks(loss, reduction, x, target)


def _poisson(x: Raw, target: Raw, log: bool, full: bool, eps: float, reduction: int) -> Raw:
    def loss(x: Raw, target: Raw, result: Raw) -> Raw:
        if log:
            np.exp(x, out=result)
            result -= target * x
        else:
            np.log(x + eps, out=result)
            result *= -target
            result += x
        if full:
            stirling = target * np.log(target) - target + 0.5 * np.log(2 * math.pi * target)
            np.add(result, stirling, out=result, where=target > 1)
        return result

    return _in_blocks(loss, reduction, x, target)


def _gaussian(x: Raw, target: Raw, var: Raw, full: bool, eps: float, reduction: int) -> Raw:
    def loss(x: Raw, target: Raw, var: Raw, result: Raw) -> Raw:
        limited = var if var.size and least(var) >= eps else at_least(var, eps)
        np.square(np.subtract(x, target, out=result), out=result)
        result /= limited
        result += np.log(limited)
        result *= 0.5
        if full:
            result += 0.5 * math.log(2 * math.pi)
        return result

    return _in_blocks(loss, reduction, x, target, var)


gaussian: Final = of_arrays(_gaussian)  # which is no operator of ATen


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
    def loss(a: Raw, b: Raw, target: Raw, result: Raw) -> Raw:
        np.subtract(b, a, out=result)
        result *= target
        result += margin
        return np.maximum(result, 0, out=result)

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
    def loss(x: Raw, target: Raw, result: Raw) -> Raw:
        far = np.where(target == 1, 0, np.maximum(margin - x, 0))
        near = np.where(target == -1, 0, x)
        return np.asarray(far + near, x.dtype)

    return _in_blocks(loss, reduction, x, target)


def _soft_margin(x: Raw, target: Raw, reduction: int = 1) -> Raw:
    def loss(x: Raw, target: Raw, result: Raw) -> Raw:
        np.negative(target, out=result)
        result *= x
        np.exp(result, out=result)
        return np.log1p(result, out=result)

    return _in_blocks(loss, reduction, x, target)


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
}
