"""Both backends implement the same primitives, with the same parameters and result dtypes."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any

import pytest

import torchffi as t
from tests.elementwise_table import BINARY, UNARY
from tests.support import ROOT, dtype_of
from torchffi import dtypes
from torchffi._core import dispatch, operations
from torchffi._core.primitive_names import PRIMITIVES
from torchffi._libtorch import aten
from torchffi._libtorch import primitives as on_ffi
from torchffi._numpy import primitives as on_numpy
from torchffi._numpy.chapters import CHAPTERS

pytestmark = pytest.mark.filterwarnings("error")


def _public(*modules: ModuleType) -> dict[str, Any]:
    return {
        name: value
        for module in modules
        for name, value in inspect.getmembers(module, inspect.isfunction)
        if value.__module__ == module.__name__ and value.__name__ == name and name[0] != "_"
    }


def _called() -> set[str]:
    """The primitives that the public functions call by name or have entries for."""
    pattern = re.compile(r"\b(?:run|run_many|run_in_place|create)\(\s*\"(\w+)\"")
    named = set(operations.TABLES)
    for folder in ("_array", "_core", "linalg", "fft", "nn"):
        for path in (ROOT / "torchffi" / folder).rglob("*.py"):
            named.update(pattern.findall(path.read_text(encoding="utf-8")))
    return named


def test_every_primitive_that_is_called_is_listed() -> None:
    assert len(_called()) > 100
    assert _called() - PRIMITIVES == set()


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_both_backends_have_every_primitive(name: str) -> None:
    assert callable(getattr(on_ffi, name))
    assert callable(getattr(on_numpy, name))


def test_every_primitive_of_a_backend_is_listed() -> None:
    own = {"as_torch_error", "to_dlpack", "from_dlpack", "synchronize", "ufunc"}
    found = set(_public(*CHAPTERS)) | set(_public(on_ffi, aten)) | set(aten.OPERATORS)
    assert found - PRIMITIVES - own == set()


def test_primitives_have_the_same_parameters_on_both_backends() -> None:
    own = {"as_torch_error", "to_dlpack", "from_dlpack"}  # helpers, not primitives
    theirs, ours = _public(*CHAPTERS), _public(on_ffi, aten)
    for name in sorted((set(ours) | set(theirs)) - own):
        a, b = getattr(on_ffi, name), getattr(on_numpy, name)
        if name in ours and name in theirs:
            parameters = [list(inspect.signature(function).parameters) for function in (a, b)]
            # ``make``, and the class for it, make the tensor.
            assert [p for p in parameters[0] if p not in ("make", "kind")] == parameters[1], name


def test_unknown_primitive_is_an_attribute_error() -> None:
    for module in (on_ffi, on_numpy):
        with pytest.raises(AttributeError, match="has no primitive 'nonsense'"):
            module.nonsense  # noqa: B018


def test_a_tensor_with_another_dtype_than_its_handle_is_found(ffi_backend: None) -> None:
    # Tests the check that conftest.py makes of every tensor.
    x = t.ones(2)
    with pytest.raises(AssertionError, match="has dtype float64, its handle has dtype code 6"):
        dispatch.run("add", t.float64, x, x)


@pytest.mark.parametrize("name", [d.name for d in dtypes.ALL])
def test_results_of_every_function_have_the_dtype_of_their_handle(
    name: str, ffi_backend: None
) -> None:
    # conftest.py checks the dtype of each result.
    x = t.ones((2, 2), dtype=dtype_of(name))
    calls: list[Any] = [lambda f=f: getattr(t, f.name)(x) for f in UNARY]
    calls += [lambda f=f: getattr(t, f.name)(x, x) for f in BINARY]
    calls += [lambda f=f: f(x) for f in (t.sum, t.prod, t.max, t.min, t.all, t.any)]
    calls += [lambda f=f: f(x) for f in (t.mean, t.var, t.std)]
    calls += [lambda f=f: f(x) for f in (t.argmax, t.nonzero, t.flip, t.matrix_transpose)]
    calls += [lambda: x @ x, lambda: t.addmm(x, x, x), lambda: t.concat([x, x]), lambda: x[x == x]]
    calls += [
        lambda f=f: f(x) for f in (t.nn.relu, t.nn.silu, t.nn.gelu, t.nn.softmax, t.nn.sigmoid)
    ]
    calls += [
        lambda: t.nn.linear(x, x),
        lambda: t.nn.layer_norm(x, 2),
        lambda: t.where(x == x, x, x),
    ]
    done = 0
    for call in calls:
        try:
            call()
            done += 1
        except (TypeError, NotImplementedError):
            pass
    assert done > (30 if name == "bool" else 40)
