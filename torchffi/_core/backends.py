"""The two backends, and which of them creation uses."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from torchffi._core.tensor import Backend, Tensor
from torchffi._libtorch import loader
from torchffi._libtorch import primitives as on_ffi
from torchffi._numpy import primitives as on_numpy
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError, UnavailableError

if TYPE_CHECKING:
    from torchffi._core.tensor import Kinds


FFI: Final = Backend("ffi", on_ffi)


NUMPY: Final = Backend("numpy", on_numpy)


_backends: Final[dict[type, Backend]] = {}  # of the classes of tensors


def register(
    backend: Backend,
    make: Callable[[Any, type[Tensor]], Tensor],
    over: Callable[[np.ndarray[Any, Any], Kinds], Tensor | None],
    classes: Mapping[DType, type[Tensor]],
) -> None:
    """Tells what makes the tensors of a backend, and their classes."""
    backend.make = make
    backend.over = over
    backend.classes = classes
    for dtype, tensor in classes.items():
        backend.dtypes[tensor] = dtype
        if dtype.numpy is not None:
            backend.kinds[dtype.numpy] = tensor, dtype.code
        for kind in (tensor, *tensor.__subclasses__()):  # and what it becomes when it is freed
            _backends[kind] = backend


_chosen: ContextVar[Backend | None] = ContextVar("torchffi_backend", default=None)


_default: Backend | None = None


_lock: Final = threading.Lock()


def _policy(variable: str, admitted: tuple[str, ...]) -> str:
    value = os.environ.get(variable) or admitted[0]
    if value not in admitted:
        raise InvalidArgumentError(f"{variable} is {value!r}, expected {' or '.join(admitted)}")
    return value


def _need_ffi() -> Backend:
    status = loader.load()
    if not status.available:
        raise UnavailableError(f"LibTorch is needed and not available: {status.reason}")
    return FFI


def _first_default() -> Backend:
    policy = _policy("TORCHFFI_BACKEND", ("auto", "ffi", "numpy"))
    if policy == "numpy":
        return NUMPY
    if policy == "ffi":
        return _need_ffi()
    status = loader.load()
    if status.available:
        return FFI
    if status.libtorch_path:  # it is there and cannot be used: worth a word
        warnings.warn(
            f"torchffi computes with NumPy: {status.reason}", RuntimeWarning, stacklevel=5
        )
    return NUMPY


def default_backend() -> Backend:
    """The backend that creation uses now."""
    global _default
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    if _default is None:
        with _lock:
            if _default is None:
                _default = _first_default()
    return _default


def get_backend() -> str:
    """The backend that new tensors are made on: ``"ffi"`` (LibTorch) or ``"numpy"``.

    Raises:
        UnavailableError: If ``TORCHFFI_BACKEND=ffi`` and LibTorch cannot be used.
    """
    return default_backend().name


def numpy_reason() -> str:
    """Why creation uses NumPy, where it does."""
    if _chosen.get() is NUMPY:
        return "use_backend('numpy') is in force"
    if _policy("TORCHFFI_BACKEND", ("auto", "ffi", "numpy")) == "numpy":
        return "TORCHFFI_BACKEND=numpy"
    return loader.load().reason


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Makes new tensors on one backend, inside a ``with`` block and this context only.

    What exists already stays where it is: an operation runs where its operands are.

    Args:
        name: ``"ffi"`` or ``"numpy"``.

    Raises:
        ValueError: For another name.
        UnavailableError: For ``"ffi"`` where LibTorch cannot be used.
    """
    if name not in ("ffi", "numpy"):
        raise InvalidArgumentError(
            f"use_backend: {name!r} is no backend, expected 'ffi' or 'numpy'"
        )
    token = _chosen.set(_need_ffi() if name == "ffi" else NUMPY)
    try:
        yield
    finally:
        _chosen.reset(token)
