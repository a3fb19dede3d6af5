"""Schedules that multiply the learning rates by factors."""

from __future__ import annotations

import types
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from torchffi.errors import InvalidArgumentError
from torchffi.optim.lr_scheduler.base import LRScheduler, Rate, rates
from torchffi.optim.optimizer import Optimizer

__all__ = ["ConstantLR", "ExponentialLR", "LambdaLR", "LinearLR", "MultiStepLR", "StepLR"]


class LambdaLR(LRScheduler):
    """The first learning rates times a function of the number of steps.

    Args:
        optimizer, last_epoch: As for :class:`LRScheduler`.
        lr_lambda: The function, or one for each group.

    Source: torch.optim.lr_scheduler.LambdaLR.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | list[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        groups = len(optimizer.param_groups)
        if isinstance(lr_lambda, (list, tuple)):
            if len(lr_lambda) != groups:
                raise InvalidArgumentError(
                    f"LambdaLR: {len(lr_lambda)} functions for {groups} groups, expected one for each"
                )
            self.lr_lambdas = list(lr_lambda)
        else:
            self.lr_lambdas = [lr_lambda] * groups
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer; of callable objects their attributes."""
        found = super().state_dict()
        found["lr_lambdas"] = [
            None if isinstance(one, types.FunctionType) else dict(one.__dict__)
            for one in self.lr_lambdas
        ]
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what :meth:`state_dict` returned; functions stay those of this object."""
        found = dict(state_dict)
        for function, attributes in zip(self.lr_lambdas, found.pop("lr_lambdas"), strict=False):
            if attributes is not None:
                function.__dict__.update(attributes)
        self.__dict__.update(found)

    def get_lr(self) -> list[Rate]:
        """The first learning rates times the function."""
        self._warn_outside()
        return [
            rate * function(self.last_epoch)
            for function, rate in zip(self.lr_lambdas, self.base_lrs, strict=True)
        ]


class StepLR(LRScheduler):
    """Multiplies the learning rates by ``gamma`` every ``step_size`` steps.

    Source: torch.optim.lr_scheduler.StepLR.
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The learning rates, times ``gamma`` at each multiple of ``step_size``."""
        self._warn_outside()
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return rates(self.optimizer)
        return [rate * self.gamma for rate in rates(self.optimizer)]

    def _get_closed_form_lr(self) -> list[Rate]:
        factor = self.gamma ** (self.last_epoch // self.step_size)
        return [rate * factor for rate in self.base_lrs]


class MultiStepLR(LRScheduler):
    """Multiplies the learning rates by ``gamma`` at each of some steps.

    Source: torch.optim.lr_scheduler.MultiStepLR.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The learning rates, times ``gamma`` at each milestone."""
        self._warn_outside()
        if self.last_epoch not in self.milestones:
            return rates(self.optimizer)
        factor = self.gamma ** self.milestones[self.last_epoch]
        return [rate * factor for rate in rates(self.optimizer)]

    def _get_closed_form_lr(self) -> list[Rate]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [rate * self.gamma**passed for rate in self.base_lrs]


class ExponentialLR(LRScheduler):
    """Multiplies the learning rates by ``gamma`` at each step.

    Source: torch.optim.lr_scheduler.ExponentialLR.
    """

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The learning rates times ``gamma``."""
        self._warn_outside()
        factor = 1 if self._is_initial else self.gamma
        return [rate * factor for rate in rates(self.optimizer)]

    def _get_closed_form_lr(self) -> list[Rate]:
        return [rate * self.gamma**self.last_epoch for rate in self.base_lrs]


class ConstantLR(LRScheduler):
    """The first learning rates times ``factor`` for ``total_iters`` steps, and then themselves.

    Raises:
        ValueError: ``factor`` is not in [0, 1].

    Source: torch.optim.lr_scheduler.ConstantLR.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise InvalidArgumentError(f"ConstantLR: factor is {factor}, expected 0 to 1")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The learning rates, times the factor at the beginning, over it at the end."""
        self._warn_outside()
        found = rates(self.optimizer)
        if self.last_epoch == 0:
            return [rate * self.factor for rate in found]
        if self.last_epoch == self.total_iters:
            return [rate * (1.0 / self.factor) for rate in found]
        return found

    def _get_closed_form_lr(self) -> list[Rate]:
        ended = self.last_epoch >= self.total_iters
        return [rate * (self.factor + ended * (1 - self.factor)) for rate in self.base_lrs]


class LinearLR(LRScheduler):
    """The first learning rates times a factor that goes from one value to another in a straight line.

    Args:
        optimizer, last_epoch: As for :class:`LRScheduler`.
        start_factor: The factor at the beginning, > 0 and <= 1.
        end_factor: The factor after ``total_iters`` steps, from 0 to 1.
        total_iters: The number of steps between the two.

    Raises:
        ValueError: A factor is out of range.

    Source: torch.optim.lr_scheduler.LinearLR.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise InvalidArgumentError(
                f"LinearLR: start_factor is {start_factor}, expected > 0 and <= 1"
            )
        if not 0 <= end_factor <= 1:
            raise InvalidArgumentError(f"LinearLR: end_factor is {end_factor}, expected 0 to 1")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Rate]:
        """The learning rates times the quotient of two factors that follow each other."""
        self._warn_outside()
        found = rates(self.optimizer)
        if self.last_epoch == 0:
            return [rate * self.start_factor for rate in found]
        if self._is_initial or self.last_epoch > self.total_iters:
            return found
        slope = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * slope
        return [rate * (1.0 + slope / before) for rate in found]

    def _get_closed_form_lr(self) -> list[Rate]:
        done = min(self.total_iters, self.last_epoch)
        slope = self.end_factor - self.start_factor
        return [
            rate * (self.start_factor + slope * done / self.total_iters) for rate in self.base_lrs
        ]
