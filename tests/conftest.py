"""Fixtures: the backends, and PyTorch as the reference."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # SciPy reads it once, when it is imported

import torchffi
from torchffi._core import lifetimes, operations
from torchffi._libtorch import loader

pytest.register_assert_rewrite("tests.support")

_fallbacks: Counter[str] = Counter()


def pytest_collection_finish() -> None:
    """Excludes pytest and the libraries from later garbage collections."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Reports the fallbacks to NumPy; each worker sends its own to the main process."""
    output = getattr(session.config, "workeroutput", None)
    if output is None:
        _fallbacks.update(torchffi.fallback_counts())
    else:
        output["fallbacks"] = torchffi.fallback_counts()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _fallbacks.update(getattr(node, "workeroutput", {}).get("fallbacks", {}))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _fallbacks:
        counts = ", ".join(f"{name} {count}" for name, count in sorted(_fallbacks.items()))
        terminalreporter.write_line(f"ran on NumPy, because LibTorch has no kernel: {counts}")


def _need(backend: str) -> None:
    status = loader.load()
    if backend == "ffi" and not status.available:
        pytest.skip(f"LibTorch cannot be used: {status.reason}")


_make = lifetimes.make


def _checked(kind: Any, function: Any, /, *arguments: Any) -> Any:
    """As ``make``, but checks that the tensor has the dtype of its handle."""
    tensor = _make(kind, function, *arguments)
    if tensor is not None and issubclass(type(tensor), torchffi.Tensor):
        code, dtype = loader.lib.rt_torch_tensor_dtype(tensor._data), tensor._dtype
        assert code == dtype.code, f"a tensor has dtype {dtype}, its handle has dtype code {code}"
    return tensor


def _check_every_tensor() -> None:
    """Checks in every test that the dtype of each tensor on LibTorch is that of its handle."""
    for name in torchffi.__all__:  # imports the modules that are imported on first use
        getattr(torchffi, name)
    for name, module in list(sys.modules.items()):
        if name.startswith("torchffi.") and getattr(module, "make", None) is _make:
            module.make = _checked  # type: ignore[attr-defined]
    for table in itertools.chain.from_iterable(operations.TABLES.values()):
        for operand, (make, kind, call) in table.items():
            if make is _make:
                table[operand] = _checked, kind, call


_check_every_tensor()


@pytest.fixture(params=["ffi", "numpy"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each test with this fixture runs on both backends."""
    name: str = request.param
    _need(name)
    with torchffi.use_backend(name):
        yield name


@pytest.fixture
def ffi_backend() -> Iterator[None]:
    """For tests of LibTorch only."""
    _need("ffi")
    with torchffi.use_backend("ffi"):
        yield


@pytest.fixture
def untraced() -> Iterator[None]:
    """Switches coverage tracing off, for tests with long loops."""
    own, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
    yield
    threading.settrace(of_threads)  # type: ignore[arg-type]
    sys.settrace(own)


@pytest.fixture
def numpy_backend() -> Iterator[None]:
    """For tests of NumPy only."""
    with torchffi.use_backend("numpy"):
        yield


@pytest.fixture(scope="session")
def torch() -> Any:
    """PyTorch's Python package, the reference."""
    return pytest.importorskip("torch", reason="PyTorch, the reference, is not installed")
