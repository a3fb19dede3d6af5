"""Fallback to NumPy: what runs there because LibTorch has no kernel, as docs/reference.md lists it."""

from __future__ import annotations

import contextlib
import inspect
import re
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.array_api_calls import values_of
from tests.array_api_table import ONE, STANDARD, TWO
from tests.support import ROOT, check, dtype_of, sample
from torchffi import dtypes
from torchffi._core import dispatch, operations, tensor_libtorch
from torchffi._core.backends import FFI
from torchffi._libtorch import aten, calls
from torchffi._libtorch import primitives as on_ffi
from torchffi._libtorch.loader import lib
from torchffi.errors import NotSupportedError

pytestmark = pytest.mark.filterwarnings("error")


FALLBACKS: dict[str, Any] = {
    "add": lambda x: x + x,
    "floor_divide": lambda x: x // x,
    "matmul": lambda x: x @ x,
    "max": lambda x: t.max(x),
    "argmin": lambda x: t.argmin(x),
    "maximum": lambda x: t.maximum(x, x),
    "bitwise_left_shift": lambda x: x << x,
    "eye": lambda x: t.eye(2, dtype=x.dtype),
}


@pytest.mark.parametrize("case", FALLBACKS)
@pytest.mark.parametrize("name", ["uint16", "uint32", "uint64"])
def test_operation_without_a_kernel_runs_on_numpy_and_is_counted(
    name: str, case: str, ffi_backend: None
) -> None:
    x = t.asarray(sample(name, 4))
    before = t.fallback_counts().get(case, 0)
    result = FALLBACKS[case](x)
    assert result.backend == "ffi"
    with t.use_backend("numpy"):
        expected = FALLBACKS[case](t.asarray(sample(name, 4))).numpy()
    check(result, expected)
    assert t.fallback_counts()[case] == before + 1


def test_operation_with_a_kernel_does_not_fall_back(ffi_backend: None) -> None:
    before = t.fallback_counts()
    x = t.ones((2, 2))
    ((x @ x + 1) / 2).sum().item()
    assert t.fallback_counts() == before


def test_fallback_can_be_made_an_error(ffi_backend: None, monkeypatch: pytest.MonkeyPatch) -> None:
    x = t.ones(2, dtype=t.uint32)
    before = t.fallback_counts()
    monkeypatch.setenv("TORCHFFI_FALLBACK", "error")
    with pytest.raises(NotImplementedError, match=r"add: .*not implemented for .UInt32"):
        x + x
    with pytest.raises(NotImplementedError, match="eye: "):
        t.eye(2, dtype=t.uint32)
    assert t.fallback_counts() == before
    monkeypatch.setenv("TORCHFFI_FALLBACK", "perhaps")
    with pytest.raises(ValueError, match="TORCHFFI_FALLBACK is 'perhaps', expected numpy or error"):
        x + x


def test_invalid_call_is_an_error_and_not_a_fallback(ffi_backend: None) -> None:
    x = t.ones(2, dtype=t.uint32)
    before = t.fallback_counts()
    with pytest.raises(ValueError, match=r"add: shapes \(2,\) and \(3,\) do not broadcast"):
        x + t.ones(3, dtype=t.uint32)
    with pytest.raises(ValueError, match="floor_divide: integer division by zero"):
        x // 0
    assert t.fallback_counts() == before


def test_in_place_operation_without_a_kernel_is_counted_and_can_be_forbidden(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = t.ones(2, dtype=t.uint32)
    before = t.fallback_counts().get("add", 0)
    x += x
    assert x.tolist() == [2, 2]
    assert t.fallback_counts()["add"] == before + 1
    monkeypatch.setenv("TORCHFFI_FALLBACK", "error")
    with pytest.raises(NotImplementedError, match=r"add: .*not implemented for .UInt32"):
        x += x
    assert x.tolist() == [2, 2]


@pytest.mark.parametrize("name", ["uint16", "uint32", "uint64"])
@pytest.mark.parametrize("case", [*FALLBACKS, "in place"])
def test_libtorch_is_not_tried_again_without_a_kernel(
    case: str, name: str, ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call() -> Any:
        x = t.asarray([[3, 1], [2, 4]], dtype=dtype_of(name))
        return x.__iadd__(x) if case == "in place" else FALLBACKS[case](x)

    first = call().tolist()
    count = t.fallback_counts()
    errors: list[str] = []
    last_error = calls.last_error
    for module in (calls, tensor_libtorch):
        monkeypatch.setattr(module, "last_error", lambda: errors.append(case) or last_error())
    assert call().tolist() == first
    assert errors == []
    (counted,) = [key for key, value in t.fallback_counts().items() if value != count.get(key)]
    assert counted == ("add" if case == "in place" else case)
    # Nor does the fast path try.
    for primitive in [one for one in dispatch._without_kernel if dispatch._public(one) == counted]:
        for table in operations.TABLES.get(primitive, ()):
            assert FFI.classes[dtype_of(name)] not in table
            assert dtype_of(name) not in table or table[dtype_of(name)][1]._backend is not FFI


def test_invalid_call_is_the_same_error_after_a_fallback(backend: str) -> None:
    x = t.ones(2, dtype=t.uint32)
    for _ in range(2):
        x + x
        with pytest.raises(ValueError, match=r"^add: shapes \(2,\) and \(3,\) do not broadcast"):
            x + t.ones(3, dtype=t.uint32)


def test_a_refused_dtype_leaves_others_on_libtorch(ffi_backend: None) -> None:
    t.ones(2, dtype=t.uint32) + 1
    before = t.fallback_counts()
    for dtype in (t.uint8, t.int32, t.float32):
        assert (t.ones(2, dtype=dtype) + t.ones(2, dtype=dtype)).tolist() == [2, 2]
        assert t.sum(t.ones(2, dtype=dtypes.float16)).item() == 2
    assert t.fallback_counts() == before


def test_every_operator_that_a_primitive_calls_exists(ffi_backend: None) -> None:
    source = inspect.getsource(aten)
    named = set(re.findall(r'"(aten::[\w.]+)"', source)) | set(aten.OPERATORS.values())
    for name in named:
        operator, _, overload = name.partition(".")
        assert lib.rt_torch_operator_find(operator.encode(), overload.encode()), name


def test_bfloat16_cannot_fall_back_to_numpy(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_kernel(make: Any, x: int, y: int) -> Any:
        raise NotSupportedError("maximum: no kernel")

    monkeypatch.setattr(on_ffi, "maximum", without_kernel)
    monkeypatch.setattr(dispatch, "_without_kernel", {})  # it is not remembered after this test
    for dtype in (t.float32, dtypes.bfloat16):  # without the fast path, the primitive is called
        monkeypatch.delitem(operations.BINARY["maximum"].table, FFI.classes[dtype])
    before = t.fallback_counts().get("maximum", 0)
    x, narrow = t.ones(2), t.ones(2, dtype=dtypes.bfloat16)
    number = 0.515625  # a scalar that no other test has cached
    assert t.maximum(x, number).tolist() == [1, 1]
    with pytest.raises(NotImplementedError, match="maximum: no kernel"):
        t.maximum(narrow, number)
    assert t.fallback_counts()["maximum"] == before + 1


def test_fallback_counts_are_a_copy(ffi_backend: None) -> None:
    t.fallback_counts()["add"] = -1
    assert t.fallback_counts().get("add", 0) >= 0


# ---- The list in docs/reference.md


NOT_IN_STANDARD = {
    "addmm": lambda xp, x: xp.addmm(x, x, x),
    "erf": lambda xp, x: xp.erf(x),
    "relu": lambda xp, x: xp.nn.relu(x),
    "linear": lambda xp, x: xp.nn.linear(x, x),
    "layer_norm": lambda xp, x: xp.nn.layer_norm(x, (3,)),
    "softmax": lambda xp, x: xp.nn.softmax(x),
}


def _calls() -> list[Any]:
    """Every call of the tables, for a 3x3 matrix and for a vector."""
    one = [*(call for _, call in ONE.values()), *NOT_IN_STANDARD.values()]
    two = [lambda xp, x, f=call: f(xp, x, x) for call in TWO.values()]
    return [*one, *two, *(lambda xp, x, f=call: f(xp, xp.reshape(x, (-1,))) for call in one)]


def _listed() -> dict[str, set[str]]:
    """For each dtype, the operations that docs/reference.md lists."""
    text = (ROOT / "docs/reference.md").read_text()
    table = text.partition("| dtype | runs on NumPy |\n")[2].partition("\n\n")[0]
    found: dict[str, set[str]] = defaultdict(set)
    for row in table.splitlines()[1:]:
        names, functions = row.strip("|").split("|")
        for name in re.findall(r"`(\w+)`", names):
            found[name] |= set(re.findall(r"`(\w+)`", functions))
    return found


def test_the_reference_lists_what_falls_back(ffi_backend: None) -> None:
    counted: dict[str, set[str]] = defaultdict(set)
    for name in (*STANDARD, "float16"):
        for call in _calls():
            x = t.asarray(values_of(name, np.arange(1, 10, dtype="int8").reshape(3, 3)))
            before = t.fallback_counts()
            with contextlib.suppress(
                TypeError, ValueError
            ):  # functions that do not accept the dtype
                call(t, x)
            counts = t.fallback_counts()
            fallen = {key for key in counts if counts[key] != before.get(key)}
            if fallen:
                counted[name] |= fallen
    assert counted == _listed()
