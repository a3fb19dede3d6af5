"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim import _states
from torchffi.optim._lists import Columns, call, handles, in_place, results, step_handles
from torchffi.optim.optimizer import Group, ListOptimizer, check_number, refuse_modes

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
        lists = {
            "params": params,
            "grads": grads,
            "square_avg": [state["square_avg"] for state in states],
        }
        if group["momentum"] > 0:
            lists["momentum_buffer"] = [state["momentum_buffer"] for state in states]
        if group["centered"]:
            lists["grad_avg"] = [state["grad_avg"] for state in states]
        columns = Columns("RMSprop", lists, read=("grads",))
        of = dict(zip(lists, columns.handles, strict=True))
        steps = step_handles("RMSprop", [state["step"] for state in states])
        in_place("aten::_foreach_add_.Scalar", steps, 1)
        _compute(of, {key: group[key] for key in ("maximize", "momentum", "centered")}, *(
            float(group[key]) for key in ("lr", "alpha", "eps", "weight_decay")
        ))
        columns.finish()


def _compute(
    of: dict[str, list[int]],
    options: dict[str, Any],
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
) -> None:
    """The formula, on lists of handles by their names."""
    params, grads, squares = of["params"], of["grads"], of["square_avg"]
    if options["maximize"]:
        negated = results("aten::_foreach_neg", grads)
        grads = handles(negated)
    if weight_decay != 0:
        decayed = results("aten::_foreach_add.List", grads, params, weight_decay)
        grads = handles(decayed)
    in_place("aten::_foreach_mul_.Scalar", squares, alpha)
    in_place("aten::_foreach_addcmul_.Scalar", squares, grads, grads, 1 - alpha)
    if options["centered"]:
        means = of["grad_avg"]
        in_place("aten::_foreach_lerp_.Scalar", means, grads, 1 - alpha)
        roots = results("aten::_foreach_addcmul.Scalar", squares, means, means, -1)
        in_place("aten::_foreach_sqrt_", handles(roots))
    else:
        roots = results("aten::_foreach_sqrt", squares)
    divisors = handles(roots)
    in_place("aten::_foreach_add_.Scalar", divisors, eps)
    if options["momentum"] > 0:
        buffers = of["momentum_buffer"]
        in_place("aten::_foreach_mul_.Scalar", buffers, float(options["momentum"]))
        in_place("aten::_foreach_addcdiv_.Scalar", buffers, grads, divisors)
        in_place("aten::_foreach_add_.List", params, buffers, -lr)
    else:
        in_place("aten::_foreach_addcdiv_.Scalar", params, grads, divisors, -lr)
