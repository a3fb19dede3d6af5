"""Making one batch of several items."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

from torchffi import dtypes
from torchffi._array.conversion import asarray
from torchffi._array.joining import stack
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import is_array, is_numpy_scalar, np
from torchffi.errors import ArgumentError, ShapeError

__all__ = ["default_collate", "default_convert"]


def default_collate(batch: Sequence[Any]) -> Any:
    """One batch of several items.

    Tensors and arrays are stacked along a new first axis; numbers become a tensor (a ``float`` of
    float64, an ``int`` of int64); texts stay in a list; of dicts, tuples and lists the items are made
    batches one by one, a plain tuple becoming a list.

    Args:
        batch: Items of one kind.

    Raises:
        TypeError: An item of another type.
        ValueError: Lists of several lengths, or tensors of several shapes.

    Source: torch.utils.data.default_collate.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch))
    if is_array(first) or is_numpy_scalar(first):
        if first.dtype.kind in "SUO":
            raise ArgumentError(
                f"default_collate: expected arrays of numbers, got dtype {first.dtype}"
            )
        return asarray(np.stack(batch))
    if isinstance(first, float):
        return asarray(list(batch), dtype=dtypes.float64)
    if isinstance(first, int):
        return asarray(list(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return _mapping(first, lambda key: default_collate([one[key] for one in batch]))
    if isinstance(first, Sequence):
        if any(len(one) != len(first) for one in batch):
            raise ShapeError(
                f"default_collate: lists of the lengths {sorted({len(one) for one in batch})}, expected "
                "one length; pad them, or give a collate_fn"
            )
        return _sequence(first, [default_collate(one) for one in zip(*batch, strict=True)])
    raise ArgumentError(
        f"default_collate: expected tensors, arrays, numbers, texts, dicts or lists, got "
        f"{type(first).__name__}; give a collate_fn"
    )


def default_convert(data: Any) -> Any:
    """An item with its arrays as tensors; all else stays as it is.

    Source: torch.utils.data.default_convert.
    """
    if (is_array(data) or is_numpy_scalar(data)) and data.dtype.kind not in "SUO":
        return asarray(data)
    if isinstance(data, Mapping):
        return _mapping(data, lambda key: default_convert(data[key]))
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _sequence(data, [default_convert(one) for one in data])
    return data


def _mapping(first: Mapping[Any, Any], value: Callable[[Any], Any]) -> Any:
    """A mapping like the first one with other values."""
    values = {key: value(key) for key in first}
    try:
        if isinstance(first, MutableMapping):
            found = copy.copy(first)
            found.update(values)
            return found
        return type(first)(values)  # type: ignore[call-arg]
    except TypeError:  # it cannot be copied, or not made from a dict
        return values


def _sequence(first: Sequence[Any], values: list[Any]) -> Any:
    """A sequence like the first one with other values."""
    if isinstance(first, tuple):
        return type(first)(*values) if hasattr(first, "_fields") else values
    try:
        if isinstance(first, MutableSequence):
            found = copy.copy(first)
            for i, value in enumerate(values):
                found[i] = value
            return found
        return type(first)(values)  # type: ignore[call-arg]
    except TypeError:  # it cannot be copied, or not made from a list
        return values
