"""Gradients in the C ABI: callbacks and their contexts, failures, handles, threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.abi.calls import Handles, last_error, read, stale
from torchffi._libtorch.loader import ffi, lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

HOOK = "int64_t(void *, int64_t)"
BACKWARD = "int32_t(void *, const int64_t *, int64_t, const int64_t *, int64_t, int64_t *, int64_t)"
DELETER = "void(void *)"


def tensor(*values: float) -> int:
    data = ffi.new("float[]", values)
    dims = ffi.new("int64_t[]", [len(values)])
    found = lib.rt_torch_tensor_from_data(data, 4 * len(values), dims, 1, lib.RT_TORCH_FLOAT32, -1)
    assert found
    return int(found)


def values(handle: int) -> list[float]:
    count = lib.rt_torch_tensor_numel(handle)
    data = ffi.new("float[]", count)
    assert lib.rt_torch_tensor_copy_to_host(handle, data, 4 * count) == 0
    return list(data)


def total(handle: int) -> int:
    found = lib.rt_torch_tensor_sum(handle, ffi.NULL, 0, 0, lib.RT_TORCH_FLOAT32)
    assert found
    return int(found)


def backward(handle: int, **flags: int) -> int:
    handles = ffi.new("int64_t[]", [handle])
    retain = flags.get("retain", 0)
    return int(lib.rt_torch_backward(handles, ffi.NULL, 1, ffi.NULL, 0, retain, 0))


def gradient(handle: int) -> list[float]:
    found = lib.rt_torch_tensor_grad(handle)
    assert found, last_error()
    taken = values(found)
    lib.rt_torch_tensor_free(found)
    return taken


@pytest.fixture
def nothing_left() -> Iterator[None]:
    before = lib.rt_torch_live_handles()
    yield
    assert lib.rt_torch_live_handles() == before


@pytest.fixture
def w(nothing_left: None) -> Iterator[int]:
    leaf = tensor(1.0, 2.0, 3.0)
    assert lib.rt_torch_tensor_set_requires_grad(leaf, 1) == 0
    yield leaf
    lib.rt_torch_tensor_free(leaf)


class Context:
    """A deleter that counts its calls, and its context."""

    def __init__(self) -> None:
        self.deleted = 0
        self.address = ffi.new("char[1]")
        self.deleter = ffi.callback(DELETER, self._delete)

    def _delete(self, context: Any) -> None:
        assert context == self.address
        self.deleted += 1


def test_a_hook_replaces_the_gradient_and_its_context_ends_with_it(w: int) -> None:
    context = Context()

    @ffi.callback(HOOK)  # type: ignore[untyped-decorator]
    def twice(given: Any, gradient: int) -> int:
        assert given == context.address
        doubled = lib.rt_torch_tensor_add(gradient, gradient)
        lib.rt_torch_tensor_free(gradient)
        return int(doubled)

    number = lib.rt_torch_tensor_add_hook(w, twice, context.deleter, context.address)
    assert number >= 1
    loss = total(w)
    assert backward(loss, retain=1) == 0
    assert gradient(w) == [2.0, 2.0, 2.0]
    assert lib.rt_torch_tensor_remove_hook(w, number) == 0
    assert context.deleted == 1
    assert lib.rt_torch_tensor_remove_hook(w, number) == 0
    assert lib.rt_torch_tensor_remove_hook(w, number + 1) == -1
    assert lib.rt_torch_tensor_remove_hook(w, 0) == -1
    assert context.deleted == 1
    lib.rt_torch_tensor_free(loss)


def test_the_context_of_a_hook_ends_with_its_tensor(nothing_left: None) -> None:
    context = Context()
    leaf = tensor(1.0)
    lib.rt_torch_tensor_set_requires_grad(leaf, 1)
    loss = total(leaf)
    keep = ffi.callback(HOOK, lambda _, g: lib.rt_torch_tensor_free(g) * 0)
    assert lib.rt_torch_tensor_add_hook(loss, keep, context.deleter, context.address) == 1
    lib.rt_torch_tensor_free(leaf)
    assert context.deleted == 0
    lib.rt_torch_tensor_free(loss)
    assert context.deleted == 1


def test_a_failing_hook_is_an_error(w: int) -> None:
    @ffi.callback(HOOK)  # type: ignore[untyped-decorator]
    def fail(_: Any, gradient: int) -> int:
        lib.rt_torch_tensor_free(gradient)
        return -1

    assert lib.rt_torch_tensor_add_hook(w, fail, ffi.NULL, ffi.NULL) == 1
    loss = total(w)
    assert backward(loss) == -1
    assert last_error() == (1, "backward: a hook failed")
    lib.rt_torch_tensor_free(loss)


def test_what_a_hook_needs_is_checked(w: int) -> None:
    context = Context()
    plain = tensor(1.0)
    hook = ffi.callback(HOOK, lambda *_: 0)
    for handle, function, message in (
        (w, ffi.NULL, "hook is NULL"),
        (plain, hook, "does not require gradients"),
        (0, hook, "handle 0"),
    ):
        assert lib.rt_torch_tensor_add_hook(handle, function, context.deleter, context.address) == 0
        assert message in last_error()[1]
    assert context.deleted == 0  # the caller keeps it
    lib.rt_torch_tensor_free(plain)


class Square:
    """x * x as a function of the caller."""

    def __init__(self, fails: bool = False) -> None:
        self.context = Context()
        self.calls = 0
        self.fails = fails
        self.backward = ffi.callback(BACKWARD, self._backward)

    def _backward(self, context: Any, gradients: Any, count: int, saved: Any, saved_count: int,
                  found: Any, inputs: int) -> int:  # fmt: skip
        assert (context, count, saved_count, inputs) == (self.context.address, 1, 1, 1)
        self.calls += 1
        double = lib.rt_torch_tensor_add(saved[0], saved[0])
        found[0] = 0 if self.fails else lib.rt_torch_tensor_mul(gradients[0], double)
        lib.rt_torch_tensor_free(double)
        return -self.fails

    def __call__(self, x: int, status: int = 1) -> int:
        value = self._square(x)
        one = ffi.new("int64_t[]", [x])
        results = ffi.new("int64_t[]", [-1])
        assert status == lib.rt_torch_function(
            one, 1, ffi.new("int64_t[]", [value]), 1, one, 1, results, self.backward,
            self.context.deleter, self.context.address,
        )  # fmt: skip
        lib.rt_torch_tensor_free(value)
        return int(results[0])

    @staticmethod
    def _square(x: int) -> int:
        before = lib.rt_torch_set_grad_enabled(0)
        value = lib.rt_torch_tensor_mul(x, x)
        lib.rt_torch_set_grad_enabled(before)
        return int(value)


def test_a_function_of_the_caller_has_its_gradient(w: int) -> None:
    square = Square()
    result = square(w)
    assert values(result) == [1.0, 4.0, 9.0]
    assert lib.rt_torch_tensor_requires_grad(result) == 1
    loss = total(result)
    assert backward(loss, retain=1) == 0
    assert gradient(w) == [2.0, 4.0, 6.0]
    assert backward(loss) == 0
    assert gradient(w) == [4.0, 8.0, 12.0]
    lib.rt_torch_tensor_free(loss)
    assert square.context.deleted == 0
    lib.rt_torch_tensor_free(result)
    assert (square.context.deleted, square.calls) == (1, 2)


def test_a_function_that_is_gone_fails_or_is_not_recorded(w: int) -> None:
    square = Square()
    result = square(w)
    loss = total(result)
    assert backward(loss) == 0
    again = total(result)
    assert backward(again) == -1
    assert "freed by an earlier call" in last_error()[1]
    for handle in (loss, again, result):
        lib.rt_torch_tensor_free(handle)
    plain = tensor(2.0)
    unrecorded = Square()
    result = unrecorded(plain, 0)
    assert values(result) == [4.0]
    assert unrecorded.context.deleted == 1
    assert lib.rt_torch_tensor_requires_grad(result) == 0
    lib.rt_torch_tensor_free(plain)
    lib.rt_torch_tensor_free(result)


def test_a_function_that_fails_is_an_error(w: int) -> None:
    square = Square(fails=True)
    result = square(w)
    loss = total(result)
    assert backward(loss) == -1
    assert last_error() == (1, "backward: a function's backward failed")
    lib.rt_torch_tensor_free(loss)
    lib.rt_torch_tensor_free(result)
    assert square.context.deleted == 1


def test_what_was_recorded_is_freed_promptly(w: int) -> None:
    """A handle of 2^62 or more takes longer to free: the binding releases the GIL for it."""
    assert w < 2**62
    result = lib.rt_torch_tensor_add(w, w)
    assert result >= 2**62
    lib.rt_torch_tensor_free(result)


def test_a_handle_that_was_there_before_the_graph_is_freed_unless_that_takes_long(w: int) -> None:
    plain, stays = tensor(1.0), tensor(1.0, 1.0, 1.0)
    view = lib.rt_torch_tensor_alias(stays)
    assert lib.rt_torch_tensor_free_unless_slow(0) == 0
    assert lib.rt_torch_tensor_free_unless_slow(plain) == 0
    for freed in (plain, 2**40, -1):
        assert lib.rt_torch_tensor_free_unless_slow(freed) == -1

    assert lib.rt_torch_tensor_mul_(stays, w) == 0  # now w's gradient leads through it
    live = lib.rt_torch_live_handles()
    for handle in (stays, view):
        other = lib.rt_torch_tensor_free_unless_slow(handle)
        assert other >= 2**62
        assert lib.rt_torch_tensor_free_unless_slow(handle) == -1
        assert values(other) == [1.0, 2.0, 3.0]
        assert lib.rt_torch_live_handles() == live
        assert lib.rt_torch_tensor_free(other) == 0
        live -= 1


def test_a_gradient_is_set_and_removed(w: int) -> None:
    assert lib.rt_torch_tensor_has_grad(w) == 0
    assert lib.rt_torch_tensor_grad(w) == 0
    assert "no gradient" in last_error()[1]
    given = tensor(5.0, 6.0, 7.0)
    assert lib.rt_torch_tensor_set_grad(w, given) == 0
    assert lib.rt_torch_tensor_has_grad(w) == 1
    assert gradient(w) == [5.0, 6.0, 7.0]
    short = tensor(1.0)
    wide = lib.rt_torch_tensor_to_dtype(given, lib.RT_TORCH_FLOAT64)
    for handle, code in ((short, 2), (wide, 3), (w, 1), (2**40, 8)):
        assert lib.rt_torch_tensor_set_grad(w, handle) == -1
        assert last_error()[0] == code
    assert lib.rt_torch_tensor_set_grad(w, 0) == 0
    assert lib.rt_torch_tensor_has_grad(w) == 0
    for handle in (given, short, wide):
        lib.rt_torch_tensor_free(handle)


def test_the_state_of_a_gradient_tells_leaves_from_results(w: int) -> None:
    state = lib.rt_torch_tensor_grad_state
    plain, product = tensor(1.0, 2.0, 3.0), lib.rt_torch_tensor_mul(w, w)
    given = tensor(5.0, 6.0, 7.0)
    assert [state(handle) for handle in (w, plain, product)] == [0, 0, 2]
    for handle in (w, plain, product):
        assert lib.rt_torch_tensor_set_grad(handle, given) == 0
        assert state(handle) == lib.rt_torch_tensor_has_grad(handle) == 1
        assert lib.rt_torch_tensor_set_grad(handle, 0) == 0
    assert [state(handle) for handle in (w, plain, product)] == [0, 0, 2]
    for handle in (plain, product, given):
        lib.rt_torch_tensor_free(handle)
    assert state(plain) == -1
    assert last_error()[0] == 8


def test_data_is_replaced_and_what_was_recorded_still_leads_to_the_tensor(w: int) -> None:
    product = lib.rt_torch_tensor_mul(w, w)
    loss = total(product)
    given = tensor(5.0, 6.0)
    assert lib.rt_torch_tensor_set_data(w, given) == 0
    assert lib.rt_torch_tensor_requires_grad(w) == lib.rt_torch_tensor_is_leaf(w) == 1
    assert lib.rt_torch_tensor_numel(w) == 2
    # They share the memory from now on.
    assert lib.rt_torch_tensor_add_(given, given) == 0
    assert values(w) == [10.0, 12.0]
    view = lib.rt_torch_tensor_alias(given)
    whole = lib.rt_torch_tensor_to_dtype(given, lib.RT_TORCH_INT64)
    for target, source, code in ((view, w, 1), (w, whole, 3), (w, 2**40, 8), (2**40, w, 8)):
        assert lib.rt_torch_tensor_set_data(target, source) == -1
        assert last_error()[0] == code
    assert lib.rt_torch_tensor_set_data(given, whole) == 0
    assert lib.rt_torch_tensor_dtype(given) == lib.RT_TORCH_INT64
    for handle in (product, loss, given, view, whole):
        lib.rt_torch_tensor_free(handle)


def test_threads_compute_gradients_of_views_of_one_leaf(w: int) -> None:
    """The view, which autograd has not seen yet, is entered into its books by several threads."""
    for _ in range(20):
        base = tensor(1.0, 2.0, 3.0)
        view = lib.rt_torch_tensor_alias(base)
        lib.rt_torch_tensor_set_requires_grad(base, 1)
        failed: list[Any] = []

        def use(view: int = view, failed: list[Any] = failed) -> None:
            for _ in range(10):
                product = lib.rt_torch_tensor_mul(view, w)
                loss = total(product)
                if backward(loss):
                    failed.append(last_error())
                lib.rt_torch_tensor_free(product)
                lib.rt_torch_tensor_free(loss)

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        lib.rt_torch_tensor_free(view)
        lib.rt_torch_tensor_free(base)
    assert gradient(w) == [800.0, 1600.0, 2400.0]


def test_a_gradient_is_told_from_tensors_like_it(new: Handles) -> None:
    w, given = new.floats(2), new.floats(2)
    assert lib.rt_torch_tensor_is_grad(w, given) == 0
    assert lib.rt_torch_tensor_set_grad(w, given) == 0
    alias = new.own(lib.rt_torch_tensor_alias(given))
    same = new.own(lib.rt_torch_tensor_grad(w))
    assert [lib.rt_torch_tensor_is_grad(w, one) for one in (given, same, alias, w)] == [1, 1, 0, 0]
    for tensor, grad in ((0, given), (w, 0), (stale(), given)):
        assert lib.rt_torch_tensor_is_grad(tensor, grad) == -1
        assert last_error()[0] == 8


def test_a_new_handle_is_of_the_same_tensor(new: Handles) -> None:
    w = new.floats(2)
    other = new.own(lib.rt_torch_tensor_new_handle(w))
    assert other != w
    assert lib.rt_torch_tensor_set_requires_grad(w, 1) == 0
    assert lib.rt_torch_tensor_requires_grad(other) == 1
    assert lib.rt_torch_tensor_set_grad(w, new.floats(2)) == 0
    assert lib.rt_torch_tensor_has_grad(other) == 1
    row = new.own(
        lib.rt_torch_tensor_select(new.floats(2, 2), 0, 1)
    )  # a view that is not in the books
    assert read(new.own(lib.rt_torch_tensor_new_handle(row))) == [1, 1]
    assert lib.rt_torch_tensor_new_handle(0) == 0
    assert last_error()[0] == 8
