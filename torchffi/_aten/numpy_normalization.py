"""ATen operators on NumPy: normalization over batches, groups and instances."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._numpy.checks import Raw
from torchffi._numpy.squares import squares
from torchffi.errors import InvalidArgumentError, ShapeError


def _scaled(x: Raw, mean: Raw, var: Raw, eps: float) -> Raw:
    """(x - mean) / sqrt(var + eps), where mean and var are float64."""
    return np.asarray((x - mean) * (1 / np.sqrt(var + eps)), x.dtype)


def _moments(x: Raw, axes: tuple[int, ...]) -> tuple[Raw, Raw]:
    """Mean and variance in float64, with the axes kept."""
    mean = np.asarray(np.mean(x, axes, np.float64, keepdims=True))
    return mean, np.asarray(np.mean(np.square(x - mean), axes, np.float64, keepdims=True))


def _affine(x: Raw, weight: Raw | None, bias: Raw | None) -> Raw:
    """Scales and shifts the channels, axis 1."""
    shape = (-1,) + (1,) * (x.ndim - 2)
    for name, given in (("weight", weight), ("bias", bias)):
        if given is not None and given.shape != (x.shape[1],):
            raise ShapeError(f"{name} has shape {given.shape}, expected ({x.shape[1]},)")
    if weight is not None:
        x *= weight.reshape(shape)
    if bias is not None:
        x += bias.reshape(shape)
    return x


def _update(running: Raw | None, new: Raw, momentum: float) -> None:
    if running is not None:
        running[...] = (1 - momentum) * running + momentum * new


def _batch_norm(
    x: Raw, weight: Any, bias: Any, mean: Any, var: Any, train: bool, momentum: float, eps: float,
    *rest: Any,
) -> Raw:  # fmt: skip
    if x.ndim < 2:
        raise ShapeError(f"input has shape {x.shape}, expected at least 2 axes")
    shape = (1, -1) + (1,) * (x.ndim - 2)
    if not train:
        if mean is None or var is None:
            raise InvalidArgumentError(
                "running_mean and running_var must be given, except in training"
            )
        for name, given in (("running_mean", mean), ("running_var", var)):
            if given.shape != (x.shape[1],):
                raise ShapeError(f"{name} has shape {given.shape}, expected ({x.shape[1]},)")
        centre = np.asarray(mean, np.float64).reshape(shape)
        spread = np.asarray(var, np.float64).reshape(shape)
        return _affine(_scaled(x, centre, spread, eps), weight, bias)
    centre, spread = _moments(x, (0, *range(2, x.ndim)))
    count = x.size // x.shape[1]
    _update(mean, centre.reshape(-1), momentum)
    _update(var, spread.reshape(-1) * (count / max(count - 1, 1)), momentum)
    return _affine(_scaled(x, centre, spread, eps), weight, bias)


def _group_norm(
    x: Raw, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, *rest: Any
) -> Raw:
    if x.ndim < 2 or groups < 1 or x.shape[1] % groups:
        raise ShapeError(f"input has shape {x.shape}, expected channels divisible by {groups}")
    rows = x.reshape(x.shape[0], groups, math.prod(x.shape[1:]) // groups)
    return _affine(_scaled(rows, *_moments(rows, (2,)), eps).reshape(x.shape), weight, bias)


def _instance_norm(
    x: Raw, weight: Any, bias: Any, mean: Any, var: Any, use_input: bool, momentum: float, eps: float,
    *rest: Any,
) -> Raw:  # fmt: skip
    if x.ndim < 2:
        raise ShapeError(f"input has shape {x.shape}, expected at least 2 axes")
    if not use_input:
        return _batch_norm(x, weight, bias, mean, var, False, momentum, eps)
    centre, spread = _moments(x, tuple(range(2, x.ndim)))
    count = math.prod(x.shape[2:])
    _update(mean, centre.reshape(x.shape[:2]).mean(0), momentum)
    _update(var, spread.reshape(x.shape[:2]).mean(0) * (count / max(count - 1, 1)), momentum)
    return _affine(_scaled(x, centre, spread, eps), weight, bias)


def _rms_norm(
    x: Raw, shape: Sequence[int], weight: Raw | None = None, eps: float | None = None
) -> Raw:
    dims = tuple(shape)
    if not dims or x.shape[max(x.ndim - len(dims), 0) :] != dims:
        raise ShapeError(f"shape {x.shape} does not end in {dims}")
    if weight is not None and weight.shape != dims:
        raise ShapeError(f"weight has shape {weight.shape}, expected {dims}")
    least = float(np.finfo(x.dtype).eps) if eps is None else eps
    square = squares(x, tuple(range(x.ndim - len(dims), x.ndim)), True) / math.prod(dims)
    result = np.asarray(x * np.asarray(1 / np.sqrt(square + least), x.dtype))
    if weight is not None:
        result *= weight
    return result


TABLE: Final[dict[str, Function]] = {
    "batch_norm": of_arrays(_batch_norm, mixes=True, widens=False),
    "group_norm": of_arrays(_group_norm),
    "instance_norm": of_arrays(_instance_norm, mixes=True, widens=False),
    "rms_norm": of_arrays(_rms_norm),
}
