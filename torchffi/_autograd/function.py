"""Functions whose gradient is written in Python."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from torchffi._array.creation import zeros
from torchffi._autograd import modes
from torchffi._autograd.callbacks import record
from torchffi._core.backends import FFI
from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi._libtorch.gradients import asks_gradient
from torchffi.dtypes import INEXACT, DType
from torchffi.errors import ArgumentError, InvalidArgumentError


class FunctionCtx:
    """What ``forward()`` leaves for ``backward()``: the first argument of both.

    Other attributes can be set freely.

    Attributes:
        needs_input_grad: For each argument of ``forward()`` whether its gradient is wanted.
    """

    needs_input_grad: tuple[bool, ...]
    # Those of the class until they are set: most calls set one or two.
    _to_save: tuple[Tensor | None, ...] = ()
    _saved: tuple[Tensor | None, ...] | None = None
    _constant: tuple[Tensor, ...] = ()
    _dirty: tuple[Tensor, ...] = ()
    _materialize = True
    # What backward() is called with and checked by, of a call that was recorded.
    _function: type[Function]
    _kinds: list[type[Tensor] | None]
    _like: list[tuple[tuple[int, ...], DType, str] | None]
    _places: list[int] | None  # the results that have a gradient; None for all
    _present: list[bool] | None  # which of those saved are tensors; None for all

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad

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

    def _gradients(self, given: list[Tensor | None], saved: list[Tensor]) -> Sequence[Any]:
        """Calls ``backward()``: see :class:`~torchffi._autograd.callbacks.Recorded`."""
        grads: Sequence[Tensor | None] = given
        if self._places is not None:
            grads = [None] * len(self._like)
            for i, gradient in zip(self._places, given, strict=True):
                grads[i] = gradient
        if self._materialize and None in grads:
            grads = [self._zeros(i) if one is None else one for i, one in enumerate(grads)]
        self._saved = tuple(saved) if self._present is None else _with_none(saved, self._present)
        try:
            answer = self._function.backward(self, *grads)
        finally:
            self._saved = None
        answers = answer if isinstance(answer, tuple) else (answer,)
        if len(answers) != len(self._kinds):
            raise InvalidArgumentError(
                f"{self._function.__name__}.backward returned {len(answers)} gradients, expected one "
                f"for each of the {len(self._kinds)} arguments of forward(), None for those without one"
            )
        return answers

    def _zeros(self, i: int) -> Tensor | None:
        like = self._like[i]
        return None if like is None else zeros(like[0], dtype=like[1], device=like[2])


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
        inputs: list[int] = []
        needed: list[bool] = []
        kinds: list[type[Tensor] | None] = []
        for arg in args:
            kind, need = None, False
            if isinstance(arg, Tensor) and arg._backend is FFI:
                kind, handle = type(arg), arg._data
                inputs.append(handle)
                flag = asks_gradient(handle)
                need = flag == 1 if flag >= 0 else gradients.requires_grad(handle)
            kinds.append(kind)
            needed.append(need)
        ctx = FunctionCtx(tuple(needed))
        ctx._function, ctx._kinds = cls, kinds
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
        places: list[int] = []
        for i, one in enumerate(outputs):
            if recorded and has_gradient(one, ctx._constant):
                places.append(i)
            elif isinstance(one, Tensor):
                # As in PyTorch: another object than the argument, unless it was overwritten.
                unchanged = _is_among(one, args) and not _is_among(one, ctx._dirty)
                outputs[i] = one.detach() if unchanged or one.requires_grad else one
        if places:
            _record(ctx, args, inputs, outputs, places)
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
    ctx: FunctionCtx,
    args: tuple[Any, ...],
    inputs: list[int],
    outputs: list[Any],
    places: list[int],
) -> None:
    """Replaces the results of ``forward()`` at the places given by those with a history."""
    own = _overwritten(ctx._dirty, args, outputs, places) if ctx._dirty else {}
    values: list[Tensor] = []
    saved: list[int] = []
    present: list[bool] = []
    # Loops, not comprehensions: each of those is a call.
    for i in places:
        one = outputs[i]
        values.append(own.get(id(one), one) if own else one)
    kept = ctx._to_save  # alive until the node has them: the handles alone keep nothing
    for one in kept:
        present.append(one is not None)
        if one is not None:
            saved.append((own.get(id(one), one) if own else one)._data)
    ctx._present = None if len(saved) == len(present) else present
    ctx._places = None if len(places) == len(outputs) else places
    # Not the tensors: a result keeps the node, which keeps the context; the node keeps those saved.
    ctx._to_save = ctx._dirty = ctx._constant = ()
    ctx._like = like = []
    for one in outputs:
        there = isinstance(one, Tensor) and one._backend is FFI
        like.append((one.shape, one._dtype, one.device) if there else None)
    for place, result in zip(places, record(ctx, inputs, values, saved), strict=True):
        if own and id(outputs[place]) in own:
            outputs[place].copy_(result)
        else:
            outputs[place] = result


def _with_none(tensors: Sequence[Tensor], present: Sequence[bool]) -> tuple[Tensor | None, ...]:
    remaining = iter(tensors)
    return tuple([next(remaining) if there else None for there in present])


def _overwritten(
    dirty: Sequence[Tensor], args: Sequence[Any], outputs: Sequence[Any], places: Sequence[int]
) -> dict[int, Tensor]:
    """Copies of the results that are overwritten arguments, by the id of the argument.

    Such an argument gets the history of the result by a copy of the same values, which LibTorch
    records for its views as well. The result has memory of its own: to write to the argument is to
    overwrite what was saved.
    """
    own: dict[int, Tensor] = {}
    for i in places:
        one = outputs[i]
        if _is_among(one, dirty) and _is_among(one, args):
            if one.is_leaf and one.requires_grad:
                raise InvalidArgumentError(
                    "mark_dirty: a leaf that requires gradients was overwritten; compute a new tensor"
                )
            with modes.no_grad():
                own[id(one)] = one.clone()
    return own
