"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._array.creation import full_like
from torchffi._core.backends import FFI
from torchffi._core.tensor import Tensor
from torchffi.optim import _states
from torchffi.optim._list_optimizer import ListOptimizer
from torchffi.optim._lists import call, count
from torchffi.optim._options import check_number, refuse_both, refuse_modes
from torchffi.optim.optimizer import Group

__all__ = ["Adagrad"]


class Adagrad(ListOptimizer):
    """Adagrad: steps of the gradient over the root of the sum of its squares so far.

    ``g = grad + weight_decay * p``; ``s += g**2``; ``p -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) +
    eps)`` at step ``t``.

    Args:
        params: Tensors, pairs of a name and a tensor, or dicts: see :class:`Optimizer`.
        lr: The learning rate, >= 0: a number, or a tensor with one.
        lr_decay: How fast the learning rate falls, >= 0.
        weight_decay: The weight of the parameter itself in the gradient, >= 0.
        initial_accumulator_value: What the sums of squares begin with, >= 0.
        eps: Added to the root, >= 0.
        foreach, fused: Taken for PyTorch's sake: the fused kernel is always used.
        maximize: Whether to go up instead of down.
        differentiable: Must be False.

    Raises:
        TypeError, ValueError: An option is no number or out of range; for ``params`` see
            :class:`Optimizer`.
        NotImplementedError: ``differentiable`` is True; in ``step()``, a sparse gradient.

    Source: aten::_fused_adagrad_.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse_modes("Adagrad", False, differentiable)
        refuse_both("Adagrad", foreach, fused)
        check_number("Adagrad", "lr", lr)
        check_number("Adagrad", "lr_decay", lr_decay)
        check_number("Adagrad", "weight_decay", weight_decay)
        check_number("Adagrad", "initial_accumulator_value", initial_accumulator_value)
        check_number("Adagrad", "eps", eps)
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        for group in self.param_groups:
            for parameter in group["params"]:
                self._state(parameter)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("foreach", None)
            group.setdefault("maximize", False)
            group.setdefault("differentiable", False)
            group.setdefault("fused", None)
        _states.count_in_tensors(self.param_groups, self.state)

    def _state(self, parameter: Tensor) -> dict[str, Any]:
        """The state of a parameter, made with the optimizer or with its group's first step."""
        state: dict[str, Any] = self.state[parameter]
        if not state:
            start = self.defaults["initial_accumulator_value"]
            state["step"] = _states.counter(parameter)
            value = complex(start, start) if parameter.dtype.kind == "complex" else float(start)
            if parameter._backend is FFI:  # with the parameter's strides
                state["sum"] = call("aten::full_like", parameter, value)
            else:
                state["sum"] = full_like(parameter, value)
        return state

    def _update(self, group: Group, params: list[Tensor], grads: list[Tensor]) -> None:
        states = [self._state(one) for one in params]
        columns = self._columns(params=params, sum=[state["sum"] for state in states])
        steps = count("Adagrad", [state["step"] for state in states])
        columns.operator("aten::_fused_adagrad_")(
            columns.handles["params"],
            columns.gradients(grads),
            columns.handles["sum"],
            steps,
            float(group["lr"]),
            float(group["lr_decay"]),
            float(group["weight_decay"]),
            float(group["eps"]),
            bool(group["maximize"]),
        )
        columns.finish()
