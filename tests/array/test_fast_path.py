"""Arguments that NumPy or C would read differently than documented: the fast path leaves them alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import torchffi as t
from torchffi._core.argument_kinds import AXES, DTYPE, FLAG, OPERAND
from torchffi._core.fast_path import fast_path
from torchffi.dtypes import ANY

X = np.arange(6, dtype="float32").reshape(2, 3)
SCALAR = np.float32(2.5)

REFUSED: list[tuple[Callable[[t.Tensor, t.Tensor], Any], type[Exception]]] = [
    (lambda x, s: t.sum(s, axis=0), IndexError),
    (lambda x, s: t.max(s, axis=(-1,)), IndexError),
    (lambda x, s: t.argmax(s, axis=0), IndexError),
    (lambda x, s: t.cumulative_sum(s, axis=0), IndexError),
    (lambda x, s: t.cumulative_sum(x), ValueError),
    (lambda x, s: t.argsort(s, axis=0), IndexError),
    (lambda x, s: t.squeeze(s, 0), IndexError),
    (lambda x, s: t.nn.softmax(s, axis=-1), IndexError),
    (lambda x, s: t.take(s, t.arange(1), axis=0), IndexError),
    (lambda x, s: t.max(t.zeros((0, 0)), axis=0), ValueError),
    (lambda x, s: t.reshape(x, (-2, 3)), ValueError),
    (lambda x, s: t.permute_dims(x, (2**40 + 1, 2**40)), IndexError),
    (lambda x, s: t.permute_dims(x, 0), TypeError),  # type: ignore[arg-type]
    (lambda x, s: t.broadcast_to(x, (-1, 3)), ValueError),
    (lambda x, s: x.expand(-2, 3), ValueError),
    (lambda x, s: t.tile(x, (2, -1)), ValueError),
    (lambda x, s: t.roll(x, (1, 2), axis=(0,)), ValueError),
    (lambda x, s: t.tril(x[0]), ValueError),
    (lambda x, s: t.narrow(x, 0, 0.5, 1), TypeError),  # type: ignore[arg-type]
    (lambda x, s: t.full(2, 300, dtype=t.uint8), ValueError),
    (lambda x, s: t.full(2, 300.0, dtype=t.uint8), ValueError),
    (lambda x, s: t.full(2, -1, dtype=t.uint64), ValueError),
    (lambda x, s: t.full(2, float("nan"), dtype=t.int64), ValueError),
    (lambda x, s: t.full_like(t.arange(3), 2.0**70), ValueError),
    (lambda x, s: t.arange(0, 3, 0), ValueError),
    (lambda x, s: t.arange(None), TypeError),  # type: ignore[arg-type]
    (lambda x, s: t.linspace(0, 1, -1), ValueError),
    (lambda x, s: t.zeros((2, -1)), ValueError),
    (lambda x, s: t.eye(-1), ValueError),
    (lambda x, s: t.sum(t.ones(2, dtype=t.complex64), dtype=t.float32), TypeError),
    (lambda x, s: t.rand(2, dtype=t.int64), TypeError),
    (lambda x, s: t.concat([x, s]), ValueError),
    (lambda x, s: t.stack([x, x[0]]), ValueError),
    (lambda x, s: t.nn.gelu(x, approximate="no"), ValueError),
    (lambda x, s: x[2**70], IndexError),
    (lambda x, s: x.T[..., ..., 0], IndexError),
]


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_fast_path_refuses_what_the_second_one_reports(case: int, backend: str) -> None:
    call, error = REFUSED[case]
    with pytest.raises(error):
        call(t.asarray(X.copy()), t.asarray(SCALAR))


TAKEN: dict[str, tuple[Callable[[t.Tensor], t.Tensor], Any]] = {
    "no axis is another thing than all": (lambda x: t.sum(x, axis=()), X),
    "no axis to flip": (lambda x: t.flip(x, axis=()), X),
    "a length of zero": (lambda x: t.argmax(t.zeros((0, 3)), axis=1), np.zeros(0, "int64")),
    "an infinite step": (lambda x: t.arange(0.0, 3.0, float("inf")), np.zeros(0, "float32")),
    "a shift beyond the length": (lambda x: t.roll(x, 2**62 + 1, axis=1), np.roll(X, 2, 1)),
    "NumPy's integers as axes": (lambda x: x.transpose(np.int64(0), 1), X.T),  # type: ignore[arg-type]
    "NumPy's integer to move": (lambda x: t.moveaxis(x, np.int64(0), 1), X.T),  # type: ignore[arg-type]
    "a list of axes to move": (lambda x: t.moveaxis(x, [0, 1], [1, 0]), X.T),  # type: ignore[arg-type]
    "a far diagonal": (lambda x: t.linalg.diagonal(x, offset=2**40), np.zeros(0, "float32")),
    "a far triangle": (lambda x: t.tril(x, k=2**40), X),
    "a bool as an index": (lambda x: x[True], X[True]),
    "a mask of no axis": (lambda x: x[t.asarray(False)], X[False]),
    "a negative step": (lambda x: x[::-1, ::-1], X[::-1, ::-1]),
    "a float in integers": (lambda x: t.full(2, 2.5, dtype=t.int64), np.full(2, 2)),
    "an exact integer": (lambda x: t.full(1, 2**62 + 1), np.full(1, 2**62 + 1)),
    "exact integers": (lambda x: t.arange(2**53 + 1, 2**53 + 3), np.arange(2**53 + 1, 2**53 + 3)),
    "a negative zero": (lambda x: 1 / (t.zeros(1) * -0.0), np.full(1, -np.inf, "float32")),
    "zero": (lambda x: 1 / (t.ones(1) * 0.0), np.full(1, np.inf, "float32")),
}


@pytest.mark.parametrize("case", TAKEN)
def test_unusual_arguments_have_their_documented_meaning(case: str, backend: str) -> None:
    call, expected = TAKEN[case]
    call(t.asarray(X.copy()))  # which keeps its scalars
    result = call(t.asarray(X.copy())).numpy()
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)


def test_negative_zero_is_put_as_it_is(backend: str) -> None:
    x = t.ones(2)
    for value in (0.0, -0.0, 0.0):
        x[0] = value
        x[1:] = value
        np.testing.assert_array_equal(np.signbit(x.numpy()), [str(value) == "-0.0"] * 2)


@pytest.mark.parametrize(
    "call", [t.sum, t.sort, t.zeros_like, t.flip, t.nn.softmax, lambda x: x[0]]
)
def test_freed_tensor_is_refused(call: Callable[[t.Tensor], Any], backend: str) -> None:
    x = t.ones((2, 2))
    t.tensor_free(x)
    with pytest.raises(t.HandleError):
        call(x)


@pytest.fixture
def many_switches() -> Iterator[None]:
    """Threads switch after every few bytecode instructions."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("many_switches")
def test_first_call_of_a_function_may_come_from_many_threads(backend: str) -> None:
    """The code of a function is compiled at its first call, while other threads may call it too."""
    for attempt in range(20):

        @fast_path("sum", ANY, x=OPERAND, axis=AXES, keepdims=FLAG, dtype=DTYPE)
        def total(
            x: t.Tensor, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False
        ) -> t.Tensor:
            return t.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)

        x = t.asarray(X + attempt)
        start = threading.Barrier(8)

        def call(_: int, total: Any = total, x: t.Tensor = x, start: Any = start) -> Any:
            start.wait()
            return total(x, axis=1).tolist()

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(call, range(8)))
        assert found == [(X + attempt).sum(axis=1).tolist()] * 8
        with pytest.raises(TypeError, match="unexpected keyword argument 'dim'"):
            total(x, dim=1)  # type: ignore[call-arg]


def test_signature_is_the_slow_paths_before_and_after_the_first_call() -> None:
    shown = "(x: 'Tensor', /, *, axis: 'Axis' = None, keepdims: 'bool' = False) -> 'Tensor'"
    code = (
        "import inspect, torchffi as t; print(inspect.signature(t.mean)); t.mean(t.ones(2)); "
        "print(inspect.signature(t.mean))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [shown, shown]


def test_integers_that_are_equal_to_others_are_not_taken_for_them(backend: str) -> None:
    """1 == 1.0 == True: an array that was made of one key must not serve the other ones."""
    x = t.asarray(X)
    assert t.reshape(x, (6, 1)).shape == (6, 1)
    assert t.flip(x, axis=1).tolist() == X[:, ::-1].tolist()
    for wrong in ((6.0, 1), (6.0, 1.0)):
        with pytest.raises(TypeError):
            t.reshape(x, wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            t.zeros(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        t.flip(x, axis=1.0)  # type: ignore[arg-type]
    with pytest.raises((ValueError, OverflowError)):
        t.reshape(x, (2**70, 1))
    for size in range(1, 600):  # more than are kept
        assert t.zeros((size % 7, size)).shape == (size % 7, size)


def test_views_of_another_shape_share_the_memory_or_are_refused(backend: str) -> None:
    x, like = t.asarray(X.copy()), t.zeros((3, 2))
    for view in (x.view(-1), x.view((3, 2)), x.view_as(like), x.reshape_as(like)):
        view[...] = float(view.ndim)
        assert x.tolist() == [[view.ndim] * 3] * 2
    turned = t.matrix_transpose(x)
    with pytest.raises(ValueError):
        turned.view(-1)
    with pytest.raises(ValueError):
        turned.view_as(t.zeros(6))
    assert t.asarray([1.0, 2.0]).expand_as(like).tolist() == [[1.0, 2.0]] * 3
    if backend == "ffi":
        with pytest.raises(TypeError):
            x.expand_as(X)  # type: ignore[arg-type]
    ones = x.new_ones(2, 2), x.new_ones((2, 2)), x.new_ones([2, 2], dtype=t.int64)
    assert all(one.tolist() == [[1, 1]] * 2 for one in ones) and ones[2].dtype is t.int64
    assert x.new_zeros(3).tolist() == [0.0] * 3 and x.new_zeros(3).backend == backend
    with pytest.raises(ValueError):
        x.new_zeros(-1)
