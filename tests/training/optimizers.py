"""Pairs of optimizers, ours and PyTorch's, on the same parameters and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

import torchffi as tf

SHAPES = ((3, 4), (4,), (), (2, 0), (5, 1, 3))

# The arguments that change the formula of each optimizer.
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {"lr": 0.01},
        {"lr": 0.01, "weight_decay": 0.1},
        {"lr": 0.01, "maximize": True, "weight_decay": 0.1},
        {"lr": 0.01, "momentum": 0.9},
        {"lr": 0.01, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05},
        {"lr": 0.01, "momentum": 0.5, "nesterov": True, "maximize": True},
    ],
    "Adam": [
        {},
        {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3},
        {"weight_decay": 0.1, "amsgrad": True},
        {"maximize": True, "weight_decay": 0.1},
        {"decoupled_weight_decay": True, "weight_decay": 0.1},
    ],
    "AdamW": [{}, {"lr": 0.02, "weight_decay": 0.3, "amsgrad": True}, {"maximize": True}],
    "Adagrad": [
        {},
        {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-4},
        {"initial_accumulator_value": 0.5, "maximize": True},
    ],
    "RMSprop": [
        {},
        {"alpha": 0.5, "eps": 1e-3, "weight_decay": 0.1},
        {"momentum": 0.9},
        {"centered": True, "maximize": True},
        {"momentum": 0.9, "centered": True, "weight_decay": 0.1},
    ],
    "Adadelta": [
        {},
        {"lr": 0.5, "rho": 0.7, "eps": 1e-4, "weight_decay": 0.1},
        {"rho": 1, "maximize": True, "weight_decay": 0.1},
    ],
    "Adamax": [
        {},
        {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.1},
        {"maximize": True},
    ],
    "NAdam": [
        {},
        {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3, "momentum_decay": 0.1},
        {"weight_decay": 0.1, "maximize": True},
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "RAdam": [
        {},
        {"lr": 0.02, "betas": (0.5, 0.9), "eps": 1e-3},
        {"weight_decay": 0.1, "maximize": True, "betas": (0.9, 0.5)},
        {"weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
}
# The path of PyTorch's that computes as ours.
SAME: dict[str, dict[str, Any]] = {
    name: {"fused": True} if name in ("SGD", "Adam", "AdamW", "Adagrad") else {"foreach": True}
    for name in OPTIONS
}
CASES = [(name, options) for name, several in OPTIONS.items() for options in several]


def to_ours(x: Any) -> tf.Tensor:
    """A copy of a tensor of PyTorch."""
    if x.dtype in (torch.float16, torch.bfloat16):
        name = str(x.dtype).removeprefix("torch.")
        return tf.from_numpy(x.detach().float().numpy()).astype(getattr(tf.dtypes, name))
    return tf.from_numpy(x.detach().numpy().copy())


def to_array(x: Any) -> np.ndarray[Any, Any]:
    """The values of a tensor of either, in a dtype that holds them exactly."""
    if isinstance(x, tf.Tensor):
        x = x.detach()
        return np.asarray(x.astype(tf.float32) if x.dtype.numpy is None else x)
    x = x.detach()
    return (x.float() if x.dtype is torch.bfloat16 else x).numpy().copy()


class Pair:
    """An optimizer of each library.

    Args:
        name, options: The class and its arguments.
        dtype: The dtype of the parameters.
        reference: Further arguments of PyTorch's.
        shapes: The shapes of the parameters.
    """

    def __init__(
        self,
        name: str,
        options: dict[str, Any],
        dtype: str = "float32",
        reference: dict[str, Any] | None = None,
        shapes: Sequence[tuple[int, ...]] = SHAPES,
    ) -> None:
        self.random = np.random.default_rng(5)
        kind = getattr(torch, dtype)
        self.theirs = [self._drawn(shape, kind).requires_grad_() for shape in shapes]
        self.ours = [to_ours(one).requires_grad_() for one in self.theirs]
        self.own = getattr(tf.optim, name)(self.ours, **options)
        self.other = getattr(torch.optim, name)(self.theirs, **options, **(reference or {}))

    def _drawn(self, shape: tuple[int, ...], kind: Any) -> Any:
        values = self.random.standard_normal(shape)
        if kind.is_complex:
            values = values + 1j * self.random.standard_normal(shape)
        return torch.tensor(values).to(kind)

    def set_gradients(self, missing: bool = False) -> None:
        """Gives the parameters new gradients, or only some of them."""
        for own, other in zip(self.ours, self.theirs, strict=True):
            if missing and self.random.random() < 0.4:
                own.grad = other.grad = None
                continue
            other.grad = self._drawn(other.shape, other.dtype)
            own.grad = to_ours(other.grad)

    def run(self, steps: int, missing: bool = False) -> None:
        """Steps of both with the same gradients."""
        for _ in range(steps):
            self.set_gradients(missing)
            self.own.step()
            self.other.step()

    def check_equal(self) -> None:
        """Checks that all parameters are equal, bit by bit."""
        for own, other in zip(self.ours, self.theirs, strict=True):
            np.testing.assert_array_equal(to_array(own), to_array(other))

    def check_close(self, tolerance: float) -> None:
        """Checks that all parameters are equal, relative to the largest element of each."""
        for own, other in zip(self.ours, self.theirs, strict=True):
            expected = to_array(other)
            largest = float(np.max(np.abs(expected), initial=0))
            np.testing.assert_allclose(to_array(own), expected, 0, tolerance * largest)
