"""Layers of neural networks."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from torchffi._numpy import special
from torchffi._numpy.checks import Raw, check_broadcast_to, no_product
from torchffi._numpy.totals import BLOCK, HALF, WIDE, in_blocks
from torchffi.errors import AxisError, InvalidArgumentError, ShapeError


def gelu(x: Raw, approximate: bool) -> Raw:
    if x.size > BLOCK or x.dtype == HALF:
        return in_blocks(gelu, x, approximate)
    if approximate:  # Phi approximated with tanh
        inner = x.dtype.type(np.sqrt(2 / np.pi)) * (x + x.dtype.type(0.044715) * x**3)
        return np.asarray(x.dtype.type(0.5) * x * (1 + np.tanh(inner)))
    half = x.dtype.type(0.5)
    return np.asarray(x * half * (1 + special.erf(x * x.dtype.type(np.sqrt(0.5)))))


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
    for name, array in (("weight", weight), ("bias", bias)):
        if not isinstance(array, int) and array.shape != dims:
            raise ShapeError(f"{name} has shape {array.shape}, expected {dims}")
    size = math.prod(dims)
    if x.size > max(BLOCK, size) or x.dtype == HALF:
        over = tuple(range(x.ndim - ndim, x.ndim))
        return in_blocks(layer_norm, x, dims, ndim, weight, bias, epsilon, whole=over)
    rows = x.reshape(*x.shape[: x.ndim - ndim], size)
    centred = rows - np.asarray(np.add.reduce(rows, -1, np.float64, keepdims=True) / size, x.dtype)
    variance = np.add.reduce(np.square(centred), -1, np.float64, keepdims=True) / size
    centred /= np.sqrt(variance + epsilon)
    result = centred.reshape(x.shape)
    if not isinstance(weight, int):
        result *= weight
    if not isinstance(bias, int):
        result += bias
    return np.asarray(result)


def linear(x: Raw, weight: Raw, bias: Raw | Literal[0]) -> Raw:
    if weight.ndim != 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected 2 axes")
    wide = WIDE.get(x.dtype, x.dtype)
    try:
        product = np.asarray(
            np.matmul(x.astype(wide, copy=False), weight.T.astype(wide, copy=False))
        )
    except ValueError:
        raise no_product(x, weight.T) from None
    if not isinstance(bias, int):
        if bias.shape != weight.shape[:1]:
            raise ShapeError(f"bias has shape {bias.shape}, expected {weight.shape[:1]}")
        product = np.asarray(np.add(product, bias, out=product if product.ndim else None))
    return np.asarray(product, x.dtype)


def embedding(weight: Raw, indices: Raw) -> Raw:
    if weight.ndim != 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected 2 axes")
    if not special.are_places(indices, len(weight)):
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
    rows, columns = query.shape[-2], key.shape[-2]
    given = None if isinstance(mask, int) else mask
    if given is not None:
        if causal:
            raise InvalidArgumentError("a mask and causal exclude each other")
        shape = (*query.shape[:-1], columns)
        if given.shape != shape:
            check_broadcast_to(given, shape)
            given = np.broadcast_to(given, shape)
    wide = WIDE[query.dtype]
    keys, values = key.astype(wide, copy=False), value.astype(wide, copy=False)
    result = np.empty((*query.shape[:-1], value.shape[-1]), query.dtype)
    # A few rows of scores at a time: all of them may need more memory than the operands.
    step = max(1, 16 * BLOCK // max(1, math.prod(query.shape[:-2]) * columns))
    for start in range(0, rows, step):
        part = slice(start, min(start + step, rows))
        allowed = None if given is None else given[..., part, :]
        if causal:
            allowed = np.tri(part.stop - start, columns, start, dtype=np.bool_)
        queries = query[..., part, :].astype(wide, copy=False) * wide.type(factor)
        scores = queries @ np.swapaxes(keys, -1, -2)
        if allowed is not None and allowed.dtype == np.bool_:
            scores[np.broadcast_to(~allowed, scores.shape)] = -np.inf
        elif allowed is not None:
            scores += allowed
        peaks = np.maximum.reduce(scores, -1, keepdims=True, initial=-np.inf)
        if allowed is not None:  # a fully masked row gives 0, as in LibTorch
            peaks[np.isneginf(peaks)] = 0
        weights = np.exp(np.subtract(scores, peaks, out=scores), out=scores)
        totals = np.add.reduce(weights, -1, np.float64, keepdims=True)
        if allowed is not None:
            totals[totals == 0] = 1
        result[..., part, :] = np.divide(weights, totals, out=weights, casting="same_kind") @ values
    return result


def softmax(x: Raw, axis: int) -> Raw:
    if not x.ndim:
        raise AxisError(f"axis {axis} is out of range for shape ()")
    if x.size > max(BLOCK, x.shape[axis]) or x.dtype == HALF:
        return in_blocks(softmax, x, axis, whole=(axis,))
    powers = x - np.maximum.reduce(x, axis, None, keepdims=True, initial=-np.inf)
    np.exp(powers, out=powers)
    powers /= np.add.reduce(powers, axis, np.float64, keepdims=True)
    return np.asarray(powers)


def log_softmax(x: Raw, axis: int) -> Raw:
    if not x.ndim:
        raise AxisError(f"axis {axis} is out of range for shape ()")
    if x.size > max(BLOCK, x.shape[axis]) or x.dtype == HALF:
        return in_blocks(log_softmax, x, axis, whole=(axis,))
    shifted = x - np.maximum.reduce(x, axis, None, keepdims=True, initial=-np.inf)
    shifted -= np.log(np.add.reduce(np.exp(shifted), axis, np.float64, keepdims=True))
    return np.asarray(shifted)
