"""The base of the optimizers that compute on all parameters of a group at once."""

from __future__ import annotations

from typing import Any, Final

from torchffi._autograd.modes import enable_grad
from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi.optim import _lists
from torchffi.optim.optimizer import Closure, Group, Optimizer

_MOST_CHECKED: Final = 32  # combinations of parameters that have gradients


class ListOptimizer(Optimizer):
    """An optimizer whose formula is computed on all parameters of a group at once."""

    def _start(self) -> None:
        super()._start()
        # By all handles, which are never used again: a tensor that replaces another is checked.
        self._checked: dict[tuple[int, ...], _lists.Columns] = {}

    def step(self, closure: Closure | None = None) -> Any:
        """Changes the parameters by one step, in place: see :meth:`Optimizer.step`."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            pairs = _lists.with_gradients(group["params"])
            if not pairs:
                continue
            before = gradients.set_grad_enabled(False)
            try:
                for batch in _lists.batches(pairs):
                    self._update(group, [one for one, _ in batch], [one for _, one in batch])
            finally:
                gradients.set_grad_enabled(before)
        return loss

    def _update(self, group: Group, params: list[Tensor], grads: list[Tensor]) -> None:
        """One step of parameters of one dtype and device that have gradients."""
        raise NotImplementedError

    def _columns(self, **lists: list[Tensor]) -> _lists.Columns:
        """Parameters and states, checked; those of an earlier step if they are the same tensors."""
        key = tuple([one._data for tensors in lists.values() for one in tensors])
        found = self._checked.get(key)
        if found is None:
            found = _lists.Columns(self._name, lists)
            if len(self._checked) >= _MOST_CHECKED:
                self._checked.clear()
            if found.plain:
                self._checked[key] = found
        return found
