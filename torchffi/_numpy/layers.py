"""Layers of neural networks."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from torchffi._numpy import special
from torchffi._numpy.checks import Raw, check_broadcast_to, no_product
from torchffi.errors import AxisError, InvalidArgumentError, ShapeError


def gelu(x: Raw, approximate: bool) -> Raw:
    if approximate:  # Phi approximated with tanh
        inner = np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)
        return np.asarray(0.5 * x * (1 + np.tanh(inner)), x.dtype)
    half = x.dtype.type(0.5)
    return np.asarray(x * half * (1 + special.erf(x * x.dtype.type(np.sqrt(0.5)))), x.dtype)


def layer_norm(
    x: Raw,
    dims: tuple[int, ...],
    ndim: int,
    weight: Raw | Literal[0],
    bias: Raw | Literal[0],
    epsilon: float,
) -> Raw:
    if not ndim or x.shape[max(x.ndim - ndim, 0) :] != dims:
        raise ShapeError(f"shape {x.shape} does not end in {dims}")
    over = tuple(range(-ndim, 0))
    centred = x - np.mean(x, over, keepdims=True)
    variance = np.mean(np.square(centred), over, keepdims=True)
    result = centred / np.sqrt(variance + epsilon)
    for name, array, combine in (("weight", weight, np.multiply), ("bias", bias, np.add)):
        if isinstance(array, int):  # not given
            continue
        if array.shape != dims:
            raise ShapeError(f"{name} has shape {array.shape}, expected {dims}")
        result = combine(result, array)
    return np.asarray(result, x.dtype)


def linear(x: Raw, weight: Raw, bias: Raw | Literal[0]) -> Raw:
    if weight.ndim != 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected 2 axes")
    try:
        product = np.asarray(np.matmul(x, weight.T))
    except ValueError:
        raise no_product(x, weight.T) from None
    if isinstance(bias, int):  # not given
        return product
    if bias.shape != weight.shape[:1]:
        raise ShapeError(f"bias has shape {bias.shape}, expected {weight.shape[:1]}")
    return np.asarray(product + bias)


def embedding(weight: Raw, indices: Raw) -> Raw:
    if weight.ndim != 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected 2 axes")
    if indices.size and not 0 <= indices.min() <= indices.max() < len(weight):
        raise AxisError(f"an index is out of range for {len(weight)} rows")
    return weight[indices]


def scaled_dot_product_attention(
    query: Raw, key: Raw, value: Raw, mask: Raw | Literal[0], causal: bool, scale: Any
) -> Raw:
    """``scale`` is a pointer to the factor, or NULL."""
    same = query.ndim == key.ndim == value.ndim >= 2
    same = same and query.shape[:-2] == key.shape[:-2] == value.shape[:-2]
    if not (same and query.shape[-1] == key.shape[-1] and key.shape[-2] == value.shape[-2]):
        raise ShapeError(
            f"query {query.shape}, key {key.shape} and value {value.shape} "
            "are not (..., l, e), (..., s, e) and (..., s, v)"
        )
    factor = scale[0] if scale else 1 / np.sqrt(query.shape[-1])
    scores = (query * query.dtype.type(factor)) @ np.swapaxes(key, -1, -2)
    given = None if isinstance(mask, int) else mask
    if given is not None:
        if causal:
            raise InvalidArgumentError("a mask and causal exclude each other")
        if given.shape != scores.shape:
            check_broadcast_to(given, scores.shape)
    elif causal:
        given = np.tri(*scores.shape[-2:], dtype=np.bool_)
    if given is not None and given.dtype == np.bool_:
        scores = np.where(given, scores, scores.dtype.type(-np.inf))
    elif given is not None:
        scores = scores + given
    powers = np.exp(scores - np.max(scores, -1, keepdims=True, initial=-np.inf))
    weights = np.asarray(powers / np.sum(powers, -1, keepdims=True), scores.dtype)
    if given is not None:  # a fully masked row gives 0, as in LibTorch
        weights[np.all(np.isneginf(scores), -1)] = 0
    return np.asarray(weights @ value, query.dtype)


def softmax(x: Raw, axis: int) -> Raw:
    if not x.ndim:
        raise AxisError(f"axis {axis} is out of range for shape ()")
    powers = np.exp(x - np.max(x, axis, keepdims=True, initial=-np.inf))
    return np.asarray(powers / np.sum(powers, axis, keepdims=True), x.dtype)


def log_softmax(x: Raw, axis: int) -> Raw:
    if not x.ndim:
        raise AxisError(f"axis {axis} is out of range for shape ()")
    shifted = x - np.max(x, axis, keepdims=True, initial=-np.inf)
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), axis, keepdims=True)), x.dtype)
