"""Checks of the options of optimizers."""

from __future__ import annotations

from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError, InvalidArgumentError, NotSupportedError


def refuse_modes(name: str, capturable: bool, differentiable: bool) -> None:
    """Refuses options of PyTorch that need CUDA graphs, or gradients of the step itself."""
    for option, value in (("capturable", capturable), ("differentiable", differentiable)):
        if value:
            raise NotSupportedError(f"{name}: {option}=True is not supported; use {option}=False")


def refuse_both(name: str, foreach: bool | None, fused: bool | None) -> None:
    """Refuses two ways of computing at once. One of them makes no difference here."""
    if fused and foreach:
        raise InvalidArgumentError(f"{name}: fused and foreach are both True, expected at most one")


def check_number(name: str, option: str, value: Any, below: float | None = None) -> None:
    """Checks that an option is a number of at least 0, and smaller than ``below`` if that is given."""
    expected = ">= 0" if below is None else f">= 0 and < {below:g}"
    if isinstance(value, Tensor) and value.size != 1:
        raise InvalidArgumentError(f"{name}: {option} has shape {value.shape}, expected one number")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"{name}: {option} is {value!r:.60} ({type(value).__name__}), expected a number {expected}"
        ) from None
    if not number >= 0 or (below is not None and not number < below):
        raise InvalidArgumentError(f"{name}: {option} is {value}, expected {expected}")
