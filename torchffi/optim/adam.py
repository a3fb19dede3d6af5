"""Adam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim import _states
from torchffi.optim._list_optimizer import ListOptimizer
from torchffi.optim._lists import call, count
from torchffi.optim._options import check_betas, check_number, refuse_both, refuse_modes
from torchffi.optim.optimizer import Group

__all__ = ["Adam"]

_NAMES = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")


class Adam(ListOptimizer):
    """Adam: steps of the mean gradient over the root of its mean square, both decaying.

    ``g = grad + weight_decay * p``; ``m = beta1 * m + (1 - beta1) * g``; ``v = beta2 * v + (1 - beta2) *
    g**2``; ``p -= lr * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + eps)`` at step ``t``.

    Args:
        params: Tensors, pairs of a name and a tensor, or dicts: see :class:`Optimizer`.
        lr: The learning rate, >= 0: a number, or a tensor with one.
        betas: The decay of the mean and of the mean square, both >= 0 and < 1.
        eps: Added to the root, >= 0.
        weight_decay: The weight of the parameter itself in the gradient, >= 0.
        amsgrad: Whether to divide by the largest mean square so far.
        foreach, fused: Taken for PyTorch's sake: the fused kernel is always used.
        maximize: Whether to go up instead of down.
        capturable, differentiable: Must be False.
        decoupled_weight_decay: Whether to shrink the parameter itself instead: :class:`AdamW`.

    Raises:
        TypeError, ValueError: An option is no number or out of range; for ``params`` see
            :class:`Optimizer`.
        NotImplementedError: ``capturable`` or ``differentiable`` is True; in ``step()``, a sparse
            gradient.

    Source: aten::_fused_adam_.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        name = self._name
        refuse_modes(name, capturable, differentiable)
        refuse_both(name, foreach, fused)
        check_number(name, "lr", lr)
        check_number(name, "eps", eps)
        check_betas(name, betas)
        check_number(name, "weight_decay", weight_decay)
        defaults = {
            "lr": lr,
            "betas": tuple(betas),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("amsgrad", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("capturable", False)
            group.setdefault("differentiable", False)
            group.setdefault("decoupled_weight_decay", False)
            group.setdefault("fused", None)
        _states.count_in_tensors(self.param_groups, self.state)

    def _state(self, parameter: Tensor, amsgrad: bool) -> dict[str, Any]:
        """The state of a parameter, made at its first step."""
        state: dict[str, Any] = self.state[parameter]
        if not state:
            state["step"] = _states.counter(parameter)
            state["exp_avg"] = call("aten::zeros_like", parameter)
            state["exp_avg_sq"] = call("aten::zeros_like", parameter)
            if amsgrad:
                state["max_exp_avg_sq"] = call("aten::zeros_like", parameter)
        return state

    def _update(self, group: Group, params: list[Tensor], grads: list[Tensor]) -> None:
        amsgrad = bool(group["amsgrad"])
        states = [self._state(one, amsgrad) for one in params]
        lists = {name: [state[name] for state in states] for name in _NAMES[: 3 if amsgrad else 2]}
        columns = self._columns(params=params, **lists)
        own = columns.handles
        steps = count(self._name, [state["step"] for state in states])
        beta1, beta2 = group["betas"]
        kernel = "aten::_fused_adamw_" if group["decoupled_weight_decay"] else "aten::_fused_adam_"
        columns.operator(kernel)(
            own["params"],
            columns.gradients(grads),
            own["exp_avg"],
            own["exp_avg_sq"],
            own["max_exp_avg_sq"] if amsgrad else [],
            steps,
            float(group["lr"]),
            float(beta1),
            float(beta2),
            float(group["weight_decay"]),
            float(group["eps"]),
            amsgrad,
            bool(group["maximize"]),
        )
        columns.finish()
