"""What every call of the C ABI ends with: a result, or this thread's error as an exception."""

from __future__ import annotations

from torchffi.errors import BY_CODE, InternalError, TorchError
from torchffi.loader import ffi, lib

_TEXT_BYTES = 4096


def failure() -> TorchError:
    """This thread's last error as the exception to raise."""
    text = ffi.new("char[]", _TEXT_BYTES)
    code = lib.rt_torch_last_error(text, _TEXT_BYTES)
    message = ffi.string(text).decode("utf-8", "replace")
    return BY_CODE[code - 1](message) if code else InternalError("a call failed and left no error")


def new(handle: int) -> int:
    """The handle, or the error that stands behind 0."""
    if not handle:
        raise failure()
    return handle


def done(status: int) -> int:
    """The status or count, or the error that stands behind -1."""
    if status < 0:
        raise failure()
    return status


def only(position: int, handles: tuple[int, ...]) -> int:
    """One of several results; the others are freed."""
    for i, handle in enumerate(handles):
        if i != position:
            lib.rt_torch_tensor_free(handle)
    return handles[position]
