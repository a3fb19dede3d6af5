"""The base of the optimizers for which LibTorch has no fused kernel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim import _states
from torchffi.optim._list_optimizer import ListOptimizer
from torchffi.optim._lists import Columns, call, count, handles
from torchffi.optim._options import check_betas, check_number, refuse_modes
from torchffi.optim.optimizer import Group


class Formula:
    """Operators on the lists of one step, by their names.

    Args:
        columns: The parameters and their states.
        grads: The gradients.

    Attributes:
        of: The handles of each list, by its name.
        grads: The handles of the gradients.
    """

    def __init__(self, columns: Columns, grads: list[Tensor]) -> None:
        self._columns = columns
        self._results: list[list[Tensor]] = []  # alive as long as their handles are in use
        self.of = columns.handles
        self.grads = columns.gradients(grads)

    def write(self, name: str, *arguments: Any) -> None:
        """Calls an operator that overwrites its first list, such as ``"mul_.Scalar"``."""
        self._columns.operator(f"aten::_foreach_{name}")(*arguments)

    def make(self, name: str, *arguments: Any) -> list[int]:
        """Calls an operator that makes new tensors; returns their handles."""
        made = self._columns.operator(f"aten::_foreach_{name}")(*arguments)
        self._results.append(made)
        return handles(made)

    def direct(self, group: Group) -> None:
        """Applies the options ``maximize`` and ``weight_decay`` to the gradients."""
        if group["maximize"]:
            self.grads = self.make("neg", self.grads)
        decay, params = float(group["weight_decay"]), self.of["params"]
        if decay != 0:
            if group.get("decoupled_weight_decay"):
                self.write("mul_.Scalar", params, 1 - float(group["lr"]) * decay)
            else:
                self.grads = self.make("add.List", self.grads, params, decay)

    def average(self, mean: str, square: str, betas: tuple[Any, Any]) -> None:
        """Adds the gradients and their squares to two decaying means."""
        beta1, beta2 = float(betas[0]), float(betas[1])
        means, squares = self.of[mean], self.of[square]
        self.write("lerp_.Scalar", means, self.grads, 1 - beta1)
        self.write("mul_.Scalar", squares, beta2)
        self.write("addcmul_.Scalar", squares, self.grads, self.grads, 1 - beta2)


class FormulaOptimizer(ListOptimizer):
    """An optimizer whose formula is written in operators on lists."""

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        name = self._name
        refuse_modes(name, defaults["capturable"], defaults["differentiable"])
        for option in ("lr", "eps", "weight_decay"):
            check_number(name, option, defaults[option])
        if "betas" in defaults:
            check_betas(name, defaults["betas"])
            defaults["betas"] = tuple(defaults["betas"])
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("foreach", None)
            for option in ("maximize", "differentiable", "capturable"):
                group.setdefault(option, False)
        _states.count_in_tensors(self.param_groups, self.state)

    def _kept(self, group: Group) -> tuple[str, ...]:
        """The names of the states that begin with zeros, one for each element of a parameter."""
        raise NotImplementedError

    def _begin(self, parameter: Tensor, state: dict[str, Any]) -> None:
        """Adds what else a state has."""

    def _compute(self, formula: Formula, group: Group, states: list[dict[str, Any]]) -> None:
        """The formula."""
        raise NotImplementedError

    def _state(self, parameter: Tensor, names: tuple[str, ...]) -> dict[str, Any]:
        """The state of a parameter, made at its first step."""
        state: dict[str, Any] = self.state[parameter]
        if not state:
            state["step"] = _states.counter(parameter)
            self._begin(parameter, state)
            for name in names:
                state[name] = call("aten::zeros_like", parameter)
        return state

    def _update(self, group: Group, params: list[Tensor], grads: list[Tensor]) -> None:
        names = self._kept(group)
        states = [self._state(one, names) for one in params]
        lists = {name: [state[name] for state in states] for name in names}
        columns = self._columns(params=params, **lists)
        count(self._name, [state["step"] for state in states])
        formula = Formula(columns, grads)
        formula.direct(group)
        self._compute(formula, group, states)
        columns.finish()


def steps_of(states: list[dict[str, Any]]) -> list[float]:
    """The number of each parameter's step."""
    return [float(state["step"]) for state in states]
