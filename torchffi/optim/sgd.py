"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError
from torchffi.optim._list_optimizer import ListOptimizer
from torchffi.optim._lists import call
from torchffi.optim._options import check_number, refuse_both, refuse_modes
from torchffi.optim.optimizer import Group

__all__ = ["SGD"]


class SGD(ListOptimizer):
    """Stochastic gradient descent, with momentum if that is not 0.

    ``g = grad + weight_decay * p``; ``b = momentum * b + (1 - dampening) * g``, which begins with ``g``;
    ``p -= lr * b``, or ``lr * (g + momentum * b)`` for Nesterov's.

    Args:
        params: Tensors, pairs of a name and a tensor, or dicts: see :class:`Optimizer`.
        lr: The learning rate, >= 0: a number, or a tensor with one.
        momentum: The share of the last step in this one, >= 0.
        dampening: The share of the gradient that momentum leaves out.
        weight_decay: The weight of the parameter itself in the gradient, >= 0.
        nesterov: Whether to look ahead. Needs momentum and no dampening.
        maximize: Whether to go up instead of down.
        foreach, fused: Taken for PyTorch's sake: the fused kernel is always used.
        differentiable: Must be False.

    Raises:
        TypeError, ValueError: An option is no number or out of range; for ``params`` see
            :class:`Optimizer`.
        NotImplementedError: ``differentiable`` is True; in ``step()``, a sparse gradient.

    Source: aten::_fused_sgd_.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse_modes("SGD", False, differentiable)
        refuse_both("SGD", foreach, fused)
        check_number("SGD", "lr", lr)
        check_number("SGD", "momentum", momentum)
        check_number("SGD", "weight_decay", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise InvalidArgumentError(
                f"SGD: nesterov needs momentum > 0 and dampening 0, got momentum {momentum} and "
                f"dampening {dampening}"
            )
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("nesterov", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("differentiable", False)
            group.setdefault("fused", False)

    def _update(self, group: Group, params: list[Tensor], grads: list[Tensor]) -> None:
        if group["momentum"] == 0:
            self._call(group, params, grads, [], first=False)
            return
        # The kernel takes parameters at their first step, or none of them.
        fresh = [self.state[one].get("momentum_buffer") is None for one in params]
        for first in (True, False):
            chosen = [i for i, one in enumerate(fresh) if one is first]
            if chosen:
                own = [params[i] for i in chosen]
                if first:
                    for one in own:
                        self.state[one]["momentum_buffer"] = call("aten::zeros_like", one)
                buffers = [self.state[one]["momentum_buffer"] for one in own]
                self._call(group, own, [grads[i] for i in chosen], buffers, first)

    def _call(
        self,
        group: Group,
        params: list[Tensor],
        grads: list[Tensor],
        buffers: list[Tensor],
        first: bool,
    ) -> None:
        columns = self._columns(params=params, **({"momentum_buffer": buffers} if buffers else {}))
        columns.operator("aten::_fused_sgd_")(
            columns.handles["params"],
            columns.gradients(grads),
            columns.handles.get("momentum_buffer", []),
            float(group["weight_decay"]),
            float(group["momentum"]),
            float(group["lr"]),
            float(group["dampening"]),
            bool(group["nesterov"]),
            bool(group["maximize"]),
            first,
        )
        columns.finish()
