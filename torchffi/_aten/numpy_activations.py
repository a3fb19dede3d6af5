"""ATen operators on NumPy: activations and dropouts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._aten.numpy_in_place import in_place
from torchffi._numpy.checks import Raw
from torchffi._numpy.choices import choose
from torchffi._numpy.creation import rand
from torchffi._numpy.special import clip, largest, least, sigmoid
from torchffi._numpy.totals import BLOCK, in_blocks, into_blocks
from torchffi.dtypes import float64
from torchffi.errors import InvalidArgumentError, ShapeError

# The constants of selu and alpha_dropout, from "Self-Normalizing Neural Networks" (2017).
_ALPHA: Final = 1.6732632423543772848170429916717
_SCALE: Final = 1.0507009873554804934193349852946


def _softplus(x: Raw, result: Raw, beta: float = 1, threshold: float = 20) -> None:
    scaled = x if beta == 1 else x * beta
    np.exp(scaled, out=result)
    np.log1p(result, out=result)
    if beta != 1:
        result /= beta
    if x.size and not largest(scaled) <= threshold:
        np.copyto(result, x, where=scaled > threshold)


def _log_sigmoid(x: Raw, result: Raw) -> None:
    if not x.size or least(x) >= -20:
        np.negative(x, out=result)
        np.exp(result, out=result)
        np.log1p(result, out=result)
        np.negative(result, out=result)
    else:  # exp(-x) may overflow
        np.abs(x, out=result)
        np.negative(result, out=result)
        np.exp(result, out=result)
        np.log1p(result, out=result)
        np.subtract(np.minimum(x, 0), result, out=result)


def _mish(x: Raw, result: Raw) -> None:
    _softplus(x, result)
    np.tanh(result, out=result)
    np.multiply(result, x, out=result)


def _hardtanh(x: Raw, low: float = -1, high: float = 1) -> Raw:
    return np.asarray(clip(x, low, high), x.dtype)


def _hardsigmoid(x: Raw, result: Raw) -> None:
    np.add(x, 3, out=result)
    result.clip(0, 6, out=result)
    np.divide(result, 6, out=result)


def _hardswish(x: Raw, result: Raw) -> None:
    _hardsigmoid(x, result)
    np.multiply(result, x, out=result)


def _elu(x: Raw, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Raw:
    negative = np.expm1(x * input_scale if input_scale != 1 else x) * (alpha * scale)
    return choose(x < 0, negative, x * scale if scale != 1 else x)


def _celu(x: Raw, alpha: float = 1.0) -> Raw:
    if not alpha:
        raise InvalidArgumentError("alpha is 0, expected another number")
    return _elu(x, alpha, 1, 1 / alpha)


def _prelu(x: Raw, weight: Raw) -> Raw:
    channels = x.shape[1] if x.ndim > 1 else 1
    if weight.ndim > 1 or weight.size not in (1, channels):
        raise ShapeError(f"weight has shape {weight.shape}, expected ({channels},) or (1,)")
    factors = weight.reshape((-1,) + (1,) * (x.ndim - 2)) if x.ndim > 1 else weight.reshape(())
    return choose(x > 0, x, factors * x).reshape(x.shape)  # type: ignore[no-any-return]


def _glu(x: Raw, axis: int = -1) -> Raw:
    if not x.ndim or x.shape[axis] % 2:
        raise ShapeError(f"axis {axis} of shape {x.shape} has no even length")
    first, second = np.split(x, 2, axis)
    return np.asarray(first * sigmoid(second))


def _softshrink(x: Raw, distance: float = 0.5) -> Raw:
    if distance < 0:
        raise InvalidArgumentError(f"lambd is {distance}, expected >= 0")
    return choose(np.abs(x) <= distance, x * 0, x - np.copysign(distance, x).astype(x.dtype))


def _one_hot(x: Raw, classes: int = -1) -> Raw:
    if x.dtype != np.int64:
        raise InvalidArgumentError(f"dtype {x.dtype} is not supported; expected int64")
    if not x.size and classes < 1:
        raise InvalidArgumentError("num_classes must be given for a tensor without elements")
    if x.size and (lowest := least(x)) < 0:
        raise InvalidArgumentError(f"index {lowest} is negative")
    highest = int(largest(x)) if x.size else -1
    count = highest + 1 if classes == -1 else classes
    if x.size and highest >= count:
        raise InvalidArgumentError(f"index {highest} is out of range for {count} classes")
    result = np.zeros((*x.shape, count), np.int64)
    if x.size:
        result.reshape(-1, count)[np.arange(x.size), x.reshape(-1)] = 1
    return result


_ELEMENTWISE: Final[dict[str, Callable[..., Any]]] = {
    "relu6": lambda x: _hardtanh(x, 0, 6),
    "leaky_relu": lambda x, slope=0.01: choose(x > 0, x, x * slope),
    "elu": _elu,
    "selu": lambda x: _elu(x, _ALPHA, _SCALE),
    "celu": _celu,
    "hardtanh": _hardtanh,
    "threshold": lambda x, limit, value: choose(x <= limit, x.dtype.type(value), x),
}
_INTO: Final[dict[str, Callable[..., None]]] = {
    "hardswish": _hardswish,
    "hardsigmoid": _hardsigmoid,
    "mish": _mish,
}
_ONE_PASS: Final = ("relu6", "hardtanh")
_OF_INTEGERS: Final = ("relu6", "hardtanh", "threshold")


def _blockwise(function: Callable[..., Any]) -> Callable[..., Raw]:
    """The function, called for block after block: what it computes on the way stays in the cache."""

    def activation(x: Raw, *arguments: Any) -> Raw:
        return in_blocks(function, x, *arguments) if x.size > BLOCK else function(x, *arguments)

    return activation


def _into(function: Callable[..., None]) -> Callable[..., Raw]:
    """The same for a function that writes its result into an array."""
    return partial(into_blocks, function)


# ---- Random numbers


def _noise(shape: tuple[int, ...], p: float) -> Raw:
    """Whether an element stays, with probability 1 - p."""
    return np.asarray(rand(shape, len(shape), float64.code, -1) >= p)


def _channels(x: Raw) -> tuple[int, ...]:
    if x.ndim < 2:
        raise ShapeError(f"shape {x.shape} has no channels, expected at least 2 axes")
    return (*x.shape[:2], *(1,) * (x.ndim - 2))


def _dropout(whole: bool) -> Callable[..., Raw]:
    def dropout(x: Raw, p: float, train: bool) -> Raw:
        if not train or not p:
            return x
        if p == 1:
            return np.zeros_like(x)
        return x * (_noise(_channels(x) if whole else x.shape, p) / (1 - p)).astype(x.dtype)  # type: ignore[no-any-return]

    return dropout


def _alpha_dropout(whole: bool) -> Callable[..., Raw]:
    def dropout(x: Raw, p: float, train: bool) -> Raw:
        if not train or not p:
            return x
        if p == 1:
            return np.zeros_like(x)
        low = _ALPHA * _SCALE  # minus the limit of selu, which replaces an element
        factor = 1 / np.sqrt((low * low * p + 1) * (1 - p))
        stays = _noise(_channels(x) if whole else x.shape, p)
        offsets = np.where(stays, 0, -low) * factor + low * factor * p
        return x * (stays * factor).astype(x.dtype) + offsets.astype(x.dtype)  # type: ignore[no-any-return]

    return dropout


_DROPOUTS: Final = {
    name: of_arrays(function, "fc")
    for name, function in {
        "dropout": _dropout(False),
        "feature_dropout": _dropout(True),
        "alpha_dropout": _alpha_dropout(False),
        "feature_alpha_dropout": _alpha_dropout(True),
    }.items()
}
_BOTH: Final[dict[str, Function]] = {
    **{
        name: of_arrays(
            function if name in _ONE_PASS else _blockwise(function),
            "fiu" if name in _OF_INTEGERS else "f",
        )
        for name, function in _ELEMENTWISE.items()
    },
    **{name: of_arrays(_into(function)) for name, function in _INTO.items()},
    **_DROPOUTS,
}
TABLE: Final[dict[str, Function]] = {
    **_BOTH,
    **{f"{name}_": in_place(function) for name, function in _BOTH.items()},
    "prelu": of_arrays(_prelu),
    "softplus": of_arrays(_into(_softplus)),
    "glu": of_arrays(_glu),
    "log_sigmoid": of_arrays(_into(_log_sigmoid)),
    "softshrink": of_arrays(_blockwise(_softshrink)),
    "hardshrink": of_arrays(
        _blockwise(lambda x, distance=0.5: choose(np.abs(x) <= distance, x * 0, x))
    ),
    "one_hot": of_arrays(_one_hot, "i"),
}
