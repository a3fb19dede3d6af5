"""torchffi.ops: errors name the operator, the argument and the schema, and leak no handle."""

from __future__ import annotations

import gc
from typing import Any

import pytest

import torchffi as t
from tests.backends.grid import GRID
from tests.support import check, handles, settled
from torchffi import dtypes, errors, ops
from torchffi._core import lifetimes

pytestmark = pytest.mark.usefixtures("ffi_backend")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: ops.aten.ad, "there is no operator aten::ad; did you mean .*add"),
        (lambda x: ops.atn.add, "there is no namespace 'atn'; did you mean aten"),
        (lambda x: ops.aten.add.tensor, "aten::add has no overload 'tensor'; did you mean Tensor"),
    ],
)
def test_wrong_name_suggests_the_closest_one(call: Any, text: str, x: t.Tensor) -> None:
    with pytest.raises(AttributeError, match=text):
        call(x)


MISTAKES: dict[str, tuple[Any, type[Exception], str]] = {
    "type": (
        lambda x: ops.aten.relu.default("x"),
        TypeError,
        r"aten::relu: argument 'self' \(position 0\) is 'x' \(str\), expected Tensor; the schema is",
    ),
    "missing": (lambda x: ops.aten.mm.default(x), TypeError, "missing argument 'mat2'"),
    "unknown": (lambda x: ops.aten.mm.default(x, x, z=1), TypeError, "unknown argument 'z'"),
    "twice": (
        lambda x: ops.aten.mm.default(x, x, self=x),
        TypeError,
        "multiple values for argument 'self'",
    ),
    "many": (
        lambda x: ops.aten.mm.default(x, x, x),
        TypeError,
        "at most 2 positional arguments, got 3",
    ),
    "none fits": (
        lambda x: ops.aten.add("x", x),
        TypeError,
        "no overload accepts these arguments:\n  aten::add.Tensor: argument 'self'",
    ),
    "format": (
        lambda x: ops.aten.clone.default(x, memory_format="rows"),
        TypeError,
        "argument 'memory_format'.*'rows'.*contiguous_format, preserve_format",
    ),
    "large": (lambda x: ops.aten.sum.dim_IntList(x, [2**63]), ValueError, "argument 'dim'"),
    "kernel": (lambda x: ops.aten.mm(x, x), ValueError, "aten::mm: mat1 and mat2 shapes"),
    "axis": (lambda x: ops.aten.sum.dim_IntList(x, [5]), IndexError, "aten::sum.dim_IntList: "),
    "refused": (
        lambda x: ops.aten.set_.source_Storage(x, x),
        NotImplementedError,
        "argument 'source' is a Storage, which rt_torch_value cannot hold",
    ),
    "cuda": (
        lambda x: ops.aten.zeros([1], device="cuda"),
        t.UnavailableError,
        r"argument 'device' \(position 3\) cannot be used: CUDA is not available",
    ),
    "dtype": (
        lambda x: ops.aten.quantize_per_tensor_dynamic(x, t.float32, False),
        t.TorchError,
        "aten::quantize_per_tensor_dynamic: ",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_names_the_argument_or_the_operator(mistake: str, x: t.Tensor) -> None:
    call, error, text = MISTAKES[mistake]
    gc.collect()
    before = settled()
    with pytest.raises(error, match=text) as caught:
        call(x)
    assert isinstance(caught.value, t.TorchError)
    if isinstance(caught.value, errors.ArgumentError):
        assert "the schema is aten::" in str(caught.value)
    del caught
    assert handles() == before


def test_freed_tensor_is_a_handle_error(x: t.Tensor) -> None:
    t.tensor_free(x)
    with pytest.raises(t.HandleError, match="freed"):
        ops.aten.relu(x)


def test_tensor_that_another_thread_is_freeing_is_a_handle_error(x: t.Tensor) -> None:
    y = t.asarray(GRID)
    lifetimes.release(y)  # as another thread, before it changes the class
    with pytest.raises(t.HandleError, match="freed or never issued"):
        ops.aten.add.Tensor(x, y)
    check(ops.aten.add.Tensor(x, x), GRID + GRID)


def test_unsupported_result_dtype_is_named_and_leaks_nothing(x: t.Tensor) -> None:
    half = t.ones((2, 2), dtype=dtypes.float16)
    before = settled()
    with pytest.raises(TypeError, match="the result has dtype complex32, which torchffi"):
        ops.aten.view_as_complex(half)
    assert handles() == before
