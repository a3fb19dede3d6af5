"""Backward hooks: functions that run when gradients pass through a module."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from torchffi._autograd.function import Function, FunctionCtx
from torchffi._autograd.modes import is_grad_enabled
from torchffi._core.backends import FFI
from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError

Gradients = tuple[Tensor | None, ...]


class _Boundary(Function):
    """Returns its tensors as they are, and shows their gradients to a function."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, show: Callable[[Gradients], Gradients], fill: bool, *tensors: Tensor
    ) -> Any:
        ctx.show = show  # type: ignore[attr-defined]
        ctx.mark_non_differentiable(*[one for one in tensors if not one.requires_grad])
        ctx.set_materialize_grads(fill)
        return tensors

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        shown = ctx.show(grads)  # type: ignore[attr-defined]
        return tuple(
            one if wanted else None
            for one, wanted in zip((None, None, *shown), ctx.needs_input_grad, strict=True)
        )


class Passage:
    """One call of a module, whose arguments and results are boundaries for gradients.

    Args:
        module: The module.
        hooks: Called with the module and the gradients of the arguments and of the results.
        pre_hooks: Called with the module and the gradients of the results.
    """

    def __init__(
        self,
        module: Any,
        hooks: Sequence[Callable[..., Any]],
        pre_hooks: Sequence[Callable[..., Any]],
    ) -> None:
        self._module, self._hooks, self._pre_hooks = module, hooks, pre_hooks
        self._arguments = 0
        self._has_entry = False
        self._grad_output: Gradients | None = None  # between the two boundaries

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments to call the module with."""
        self._arguments = len(args)
        places = _places(args)
        self._has_entry = bool(places)
        return _bounded(args, places, lambda grads: self._left(grads, places), fill=True)

    def leave(self, result: Any) -> Any:
        """The result to return."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                f"{type(self._module).__name__}: backward hooks are not called, because the result is "
                f"{type(result).__name__}, expected a Tensor or a tuple",
                UserWarning,
                stacklevel=5,
            )
            return result
        results = result if isinstance(result, tuple) else (result,)
        places = _places(results)
        bounded = _bounded(
            results, places, lambda grads: self._came(grads, places, len(results)), fill=False
        )
        if type(result) is tuple:
            return bounded
        return type(result)(*bounded) if isinstance(result, tuple) else bounded[0]

    def _came(self, grads: Gradients, places: list[int], count: int) -> Gradients:
        """Gradients of the results have come."""
        grad_output = _spread(grads, places, count)
        for hook in self._pre_hooks:
            changed = hook(self._module, grad_output)
            grad_output = self._checked("pre-hook", "grad_output", changed, grad_output)
        self._grad_output = grad_output
        if not self._has_entry:  # no argument requires gradients
            for hook in self._hooks:
                changed = hook(self._module, (None,) * self._arguments, grad_output)
                if changed is not None and any(one is not None for one in changed):
                    raise InvalidArgumentError(
                        f"{type(self._module).__name__}: a backward hook returned gradients of "
                        "arguments of which none requires gradients; return None"
                    )
            self._grad_output = None
        return tuple(grad_output[i] for i in places)

    def _left(self, grads: Gradients, places: list[int]) -> Gradients:
        """Gradients of the arguments are there."""
        grad_output = self._grad_output
        if grad_output is None:  # they did not come through the results, as in a second derivative
            return grads
        grad_input = _spread(grads, places, self._arguments)
        for hook in self._hooks:
            changed = hook(self._module, grad_input, grad_output)
            grad_input = self._checked("hook", "grad_input", changed, grad_input)
        self._grad_output = None
        return tuple(grad_input[i] for i in places)

    def _checked(self, kind: str, name: str, changed: Any, before: Gradients) -> Gradients:
        """What a hook returned; what there was if that is None."""
        if changed is None:
            return before
        found: Gradients = (changed,) if isinstance(changed, Tensor) else tuple(changed)
        if len(found) != len(before):
            raise InvalidArgumentError(
                f"{type(self._module).__name__}: a backward {kind} returned {len(found)} tensors as "
                f"{name}, expected {len(before)}"
            )
        return found


def _places(values: Sequence[Any]) -> list[int]:
    """The positions of the tensors on LibTorch; none if nothing is recorded for them."""
    places = [i for i, v in enumerate(values) if isinstance(v, Tensor) and v._backend is FFI]
    recorded = is_grad_enabled() and any(values[i].requires_grad for i in places)
    return places if recorded else []


def _bounded(
    values: tuple[Any, ...],
    places: list[int],
    show: Callable[[Gradients], Gradients],
    *,
    fill: bool,
) -> tuple[Any, ...]:
    """The values with tensors whose gradients are shown, with zeros for missing ones or None."""
    if not places:
        return values
    replaced = list(values)
    tensors = _Boundary.apply(show, fill, *[values[i] for i in places])
    for i, tensor in zip(places, tensors, strict=True):
        replaced[i] = tensor
    return tuple(replaced)


def _spread(grads: Gradients, places: list[int], count: int) -> Gradients:
    """The gradients at their positions among all arguments or results; None for the others."""
    found: list[Tensor | None] = [None] * count
    for i, gradient in zip(places, grads, strict=True):
        found[i] = gradient
    return tuple(found)
