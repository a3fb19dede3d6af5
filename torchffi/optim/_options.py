"""Checks of the options of optimizers."""

from __future__ import annotations

from math import inf
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


def check_number(name: str, option: str, value: Any, below: float = inf, most: float = inf) -> None:
    """Checks that an option is a number >= 0, smaller than ``below``, and of at most ``most``."""
    expected = ">= 0"
    expected += f" and < {below:g}" if below < inf else f" and <= {most:g}" if most < inf else ""
    if isinstance(value, Tensor) and value.size != 1:
        raise InvalidArgumentError(f"{name}: {option} has shape {value.shape}, expected one number")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"{name}: {option} is {value!r:.60} ({type(value).__name__}), expected a number {expected}"
        ) from None
    if not (0 <= number <= most and (number < below or below == inf)):
        raise InvalidArgumentError(f"{name}: {option} is {value}, expected {expected}")


def check_betas(name: str, betas: Any) -> None:
    """Checks that the option is two numbers of at least 0 and smaller than 1."""
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise ArgumentError(f"{name}: betas is {betas!r:.60}, expected two numbers")
    check_number(name, "betas[0]", betas[0], below=1)
    check_number(name, "betas[1]", betas[1], below=1)
