"""Windows of arrays: the elements that each place of a convolution or a pooling reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from torchffi._numpy.checks import Raw
from torchffi.errors import InvalidArgumentError, ShapeError

Sizes = tuple[int, ...]


def last(index: tuple[Any, ...]) -> tuple[Any, ...]:
    """An index into the last axes."""
    return (Ellipsis, *index)


def sizes(value: Any, axes: int, name: str, least: int = 0) -> Sizes:
    """An integer for each axis."""
    given = [value] if isinstance(value, (int, np.integer)) else list(value)
    found = tuple(int(one) for one in given) * (axes if len(given) == 1 else 1)
    if len(found) != axes or min(found) < least:
        raise InvalidArgumentError(
            f"{name} is {value}, expected {axes} integers, each at least {least}"
        )
    return found


def batched(x: Raw, axes: int) -> Raw:
    """The array with an axis of samples, added where it has none."""
    if x.ndim not in (axes + 1, axes + 2):
        raise ShapeError(f"input has shape {x.shape}, expected {axes + 1} or {axes + 2} axes")
    return x if x.ndim == axes + 2 else x[None]


def padded(x: Raw, before: Sequence[int], after: Sequence[int], value: float = 0) -> Raw:
    """The array with elements added at the ends of its last axes."""
    if not any(before) and not any(after):
        return x
    lead = x.ndim - len(before)
    shape = [n + b + a for n, b, a in zip(x.shape[lead:], before, after, strict=True)]
    result = np.full((*x.shape[:lead], *shape), value, x.dtype)
    inner = tuple(slice(b, b + n) for b, n in zip(before, x.shape[lead:], strict=True))
    result[last(inner)] = x
    return result


def windows(x: Raw, kernel: Sizes, stride: Sizes, dilation: Sizes) -> Raw:
    """A view of shape (..., *places, *kernel) on the windows along the last axes."""
    axes = len(kernel)
    lead = x.ndim - axes
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    if any(r > n for r, n in zip(reach, x.shape[lead:], strict=True)):
        raise ShapeError(
            f"a window of {reach} elements is larger than the input, which has {x.shape[lead:]} "
            "with its padding"
        )
    view = np.lib.stride_tricks.sliding_window_view(x, reach, tuple(range(lead, x.ndim)))
    places = tuple(slice(None, None, s) for s in stride)
    inside = tuple(slice(None, None, d) for d in dilation)
    return view[last((*places, *inside))]  # type: ignore[no-any-return]


def add_windows(columns: Raw, shape: Sizes, stride: Sizes, dilation: Sizes, axes: int) -> Raw:
    """Adds up windows: the opposite of :func:`windows`.

    Args:
        columns: An array of shape (..., *kernel, *places).
        shape: The shape of the result along the last axes, at least the reach of the windows.
        stride: Distance of the windows.
        dilation: Distance of the elements of a window.
        axes: Number of axes of the windows.
    """
    lead = columns.shape[: columns.ndim - 2 * axes]
    kernel, places = columns.shape[-2 * axes : -axes], columns.shape[-axes:]
    result = np.zeros((*lead, *shape), columns.dtype)
    for at in product(*map(range, kernel)):
        target = tuple(
            slice(i * d, i * d + (n - 1) * s + 1, s)
            for i, d, n, s in zip(at, dilation, places, stride, strict=True)
        )
        if math.prod(places):
            result[last(target)] += columns[last((*at, *(slice(None),) * axes))]
    return result
