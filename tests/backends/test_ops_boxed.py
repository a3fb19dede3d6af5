"""Calls of operators with handles, on many threads, and when the operator table is loaded."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.backends.grid import GRID
from tests.support import check, handles, python, settled
from torchffi import ops
from torchffi._core import lifetimes
from torchffi._libtorch.loader import lib
from torchffi._libtorch.operators import boxed

pytestmark = pytest.mark.usefixtures("ffi_backend")

make = functools.partial(lifetimes.make, None)


# ---- Handles


def test_raw_call_takes_handles(x: t.Tensor) -> None:
    check(boxed.call(make, "aten::relu", x._data), GRID)
    assert boxed.call(make, "aten::relu_", x._data) == x._data
    assert boxed.call(make, "aten::size.int", x._data, 1) == 3
    assert boxed.call(make, "aten::is_floating_point", x._data) is True
    first = t.asarray(2.5)
    assert boxed.call(make, "aten::_local_scalar_dense", first._data) == 2.5


def test_raw_call_for_one_result_frees_the_others(x: t.Tensor) -> None:
    before = settled()
    indices = boxed.call_for(1, make, "aten::sort.stable", x._data, True, -1, True)
    assert indices.dtype is t.int64
    assert handles()[0] == before[0] + 1
    with pytest.raises(
        ValueError, match="position is 2, expected -1 or that of a result that is a tensor"
    ):
        boxed.call_for(2, make, "aten::sort.stable", x._data, True, -1, True)


def test_raw_call_with_a_stale_handle_is_a_handle_error(x: t.Tensor) -> None:
    with pytest.raises(
        t.HandleError, match=r"argument 'other' \(position 1\) is not a tensor: handle 12345"
    ):
        boxed.call(make, "aten::add.Tensor", x._data, 12345)


# ---- Operands

CALLS: dict[str, Callable[[t.Tensor], Any]] = {
    "one result": lambda x: ops.aten.neg(x),
    "a list": lambda x: ops.aten.split(x, 10),
    "two results": lambda x: ops.aten.max(x, 0),
    "no new result": lambda x: ops.aten.add_(x, 1),
    "a list of operands": lambda x: ops.aten.cat([x, x]),
    "a refused operand": lambda x: ops.aten.split(x, -1),
    "an impossible product": lambda x: ops.aten.mm(x, ops.aten.cat([x, x])),
    "an argument of the wrong type": lambda x: ops.aten.split.Tensor(x, "ten"),
    "an argument after the list": lambda x: ops.aten.cat([x, x], "dim"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("backend", ["ffi", "numpy"])
def test_no_operand_stays_alive_after_a_call(call: str, backend: str) -> None:
    ops.aten.neg(t.ones(1))
    array = np.ones((100, 200))
    alive, before = weakref.ref(array), settled()
    with t.use_backend(backend):
        x = t.from_numpy(array)
    with contextlib.suppress(t.TorchError):
        CALLS[call](x)
    del x, array
    assert handles() == before
    assert alive() is None


# ---- Threads, leaks, import


def test_calls_on_many_threads_are_independent(x: t.Tensor) -> None:
    wrong: list[object] = []

    def work(number: int) -> None:
        for i in range(100):
            parts = ops.aten.split.Tensor(ops.aten.add(x, number), 1)
            total = ops.aten.sum(ops.aten.cat(parts), [0, 1]).item()
            if abs(total - (GRID.sum() + 6 * number)) > 1e-3:
                wrong.append((number, i, total))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_calls_with_only_tensors_on_many_threads_are_independent(
    untraced: None,
) -> None:
    wrong: list[object] = []

    def work(number: int) -> None:
        mine = t.asarray(float(number))
        for i in range(1000):
            total = ops.aten.add.Tensor(mine, mine).item()
            if total != 2 * number:
                wrong.append((number, i, total))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []


def test_failing_and_succeeding_calls_leak_no_handle(x: t.Tensor) -> None:
    before = settled()
    for _ in range(10):
        ops.aten.split.Tensor(x, 1)
        ops.aten.sort(x)
        with pytest.raises(t.TorchError):
            ops.aten.mm(x, x)
        with pytest.raises(t.TorchError):
            ops.aten.cat([x, "y"])
    assert handles() == before


def test_operator_is_looked_up_once() -> None:
    first = lib.rt_torch_operator_find(b"aten::relu", b"")
    assert first == lib.rt_torch_operator_find(b"aten::relu", b"") > 0


def test_import_opens_nothing() -> None:
    assert (
        python(
            """
        import torchffi
        torchffi.ops.aten
        print("libtorch" in open("/proc/self/maps").read())
        """
        )
        == "False\n"
    )
