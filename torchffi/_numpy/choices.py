"""Elements of one array or another, by a condition.

``np.where()`` branches at every element: where the condition has no pattern it takes ten times as long
as operations on the bits, which do not branch.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from torchffi._numpy.checks import Raw
from torchffi._numpy.totals import blocks

FEW: Final = 2**14  # elements: up to here the processor learns the branches of a repeated condition
_BITS: Final[dict[int, np.dtype[Any]]] = {n: np.dtype(f"i{n}") for n in (1, 2, 4, 8)}


def choose(condition: Raw, a: Any, b: Any) -> Raw:
    """``np.where(condition, a, b)`` for a condition of bools, and arrays or NumPy's numbers."""
    if condition.size <= FEW:
        return np.where(condition, a, b)  # type: ignore[no-any-return]
    a, b = np.asarray(a), np.asarray(b)
    bits = _BITS.get(a.dtype.itemsize)
    if bits is None or a.dtype != b.dtype or condition.dtype != np.bool_:
        return np.where(condition, a, b)  # type: ignore[no-any-return]
    shape = np.broadcast_shapes(condition.shape, a.shape, b.shape)
    result = np.empty(shape, a.dtype)
    operands = condition.view(np.int8), a.view(bits), b.view(bits)
    mask, first, second = [np.broadcast_to(one, shape) for one in operands]
    for index in blocks(result):
        chosen, other = result[index].view(bits), second[index]
        np.bitwise_xor(first[index], other, out=chosen)
        chosen &= np.negative(mask[index]).astype(bits, copy=False)  # all bits, or none
        chosen ^= other
    return result


# ---- Masks of more than FEW elements


def _is_mask(condition: Raw, x: Raw) -> bool:
    """Whether it is one of each element."""
    return bool(condition.dtype == np.bool_ and condition.shape == x.shape)


def pick(x: Raw, condition: Raw) -> Raw:
    """``x[condition]``."""
    if not (_is_mask(condition, x) and x.flags.c_contiguous and condition.flags.c_contiguous):
        return np.asarray(x[condition])
    flat, mask = x.reshape(-1), condition.reshape(-1)
    result, end = np.empty(np.count_nonzero(mask), x.dtype), 0
    for (block,) in blocks(flat):
        places = np.flatnonzero(mask[block])
        start, end = end, end + places.size
        flat[block].take(places, out=result[start:end], mode="clip")  # "raise" makes a copy
    return result


def put(x: Raw, condition: Raw, value: Raw) -> None:
    """``x[condition] = value``."""
    bits = _BITS.get(x.dtype.itemsize)
    if value.ndim or bits is None or value.dtype != x.dtype or not _is_mask(condition, x):
        x[condition] = value
        return
    new = value.view(bits)
    for index in blocks(x):
        elements = x[index].view(bits)
        changes = elements ^ new
        changes &= np.negative(condition[index].view(np.int8)).astype(bits, copy=False)
        elements ^= changes
