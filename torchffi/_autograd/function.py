"""Functions whose gradient is written in Python."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from torchffi._array.creation import zeros
from torchffi._autograd import modes
from torchffi._autograd.callbacks import Call
from torchffi._core.backends import FFI
from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi._libtorch.gradients import asks_gradient
from torchffi.dtypes import INEXACT
from torchffi.errors import ArgumentError, InvalidArgumentError


class FunctionCtx:
    """What ``forward()`` leaves for ``backward()``: the first argument of both.

    Other attributes can be set freely.

    Attributes:
        needs_input_grad: For each argument of ``forward()`` whether its gradient is wanted.
    """

    needs_input_grad: tuple[bool, ...]

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._to_save: tuple[Tensor | None, ...] = ()
        self._saved: tuple[Tensor | None, ...] | None = None
        self._constant: tuple[Tensor, ...] = ()
        self._dirty: tuple[Tensor, ...] = ()
        self._materialize = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keeps tensors for ``backward()``; writing to them in between makes that fail.

        Args:
            tensors: Arguments of ``forward()``, its results, or other tensors.
        """
        for tensor in tensors:
            if tensor is not None and not isinstance(tensor, Tensor):
                raise ArgumentError(
                    f"save_for_backward: expected tensors, got {type(tensor).__name__}; set "
                    "other values as attributes"
                )
        self._to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """The tensors of :meth:`save_for_backward`."""
        return self._to_save if self._saved is None else self._saved

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Says that results have no gradient, such as indices. ``backward()`` gets zeros for them."""
        self._constant = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Says which arguments ``forward()`` has overwritten. It must return them.

        ``apply()`` returns the same objects, whose history then is that of the function.
        """
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise ArgumentError(f"mark_dirty: expected tensors, got {type(tensor).__name__}")
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether ``backward()`` gets zeros, rather than None, for a tensor that has no gradient."""
        self._materialize = bool(value)


class Function:
    """A function whose gradient is given by the methods of a subclass.

    ``forward(ctx, *args)`` computes its result, which is a tensor or a tuple; it is not recorded. It may
    also be ``forward(*args)``, with ``setup_context(ctx, inputs, output)`` beside it. ``backward(ctx,
    *grads)`` takes a gradient for each result and returns one for each argument of ``forward()``, None
    for those that have none. Call the function by ``apply(*args)``.

    Source: torch::autograd::Node.
    """

    def __init__(self, *_: Any) -> None:
        raise ArgumentError(
            f"{type(self).__name__} cannot be instantiated; call {type(self).__name__}.apply(...)"
        )

    @staticmethod
    def forward(*args: Any) -> Any:
        """Computes the result. To be overridden."""
        raise NotImplementedError("a subclass of autograd.Function must define forward()")

    @staticmethod
    def setup_context(ctx: FunctionCtx, inputs: tuple[Any, ...], output: Any) -> None:
        """Saves what ``backward()`` needs, if ``forward()`` does not take ``ctx``."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        """Computes the gradients of the arguments. To be overridden."""
        raise NotImplementedError("a subclass of autograd.Function must define backward()")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Calls the function.

        Args:
            args: Passed to ``forward()``. Gradients flow to the tensors that are arguments themselves.

        Returns:
            What ``forward()`` returns.
        """
        inputs: list[Tensor] = []
        needed: list[bool] = []
        has_input: list[bool] = []
        for arg in args:
            there = isinstance(arg, Tensor) and arg._backend is FFI
            has_input.append(there)
            if there:
                inputs.append(arg)
                flag = asks_gradient(arg._data)
                needed.append(flag == 1 if flag >= 0 else gradients.requires_grad(arg._data))
            else:
                needed.append(False)
        ctx = FunctionCtx(tuple(needed))
        enabled = modes.set_mode(False)  # as no_grad() does, without an object for each call
        try:
            if cls.setup_context is Function.setup_context:
                output = cls.forward(ctx, *args)
            else:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
        finally:
            modes.set_mode(enabled)
        recorded = enabled and True in needed
        outputs = [*output] if isinstance(output, tuple) else [output]
        if ctx._dirty:
            _check_dirty(ctx._dirty, args, outputs)
        differentiable: list[int] = []
        for i, one in enumerate(outputs):
            if recorded and has_gradient(one, ctx._constant):
                differentiable.append(i)
            elif isinstance(one, Tensor):
                # As in PyTorch: another object than the argument, unless it was overwritten.
                unchanged = _is_among(one, args) and not _is_among(one, ctx._dirty)
                outputs[i] = one.detach() if unchanged or one.requires_grad else one
        if differentiable:
            _record(cls, ctx, has_input, inputs, outputs, differentiable)
        return tuple(outputs) if isinstance(output, tuple) else outputs[0]


def _is_among(tensor: Tensor, values: Sequence[Any]) -> bool:
    for value in values:  # noqa: SIM110  any() of a generator takes three times as long
        if value is tensor:
            return True
    return False


def has_gradient(output: Any, constant: Sequence[Tensor]) -> bool:
    """Whether a result of ``forward()`` has a gradient. ``constant`` are those marked as having none."""
    return (
        isinstance(output, Tensor)
        and output._backend is FFI
        and output._dtype.kind in INEXACT
        and not _is_among(output, constant)
    )


def _check_dirty(dirty: Sequence[Tensor], args: Sequence[Any], outputs: Sequence[Any]) -> None:
    for one in dirty:
        if not _is_among(one, outputs):
            raise InvalidArgumentError(
                "mark_dirty: forward() did not return a tensor marked as dirty"
            )
        if not _is_among(one, args):
            warnings.warn(
                "mark_dirty: expected arguments of forward(), got another tensor",
                UserWarning,
                stacklevel=3,
            )


def _record(
    function: type[Function],
    ctx: FunctionCtx,
    has_input: list[bool],
    inputs: list[Tensor],
    outputs: list[Any],
    differentiable: list[int],
) -> None:
    """Replaces the differentiable results of ``forward()`` by those with a history."""
    own = _overwritten(ctx, inputs, outputs, differentiable) if ctx._dirty else {}
    values = [outputs[i] for i in differentiable]
    to_save = ctx._to_save
    kept = [tensor for tensor in to_save if tensor is not None]
    if own:
        values = [own.get(id(tensor), tensor) for tensor in values]
        kept = [own.get(id(tensor), tensor) for tensor in kept]
    present = None if len(kept) == len(to_save) else [tensor is not None for tensor in to_save]
    ctx._to_save = ()  # they are kept by the node; a result kept here as well would keep the node
    ctx._dirty = ctx._constant = ()
    # The shapes, not the results themselves: those keep the node, which keeps backward().
    like = [
        (one.shape, one.dtype, one.device)
        if isinstance(one, Tensor) and one._backend is FFI
        else None
        for one in outputs
    ]
    everything = len(differentiable) == len(outputs)

    def backward(given: list[Tensor | None], saved: list[Tensor]) -> list[Tensor | None]:
        grads = given
        if not everything:
            grads = [None] * len(like)
            for i, gradient in zip(differentiable, given, strict=True):
                grads[i] = gradient
        if ctx._materialize:
            for i, gradient in enumerate(grads):
                if gradient is None and (of := like[i]) is not None:
                    grads[i] = zeros(of[0], dtype=of[1], device=of[2])
        ctx._saved = tuple(saved) if present is None else _with_none(saved, present)
        try:
            answer = function.backward(ctx, *grads)
        finally:
            ctx._saved = None
        answers = answer if isinstance(answer, tuple) else (answer,)
        if len(answers) != len(has_input):
            raise InvalidArgumentError(
                f"{function.__name__}.backward returned {len(answers)} gradients, expected one for "
                f"each of the {len(has_input)} arguments of forward(), None for those without one"
            )
        return [answer for there, answer in zip(has_input, answers, strict=True) if there]

    results = Call(backward, [*map(type, inputs)]).record(inputs, values, kept)
    for i, result in zip(differentiable, results, strict=True):
        if own and id(outputs[i]) in own:
            outputs[i].copy_(result)
        else:
            outputs[i] = result


def _with_none(tensors: Sequence[Tensor], present: Sequence[bool]) -> tuple[Tensor | None, ...]:
    remaining = iter(tensors)
    return tuple([next(remaining) if there else None for there in present])


def _overwritten(
    ctx: FunctionCtx, inputs: list[Tensor], outputs: list[Any], differentiable: list[int]
) -> dict[int, Tensor]:
    """Copies of the results that are overwritten arguments, by the id of the argument.

    Such an argument gets the history of the result by a copy of the same values, which LibTorch
    records for its views as well. The result has memory of its own: to write to the argument is to
    overwrite what was saved.
    """
    own: dict[int, Tensor] = {}
    for i in differentiable:
        one = outputs[i]
        if _is_among(one, ctx._dirty) and _is_among(one, inputs):
            if one.is_leaf and one.requires_grad:
                raise InvalidArgumentError(
                    "mark_dirty: a leaf that requires gradients was overwritten; compute a new tensor"
                )
            with modes.no_grad():
                own[id(one)] = one.clone()
    return own
