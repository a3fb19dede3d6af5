"""Adamax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim._formula import Formula, FormulaOptimizer, steps_of
from torchffi.optim.optimizer import Group

__all__ = ["Adamax"]


class Adamax(FormulaOptimizer):
    """Adamax: steps of the decaying mean gradient over its decaying maximum.

    ``g = grad + weight_decay * p``; ``m = beta1 * m + (1 - beta1) * g``; ``u = max(beta2 * u, abs(g) +
    eps)``; ``p -= lr / (1 - beta1**t) * m / u`` at step ``t``.

    Args:
        params: Tensors, pairs of a name and a tensor, or dicts: see :class:`Optimizer`.
        lr: The learning rate, >= 0: a number, or a tensor with one.
        betas: The decay of the mean and of the maximum, both >= 0 and < 1.
        eps: Added to the magnitude of the gradient, >= 0.
        weight_decay: The weight of the parameter itself in the gradient, >= 0.
        foreach: Taken for PyTorch's sake: operators on lists are always used.
        maximize: Whether to go up instead of down.
        capturable, differentiable: Must be False.

    Raises:
        TypeError, ValueError: An option is no number or out of range; for ``params`` see
            :class:`Optimizer`.
        NotImplementedError: ``capturable`` or ``differentiable`` is True; in ``step()``, a sparse
            gradient.

    Source: torch.optim.Adamax.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "exp_avg", "exp_inf"

    def _compute(self, formula: Formula, group: Group, states: list[dict[str, Any]]) -> None:
        write, grads = formula.write, formula.grads
        means, largest = formula.of["exp_avg"], formula.of["exp_inf"]
        beta1, lr = float(group["betas"][0]), float(group["lr"])
        write("lerp_.Scalar", means, grads, 1 - beta1)
        write("mul_.Scalar", largest, float(group["betas"][1]))
        magnitudes = formula.make("abs", grads)
        write("add_.Scalar", magnitudes, float(group["eps"]))
        write("maximum_.List", largest, magnitudes)
        sizes = tuple(-(lr / (1 - beta1**step)) for step in steps_of(states))
        write("addcdiv_.ScalarList", formula.of["params"], means, largest, sizes)
