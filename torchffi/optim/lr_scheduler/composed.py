"""Schedules that are made of others."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from torchffi.errors import ArgumentError, InvalidArgumentError
from torchffi.optim.lr_scheduler.base import LRScheduler, rates, set_rate
from torchffi.optim.lr_scheduler.plateau import ReduceLROnPlateau
from torchffi.optim.optimizer import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


def _check(name: str, optimizer: Optimizer, schedulers: Sequence[Any]) -> None:
    for number, one in enumerate(schedulers):
        if not hasattr(one, "optimizer"):
            raise ArgumentError(
                f"{name}: schedulers[{number}] is {type(one).__name__}, expected a scheduler"
            )
        if isinstance(one, ReduceLROnPlateau):
            raise InvalidArgumentError(
                f"{name}: schedulers[{number}] is a ReduceLROnPlateau, whose step() needs a measure"
            )
        if one.optimizer is not optimizer:
            raise InvalidArgumentError(f"{name}: schedulers[{number}] is of another optimizer")


class _Composed(LRScheduler):
    """Saves and loads the schedulers that it is made of."""

    _schedulers: Sequence[Any]

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer; of the schedulers their own state."""
        found = super().state_dict()
        found["_schedulers"] = [one.state_dict() for one in self._schedulers]
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what :meth:`state_dict` returned."""
        found = dict(state_dict)
        for one, saved in zip(self._schedulers, found.pop("_schedulers"), strict=True):
            one.load_state_dict(saved)
        self.__dict__.update(found)


class SequentialLR(_Composed):
    """One schedule after another.

    Args:
        optimizer: The optimizer of all schedulers.
        schedulers: The schedulers.
        milestones: The step at which each but the first begins.
        last_epoch: How often ``step()`` was called before; -1 to begin.

    Raises:
        TypeError, ValueError: There is no scheduler, one that does not fit, or not one milestone less.

    Source: torch.optim.lr_scheduler.SequentialLR.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[Any],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        if not schedulers:
            raise InvalidArgumentError("SequentialLR: schedulers is empty, expected at least one")
        _check("SequentialLR", optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise InvalidArgumentError(
                f"SequentialLR: {len(milestones)} milestones for {len(schedulers)} schedulers, expected "
                f"{len(schedulers) - 1}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # Each scheduler has set the learning rates and counted a step: undo both, and begin again.
        for group in optimizer.param_groups:
            set_rate(group, group["initial_lr"])
        _step_back(self)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Sets the next learning rates, by the scheduler whose turn it is."""
        self.last_epoch += 1
        number = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[number]
        if number > 0 and self._milestones[number - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


def _step_back(scheduler: Any) -> None:
    if hasattr(scheduler, "_schedulers"):
        for one in scheduler._schedulers:
            _step_back(one)
    elif hasattr(scheduler, "last_epoch"):
        scheduler.last_epoch -= 1


class ChainedScheduler(_Composed):
    """Several schedules at once, one changing what the one before it has set.

    Args:
        schedulers: The schedulers.
        optimizer: Their optimizer; None for that of the first.

    Raises:
        TypeError, ValueError: There is no scheduler, or one that does not fit.

    Source: torch.optim.lr_scheduler.ChainedScheduler.
    """

    def __init__(self, schedulers: Sequence[Any], optimizer: Optimizer | None = None) -> None:
        if not schedulers:
            raise InvalidArgumentError(
                "ChainedScheduler: schedulers is empty, expected at least one"
            )
        optimizer = optimizer or schedulers[0].optimizer
        assert optimizer is not None
        _check("ChainedScheduler", optimizer, schedulers)
        self._schedulers = schedulers
        self.optimizer = optimizer
        self._last_lr = rates(optimizer)

    def step(self) -> None:  # type: ignore[override]
        """Sets the next learning rates, by one scheduler after another."""
        for one in self._schedulers:
            one.step()
        self._last_lr = rates(self.optimizer)
