"""What ``forward()`` says of its tensors by ``ctx`` has the effect that it has in PyTorch."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.gradients.test_custom import Program, outcome
from tests.support import handles
from torchffi import autograd, errors

pytestmark = pytest.mark.usefixtures("ffi_backend")

PROGRAMS: list[Program] = []


def program(function: Program) -> Program:
    PROGRAMS.append(function)
    return function


def made(t: Any, forward: Callable[..., Any], backward: Callable[..., Any] | None = None) -> Any:
    """The function with these parts. Without a backward, each gradient is twice that of the result."""

    class Made(t.autograd.Function):  # type: ignore[misc, name-defined]
        pass

    Made.forward = staticmethod(forward)
    Made.backward = staticmethod(backward or (lambda ctx, gradient: gradient * 2.0))
    return Made.apply


def twice(ctx: Any, x: Any) -> Any:
    """Doubles its argument in place."""
    x.mul_(2.0)
    ctx.mark_dirty(x)
    return x


def intermediate(tensor: Any, values: list[float]) -> tuple[Any, Any]:
    """A leaf, and the result of an operation on it."""
    w = tensor(values).requires_grad_()
    return w, w * 1.0


# ---- save_for_backward


@program
def nothing_else_refers_to_what_is_saved(t: Any, tensor: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x * 3.0, None, x + 1.0)
        return x * 2.0

    def backward(ctx: Any, gradient: Any) -> Any:
        factor, nothing, other = ctx.saved_tensors
        assert nothing is None
        return gradient * factor * other

    w = tensor([1.0, 2.0]).requires_grad_()
    y = made(t, forward, backward)(w)
    unrelated = [tensor([0.0, 0.0]) for _ in range(100)]  # over the memory of what was freed
    (y * tensor([1.0, 3.0])).sum().backward()
    return [y, w.grad, len(unrelated)]


# ---- mark_dirty


@program
def an_argument_is_overwritten(t: Any, tensor: Any) -> Any:
    w, x = intermediate(tensor, [1.0, 2.0])
    y = made(t, twice)(x)
    (y * tensor([1.0, 3.0])).sum().backward()
    return [y is x, x.requires_grad, x.is_leaf, x, w.grad]


@program
def an_overwritten_argument_is_used_again(t: Any, tensor: Any) -> Any:
    w, x = intermediate(tensor, [1.0, 2.0])
    made(t, twice)(x)
    made(t, twice)(x)
    x += x
    (x * x).sum().backward()
    return [x, w.grad]


@program
def an_overwritten_argument_keeps_its_gradient(t: Any, tensor: Any) -> Any:
    w, x = intermediate(tensor, [1.0, 2.0])
    x.retain_grad()
    (made(t, twice)(x) * tensor([1.0, 3.0])).sum().backward()
    return [x.grad, w.grad]


@program
def a_tensor_without_gradients_is_overwritten(t: Any, tensor: Any) -> Any:
    def forward(ctx: Any, x: Any, w: Any) -> Any:
        x.add_(w)
        ctx.mark_dirty(x)
        return x

    x, w = tensor([1.0, 2.0]), tensor([3.0, 4.0]).requires_grad_()
    y = made(t, forward, lambda ctx, gradient: (gradient * 10.0, gradient * 100.0))(x, w)
    y.sum().backward()
    plain = tensor([1.0, 2.0])
    unrecorded = made(t, twice)(plain)
    return [y is x, x.requires_grad, x, w.grad, unrecorded is plain, plain.requires_grad, plain]


@program
def a_view_is_overwritten(t: Any, tensor: Any) -> Any:
    w, base = intermediate(tensor, [1.0, 2.0, 3.0])
    view, other = base[1:], base[:2]
    y = made(t, twice)(view)
    (base * tensor([1.0, 3.0, 5.0])).sum().backward(retain_graph=True)
    found = [y is view, base, other, w.grad]
    w.grad = None
    other.sum().backward()
    return [*found, w.grad]


@program
def the_base_of_a_view_is_overwritten(t: Any, tensor: Any) -> Any:
    w, base = intermediate(tensor, [1.0, 2.0, 3.0])
    view = base[1:]
    made(t, twice)(base)
    (view * tensor([3.0, 5.0])).sum().backward()
    return [view, w.grad]


@program
def an_overwritten_argument_is_saved(t: Any, tensor: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        x.exp_()
        ctx.mark_dirty(x)
        ctx.save_for_backward(x, None)
        return x

    def backward(ctx: Any, gradient: Any) -> Any:
        result, nothing = ctx.saved_tensors
        assert nothing is None
        return gradient * result

    w, x = intermediate(tensor, [0.0, 0.0])
    y = made(t, forward, backward)(x)
    (first,) = t.autograd.grad(y.sum(), w, create_graph=True)
    (second,) = t.autograd.grad(first.sum(), w)
    return [first, second]


@program
def one_of_two_results_was_overwritten(t: Any, tensor: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        x.mul_(2.0)
        ctx.mark_dirty(x)
        return x, x * 3.0

    w, x = intermediate(tensor, [1.0, 2.0])
    y, z = made(t, forward, lambda ctx, a, b: a * 2.0 + b * 6.0)(x)
    (y.sum() + z.sum() * 10.0).backward()
    return [y is x, z is x, y, z, w.grad]


@program
def integers_are_overwritten(t: Any, tensor: Any) -> Any:
    def forward(ctx: Any, w: Any, n: Any) -> Any:
        n.add_(n)
        ctx.mark_dirty(n)
        return w * 1.0, n

    seen = []

    def backward(ctx: Any, gradient: Any, of_integers: Any) -> Any:
        seen.append(of_integers)
        return gradient, None

    w, n = tensor([1.0, 2.0]).requires_grad_(), tensor([1, 2])
    y, m = made(t, forward, backward)(w, n)
    y.sum().backward()
    return [m is n, m.requires_grad, n, seen, w.grad]


def unreturned(ctx: Any, x: Any) -> Any:
    x.mul_(2.0)
    ctx.mark_dirty(x)
    return x * 1.0


@pytest.mark.parametrize("forward", [twice, unreturned])
@pytest.mark.parametrize("kind", ["leaf", "view of a leaf", "result", "plain"])
def test_what_pytorch_refuses_is_refused(torch: Any, forward: Any, kind: str) -> None:
    refused = []
    for library, tensor in ((torch, torch.tensor), (torchffi, torchffi.asarray)):
        x = tensor([1.0, 2.0])
        if kind != "plain":
            x = x.requires_grad_()
        x = x[:1] if kind == "view of a leaf" else x * 1.0 if kind == "result" else x
        try:
            made(library, forward)(x)
        except (RuntimeError, errors.TorchError):
            refused.append(kind)
    assert len(refused) in (0, 2)
    assert (len(refused) == 2) == (forward is unreturned or kind in ("leaf", "view of a leaf"))


def test_an_overwritten_leaf_is_named() -> None:
    leaf = torchffi.ones(2).requires_grad_()
    with pytest.raises(ValueError, match="mark_dirty: a leaf that requires gradients"):
        made(torchffi, twice)(leaf)


def test_to_overwrite_what_was_saved_is_an_error() -> None:
    _, x = intermediate(torchffi.asarray, [1.0, 2.0])
    square = (x * x).sum()
    made(torchffi, twice)(x)
    with pytest.raises(ValueError, match="modified by an inplace operation"):
        square.backward()


def test_a_view_may_be_one_of_two_results() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        x.mul_(2.0)
        ctx.mark_dirty(x)
        return x, x * 3.0

    w, base = intermediate(torchffi.asarray, [1.0, 2.0, 3.0])
    y, z = made(torchffi, forward, lambda ctx, a, b: a * 2.0 + b * 6.0)(base[1:])
    (base.sum() + y.sum() + z.sum()).backward()  # PyTorch refuses that
    assert w.grad is not None
    assert w.grad.tolist() == [1.0, 10.0, 10.0]


def test_another_tensor_than_an_argument_need_not_be_marked() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x * 2.0
        ctx.mark_dirty(y)
        return y

    w, x = intermediate(torchffi.asarray, [1.0, 2.0])
    with pytest.warns(UserWarning, match="expected arguments"):
        made(torchffi, forward)(x).sum().backward()
    assert w.grad is not None
    assert w.grad.tolist() == [2.0, 2.0]
    with pytest.raises(TypeError, match="expected tensors, got int"):
        autograd.FunctionCtx(()).mark_dirty(3)  # type: ignore[arg-type]


def test_overwritten_arguments_leave_nothing_behind() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return twice(ctx, x)

    def use(backward: bool) -> None:
        _, x = intermediate(torchffi.asarray, [1.0, 2.0])
        y = made(torchffi, forward)(x)
        if backward:
            y.sum().backward()

    for backward in (True, False):
        use(backward)
        gc.collect()
        torchffi.zeros(1)
        before = handles()[0]
        for _ in range(20):
            use(backward)
        gc.collect()
        torchffi.zeros(1)  # drops what LibTorch no longer uses
        assert handles()[0] == before


def test_functions_on_numpy_may_overwrite_their_arguments(numpy_backend: None) -> None:
    x = torchffi.from_numpy(np.ones(2))
    assert made(torchffi, twice)(x) is x
    assert x.tolist() == [2.0, 2.0]


# ---- The other methods of ctx, and its attributes


@program
def results_without_gradients(t: Any, tensor: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any, materialize: bool) -> Any:
        mask, other = x > 1.5, x * 5.0
        ctx.mark_non_differentiable(mask, other)
        ctx.set_materialize_grads(materialize)
        return x * 1.0, mask, other, 7

    def backward(ctx: Any, *gradients: Any) -> Any:
        seen.append(gradients)
        return gradients[0], None

    found = []
    for materialize in (True, False):
        w = tensor([1.0, 2.0]).requires_grad_()
        y, mask, other, number = made(t, forward, backward)(w, materialize)
        found += [y.requires_grad, mask.requires_grad, other.requires_grad, number]
        y.sum().backward()
        found += [w.grad]
    return [*found, seen]


@program
def only_the_second_result_is_used(t: Any, tensor: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any, materialize: bool) -> Any:
        ctx.set_materialize_grads(materialize)
        return x * 1.0, x * 2.0

    def backward(ctx: Any, first: Any, second: Any) -> Any:
        seen.append(first)
        return second * 2.0, None

    for materialize in (True, False):
        w = tensor([1.0, 2.0]).requires_grad_()
        made(t, forward, backward)(w, materialize)[1].sum().backward()
        seen.append(w.grad)
    return seen


@program
def an_argument_that_is_returned(t: Any, tensor: Any) -> Any:
    def same(ctx: Any, x: Any) -> Any:
        return x

    def constant(ctx: Any, x: Any) -> Any:
        ctx.mark_non_differentiable(x)
        return x

    def dirty(ctx: Any, x: Any) -> Any:
        ctx.mark_non_differentiable(x)
        return twice(ctx, x)

    found = []
    for forward in (same, constant, dirty, twice):
        w, x = intermediate(tensor, [1.0, 2.0])
        y = made(t, forward)(x)
        found += [y is x, y.requires_grad, x.requires_grad, y]
        with t.no_grad():
            z = made(t, forward)(w)
        plain = tensor([1.0, 2.0])
        found += [z is w, z.requires_grad, z, made(t, forward)(plain) is plain]
    return found


@program
def wanted_gradients(t: Any, tensor: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, *args: Any) -> Any:
        seen.append(ctx.needs_input_grad)
        return args[0] * 1.0

    def backward(ctx: Any, gradient: Any) -> Any:
        seen.append(ctx.needs_input_grad)
        return gradient, None, None, None

    w = tensor([1.0, 2.0]).requires_grad_()
    args = (3, tensor([1.0]), tensor([1.0]).requires_grad_())
    made(t, forward, backward)(w, *args).sum().backward()
    with t.no_grad():
        made(t, forward)(w, *args)
    made(t, forward)(w.detach(), 3)
    return seen


@program
def a_gradient_that_cannot_be_differentiated(t: Any, tensor: Any) -> Any:
    once = (
        getattr(t.autograd, "once_differentiable", None) or t.autograd.function.once_differentiable
    )
    seen: list[Any] = []

    def forward(ctx: Any, x: Any, factor: float, y: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x * factor + y

    @once  # type: ignore[untyped-decorator]
    def backward(ctx: Any, gradient: Any) -> Any:
        """The text."""
        (x,) = ctx.saved_tensors
        answer = gradient * x * 6.0
        seen.append(answer.requires_grad)
        return answer, None, gradient

    x, y, w = (tensor([1.0, 2.0]).requires_grad_() for _ in range(3))
    result = (made(t, forward, backward)(x, 3.0, y) * w).sum()
    result.backward(retain_graph=True)
    first = t.autograd.grad(result, (x, y, w), create_graph=True)
    second = t.autograd.grad(first[2].sum(), x, retain_graph=True)  # once
    found = [x.grad, y.grad, first, [one.requires_grad for one in first], second]
    for one in first[:2]:
        try:
            one.sum().backward(retain_graph=True)
        except RuntimeError as error:
            found.append("trying to differentiate twice" in str(error))
    return [*found, backward.__doc__, seen]


@pytest.mark.parametrize("run", PROGRAMS, ids=lambda run: run.__name__)
def test_a_program_gives_what_it_gives_in_pytorch(torch: Any, run: Program) -> None:
    expected = outcome(run, torch, torch.tensor)
    assert outcome(run, torchffi, torchffi.asarray) == expected
