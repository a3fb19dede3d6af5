"""What every call of the C ABI ends with: a result, or this thread's error as an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from torchffi._libtorch.loader import ffi, lib
from torchffi.errors import BY_CODE, InternalError, TorchError

_TEXT_BYTES = 4096
_SHAPES = 4096
_INT64S = ffi.typeof("int64_t[]")


def plain(name: str) -> Callable[..., int] | None:
    """The C ABI's function for a primitive, if it has one of its own."""
    found: Callable[..., int] | None
    found = getattr(lib, f"rt_torch_tensor_{name}", None) or getattr(lib, f"rt_torch_{name}", None)
    return found


def failure() -> TorchError:
    """This thread's last error as the exception to raise."""
    text = ffi.new("char[]", _TEXT_BYTES)
    code = lib.rt_torch_last_error(text, _TEXT_BYTES)
    message = ffi.string(text).decode("utf-8", "replace")
    return BY_CODE[code - 1](message) if code else InternalError("a call failed and left no error")


def done(status: int) -> int:
    """The status or count, or the error that stands behind -1."""
    if status < 0:
        raise failure()
    return status


# Shapes as ``int64_t[]``, each made once: to make it takes longer than many an operation.
made_sizes: Final[dict[tuple[int, ...], Any]] = {}


def sizes(shape: tuple[int, ...]) -> Any:
    """A shape of integers as ``int64_t[]``. It is kept in ``made_sizes``."""
    try:
        return made_sizes[shape]
    except KeyError:
        if len(made_sizes) >= _SHAPES:
            made_sizes.clear()
        array = made_sizes[shape] = ffi.new(_INT64S, shape)
        return array
