"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim._formula import Formula, FormulaOptimizer
from torchffi.optim._options import check_number
from torchffi.optim.optimizer import Group

__all__ = ["Adadelta"]


class Adadelta(FormulaOptimizer):
    """Adadelta: steps of the gradient, by the ratio of the roots of two decaying mean squares.

    ``g = grad + weight_decay * p``; ``v = rho * v + (1 - rho) * g**2``; ``d = sqrt(u + eps) / sqrt(v +
    eps) * g``; ``u = rho * u + (1 - rho) * d**2``; ``p -= lr * d``.

    Args:
        params: Tensors, pairs of a name and a tensor, or dicts: see :class:`Optimizer`.
        lr: The learning rate, >= 0: a number, or a tensor with one.
        rho: The decay of the mean squares, >= 0 and <= 1.
        eps: Added under both roots, >= 0.
        weight_decay: The weight of the parameter itself in the gradient, >= 0.
        foreach: Taken for PyTorch's sake: operators on lists are always used.
        maximize: Whether to go up instead of down.
        capturable, differentiable: Must be False.

    Raises:
        TypeError, ValueError: An option is no number or out of range; for ``params`` see
            :class:`Optimizer`.
        NotImplementedError: ``capturable`` or ``differentiable`` is True; in ``step()``, a sparse
            gradient.

    Source: torch.optim.Adadelta.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_number("Adadelta", "rho", rho, most=1)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def _kept(self, group: Group) -> tuple[str, ...]:
        return "square_avg", "acc_delta"

    def _compute(self, formula: Formula, group: Group, states: list[dict[str, Any]]) -> None:
        write, make, grads = formula.write, formula.make, formula.grads
        squares, deltas = formula.of["square_avg"], formula.of["acc_delta"]
        rho, eps = float(group["rho"]), float(group["eps"])
        write("mul_.Scalar", squares, rho)
        write("addcmul_.Scalar", squares, grads, grads, 1 - rho)
        roots = make("add.Scalar", squares, eps)
        write("sqrt_", roots)
        steps = make("add.Scalar", deltas, eps)
        write("sqrt_", steps)
        write("div_.List", steps, roots)
        write("mul_.List", steps, grads)
        write("mul_.Scalar", deltas, rho)
        write("addcmul_.Scalar", deltas, steps, steps, 1 - rho)
        write("add_.List", formula.of["params"], steps, -float(group["lr"]))
