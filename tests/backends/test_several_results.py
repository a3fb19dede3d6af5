"""Operators called by name whose results are several tensors, or a list of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import torchffi as t
from tests.support import handles, settled
from torchffi import ops
from torchffi._libtorch.loader import ffi, lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

GRID = np.arange(70.0, dtype=np.float32).reshape(35, 2) % 7
MOST = lib.TORCHFFI_MOST_RESULTS
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "a pair": lambda aten, x: aten.sort(x, 0),
    "a pair of a view": lambda aten, x: aten.cummax(x[1:], 1),
    "a pair with a keyword": lambda aten, x: aten.max(x, 1, keepdim=True),
    "three": lambda aten, x: aten.native_layer_norm(x, [2], None, None, 1e-5),
    "a list": lambda aten, x: aten.unbind(x, 1),
    "an empty list": lambda aten, x: aten.unbind(x[:0]),
    "as many as there is room for": lambda aten, x: aten.unbind(aten.cat([x, x])[:MOST]),
    "more than there is room for": lambda aten, x: aten.unbind(aten.cat([x, x])),
    "one list of another type": lambda aten, x: aten.chunk(x, 3, 1),
    "masked results": lambda aten, x: aten.native_layer_norm_backward(
        x, x, [2], x[:, :1], x[:, 1:], None, None, [True, False, False]
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_results_are_those_of_pytorch(name: str) -> None:
    expected = CALLS[name](torch.ops.aten, torch.from_numpy(GRID))
    x = t.asarray(GRID)
    for _ in range(4):  # the first calls make the plan
        found = CALLS[name](ops.aten, x)
        assert type(found) is type(expected)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            if other is None:
                assert one is None
            else:
                assert one.strides == other.stride()
                np.testing.assert_allclose(np.asarray(one), other, rtol=1e-6)


def test_errors_are_those_of_the_general_path() -> None:
    x = t.asarray(GRID)
    texts = set()
    for _ in range(3):
        ops.aten.sort(x, 0)
        ops.aten.unbind(x, 0)
        with pytest.raises(t.TorchError) as sort:
            ops.aten.sort(x, 2)
        with pytest.raises(t.TorchError) as unbind:
            ops.aten.unbind(x, 2)
        texts.add((str(sort.value), str(unbind.value)))
    assert len(texts) == 1


def _call(name: bytes, x: t.Tensor, capacity: int, results: Any) -> int:
    values = ffi.new("rt_torch_value[1]")
    values[0].tag, values[0].data.i = lib.RT_TORCH_TENSOR, x._data
    op, overload = [*name.split(b"."), b""][:2]
    number = lib.rt_torch_operator_find(b"aten::" + op, overload)
    return int(lib.rt_torch_call_several(number, values, 1, results, capacity))


def _message() -> str:
    text = ffi.new("char[]", 1000)
    lib.rt_torch_last_error(text, 1000)
    return ffi.string(text).decode()  # type: ignore[no-any-return]


def test_c_function_writes_a_handle_for_each_result() -> None:
    x, results = t.asarray(GRID), ffi.new("int64_t[]", 40)
    assert _call(b"unbind.int", x, 40, results) == 35
    assert all(results[i] for i in range(35)) and not any(results[i] for i in range(35, 40))
    for i in range(35):
        lib.rt_torch_tensor_free(results[i])
    assert _call(b"relu", x, 1, results) == 1
    lib.rt_torch_tensor_free(results[0])


@pytest.mark.parametrize(
    ("name", "capacity", "results", "message"),
    [
        (b"unbind.int", 34, True, "capacity is 34, expected 35 or more"),
        (b"unbind.int", -1, True, "capacity is -1, expected 0 or more"),
        (b"aminmax", 1, True, "capacity is 1, expected 2 or more"),
        (b"aminmax", 2, False, "results is NULL"),
        (b"is_floating_point", 2, True, "expected an operator whose results are tensors"),
    ],
)
def test_c_function_refuses(name: bytes, capacity: int, results: bool, message: str) -> None:
    x = t.asarray(GRID)
    before = settled()
    memory = ffi.new("int64_t[]", 40)
    assert _call(name, x, capacity, memory if results else ffi.NULL) == -1
    assert message in _message()
    assert handles()[0] == before[0]
    assert not any(memory)
