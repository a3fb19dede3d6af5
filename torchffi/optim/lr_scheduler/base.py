"""The base of the schedulers, which set the learning rates of an optimizer's groups."""

from __future__ import annotations

import warnings
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError, InvalidArgumentError
from torchffi.optim.optimizer import Optimizer

__all__ = ["LRScheduler"]

Rate = Any  # a float, or a tensor with one number if the group's rate is one


def rates(optimizer: Optimizer, key: str = "lr") -> list[Rate]:
    """An option of each group; a copy where it is a tensor."""
    found = [group[key] for group in optimizer.param_groups]
    return [one.clone() if isinstance(one, Tensor) else one for one in found]


def set_rate(group: dict[str, Any], value: Rate) -> None:
    """Sets the learning rate of a group, in place where it is a tensor."""
    if isinstance(group["lr"], Tensor):
        group["lr"][...] = float(value)
    else:
        group["lr"] = value


def check_optimizer(name: str, optimizer: Any) -> None:
    """Raises ArgumentError for something that is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise ArgumentError(f"{name}: expected an Optimizer, got {type(optimizer).__name__}")


class LRScheduler:
    """Base class of the schedulers. A subclass defines ``get_lr()``.

    Call ``step()`` after each step of the optimizer, or after each epoch, as the schedule is meant.

    Args:
        optimizer: The optimizer whose learning rates are set.
        last_epoch: How often ``step()`` was called before; -1 to begin.

    Attributes:
        base_lrs: The learning rates at the beginning.
        last_epoch: How often ``step()`` was called.

    Raises:
        TypeError: ``optimizer`` is none.
        ValueError: ``last_epoch`` is given and a group lacks ``"initial_lr"``: load the optimizer first.

    Source: torch.optim.lr_scheduler.LRScheduler.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(type(self).__name__, optimizer)
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                rate = group["lr"]
                group.setdefault("initial_lr", rate.clone() if isinstance(rate, Tensor) else rate)
            elif "initial_lr" not in group:
                raise InvalidArgumentError(
                    f"{type(self).__name__}: group {number} of the optimizer has no 'initial_lr', which "
                    f"last_epoch={last_epoch} needs; load the state of the optimizer first"
                )
        self.base_lrs = rates(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        if not optimizer._has_scheduler:  # steps before that do not count
            optimizer._has_scheduler, optimizer._opt_called = True, False
        self._initial_step()

    def _initial_step(self) -> None:
        """Sets the first learning rates."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer, as a dict."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over what :meth:`state_dict` returned. Load the optimizer's state as well."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Rate]:
        """The learning rate of each group, as last set."""
        return self._last_lr

    def get_lr(self) -> list[Rate]:
        """The learning rate of each group at ``last_epoch``. :meth:`step` calls it."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr(); define it")

    def step(self, epoch: int | None = None) -> None:
        """Sets the next learning rates.

        Args:
            epoch: None; or, deprecated, the number of steps to jump to.
        """
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn(
                "lr_scheduler.step() was called before optimizer.step(), so the first learning rate is "
                "not used; call optimizer.step() first",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warn_epoch()
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        closed = getattr(self, "_get_closed_form_lr", None)
        self._get_lr_called_within_step = True
        try:
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            values = self.get_lr() if epoch is None or closed is None else closed()
        finally:
            self._get_lr_called_within_step = False
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            set_rate(group, value)
        self._last_lr = rates(self.optimizer)

    def _warn_outside(self) -> None:
        """Warns that ``get_lr()`` gives the next learning rates where the last ones may be wanted."""
        if not self._get_lr_called_within_step:
            warnings.warn(
                "get_lr() is for step(); for the last learning rates call get_last_lr()",
                UserWarning,
                stacklevel=3,
            )


def warn_epoch() -> None:
    """Warns of an argument ``epoch`` of ``step()``."""
    warnings.warn("step(epoch) is deprecated; call step()", UserWarning, stacklevel=3)
