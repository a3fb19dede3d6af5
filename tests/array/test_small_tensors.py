"""Small tensors: reused memory, and scalar loops."""

from __future__ import annotations

import operator
import random
import threading
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.support import check, inf, nan, python
from torchffi.ops import aten

pytestmark = pytest.mark.usefixtures("ffi_backend")

SHAPES = [(), (0,), (1,), (3,), (2, 2), (2, 0, 3), (4, 16), (5, 13), (2, 1, 3, 2, 1, 1)]


def numbered(number: int, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    return np.full(shape, number, np.float32)


# ---- Reused memory


def test_live_tensors_share_no_memory() -> None:
    choose = random.Random(1)
    alive: dict[int, tuple[t.Tensor, np.ndarray[Any, Any]]] = {}
    for number in range(5000):
        shape = choose.choice(SHAPES)
        made = t.zeros(shape, dtype=t.float32) + t.asarray(numbered(number, shape))
        alive[choose.randrange(200)] = made, numbered(number, shape)
    for made, expected in alive.values():
        check(made, expected)


def test_zeros_are_zero_in_reused_memory() -> None:
    for _ in range(200):
        check(t.zeros((4, 4)), np.zeros((4, 4), np.float32))
        t.ones((4, 4)) + t.ones((4, 4))


def test_view_keeps_the_memory_of_a_base_that_was_freed() -> None:
    base = t.asarray(np.arange(6.0)) + 0.0
    row, flat = t.reshape(base, (2, 3))[1], t.reshape(base, (3, 2))
    t.tensor_free(base)
    others = [t.zeros(6, dtype=t.float64) - 1 for _ in range(300)]
    check(row, np.array([3.0, 4.0, 5.0]))
    check(flat, np.arange(6.0).reshape(3, 2))
    row += 10  # a view shares the memory
    check(flat, np.array([[0.0, 1.0], [2.0, 13.0], [14.0, 15.0]]))
    del others


def test_exported_memory_stays_after_the_tensor_is_freed() -> None:
    made = t.asarray([1.0, 2.0]) + t.asarray([10.0, 20.0])
    array, shared = made.numpy(), np.from_dlpack(made)
    t.tensor_free(made)
    others = [t.zeros(2) for _ in range(300)]
    assert array.tolist() == shared.tolist() == [11.0, 22.0]
    del others


def test_pytorch_keeps_the_memory_that_it_shares() -> None:
    printed = python("""
        import torch
        import torchffi as t

        made = t.asarray([1.0, 2.0]) + t.asarray([10.0, 20.0])
        shared = torch.from_dlpack(made)
        made += 1
        t.tensor_free(made)
        others = [t.zeros(2) for _ in range(300)]
        shared.add_(1)  # counts the version, as PyTorch's autograd does
        print(shared.tolist(), shared._version)
        """)
    assert printed.strip() == "[13.0, 24.0] 1"


def test_small_tensor_can_grow() -> None:
    made = t.asarray([1.0, 2.0]) + t.asarray([10.0, 20.0])
    aten.resize_(made, [100])
    made[2:] = 7.0
    others = [t.zeros(2) for _ in range(300)]
    check(made, np.array([11.0, 22.0] + [7.0] * 98, np.float32))
    del others


@pytest.mark.parametrize("size", [1, 2, 4, 40])
def test_lazy_copy_outlives_its_base(size: int) -> None:
    made = t.ones(size) + t.ones(size)
    copy = aten._lazy_clone(made)
    t.tensor_free(made)
    others = [t.zeros(size) for _ in range(300)]
    check(copy, numbered(2, (size,)))
    del others


def test_tensors_can_be_freed_on_another_thread_after_theirs_has_ended() -> None:
    made: list[t.Tensor] = []

    def make(number: int) -> None:
        with t.use_backend("ffi"):
            made.extend(t.ones(4) * t.asarray(float(number)) for _ in range(300))

    for number in range(20):
        maker = threading.Thread(target=make, args=(number,))
        maker.start()
        maker.join()
        check(made[150], numbered(number, (4,)))
        freer = threading.Thread(target=made.clear)
        freer.start()
        freer.join()


def test_memory_of_threads_that_ended_is_returned() -> None:
    printed = python("""
        import threading
        import torchffi as t

        def work():
            with t.use_backend("ffi"):
                made = [t.zeros(64) + 1 for _ in range(300)]
                del made

        def pages_after(threads):
            for _ in range(threads):
                thread = threading.Thread(target=work)
                thread.start()
                thread.join()
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1])

        before = pages_after(50)
        print(pages_after(400) - before < 2000)  # 4,800 if they were kept
        """)
    assert printed.strip() == "True"


# ---- Scalar loops instead of TensorIterator


EXTREMES: dict[str, list[Any]] = {
    "float32": [0.0, -0.0, 1.5, -2.0, inf, -inf, nan, 1e-45, -1e-45, 3e38, 1e-38],
    "float64": [0.0, -0.0, 1.5, -2.0, inf, -inf, nan, 5e-324, -5e-324, 1e308, 1e-308],
    "int32": [0, 1, -1, 7, 2**31 - 1, -(2**31), 65536, -65537],
    "int64": [0, 1, -1, 7, 2**63 - 1, -(2**63), 2**32, -(2**33)],
}


@pytest.mark.parametrize("name", EXTREMES)
def test_arithmetic_of_small_tensors_is_bitwise_that_of_pytorch(name: str, torch: Any) -> None:
    values = np.array(EXTREMES[name], name)
    ours, theirs = t.asarray(values), torch.from_numpy(values.copy())
    for shift in range(len(values)):
        a, b = ours, t.asarray(np.roll(values, shift))
        x, y = theirs, torch.from_numpy(np.roll(values, shift))
        for name in ("add", "sub", "mul", "truediv", "eq", "ne", "lt", "le", "gt", "ge"):
            function = getattr(operator, name)
            alike(function(a, b).numpy(), function(x, y).numpy())
        for name in ("logical_and", "logical_or", "logical_xor"):
            alike(getattr(t, name)(a, b).numpy(), getattr(torch, name)(x, y).numpy())
    alike(t.nn.relu(ours).numpy(), torch.relu(theirs).numpy())
    alike(t.logical_not(ours).numpy(), torch.logical_not(theirs).numpy())
    assert int(t.count_nonzero(ours)) == int(torch.count_nonzero(theirs))


def alike(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> None:
    assert a.dtype == b.dtype
    np.testing.assert_array_equal(a, b)
    if a.dtype != bool:
        np.testing.assert_array_equal(np.signbit(a) | np.isnan(a), np.signbit(b) | np.isnan(b))


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (8, 8), (4, 4, 4), (65,), (33, 2), (8, 9)])
def test_tensors_below_and_above_the_size_limit_give_the_same(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    x = t.asarray(values)
    check(x + x, values + values)
    check(x.permute(*range(x.ndim)[::-1]) + x.permute(*range(x.ndim)[::-1]), (values + values).T)
    check(x * t.asarray(np.float32(3)), values * np.float32(3))
    check(t.nn.relu(x), np.maximum(values, 0))
