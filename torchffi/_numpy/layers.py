"""Layers of neural networks."""

from __future__ import annotations

from torchffi._numpy import special
from torchffi._numpy.checks import Raw, check_broadcast_to
from torchffi._numpy.linalg import matmul
from torchffi.errors import AxisError, ShapeError


def gelu(x: Raw, approximate: bool) -> Raw:
    return special.gelu_tanh(x) if approximate else special.gelu(x)


def softmax(x: Raw, axis: int) -> Raw:
    return special.softmax(x, axis)


def log_softmax(x: Raw, axis: int) -> Raw:
    return special.log_softmax(x, axis)


def layer_norm(
    x: Raw, shape: tuple[int, ...], weight: Raw | None, bias: Raw | None, epsilon: float
) -> Raw:
    if not shape or x.shape[max(x.ndim - len(shape), 0) :] != shape:
        raise ShapeError(f"shape {x.shape} does not end in {shape}")
    for name, array in (("weight", weight), ("bias", bias)):
        if array is not None and array.shape != shape:
            raise ShapeError(f"{name} has shape {array.shape}, expected {shape}")
    return special.layer_norm(x, len(shape), weight, bias, epsilon)


def linear(x: Raw, weight: Raw, bias: Raw | None) -> Raw:
    if weight.ndim != 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected 2 axes")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"bias has shape {bias.shape}, expected {weight.shape[:1]}")
    product = matmul(x, weight.T)
    return product if bias is None else product + bias


def embedding(weight: Raw, indices: Raw) -> Raw:
    if weight.ndim != 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected 2 axes")
    if indices.size and not 0 <= indices.min() <= indices.max() < len(weight):
        raise AxisError(f"an index is out of range for {len(weight)} rows")
    return weight[indices]


def scaled_dot_product_attention(
    query: Raw, key: Raw, value: Raw, mask: Raw | None, causal: bool, scale: float | None
) -> Raw:
    same = query.ndim == key.ndim == value.ndim >= 2
    same = same and query.shape[:-2] == key.shape[:-2] == value.shape[:-2]
    if not (same and query.shape[-1] == key.shape[-1] and key.shape[-2] == value.shape[-2]):
        raise ShapeError(
            f"query {query.shape}, key {key.shape} and value {value.shape} "
            "are not (..., l, e), (..., s, e) and (..., s, v)"
        )
    if mask is not None:
        check_broadcast_to(mask, (*query.shape[:-1], key.shape[-2]))
    return special.attention(query, key, value, mask, causal, scale)
