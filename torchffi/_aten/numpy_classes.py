"""ATen operators on NumPy: losses of classes, and bags of rows."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._aten.numpy_losses import reduced
from torchffi._numpy.checks import Raw
from torchffi._numpy.layers import log_softmax
from torchffi._numpy.special import are_places
from torchffi._numpy.totals import total
from torchffi.errors import AxisError, InvalidArgumentError, ShapeError


def _picked(logs: Raw, target: Raw, weight: Raw | None, ignored: int) -> tuple[Raw, Any, Any]:
    """Minus the element of the target's class times its weight, that weight, and where it counts.

    Without weights, and if all count, these are None and True.

    Args:
        logs: An array of shape (n, classes, ...).
        target: Classes of shape (n, ...).
        weight: Factors of the classes.
        ignored: The class that does not count.
    """
    classes = logs.shape[1]
    if target.dtype not in (np.int64, np.uint8):
        raise InvalidArgumentError(f"target has dtype {target.dtype}, expected int64")
    if target.shape != logs.shape[:1] + logs.shape[2:]:
        raise ShapeError(f"target has shape {target.shape} for an input of shape {logs.shape}")
    if weight is not None and weight.shape != (classes,):
        raise ShapeError(f"weight has shape {weight.shape}, expected ({classes},)")
    counts: Any = True
    if 0 <= ignored < classes or not are_places(target, classes):
        counts = target != ignored
        beyond = target[counts & ((target < 0) | (target >= classes))]
        if beyond.size:
            raise AxisError(f"target {beyond[0]} is out of bounds for {classes} classes")
        target = np.where(counts, target, 0)
    safe = target.astype(np.int64, copy=False)
    if logs.ndim == 2:
        loss = -logs[np.arange(len(logs)), safe]
    else:
        loss = -np.take_along_axis(logs, safe[:, None], 1)[:, 0]
    if counts is True and weight is None:
        return loss, None, True
    factors = counts * (np.float64(1) if weight is None else weight[safe].astype(np.float64))
    return np.where(counts, loss * factors, 0), factors, counts


def _batched(x: Raw, target: Raw) -> tuple[Raw, Raw]:
    if not x.ndim:
        raise ShapeError("input has shape (), expected at least 1 axis")
    return (x[None], target[None]) if x.ndim == 1 else (x, target)


def _total(loss: Raw, factors: Any, reduction: int, dtype: Any, single: bool) -> Raw:
    """The loss, its weighted mean, or its sum."""
    if reduction == 1:
        count = loss.size if factors is None else np.add.reduce(factors, None)
        summed = np.add.reduce(loss, None, np.float64)
        return np.asarray(summed / count, dtype)
    return reduced(np.asarray(loss[0] if single else loss, dtype), reduction)


def _nll(x: Raw, target: Raw, weight: Any = None, reduction: int = 1, ignored: int = -100) -> Raw:
    logs, classes = _batched(x, target)
    loss, factors, _ = _picked(logs, classes, weight, ignored)
    return _total(loss, factors, reduction, x.dtype, x.ndim == 1)


def _cross_entropy(
    x: Raw,
    target: Raw,
    weight: Any = None,
    reduction: int = 1,
    ignored: int = -100,
    smoothing: float = 0.0,
) -> Raw:
    if not 0 <= smoothing <= 1:
        raise InvalidArgumentError(f"label_smoothing is {smoothing}, expected 0 to 1")
    axis = 1 if x.ndim > 1 else 0
    if not x.ndim:
        raise ShapeError("input has shape (), expected at least 1 axis")
    logs, classes = _batched(log_softmax(x, axis), target)
    count, single = logs.shape[1], x.ndim == 1
    factors = np.ones(count) if weight is None else weight.astype(np.float64)
    if weight is not None and weight.shape != (count,):
        raise ShapeError(f"weight has shape {weight.shape}, expected ({count},)")
    column = factors.reshape((-1,) + (1,) * (logs.ndim - 2))
    if target.shape == x.shape:
        if target.dtype.kind != "f":
            raise InvalidArgumentError(
                f"target has dtype {target.dtype}, expected floating point for probabilities"
            )
        shares = classes * (1 - smoothing) + smoothing / count if smoothing else classes
        loss = -np.sum(logs * shares * column, 1)
        if reduction == 1:
            return np.asarray(np.sum(loss) / (loss.size or 1), x.dtype)
        return reduced(np.asarray(loss[0] if single else loss, x.dtype), reduction)
    loss, picked, counts = _picked(logs, classes, weight, ignored)
    if smoothing:
        spread = np.where(counts, -np.sum(logs * column, 1), 0)
        loss = (1 - smoothing) * loss + smoothing / count * spread
    return _total(loss, picked, reduction, x.dtype, single)


def _bags(
    weight: Raw, indices: Raw, offsets: Raw, _: bool, mode: int, __: bool, factors: Raw | None,
    last: bool, ignored: int | None,
) -> tuple[Raw, ...]:  # fmt: skip
    if weight.ndim != 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected 2 axes")
    if not are_places(indices, len(weight)):
        raise AxisError(f"an index is out of range for {len(weight)} rows")
    starts = offsets.tolist() if last else [*offsets.tolist(), len(indices)]
    sizes = [end - start for start, end in pairwise(starts)]
    if sizes and (starts[0] != 0 or min(sizes) < 0 or starts[-1] > len(indices)):
        raise InvalidArgumentError(
            "offsets must begin with 0 and ascend to at most the input's length"
        )
    count = max(len(starts) - 1, 0)
    owner = np.zeros(len(indices), np.int64)
    lengths = np.asarray(sizes, np.int64)
    if count:
        owner[: starts[-1]] = np.arange(count).repeat(lengths)
    kept: Any = slice(0, starts[-1] if count else 0)
    if ignored is not None:
        kept = np.flatnonzero(indices[kept] != ignored)
        lengths = np.bincount(owner[kept], minlength=count)
    rows = weight[indices[kept]]
    if factors is not None:
        rows = rows * factors[kept][:, None]
    result = _of_bags(rows, lengths, mode)
    return np.asarray(result, weight.dtype), owner, lengths, lengths


def _of_bags(rows: Raw, lengths: Raw, mode: int) -> Raw:
    """The sum, mean or largest of each of several successive groups of rows; 0 for an empty one."""
    same = len(lengths) and lengths[0] and (lengths == lengths[0]).all()
    if same:
        groups = rows.reshape(len(lengths), lengths[0], rows.shape[1])
        if mode == 2:
            return np.asarray(np.maximum.reduce(groups, 1))
        return np.asarray(total(groups, (1,)) / (lengths[0] if mode else 1))
    result = np.zeros((len(lengths), rows.shape[1]))
    filled = lengths > 0
    starts = (np.cumsum(lengths) - lengths)[filled]
    if len(starts) and mode == 2:
        result[filled] = np.maximum.reduceat(rows, starts, 0)
    elif len(starts):
        result[filled] = np.add.reduceat(rows, starts, 0, np.float64)
    return result / np.maximum(lengths, 1)[:, None] if mode == 1 else result


TABLE: Final[dict[str, Function]] = {
    "cross_entropy_loss": of_arrays(_cross_entropy),
    "nll_loss_nd": of_arrays(_nll),
    "embedding_bag.padding_idx": of_arrays(_bags),
}
