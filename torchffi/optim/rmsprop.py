"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim._formula import Formula, FormulaOptimizer
from torchffi.optim._options import check_number
from torchffi.optim.optimizer import Group

__all__ = ["RMSprop"]


class RMSprop(FormulaOptimizer):
    """RMSprop: steps of the gradient over the root of its decaying mean square.

    ``g = grad + weight_decay * p``; ``v = alpha * v + (1 - alpha) * g**2``; ``p -= lr * g / (sqrt(v) +
    eps)``.

    Args:
        params: Tensors, pairs of a name and a tensor, or dicts: see :class:`Optimizer`.
        lr: The learning rate, >= 0: a number, or a tensor with one.
        alpha: The decay of the mean square, >= 0.
        eps: Added to the root, >= 0.
        weight_decay: The weight of the parameter itself in the gradient, >= 0.
        momentum: The share of the last step in this one, >= 0.
        centered: Whether to subtract the square of the decaying mean gradient from ``v``.
        capturable, differentiable: Must be False.
        foreach: Taken for PyTorch's sake: operators on lists are always used.
        maximize: Whether to go up instead of down.

    Raises:
        TypeError, ValueError: An option is no number or out of range; for ``params`` see
            :class:`Optimizer`.
        NotImplementedError: ``capturable`` or ``differentiable`` is True; in ``step()``, a sparse
            gradient.

    Source: aten::_foreach_addcmul_, aten::_foreach_addcdiv_ and others: there is no fused kernel.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_number("RMSprop", "momentum", momentum)
        check_number("RMSprop", "alpha", alpha)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("momentum", 0)
            group.setdefault("centered", False)

    def _kept(self, group: Group) -> tuple[str, ...]:
        names = ["square_avg"]
        names += ["momentum_buffer"] if group["momentum"] > 0 else []
        names += ["grad_avg"] if group["centered"] else []
        return tuple(names)

    def _compute(self, formula: Formula, group: Group, states: list[dict[str, Any]]) -> None:
        write, make, grads = formula.write, formula.make, formula.grads
        params, squares = formula.of["params"], formula.of["square_avg"]
        alpha, lr = float(group["alpha"]), float(group["lr"])
        write("mul_.Scalar", squares, alpha)
        write("addcmul_.Scalar", squares, grads, grads, 1 - alpha)
        if group["centered"]:
            means = formula.of["grad_avg"]
            write("lerp_.Scalar", means, grads, 1 - alpha)
            roots = make("addcmul.Scalar", squares, means, means, -1)
            write("sqrt_", roots)
        else:
            roots = make("sqrt", squares)
        write("add_.Scalar", roots, float(group["eps"]))
        if group["momentum"] > 0:
            buffers = formula.of["momentum_buffer"]
            write("mul_.Scalar", buffers, float(group["momentum"]))
            write("addcdiv_.Scalar", buffers, grads, roots, 1)
            write("add_.List", params, buffers, -lr)
        else:
            write("addcdiv_.Scalar", params, grads, roots, -lr)
