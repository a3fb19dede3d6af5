"""Masks of attention."""

from __future__ import annotations

import math

from torchffi._array.conversion import asarray
from torchffi._array.manipulation import reshape
from torchffi._array.searching import where
from torchffi._core.tensor import Tensor
from torchffi.dtypes import FLOATING, DType
from torchffi.errors import DTypeError, ShapeError
from torchffi.nn._resizing import pad


def as_floats(name: str, mask: Tensor | None, dtype: DType) -> Tensor | None:
    """A mask to add: of bool, -inf where it is true, and 0 elsewhere."""
    if mask is None or mask.dtype.kind in FLOATING:
        return mask
    if mask.dtype.name != "bool":
        raise DTypeError(f"{name}: expected bool or a floating-point dtype, got {mask.dtype}")
    least, zero = (asarray(x, dtype=dtype, device=mask.device) for x in (-math.inf, 0.0))
    return where(mask, least, zero)


def merged(
    attn_mask: Tensor | None,
    ignored: Tensor | None,
    sizes: tuple[int, int, int, int],
    added: int,
) -> Tensor | None:
    """Two masks to add as one, which broadcasts to (n, heads, l, s + added).

    Args:
        attn_mask: A tensor of shape (l, s) or (n * heads, l, s), or None.
        ignored: The key padding mask, of shape (n, s), or None.
        sizes: n, heads, l and s.
        added: Number of keys after the others, which no mask excludes.

    Raises:
        ValueError: If a shape does not fit.
    """
    batch, heads, length, keys = sizes
    if attn_mask is not None:
        shapes = (length, keys), (batch * heads, length, keys)
        if attn_mask.shape not in shapes:
            raise ShapeError(
                f"MultiheadAttention: attn_mask has shape {attn_mask.shape}, expected "
                f"{shapes[0]} or {shapes[1]}"
            )
        first = (1, 1) if attn_mask.ndim == 2 else (batch, heads)
        attn_mask = reshape(attn_mask, (*first, length, keys))
    if ignored is not None:
        if ignored.shape != (batch, keys):
            raise ShapeError(
                f"MultiheadAttention: key_padding_mask has shape {ignored.shape}, expected "
                f"{(batch, keys)}"
            )
        ignored = reshape(ignored, (batch, 1, 1, keys))
        attn_mask = ignored if attn_mask is None else attn_mask + ignored
    return pad(attn_mask, (0, added)) if attn_mask is not None and added else attn_mask
