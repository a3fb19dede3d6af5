"""What operators LibTorch has, as text."""

from __future__ import annotations

from torchffi._libtorch.calls import done, failure
from torchffi._libtorch.loader import ffi, lib


def schema(number: int) -> str:
    """The schema of an operator."""
    size = done(lib.rt_torch_operator_schema(number, ffi.NULL, 0)) + 1
    text = ffi.new("char[]", size)
    done(lib.rt_torch_operator_schema(number, text, size))
    return str(ffi.string(text).decode())


def names() -> list[str]:
    """The name of every operator; the overloads of one stand together, in their order."""
    size = done(lib.rt_torch_operator_names(ffi.NULL, 0)) + 1
    text = ffi.new("char[]", size)
    if done(lib.rt_torch_operator_names(text, size)) >= size:  # more were registered meanwhile
        return names()
    return str(ffi.string(text).decode()).split()


def load_library(path: str) -> None:
    """Opens a library that registers operators.

    Raises:
        ValueError: It cannot be opened.
    """
    if lib.rt_torch_load_library(path.encode()) < 0:
        raise failure()
