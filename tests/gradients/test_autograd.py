"""Gradients of tensors, modes, hooks, functions with a gradient in Python, and errors, as in PyTorch."""

from __future__ import annotations

import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.support import handles
from torchffi import Tensor, errors
from torchffi.autograd import Function

pytestmark = pytest.mark.usefixtures("ffi_backend")


@pytest.fixture
def w() -> Tensor:
    return torchffi.asarray([1.0, 2.0, 3.0]).requires_grad_()


def gradient(x: Tensor) -> Any:
    assert x.grad is not None
    return x.grad.tolist()


# ---- Tensors


def test_gradients_add_up_until_they_are_removed(w: Tensor) -> None:
    for expected in ([2.0, 4.0, 6.0], [4.0, 8.0, 12.0]):
        (w * w).sum().backward()
        assert gradient(w) == expected
    w.grad = None
    assert w.grad is None
    w.grad = torchffi.ones(3)
    (w * 2.0).sum().backward()
    assert gradient(w) == [3.0, 3.0, 3.0]
    del w.grad
    assert w.grad is None


def test_attributes_of_leaves_and_results(w: Tensor) -> None:
    y = w * 2.0
    assert (w.requires_grad, w.is_leaf, w.grad_fn) == (True, True, None)
    assert (y.requires_grad, y.is_leaf, repr(y.grad_fn)) == (True, False, "<MulBackward0>")
    plain = y.detach()
    assert (plain.requires_grad, plain.is_leaf) == (False, True)
    plain[0] = 7.0  # the same memory
    assert y.tolist()[0] == 7.0
    assert y._version == plain._version == 1
    w.requires_grad = False
    assert not w.requires_grad
    with pytest.raises(ValueError, match="detach"):
        y.requires_grad_(False)


def test_the_gradient_of_a_result_is_kept_on_request(w: Tensor) -> None:
    y = w * 2.0
    with pytest.warns(UserWarning, match="retain_grad"):
        assert y.grad is None
    y.retain_grad()
    (y * y).sum().backward()
    assert gradient(y) == [4.0, 8.0, 12.0]
    with pytest.raises(ValueError, match="does not require"):
        torchffi.ones(2).retain_grad()


def test_what_escapes_the_record_is_refused(w: Tensor) -> None:
    seen = torchffi.ones(2)
    assert seen.numpy().tolist() == [1.0, 1.0]
    seen.requires_grad_()
    for export in (w.numpy, seen.numpy, lambda: np.asarray(w), (w * 2.0).numpy):
        with pytest.raises(ValueError, match=r"detach\(\)"):
            export()
    for refused in (lambda: np.from_dlpack(w), lambda: torchffi.from_dlpack(w)):
        with pytest.raises(BufferError, match=r"detach\(\)"):
            refused()
    assert w.detach().numpy().tolist() == w.tolist() == [1.0, 2.0, 3.0]
    assert float(w[1]) == w[1].item() == 2.0
    assert "[1., 2., 3.]" in repr(w)
    written = torchffi.zeros(3)
    written.numpy()
    written += w
    with pytest.raises(ValueError, match=r"detach\(\)"):
        written.numpy()


def test_an_operation_without_a_kernel_is_not_computed_where_nothing_is_recorded(
    w: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchffi._core import dispatch

    half = torchffi.astype(w, torchffi.complex64)
    refusal = errors.NotSupportedError("maximum: no kernel")
    with pytest.raises(errors.NotSupportedError):
        dispatch._fall_back("maximum", (half, half), refusal)
    with torchffi.no_grad():
        assert dispatch._fall_back("maximum", (half, half), refusal).tolist() == [1, 2, 3]


@pytest.mark.parametrize("kind", ["int64", "bool"])
def test_only_inexact_tensors_have_gradients(kind: str) -> None:
    x = torchffi.zeros(2, dtype=getattr(torchffi, kind))
    with pytest.raises(TypeError, match=f"got {kind}"):
        x.requires_grad_()
    assert x.requires_grad_(False) is x


def test_numpy_tensors_say_that_they_have_no_gradients() -> None:
    with torchffi.use_backend("numpy"):
        x = torchffi.ones(2)
        with pytest.raises(torchffi.UnavailableError, match="NumPy"):
            x.requires_grad_()
        with pytest.raises(torchffi.UnavailableError, match="NumPy"):
            x.sum().backward()
        assert (x.requires_grad, x.is_leaf, x.grad, x.grad_fn, x._version) == (
            False, True, None, None, 0,
        )  # fmt: skip
        x.grad = None
        y = x.detach()
        y[0] = 5.0
        assert x.tolist() == [5.0, 1.0]
        with torchffi.no_grad():
            assert (x * 2.0).tolist() == [10.0, 2.0]


# ---- backward() and grad()


def test_second_derivatives(w: Tensor) -> None:
    (first,) = torchffi.autograd.grad((w**3).sum(), w, create_graph=True)
    assert first is not None
    (second,) = torchffi.autograd.grad(first.sum(), w)
    assert second is not None
    assert second.tolist() == [6.0, 12.0, 18.0]


def test_backward_with_inputs_and_gradients(w: Tensor) -> None:
    v = torchffi.ones(3).requires_grad_()
    torchffi.autograd.backward(
        [w * v, w.sum()], [torchffi.asarray([1.0, 0.0, 2.0]), None], inputs=v
    )
    assert gradient(v) == [1.0, 0.0, 6.0]
    assert w.grad is None
    (w * v).backward(torchffi.ones(3))
    assert gradient(w) == [1.0, 1.0, 1.0]


def test_unused_inputs(w: Tensor) -> None:
    v = torchffi.ones(2).requires_grad_()
    loss = w.sum()
    with pytest.raises(ValueError, match="allow_unused"):
        torchffi.autograd.grad(loss, [w, v], retain_graph=True)
    found = torchffi.autograd.grad(loss, [w, v], retain_graph=True, allow_unused=True)
    assert found[1] is None
    zeros = torchffi.autograd.grad(loss, [w, v], materialize_grads=True)[1]
    assert zeros is not None
    assert zeros.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (lambda w: (w * w).backward(), r"shape \(3,\)"),
        (lambda w: torchffi.ones(3).sum().backward(), "does not require gradients"),
        (lambda w: w.sum().backward(torchffi.ones(2)), "expected that of its tensor"),
        (lambda w: torchffi.autograd.backward([]), "at least one tensor"),
        (
            lambda w: torchffi.autograd.backward([w.sum()], [None, None]),
            "2 gradients for 1 tensors",
        ),
        (lambda w: torchffi.autograd.grad(w.sum(), torchffi.ones(3)), "input 0 does not require"),
        (lambda w: w.sum().backward(inputs=[]), "at least one tensor"),
        (lambda w: torchffi.autograd.grad(w.sum(), 3.0), "not iterable|expected tensors"),
    ],
)
def test_errors_tell_what_was_expected(w: Tensor, run: Callable[[Tensor], Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        run(w)


def test_a_record_that_is_gone_or_overwritten_is_an_error(w: Tensor) -> None:
    loss = (w * w).sum()
    loss.backward()
    with pytest.raises(ValueError, match="second time"):
        loss.backward()
    x = torchffi.ones(3)
    loss = (w * x).sum()
    x += 1.0
    with pytest.raises(ValueError, match="modified by an inplace operation"):
        loss.backward()
    with pytest.raises(ValueError, match="leaf"):
        w += 1.0


# ---- Modes


def test_nothing_is_recorded_in_no_grad(w: Tensor) -> None:
    with torchffi.no_grad():
        assert not torchffi.is_grad_enabled()
        assert not (w * 2.0).requires_grad
        w += 1.0
        with torchffi.enable_grad():
            assert (w * 2.0).requires_grad
        assert not torchffi.is_grad_enabled()
    assert torchffi.is_grad_enabled()
    assert w.tolist() == [2.0, 3.0, 4.0]


def test_inference_mode_is_no_grad_by_another_name(w: Tensor) -> None:
    with torchffi.inference_mode():
        x = w * 2.0
        assert not torchffi.is_grad_enabled() and not x.requires_grad
        with torchffi.inference_mode(False):
            assert (w * 2.0).requires_grad
        with torchffi.inference_mode(mode=True):
            assert not torchffi.is_grad_enabled()
    assert torchffi.is_grad_enabled()
    (x * w).sum().backward()
    assert w.grad.tolist() == x.tolist()


MODES = [
    torchffi.no_grad, torchffi.no_grad(), torchffi.inference_mode, torchffi.inference_mode(),
    torchffi.set_grad_enabled,
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_modes_decorate_functions(w: Tensor, mode: Any) -> None:
    if mode is torchffi.set_grad_enabled:
        mode = torchffi.set_grad_enabled(False)

    @mode  # type: ignore[untyped-decorator]
    def double(x: Tensor) -> Tensor:
        return x * 2.0

    assert torchffi.is_grad_enabled()
    assert double.__name__ == "double"
    assert not double(w).requires_grad
    assert (w * 2.0).requires_grad


def test_modes_decorate_generators() -> None:
    closed = []

    @torchffi.no_grad()
    def states() -> Iterator[bool]:
        try:
            received = yield torchffi.is_grad_enabled()
            yield received
            yield torchffi.is_grad_enabled()
        finally:
            closed.append(torchffi.is_grad_enabled())

    steps: Any = states()
    assert next(steps) is False
    assert torchffi.is_grad_enabled()
    assert steps.send(True) is True
    assert next(steps) is False
    with pytest.raises(KeyError):
        steps.throw(KeyError("x"))
    assert closed == [False]
    assert torchffi.is_grad_enabled()


def test_set_grad_enabled_is_a_function_too() -> None:
    torchffi.set_grad_enabled(False)
    try:
        assert not torchffi.is_grad_enabled()
    finally:
        torchffi.set_grad_enabled(True)
    with torchffi.set_grad_enabled(False):
        assert not torchffi.is_grad_enabled()
    assert torchffi.is_grad_enabled()


def test_the_mode_is_of_one_thread() -> None:
    seen = []
    with torchffi.no_grad():
        thread = threading.Thread(target=lambda: seen.append(torchffi.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


# ---- Hooks


def test_hooks_see_and_replace_gradients(w: Tensor) -> None:
    seen = []
    y = w * 2.0
    hook = y.register_hook(lambda g: seen.append(g.tolist()))
    with w.register_hook(lambda g: g * 10.0):
        y.sum().backward(retain_graph=True)
    assert seen == [[1.0, 1.0, 1.0]]
    assert gradient(w) == [20.0, 20.0, 20.0]
    hook.remove()
    hook.remove()
    w.grad = None
    y.sum().backward()
    assert len(seen) == 1
    assert gradient(w) == [2.0, 2.0, 2.0]


def test_the_exception_of_a_hook_is_raised(w: Tensor) -> None:
    def fail(_: Tensor) -> None:
        raise LookupError("in the hook")

    w.register_hook(fail)
    with pytest.raises(LookupError, match="in the hook"):
        (w * 2.0).sum().backward()


@pytest.mark.parametrize("answer", [1.0, torchffi.float32, "x"])
def test_a_hook_that_returns_no_tensor_is_an_error(w: Tensor, answer: Any) -> None:
    w.register_hook(lambda g: answer)
    with pytest.raises(TypeError, match="expected a Tensor or None"):
        w.sum().backward()


def test_hooks_leave_nothing_behind() -> None:
    class Identity:
        def __call__(self, gradient: Tensor) -> Tensor:
            return gradient * 1.0

    def use() -> None:
        x = torchffi.ones(3).requires_grad_()
        x.register_hook(Identity())
        (x * 2.0).sum().backward()

    use()
    gc.collect()
    before = handles()[0]
    for _ in range(20):
        use()
    gc.collect()
    torchffi.zeros(1)  # drops what LibTorch no longer uses
    assert handles()[0] == before
    assert sum(isinstance(one, Identity) for one in gc.get_objects()) == 0


# ---- Functions


class Cube(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.factor = factor
        return x * x * x * factor

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        (x,) = ctx.saved_tensors
        assert ctx.needs_input_grad == (True, False)
        return gradient * (3.0 * ctx.factor) * x * x, None


def test_a_function_has_the_gradient_that_it_gives(w: Tensor) -> None:
    y = Cube.apply(w, 2.0)
    assert y.tolist() == [2.0, 16.0, 54.0]
    (first,) = torchffi.autograd.grad(y.sum(), w, create_graph=True)
    assert first is not None
    assert first.tolist() == [6.0, 24.0, 54.0]
    (second,) = torchffi.autograd.grad(first.sum(), w)
    assert second is not None
    assert second.tolist() == [12.0, 24.0, 36.0]


def test_a_function_of_plain_tensors_records_nothing(w: Tensor) -> None:
    assert not Cube.apply(torchffi.ones(2), 1.0).requires_grad
    with torchffi.no_grad():
        assert not Cube.apply(w, 1.0).requires_grad


class Parts(Function):
    """Two results, one of which is saved and one of which has no gradient."""

    @staticmethod
    def forward(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, str]:
        return torchffi.exp(x), y > 0, "text"

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        ctx.save_for_backward(output[0], None)
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *others: Any) -> Any:
        assert (others[0].tolist(), others[1]) == ([False] * 3, None)
        result, nothing = ctx.saved_tensors
        assert nothing is None
        return gradient * result, None


def test_results_may_be_saved_and_have_no_gradient(w: Tensor) -> None:
    result, mask, text = Parts.apply(w, torchffi.ones(3))
    assert (result.requires_grad, mask.requires_grad, text) == (True, False, "text")
    result.sum().backward()
    np.testing.assert_allclose(gradient(w), np.exp(np.float32([1, 2, 3])), rtol=1e-6)


def test_writing_to_what_a_function_saved_is_an_error(w: Tensor) -> None:
    x = w * 1.0
    loss = Cube.apply(x, 1.0).sum()
    x += 1.0
    with pytest.raises(ValueError, match="modified by an inplace operation"):
        loss.backward()


class Broken(Function):
    answer: Any = None

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 1.0

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        if isinstance(Broken.answer, BaseException):
            raise Broken.answer
        return Broken.answer


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (LookupError("inside"), LookupError, "inside"),
        ((None, None), ValueError, "returned 2 gradients"),
        (3.0, TypeError, "expected a Tensor or None"),
        (torchffi.float64, TypeError, "expected a Tensor or None"),
    ],
)
def test_a_broken_function_is_told(
    w: Tensor, answer: Any, error: type[Exception], text: str
) -> None:
    Broken.answer = answer
    with pytest.raises(error, match=text):
        Broken.apply(w).sum().backward()


def test_functions_leave_nothing_behind() -> None:
    def use() -> None:
        x = torchffi.ones(3).requires_grad_()
        result, *_ = Parts.apply(x, torchffi.ones(3))
        result.sum().backward()

    use()
    gc.collect()
    before = handles()[0]
    for _ in range(20):
        use()
    gc.collect()
    assert handles()[0] == before


def test_functions_and_hooks_run_in_other_threads() -> None:
    found: list[Any] = []

    def work() -> None:
        x = torchffi.ones(3).requires_grad_()
        x.register_hook(lambda g: g + 1.0)
        for _ in range(50):
            x.grad = None
            Cube.apply(x, 1.0).sum().backward()
        found.append(gradient(x))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[4.0, 4.0, 4.0]] * 4


def test_an_unsupported_use_is_told(w: Tensor) -> None:
    with pytest.raises(TypeError, match=r"Cube\.apply"):
        Cube()
    with pytest.raises(TypeError, match="set other values as attributes"):
        torchffi.autograd.FunctionCtx(()).save_for_backward(3)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match="forward"):
        Function.apply(w)
    with pytest.raises(TypeError, match="expected a function"):
        w.register_hook(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="does not require"):
        torchffi.ones(1).register_hook(lambda g: None)


def test_copies_and_pickles_of_leaves_keep_what_they_are(w: Tensor) -> None:
    import copy
    import pickle

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for other in (copy.deepcopy(w), pickle.loads(pickle.dumps(w))):
            assert (other.requires_grad, other.is_leaf) == (True, True)
            assert other.tolist() == w.tolist()
    with pytest.raises(ValueError, match="detach"):
        copy.deepcopy(w * 2.0)
