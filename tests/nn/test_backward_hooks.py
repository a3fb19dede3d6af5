"""Backward hooks of modules, against PyTorch's."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.support import settled

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore:Full backward hook is firing")

Log = list[Any]


def values(tensors: tuple[Any, ...]) -> list[Any]:
    return [None if one is None else np.asarray(one.detach()).round(5).tolist() for one in tensors]


def noting(log: Log, label: str) -> Callable[..., None]:
    return lambda module, *given: log.append((label, *(values(one) for one in given)))


def mixed(library: Any) -> Any:
    """A module whose arguments are not only tensors, and which has two results."""

    class Mixed(library.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.w = library.nn.Parameter(library.ones(3))

        def forward(self, x: Any, factor: float, y: Any) -> Any:
            return x * self.w * factor, (y + x).sum()

    return Mixed()


def linear(library: Any) -> Any:
    layer = library.nn.Linear(2, 1)
    with library.no_grad():
        layer.weight.fill_(1.5)
        layer.bias.fill_(0.5)
    return layer


def leaf(library: Any, *shape: int) -> Any:
    return library.ones(shape).requires_grad_()


def order_and_gradients(library: Any, log: Log) -> None:
    module = mixed(library)
    module.register_full_backward_hook(noting(log, "second"))
    module.register_full_backward_hook(noting(log, "first"), prepend=True)
    module.register_full_backward_pre_hook(noting(log, "before"))
    x, y = leaf(library, 3), library.ones(3)
    first, second = module(x, 2.0, y)
    (first.sum() * 3 + second).backward()
    log += [x.grad.tolist(), module.w.grad.tolist()]


def one_of_two_results(library: Any, log: Log) -> None:
    module = mixed(library)
    module.register_full_backward_hook(noting(log, "hook"))
    module.register_full_backward_pre_hook(noting(log, "before"))
    x = leaf(library, 3)
    module(x, 2.0, library.ones(3))[0].sum().backward()
    log.append(x.grad.tolist())


def arguments_without_gradients(library: Any, log: Log) -> None:
    layer = linear(library)
    layer.register_full_backward_hook(noting(log, "hook"))
    layer(library.ones((4, 2))).sum().backward()
    log.append(layer.weight.grad.tolist())


def other_gradients(library: Any, log: Log) -> None:
    layer = linear(library)
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * 10,))
    layer.register_full_backward_hook(noting(log, "after"))
    layer.register_full_backward_pre_hook(lambda module, grad_output: (grad_output[0] * 2,))
    x = leaf(library, 4, 2)
    layer(x).sum().backward()
    log += [x.grad.tolist(), layer.weight.grad.tolist()]


def inside_a_model(library: Any, log: Log) -> None:
    nn = library.nn
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), linear(library))
    model[3] = nn.Linear(8, 1)
    with library.no_grad():
        for parameter in model.parameters():
            parameter.fill_(0.1)
    for number in (0, 1, 3):
        model[number].register_full_backward_hook(noting(log, str(number)))
    image = leaf(library, 1, 1, 4, 4)
    model(image).sum().backward()
    log.append(np.asarray(image.grad).round(5).tolist())


def second_derivatives(library: Any, log: Log) -> None:
    layer = library.nn.Tanh()
    layer.register_full_backward_hook(noting(log, "hook"))
    x = leaf(library, 2)
    (gradient,) = library.autograd.grad(layer(x).sum(), x, create_graph=True)
    gradient.sum().backward()
    log.append(values((gradient, x.grad)))


def with_forward_hooks(library: Any, log: Log) -> None:
    layer = linear(library)
    layer.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    layer.register_forward_hook(lambda module, args, result: result * 3)
    layer.register_full_backward_hook(noting(log, "hook"))
    x = leaf(library, 1, 2)
    layer(x).sum().backward()
    log.append(x.grad.tolist())


def without_recording(library: Any, log: Log) -> None:
    layer = linear(library)
    layer.register_full_backward_hook(noting(log, "hook"))
    with library.no_grad():
        log.append(layer(leaf(library, 1, 2)).requires_grad)


def removed(library: Any, log: Log) -> None:
    layer = linear(library)
    layer.register_full_backward_hook(noting(log, "hook")).remove()
    with layer.register_full_backward_pre_hook(noting(log, "before")):
        layer(leaf(library, 1, 2)).sum().backward()
    layer(leaf(library, 1, 2)).sum().backward()


PROGRAMS = (
    order_and_gradients, one_of_two_results, arguments_without_gradients, other_gradients,
    inside_a_model, second_derivatives, with_forward_hooks, without_recording, removed,
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: one.__name__)
def test_as_pytorch(program: Callable[[Any, Log], None], ffi_backend: None) -> None:
    ours: Log = []
    theirs: Log = []
    program(torchffi, ours)
    program(torch, theirs)
    assert ours == theirs
    assert ours


@pytest.mark.parametrize(
    ("register", "answer", "text"),
    [
        (
            "register_full_backward_hook",
            (1, 2),
            "hook returned 2 tensors as grad_input, expected 1",
        ),
        ("register_full_backward_pre_hook", (), "pre-hook returned 0 tensors as grad_output"),
    ],
)
def test_wrong_answers_are_refused(
    register: str, answer: Any, text: str, ffi_backend: None
) -> None:
    layer = linear(torchffi)
    getattr(layer, register)(lambda *given: answer)
    with pytest.raises(ValueError, match=f"Linear: a backward {text}"):
        layer(leaf(torchffi, 1, 2)).sum().backward()


def test_gradients_for_arguments_that_need_none_are_refused(ffi_backend: None) -> None:
    layer = linear(torchffi)
    layer.register_full_backward_hook(lambda module, grad_input, grad_output: grad_output)
    with pytest.raises(ValueError, match="of which none requires gradients; return None"):
        layer(torchffi.ones((1, 2))).sum().backward()


def test_a_result_that_is_no_tensor_warns(ffi_backend: None) -> None:
    class Dicts(torchffi.nn.Module):
        def forward(self, x: Any) -> Any:
            return {"x": x}

    module = Dicts()
    module.register_full_backward_hook(lambda *given: None)
    with pytest.warns(UserWarning, match="Dicts: backward hooks are not called.*dict, expected"):
        module(leaf(torchffi, 2))


def test_an_exception_of_a_hook_ends_backward(ffi_backend: None) -> None:
    layer = linear(torchffi)

    def fail(*given: Any) -> None:
        raise KeyError("mine")

    layer.register_full_backward_hook(fail)
    with pytest.raises(KeyError, match="mine"):
        layer(leaf(torchffi, 1, 2)).sum().backward()


def test_calls_leave_no_tensor(ffi_backend: None) -> None:
    layer = linear(torchffi)
    layer.register_full_backward_hook(lambda *given: None)
    x = leaf(torchffi, 1, 2)
    layer(x).sum().backward()
    gc.collect()
    before = settled()
    for _ in range(20):
        layer(x).sum().backward()
        layer(x)
    gc.collect()
    assert settled() == before


def test_on_numpy_they_are_not_called(numpy_backend: None) -> None:
    layer = torchffi.nn.Tanh()
    layer.register_full_backward_hook(lambda *given: pytest.fail("called"))
    assert layer(torchffi.zeros(2)).tolist() == [0.0, 0.0]
