"""Arguments that functions of neural networks share: operators, sizes and reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from torchffi._aten.operators import Operator
from torchffi._aten.operators import direct as direct
from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError, InvalidArgumentError

Sizes = int | Sequence[int]
_REDUCTIONS: Final = {"none": 0, "mean": 1, "sum": 2}


def operator(function: str, name: str | None = None) -> Callable[..., Tensor]:
    """An ATen operator whose result is one tensor.

    Args:
        function: The public function, for errors.
        name: ATen's name with that of the overload; that of the function if None.
    """
    return Operator(function, name or function)


def first_of(function: str, name: str | None = None) -> Callable[..., Tensor]:
    """As :func:`operator`, for the first result of an operator with several."""
    return Operator(function, name or function, first=True)


def operators(function: str, name: str | None = None) -> Callable[..., tuple[Tensor, ...]]:
    """As :func:`operator`, for an operator with several results."""
    return Operator(function, name or function)


def reduction(
    function: str,
    given: str,
    size_average: bool | None = None,
    reduce: bool | None = None,
) -> int:
    """ATen's number of a reduction.

    Args:
        function: The public function, for errors.
        given: ``"none"``, ``"mean"`` or ``"sum"``.
        size_average: PyTorch's former spelling: False is ``"sum"``.
        reduce: PyTorch's former spelling: False is ``"none"``.

    Raises:
        ValueError: For another reduction.
    """
    if size_average is not None or reduce is not None:
        averages = size_average is None or size_average
        return 0 if reduce is not None and not reduce else 1 if averages else 2
    number = _REDUCTIONS.get(given) if isinstance(given, str) else None
    if number is None:
        raise InvalidArgumentError(
            f"{function}: reduction is {given!r}, expected 'none', 'mean' or 'sum'"
        )
    return number


def strides(value: Sizes | None) -> Sizes:
    """The stride of a pooling: an empty list, which is ATen's for the kernel size, for None."""
    return [] if value is None else value


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
