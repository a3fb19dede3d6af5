"""Functions and hooks in Python do what they do in PyTorch: each program gives the same in both."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

import torchffi
from tests.support import handles
from torchffi._autograd import in_use

pytestmark = pytest.mark.usefixtures("ffi_backend")

Program = Callable[[Any, Any], Any]
PROGRAMS: list[Program] = []


def program(function: Program) -> Program:
    """A program takes the library and its function that makes a tensor of a list."""
    PROGRAMS.append(function)
    return function


def outcome(run: Program, library: Any, tensor: Any) -> Any:
    """What a program returns, with lists in place of tensors."""

    def plain(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [plain(one) for one in value]
        return value.detach().tolist() if hasattr(value, "tolist") else value

    return plain(run(library, tensor))


def with_backward(t: Any, answer: Callable[..., Any]) -> Any:
    """A function of two tensors: their sum, with any backward."""

    class Sum(t.autograd.Function):  # type: ignore[misc, name-defined]
        @staticmethod
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            return a + b

        @staticmethod
        def backward(ctx: Any, gradient: Any) -> Any:
            return answer(ctx, gradient)

    return Sum.apply


# ---- The memory of gradients


def trained(t: Any, tensor: Any, answer: Callable[..., Any], others: list[Any]) -> list[Any]:
    """The gradients of two leaves after each of three calls of backward(), and copies of others."""
    x, y = (tensor(values).requires_grad_() for values in ([1.0, 2.0], [3.0, 4.0]))
    weight = tensor([1.0, 3.0])  # with it, the gradient of the sum is no view
    call, found = with_backward(t, answer), []
    for _ in range(3):
        (call(x, y) * weight).sum().backward()
        found.append([one.tolist() for one in (x.grad, y.grad, *others) if one is not None])
    return found


@program
def one_gradient_for_two_leaves(t: Any, tensor: Any) -> Any:
    return trained(t, tensor, lambda ctx, gradient: (gradient, gradient), [])


@program
def a_view_of_the_gradient(t: Any, tensor: Any) -> Any:
    return trained(t, tensor, lambda ctx, gradient: (gradient.view(2), None), [])


@program
def a_gradient_that_lives_on(t: Any, tensor: Any) -> Any:
    constant = tensor([5.0, 6.0])
    return trained(t, tensor, lambda ctx, gradient: (constant, gradient), [constant])


@program
def a_gradient_that_is_kept(t: Any, tensor: Any) -> Any:
    kept: list[Any] = []

    def answer(ctx: Any, gradient: Any) -> Any:
        kept.append(gradient)
        return gradient, gradient * 2.0

    return trained(t, tensor, answer, kept), kept


@program
def a_saved_tensor_as_gradient(t: Any, tensor: Any) -> Any:
    return trained(t, tensor, lambda ctx, gradient: ctx.saved_tensors, [])


@program
def a_hook_that_returns_what_lives_on(t: Any, tensor: Any) -> Any:
    x, constant, kept, found = tensor([1.0, 2.0]).requires_grad_(), tensor([5.0, 6.0]), [], []
    x.register_hook(lambda gradient: constant)
    x.register_hook(lambda gradient: (kept.append(gradient), gradient)[1])
    for _ in range(3):
        (x * tensor([1.0, 3.0])).sum().backward()
        found.append([x.grad.tolist(), constant.tolist(), [one.tolist() for one in kept]])
    return found


@program
def one_gradient_of_a_sum_that_a_function_keeps(t: Any, tensor: Any) -> Any:
    x, y, kept, found = tensor([1.0]).requires_grad_(), tensor([2.0]).requires_grad_(), [], []

    def answer(ctx: Any, gradient: Any) -> Any:
        kept.append(gradient)
        return None, None

    call = with_backward(t, answer)
    for _ in range(3):
        ((call(x, x) + y) * tensor([7.0])).backward()
        found.append([y.grad.tolist(), [one.tolist() for one in kept]])
    return found


# ---- The objects of gradients


@program
def the_same_object_while_the_gradient_is_the_same(t: Any, tensor: Any) -> Any:
    x, y = (tensor([1.0, 2.0]).requires_grad_() for _ in range(2))
    step = t.optim.SGD([x], lr=0.1)
    (x * x * y).sum().backward()
    first, other = x.grad, y.grad
    found = [x.grad is x.grad, x.grad is first, x.grad is other, y.grad is other]
    (x * y).sum().backward()  # adds to it
    found += [x.grad is first, first]
    step.step()
    found += [x.grad is first, x]
    step.zero_grad(set_to_none=False)
    found += [x.grad is first, first]
    first.add_(tensor([1.0, 1.0]))
    found += [x.grad is first, x.grad]
    (x * x).sum().backward(create_graph=True)  # makes a new one
    second = x.grad
    found += [second is first, first, second, x.grad is second, second.requires_grad]
    step.zero_grad()
    (x * x).sum().backward()
    third = x.grad
    return [*found, third is second, second, third, x.grad is third]


@program
def the_object_that_was_set(t: Any, tensor: Any) -> Any:
    x, y = tensor([1.0, 2.0]).requires_grad_(), tensor([1.0, 2.0]).requires_grad_()
    given, view = tensor([3.0, 4.0]), tensor([3.0, 4.0]).view(2)
    x.grad = given
    found = [x.grad is given]
    y.grad = given
    found += [y.grad is x.grad]
    x.grad = view
    found += [x.grad is view, x.grad is given]
    x.grad = given.detach()
    found += [x.grad is given.detach(), x.grad]
    del x.grad
    found += [x.grad is None]
    (x * x).sum().backward()
    return [*found, x.grad is given, x.grad is view, x.grad, y.grad is given, given]


@program
def the_object_of_a_result(t: Any, tensor: Any) -> Any:
    x = tensor([1.0, 2.0]).requires_grad_()
    y = x * 2.0
    y.retain_grad()
    y.sum().backward()
    return [y.grad is y.grad, x.grad is x.grad, x.grad is y.grad, y.grad]


# ---- The dtype of gradients


@program
def data_of_another_dtype(t: Any, tensor: Any) -> Any:
    x, y = (tensor([1.0, 2.0]).requires_grad_() for _ in range(2))
    (x * x * y).sum().backward()
    for one in (x, y):
        one.data = one.data.to(t.float64)
    found = [x.grad, y.grad]
    return found, [str(one.dtype).removeprefix("torch.") for one in found]


# ---- All of them


def test_an_unused_gradient_goes_with_its_tensor() -> None:
    gc.collect()
    before = handles()[0]
    found = []
    for _ in range(3000):
        x = torchffi.ones(2).requires_grad_()
        x.grad = torchffi.ones(2)
        assert x.grad is x.grad
        found.append(x)
    assert len(in_use.last) <= 2 * 1024
    kept = found[-1].grad
    del x, found
    torchffi.zeros(1)  # drops what LibTorch no longer uses
    assert handles()[0] == before + 1
    assert kept is not None
    assert kept.tolist() == [1.0, 1.0]


def test_a_gradient_that_was_freed_is_no_longer_in_use() -> None:
    x = torchffi.ones(2).requires_grad_()
    (x * 3.0).sum().backward()
    first = x.grad
    assert first is not None
    torchffi.tensor_free(first)
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 3.0]


@pytest.mark.filterwarnings("ignore:Using backward")  # of PyTorch
@pytest.mark.parametrize("run", PROGRAMS, ids=lambda run: run.__name__)
def test_a_program_gives_what_it_gives_in_pytorch(torch: Any, run: Program) -> None:
    expected = outcome(run, torch, torch.tensor)
    assert outcome(run, torchffi, torchffi.asarray) == expected


# ---- Results over the memory of an argument

VIEWS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda x: x,
    "view": lambda x: x.view(4),
    "row": lambda x: x[0],
    "transpose": lambda x: x.T,
    "copy": lambda x: x.clone(),
}


@pytest.mark.parametrize("of", ["leaf", "result", "view"])
@pytest.mark.parametrize("name", VIEWS)
def test_to_write_to_a_result_is_refused_if_it_is_a_view_of_an_argument(
    torch: Any, name: str, of: str
) -> None:
    def run(t: Any, write: bool) -> Any:
        class Doubled(t.autograd.Function):  # type: ignore[misc, name-defined]
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return VIEWS[name](x)

            @staticmethod
            def backward(ctx: Any, gradient: Any) -> Any:
                whole = gradient[None].expand(2, 2) if name == "row" else gradient
                return 2 * (whole.T if name == "transpose" else whole.reshape(2, 2))

        x = t.asarray([[1.0, 2.0], [3.0, 4.0]]).requires_grad_()
        z = {"leaf": lambda: x, "result": lambda: x * 2, "view": lambda: (x * 2).view(2, 2)}[of]()
        y = Doubled.apply(z)
        if write:
            try:
                y.mul_(3)
            except (RuntimeError, ValueError):
                return "refused"
        (y * y).sum().backward()
        return x.grad.tolist(), z.tolist(), y.tolist()

    for write in (False, True):
        assert run(torchffi, write) == run(torch, write)
    assert (run(torchffi, True) == "refused") == (name != "copy")
