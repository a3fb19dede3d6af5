"""RAdam."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim._formula import Formula, FormulaOptimizer, steps_of
from torchffi.optim.optimizer import Group

__all__ = ["RAdam"]


class RAdam(FormulaOptimizer):
    """RAdam: Adam that takes the mean square into account only once it is known well enough.

    ``g``, ``m`` and ``v`` are those of :class:`Adam`. ``r = R - 2 * t * beta2**t / (1 - beta2**t)``,
    with ``R = 2 / (1 - beta2) - 1``, tells how many gradients the mean square stands for. At step ``t``,
    ``p -= lr * m / (1 - beta1**t)``, if ``r > 5`` times ``sqrt((r - 4) * (r - 2) * R / ((R - 4) *
    (R - 2) * r)) * sqrt(1 - beta2**t) / (sqrt(v) + eps)``.

    Args:
        params: Tensors, pairs of a name and a tensor, or dicts: see :class:`Optimizer`.
        lr: The learning rate, >= 0: a number, or a tensor with one.
        betas: The decay of the mean and of the mean square, both >= 0 and < 1.
        eps: Added to the root, >= 0.
        weight_decay: The weight of the parameter itself in the gradient, >= 0.
        decoupled_weight_decay: Whether to shrink the parameter itself instead, as AdamW does.
        foreach: Taken for PyTorch's sake: operators on lists are always used.
        maximize: Whether to go up instead of down.
        capturable, differentiable: Must be False.

    Raises:
        TypeError, ValueError: An option is no number or out of range; for ``params`` see
            :class:`Optimizer`.
        NotImplementedError: ``capturable`` or ``differentiable`` is True; in ``step()``, a sparse
            gradient.

    Source: torch.optim.RAdam.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("decoupled_weight_decay", False)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "exp_avg", "exp_avg_sq"

    def _compute(self, formula: Formula, group: Group, states: list[dict[str, Any]]) -> None:
        write = formula.write
        beta1, beta2 = float(group["betas"][0]), float(group["betas"][1])
        lr = float(group["lr"])
        formula.average("exp_avg", "exp_avg_sq", group["betas"])
        plain, over_root = [], []  # the factors of m, of which one is 0
        for step in steps_of(states):
            rectified, correction = _rectified(beta2, step), 1 - beta1**step
            plain.append(0.0 if rectified else -(lr / correction))
            over_root.append((1 - beta2**step) ** 0.5 * -(lr * rectified / correction))
        factors = formula.make("sqrt", formula.of["exp_avg_sq"])
        write("add_.Scalar", factors, float(group["eps"]))
        write("div_.ScalarList", factors, tuple(over_root))  # by 0: the reciprocal is 0
        write("reciprocal_", factors)
        write("add_.ScalarList", factors, tuple(plain))
        write("addcmul_.Scalar", formula.of["params"], formula.of["exp_avg"], factors, 1)


def _rectified(beta2: float, step: float) -> float:
    """How much the mean square counts; 0 as long as it is of too few gradients."""
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2**step / (1 - beta2**step)
    if length <= 5:
        return 0.0
    ratio = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    return float(ratio**0.5)
