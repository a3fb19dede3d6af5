"""Functions without second derivatives."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from torchffi._autograd import modes
from torchffi._autograd.function import Function, FunctionCtx, has_gradient
from torchffi._core.tensor import Tensor
from torchffi.errors import NotSupportedError


class _Once(Function):
    """Returns gradients that were not recorded. To differentiate them is an error."""

    @staticmethod
    def forward(ctx: FunctionCtx, *gradients: Any) -> Any:
        return gradients

    @staticmethod
    def backward(ctx: FunctionCtx, *_: Any) -> Any:
        raise NotSupportedError(
            "once_differentiable: trying to differentiate twice a function that was marked with "
            "@once_differentiable"
        )


_Backward = TypeVar("_Backward", bound=Callable[..., Any])


def once_differentiable(backward: _Backward, /) -> _Backward:
    """Decorates ``backward()`` of a function whose gradients cannot be differentiated.

    It is not recorded, also where ``create_graph`` is True. Second derivatives then raise a
    RuntimeError, where without the decorator they would be wrong.
    """

    @wraps(backward)
    def function(ctx: FunctionCtx, *grads: Any) -> Any:
        with modes.no_grad():
            answer = backward(ctx, *grads)
        recorded = any(isinstance(one, Tensor) and one.requires_grad for one in grads)
        if not recorded or not modes.is_grad_enabled():
            return answer
        answers = answer if isinstance(answer, tuple) else (answer,)
        marked: tuple[Any, ...] = _Once.apply(
            *[one.detach().requires_grad_() if has_gradient(one, ()) else one for one in answers]
        )
        return marked if isinstance(answer, tuple) else marked[0]

    return function  # type: ignore[return-value]
