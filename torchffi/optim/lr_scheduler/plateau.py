"""A schedule that lowers the learning rates when a measure no longer improves."""

from __future__ import annotations

from math import inf
from typing import Any, SupportsFloat

from torchffi.errors import InvalidArgumentError
from torchffi.optim.lr_scheduler.base import (
    LRScheduler,
    Rate,
    check_optimizer,
    rates,
    set_rate,
    warn_epoch,
)
from torchffi.optim.optimizer import Optimizer

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Multiplies the learning rates by ``factor`` if a measure has not improved for a while.

    Args:
        optimizer: The optimizer whose learning rates are set.
        mode: ``"min"`` or ``"max"``: whether smaller or larger is better.
        factor: Less than 1.
        patience: How many steps without an improvement are put up with.
        threshold: The least improvement that counts.
        threshold_mode: ``"rel"`` for a share of the best value, ``"abs"`` for a difference from it.
        cooldown: How many steps after a change are not counted.
        min_lr: The lowest learning rate, or one for each group.
        eps: A change smaller than that is not made.

    Raises:
        TypeError, ValueError: An argument is of another type or out of range.

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: list[float] | float = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise InvalidArgumentError(f"ReduceLROnPlateau: factor is {factor}, expected < 1")
        self.factor = factor
        check_optimizer("ReduceLROnPlateau", optimizer)
        self.optimizer = optimizer
        groups = len(optimizer.param_groups)
        self.default_min_lr = None if isinstance(min_lr, (list, tuple)) else min_lr
        self.min_lrs = list(min_lr) if isinstance(min_lr, (list, tuple)) else [min_lr] * groups
        if len(self.min_lrs) != groups:
            raise InvalidArgumentError(
                f"ReduceLROnPlateau: min_lr has {len(self.min_lrs)} values for {groups} groups, "
                "expected one for each"
            )
        self.patience = patience
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self._last_lr = rates(optimizer)
        self._set_modes(mode, threshold, threshold_mode)
        self._reset()

    def _set_modes(self, mode: str, threshold: float, threshold_mode: str) -> None:
        if mode not in ("min", "max"):
            raise InvalidArgumentError(
                f"ReduceLROnPlateau: mode is {mode!r}, expected 'min' or 'max'"
            )
        if threshold_mode not in ("rel", "abs"):
            raise InvalidArgumentError(
                f"ReduceLROnPlateau: threshold_mode is {threshold_mode!r}, expected 'rel' or 'abs'"
            )
        self.mode_worse = inf if mode == "min" else -inf
        self.mode = mode
        self.threshold = threshold
        self.threshold_mode = threshold_mode

    def _reset(self) -> None:
        """Forgets the measures so far."""
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    def get_lr(self) -> list[Rate]:
        """The learning rates that the groups have."""
        return rates(self.optimizer)

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Takes the measure, and sets the next learning rates.

        Args:
            metrics: The measure: a number, or a tensor with one.
            epoch: None; or, deprecated, the number of this step.
        """
        measure = float(metrics)
        if epoch is not None:
            warn_epoch()
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(measure, self.best):
            self.best = measure
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = rates(self.optimizer)

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise InvalidArgumentError(
                    f"ReduceLROnPlateau: min_lrs has {len(self.min_lrs)} values, but the optimizer has "
                    f"{len(groups)} groups now; set min_lrs"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, least in zip(groups, self.min_lrs, strict=True):
            before = float(group["lr"])
            after = max(before * self.factor, least)
            if before - after > self.eps:
                set_rate(group, after)

    @property
    def in_cooldown(self) -> bool:
        """Whether steps are not counted, because of a change shortly before."""
        return self.cooldown_counter > 0

    def _is_better(self, a: float, best: float) -> bool:
        if self.mode == "min":
            if self.threshold_mode == "rel":
                return a < best * (1.0 - self.threshold)
            return a < best - self.threshold
        if self.threshold_mode == "rel":
            return a > best * (self.threshold + 1.0)
        return a > best + self.threshold

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what :meth:`state_dict` returned."""
        self.__dict__.update(state_dict)
        self._set_modes(self.mode, self.threshold, self.threshold_mode)
