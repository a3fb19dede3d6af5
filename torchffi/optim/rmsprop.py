"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim import _states
from torchffi.optim._list_optimizer import ListOptimizer
from torchffi.optim._lists import Columns, call, count, handles
from torchffi.optim._options import check_number, refuse_modes
from torchffi.optim.optimizer import Group

__all__ = ["RMSprop"]


class RMSprop(ListOptimizer):
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
        refuse_modes("RMSprop", capturable, differentiable)
        check_number("RMSprop", "lr", lr)
        check_number("RMSprop", "eps", eps)
        check_number("RMSprop", "momentum", momentum)
        check_number("RMSprop", "weight_decay", weight_decay)
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
            group.setdefault("foreach", None)
            group.setdefault("maximize", False)
            group.setdefault("differentiable", False)
            group.setdefault("capturable", False)
        _states.count_in_tensors(self.param_groups, self.state)

    def _state(self, parameter: Tensor, group: Group) -> dict[str, Any]:
        """The state of a parameter, made at its first step."""
        state: dict[str, Any] = self.state[parameter]
        if not state:
            state["step"] = _states.counter(parameter)
            state["square_avg"] = call("aten::zeros_like", parameter)
            if group["momentum"] > 0:
                state["momentum_buffer"] = call("aten::zeros_like", parameter)
            if group["centered"]:
                state["grad_avg"] = call("aten::zeros_like", parameter)
        return state

    def _update(self, group: Group, params: list[Tensor], grads: list[Tensor]) -> None:
        states = [self._state(one, group) for one in params]
        names = ["square_avg"]
        names += ["momentum_buffer"] if group["momentum"] > 0 else []
        names += ["grad_avg"] if group["centered"] else []
        columns = self._columns(
            params=params, **{name: [state[name] for state in states] for name in names}
        )
        count("RMSprop", [state["step"] for state in states])
        _compute(columns, columns.gradients(grads), group)
        columns.finish()


def _compute(columns: Columns, grads: list[int], group: Group) -> None:
    """The formula, on lists of handles. Results live as long as their handles are used."""
    of, run = columns.handles, columns.operator
    params, squares = of["params"], of["square_avg"]
    alpha, weight_decay = float(group["alpha"]), float(group["weight_decay"])
    if group["maximize"]:
        negated = run("aten::_foreach_neg")(grads)
        grads = handles(negated)
    if weight_decay != 0:
        decayed = run("aten::_foreach_add.List")(grads, params, weight_decay)
        grads = handles(decayed)
    run("aten::_foreach_mul_.Scalar")(squares, alpha)
    run("aten::_foreach_addcmul_.Scalar")(squares, grads, grads, 1 - alpha)
    if group["centered"]:
        means = of["grad_avg"]
        run("aten::_foreach_lerp_.Scalar")(means, grads, 1 - alpha)
        roots = run("aten::_foreach_addcmul.Scalar")(squares, means, means, -1)
        run("aten::_foreach_sqrt_")(handles(roots))
    else:
        roots = run("aten::_foreach_sqrt")(squares)
    divisors = handles(roots)
    run("aten::_foreach_add_.Scalar")(divisors, float(group["eps"]))
    if group["momentum"] > 0:
        buffers, divide = of["momentum_buffer"], run("aten::_foreach_addcdiv_.Scalar")
        run("aten::_foreach_mul_.Scalar")(buffers, float(group["momentum"]))
        divide(buffers, grads, divisors, 1)
        run("aten::_foreach_add_.List")(params, buffers, -float(group["lr"]))
    else:
        run("aten::_foreach_addcdiv_.Scalar")(params, grads, divisors, -float(group["lr"]))
