"""Arguments that functions of neural networks share: operators, sizes and reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from torchffi._aten.operators import Operator
from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError

Sizes = int | Sequence[int]
_REDUCTIONS: Final = {"none": 0, "mean": 1, "sum": 2}


def operator(function: str, name: str | None = None) -> Callable[..., Tensor]:
    """An ATen operator whose result is one tensor.

    Args:
        function: The public function, for errors.
        name: ATen's name with that of the overload; that of the function if None.
    """
    return Operator(function, name or function)


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
