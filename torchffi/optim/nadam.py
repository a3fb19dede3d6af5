"""NAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim import _states
from torchffi.optim._formula import Formula, FormulaOptimizer, steps_of
from torchffi.optim._lists import call
from torchffi.optim._options import check_number
from torchffi.optim.optimizer import Group

__all__ = ["NAdam"]


class NAdam(FormulaOptimizer):
    """NAdam: Adam with Nesterov's momentum, which looks one step ahead.

    ``g``, ``m`` and ``v`` are those of :class:`Adam`. With ``mu(t) = beta1 * (1 - 0.96**(t *
    momentum_decay) / 2)`` and ``M(t) = mu(1) * ... * mu(t)``, at step ``t``: ``p -= lr * ((1 - mu(t)) /
    (1 - M(t)) * g + mu(t + 1) / (1 - M(t + 1)) * m) / (sqrt(v / (1 - beta2**t)) + eps)``.

    Args:
        params: Tensors, pairs of a name and a tensor, or dicts: see :class:`Optimizer`.
        lr: The learning rate, >= 0: a number, or a tensor with one.
        betas: The decay of the mean and of the mean square, both >= 0 and < 1.
        eps: Added to the root, >= 0.
        weight_decay: The weight of the parameter itself in the gradient, >= 0.
        momentum_decay: How fast ``mu`` grows to ``beta1``, >= 0.
        decoupled_weight_decay: Whether to shrink the parameter itself instead, as AdamW does.
        foreach: Taken for PyTorch's sake: operators on lists are always used.
        maximize: Whether to go up instead of down.
        capturable, differentiable: Must be False.

    Raises:
        TypeError, ValueError: An option is no number or out of range; for ``params`` see
            :class:`Optimizer`.
        NotImplementedError: ``capturable`` or ``differentiable`` is True; in ``step()``, a sparse
            gradient.

    Source: torch.optim.NAdam.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_number("NAdam", "momentum_decay", momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("decoupled_weight_decay", False)
        _states.count_in_tensors(self.param_groups, self.state, "mu_product")

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "exp_avg", "exp_avg_sq"

    def _begin(self, parameter: Tensor, state: dict[str, Any]) -> None:
        state["mu_product"] = _states.counter(parameter, 1.0)

    def _compute(self, formula: Formula, group: Group, states: list[dict[str, Any]]) -> None:
        write, params = formula.write, formula.of["params"]
        beta1, beta2 = float(group["betas"][0]), float(group["betas"][1])
        decay, lr = float(group["momentum_decay"]), float(group["lr"])
        formula.average("exp_avg", "exp_avg_sq", group["betas"])
        of_gradient, of_mean, corrections = [], [], []
        for step, state in zip(steps_of(states), states, strict=True):
            now = beta1 * (1.0 - 0.5 * 0.96 ** (step * decay))
            after = beta1 * (1.0 - 0.5 * 0.96 ** ((step + 1) * decay))
            call("aten::mul_.Scalar", state["mu_product"], now)
            product = float(state["mu_product"])
            of_gradient.append(-(lr * (1.0 - now) / (1.0 - product)))
            of_mean.append(-(lr * after / (1.0 - product * after)))
            corrections.append((1 - beta2**step) ** 0.5)
        roots = formula.make("sqrt", formula.of["exp_avg_sq"])
        write("div_.ScalarList", roots, tuple(corrections))
        write("add_.Scalar", roots, float(group["eps"]))
        write("addcdiv_.ScalarList", params, formula.grads, roots, tuple(of_gradient))
        write("addcdiv_.ScalarList", params, formula.of["exp_avg"], roots, tuple(of_mean))
