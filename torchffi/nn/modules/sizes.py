"""Sizes of windows, one for each axis."""

from __future__ import annotations

from typing import Any

from torchffi.errors import ArgumentError, InvalidArgumentError


def per_axis(layer: str, name: str, value: Any, axes: int) -> tuple[int, ...]:
    """An argument as a tuple of one integer for each axis.

    Args:
        layer: The name of the layer, for errors.
        name: That of the argument.
        value: An integer for all axes, or a sequence of one for each.
        axes: Number of axes.

    Raises:
        TypeError: If there is something else than integers.
        ValueError: If there are too many or too few.
    """
    sizes = tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes
    if not all(isinstance(size, int) for size in sizes):
        raise ArgumentError(f"{layer}: {name} is {value!r}, expected integers")
    if len(sizes) != axes:
        raise InvalidArgumentError(
            f"{layer}: {name} is {value!r}, expected an integer or {axes} of them"
        )
    return sizes
