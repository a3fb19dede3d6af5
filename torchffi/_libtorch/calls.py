"""What every call of the C ABI ends with: a result, or this thread's error as an exception."""

from __future__ import annotations

from typing import Any, Final

from torchffi._libtorch.loader import ffi, lib
from torchffi.errors import BY_CODE, InternalError, TorchError

_TEXT_BYTES: Final[int] = lib.RT_TORCH_ERROR_BYTES


def plain(name: str) -> Any:
    """The C ABI's function for a primitive, if it has one of its own."""
    found: Any = getattr(lib, f"rt_torch_tensor_{name}", None) or getattr(
        lib, f"rt_torch_{name}", None
    )
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
