"""AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.optim.adam import Adam

__all__ = ["AdamW"]


class AdamW(Adam):
    """Adam with a weight decay of its own: ``p -= lr * weight_decay * p``, apart from the gradient.

    Args:
        weight_decay: The share of the parameter, times ``lr``, that each step takes away, >= 0.
        params, lr, betas, eps, amsgrad, maximize, foreach, capturable, differentiable, fused: As for
            :class:`Adam`. So are the exceptions.

    Source: aten::_fused_adamw_.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
