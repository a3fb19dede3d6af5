"""Schedules along a cosine.

Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts".
"""

from __future__ import annotations

import math

from torchffi.errors import InvalidArgumentError
from torchffi.optim.lr_scheduler.base import LRScheduler, Rate, rates, set_rate
from torchffi.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    """From the first learning rates to ``eta_min`` in ``T_max`` steps, along half a cosine, and back.

    Source: torch.optim.lr_scheduler.CosineAnnealingLR.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_max: int,  # noqa: N803  (PyTorch's name)
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The next learning rates, from those that the groups have."""
        self._warn_outside()
        found = rates(self.optimizer)
        if self._is_initial:
            return found
        at, last, low = self.last_epoch, self.T_max, self.eta_min
        if self._step_count == 1 and at > 0:
            return [
                low + (rate - low) * (1 + math.cos(at * math.pi / last)) / 2
                for rate in self.base_lrs
            ]
        if (at - 1 - last) % (2 * last) == 0:  # the quotient below has no value here
            return [
                rate + (base - low) * (1 - math.cos(math.pi / last)) / 2
                for base, rate in zip(self.base_lrs, found, strict=True)
            ]
        share = (1 + math.cos(math.pi * at / last)) / (1 + math.cos(math.pi * (at - 1) / last))
        return [share * (rate - low) + low for rate in found]

    def _get_closed_form_lr(self) -> list[Rate]:
        low = self.eta_min
        return [
            low + (rate - low) * (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
            for rate in self.base_lrs
        ]


class CosineAnnealingWarmRestarts(LRScheduler):
    """From the first learning rates to ``eta_min`` along half a cosine, again and again.

    Args:
        optimizer, last_epoch: As for :class:`LRScheduler`.
        T_0: The number of steps of the first time.
        T_mult: How many times as long each further one is.
        eta_min: The lowest learning rate.

    Raises:
        ValueError: ``T_0`` or ``T_mult`` is not a positive integer.

    Source: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803  (PyTorch's name)
        T_mult: int = 1,  # noqa: N803
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise InvalidArgumentError(
                    f"CosineAnnealingWarmRestarts: {name} is {value!r}, expected a positive integer"
                )
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The learning rates after ``T_cur`` of ``T_i`` steps."""
        self._warn_outside()
        low, factor = self.eta_min, 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [low + (rate - low) * factor / 2 for rate in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Sets the next learning rates.

        Args:
            epoch: None; or the number of steps to jump to, which may have a fraction.

        Raises:
            ValueError: ``epoch`` is negative.
        """
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise InvalidArgumentError(
                f"CosineAnnealingWarmRestarts: step: epoch is {epoch}, expected >= 0"
            )
        else:
            self._jump(epoch)
        self.last_epoch = math.floor(epoch)
        self._get_lr_called_within_step = True
        try:
            values = self.get_lr()
        finally:
            self._get_lr_called_within_step = False
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            set_rate(group, value)
        self._last_lr = rates(self.optimizer)

    def _jump(self, epoch: float) -> None:
        if epoch < self.T_0:
            self.T_cur, self.T_i = epoch, self.T_0
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            times = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            begun = self.T_0 * (self.T_mult**times - 1) / (self.T_mult - 1)
            self.T_cur, self.T_i = epoch - begun, self.T_0 * self.T_mult**times
