"""Backend choice: the backend that new tensors are created on, and why."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import FrameType

from torchffi._core.tensor import Backend
from torchffi._core.tensor_libtorch import FFI as FFI
from torchffi._core.tensor_numpy import NUMPY as NUMPY
from torchffi._libtorch import loader
from torchffi._stdlib.typing import Final
from torchffi.errors import InvalidArgumentError, UnavailableError

_chosen: ContextVar[Backend | None] = ContextVar("torchffi_backend", default=None)
chosen_backend: Final = _chosen.get  # chosen by use_backend(); None outside of it
default: Backend | None = None  # the backend outside of use_backend(); None until it is needed


def policy(variable: str, admitted: tuple[str, ...]) -> str:
    """The value of an environment variable: one of ``admitted``, of which the first is the default."""
    value = os.environ.get(variable) or admitted[0]
    if value not in admitted:
        raise InvalidArgumentError(f"{variable} is {value!r}, expected {' or '.join(admitted)}")
    return value


def _need_ffi() -> Backend:
    status = loader.load()
    if not status.available:
        raise UnavailableError(f"LibTorch is needed and not available: {status.reason}")
    return FFI


def _depth() -> int:
    """How many functions of torchffi are between the user's code and the one that asks."""
    depth = 0
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").startswith("torchffi."):
        depth, frame = depth + 1, frame.f_back
    return depth - 1


def _first_default() -> Backend:
    wanted = policy("TORCHFFI_BACKEND", ("auto", "ffi", "numpy"))
    if wanted == "numpy":
        return NUMPY
    if wanted == "ffi":
        return _need_ffi()
    status = loader.load()
    if status.available or status.too_late:
        return _need_ffi()
    if status.libtorch_path:  # LibTorch is installed but unusable: warn
        warnings.warn(
            f"torchffi computes with NumPy: {status.reason}",
            RuntimeWarning,
            stacklevel=_depth() + 1,
        )
    return NUMPY


def default_backend() -> Backend:
    """The backend that new tensors are created on."""
    global default
    chosen = _chosen.get()
    if chosen is not None:
        return chosen
    if default is None:
        with loader.lock:
            if default is None:
                default = _first_default()
    return default


def get_backend() -> str:
    """The backend that new tensors are created on: ``"ffi"`` (LibTorch) or ``"numpy"``.

    Raises:
        UnavailableError: If ``TORCHFFI_BACKEND=ffi`` and LibTorch cannot be used.
    """
    return default_backend().name


def numpy_reason() -> str:
    """Why new tensors are created on NumPy, if they are."""
    if _chosen.get() is NUMPY:
        return "use_backend('numpy') is active"
    if policy("TORCHFFI_BACKEND", ("auto", "ffi", "numpy")) == "numpy":
        return "TORCHFFI_BACKEND=numpy"
    return loader.load().reason


def need_libtorch(name: str) -> None:
    """Loads LibTorch unless NumPy is chosen. Raises UnavailableError if it is not available."""
    if default_backend() is NUMPY and not loader.lib.rt_torch_available():
        raise UnavailableError(f"{name} needs LibTorch, and the backend is NumPy: {numpy_reason()}")


@contextmanager
def _used(backend: Backend) -> Iterator[None]:
    token = _chosen.set(backend)
    try:
        yield
    finally:
        _chosen.reset(token)


def use_backend(name: str) -> AbstractContextManager[None]:
    """Creates new tensors on one backend, inside a ``with`` block and in this context only.

    Existing tensors stay on their backend, and an operation runs on the backend of its operands.

    Args:
        name: ``"ffi"`` or ``"numpy"``.

    Raises:
        ValueError: For another name.
        UnavailableError: For ``"ffi"`` if LibTorch cannot be used.
    """
    if name not in ("ffi", "numpy"):
        raise InvalidArgumentError(
            f"use_backend: unknown backend {name!r}; expected 'ffi' or 'numpy'"
        )
    return _used(_need_ffi() if name == "ffi" else NUMPY)
