"""The operators of LibTorch: their names and schemas, as text."""

from __future__ import annotations

from torchffi._libtorch.calls import check_status, last_error
from torchffi._libtorch.loader import ffi, lib


def schema(number: int) -> str:
    """The schema of an operator."""
    size = check_status(lib.rt_torch_operator_schema(number, ffi.NULL, 0)) + 1
    text = ffi.new("char[]", size)
    check_status(lib.rt_torch_operator_schema(number, text, size))
    return str(ffi.string(text).decode())


def names() -> list[str]:
    """The names of all operators; the overloads of an operator are adjacent, in order."""
    size = check_status(lib.rt_torch_operator_names(ffi.NULL, 0)) + 1
    text = ffi.new("char[]", size)
    if (
        check_status(lib.rt_torch_operator_names(text, size)) >= size
    ):  # some were registered between the calls
        return names()
    return str(ffi.string(text).decode()).split()


def load_library(path: str) -> None:
    """Opens a library that registers operators.

    Raises:
        ValueError: The library cannot be opened.
    """
    if lib.rt_torch_load_library(path.encode()) < 0:
        raise last_error()
