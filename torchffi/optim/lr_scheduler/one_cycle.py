"""The one-cycle schedule.

Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
Rates".
"""

from __future__ import annotations

import math
from typing import Any

from torchffi.errors import InvalidArgumentError
from torchffi.optim.lr_scheduler.base import LRScheduler, Rate, check_optimizer
from torchffi.optim.optimizer import Optimizer

__all__ = ["OneCycleLR"]


class OneCycleLR(LRScheduler):
    """Up to ``max_lr``, then down far below the first learning rate; momentum goes the other way.

    Args:
        optimizer, last_epoch: As for :class:`LRScheduler`.
        max_lr: The highest learning rate, or one for each group.
        total_steps: The number of steps; None for ``epochs * steps_per_epoch``.
        epochs, steps_per_epoch: Their product is the number of steps.
        pct_start: The share of the steps that go up.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: Whether to set ``momentum``, or the first of ``betas``, too.
        base_momentum, max_momentum: The lowest and the highest, or one for each group.
        div_factor: ``max_lr`` over the first learning rate.
        final_div_factor: The first learning rate over the last one.
        three_phase: Whether to go down as fast as up, and then further.

    Raises:
        ValueError: An argument is out of range; ``step()`` is called more than ``total_steps`` times.

    Source: torch.optim.lr_scheduler.OneCycleLR.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer("OneCycleLR", optimizer)
        self.optimizer = optimizer
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise InvalidArgumentError(
                f"OneCycleLR: pct_start is {pct_start!r}, expected a float from 0 to 1"
            )
        if anneal_strategy not in ("cos", "linear"):
            raise InvalidArgumentError(
                f"OneCycleLR: anneal_strategy is {anneal_strategy!r}, expected 'cos' or 'linear'"
            )
        self._schedule_phases = _phases(float(pct_start * self.total_steps), three_phase)
        self._schedule_phases[-1]["end_step"] = self.total_steps - 1
        if three_phase:
            self._schedule_phases[1]["end_step"] = float(2 * pct_start * self.total_steps) - 2
        self._anneal_func_type = anneal_strategy
        highest = _of_groups("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, highest, strict=True):
                group["initial_lr"] = rate / div_factor
                group["max_lr"] = rate
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            if not {"momentum", "betas"} & set(optimizer.defaults):
                raise InvalidArgumentError(
                    f"OneCycleLR: {type(optimizer).__name__} has neither momentum nor betas; use "
                    "cycle_momentum=False"
                )
            self.use_beta1 = "betas" in optimizer.defaults
            most = _of_groups("max_momentum", optimizer, max_momentum)
            least = _of_groups("base_momentum", optimizer, base_momentum)
            if last_epoch == -1:
                for group, high, low in zip(optimizer.param_groups, most, least, strict=True):
                    self._set_momentum(group, high)
                    group["max_momentum"], group["base_momentum"] = high, low
        super().__init__(optimizer, last_epoch)

    def _set_momentum(self, group: dict[str, Any], value: float) -> None:
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value

    def _between(self, start: float, end: float, share: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)

    def get_lr(self) -> list[Rate]:
        """The learning rates at ``last_epoch``. Sets momentum too."""
        self._warn_outside()
        at = self.last_epoch
        if at > self.total_steps:
            raise InvalidArgumentError(
                f"OneCycleLR: step {at} of {self.total_steps}; give a larger total_steps"
            )
        start: float = 0.0
        phase = self._schedule_phases[-1]
        for one in self._schedule_phases:
            if at <= one["end_step"] or one is phase:
                phase = one
                break
            start = one["end_step"]
        share = (at - start) / (phase["end_step"] - start)
        found = []
        for group in self.optimizer.param_groups:
            found.append(self._between(group[phase["start_lr"]], group[phase["end_lr"]], share))
            if self.cycle_momentum:
                first, last = group[phase["start_momentum"]], group[phase["end_momentum"]]
                self._set_momentum(group, self._between(first, last, share))
        return found


def _total(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """The number of steps."""
    if total_steps is None and (epochs is None or steps_per_epoch is None):
        raise InvalidArgumentError(
            "OneCycleLR: expected total_steps, or both epochs and steps_per_epoch"
        )
    given = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    if total_steps is not None:
        given = {"total_steps": total_steps}
    product = 1
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise InvalidArgumentError(
                f"OneCycleLR: {name} is {value!r}, expected a positive integer"
            )
        product *= value
    return product


def _phases(end_of_first: float, three_phase: bool) -> list[dict[str, Any]]:
    """The phases: between which options of a group learning rate and momentum go, and until when."""
    names = [("initial_lr", "max_lr", "max_momentum", "base_momentum")]
    if three_phase:
        names.append(("max_lr", "initial_lr", "base_momentum", "max_momentum"))
        names.append(("initial_lr", "min_lr", "max_momentum", "max_momentum"))
    else:
        names.append(("max_lr", "min_lr", "base_momentum", "max_momentum"))
    return [
        {
            "end_step": end_of_first - 1,
            "start_lr": start_lr,
            "end_lr": end_lr,
            "start_momentum": start_momentum,
            "end_momentum": end_momentum,
        }
        for start_lr, end_lr, start_momentum, end_momentum in names
    ]


def _of_groups(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A value for each group."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups
    if len(value) != groups:
        raise InvalidArgumentError(
            f"OneCycleLR: {name} has {len(value)} values for {groups} groups, expected one for each"
        )
    return list(value)
