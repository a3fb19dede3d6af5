"""Calling the C ABI: functions by name, error translation, shapes as C arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from torchffi._libtorch.loader import ffi, lib
from torchffi._stdlib.typing import Any, Final, TypeVar, cast
from torchffi.errors import InternalError, InvalidArgumentError, TorchError, by_code

_Call = TypeVar("_Call", bound=Callable[..., Any])

_TEXT_BYTES: Final[int] = lib.RT_TORCH_ERROR_BYTES


def c_function(name: str) -> Any:
    """The C function of a primitive, or None."""
    found: Any = getattr(lib, f"rt_torch_tensor_{name}", None) or getattr(
        lib, f"rt_torch_{name}", None
    )
    return found


def last_error() -> TorchError:
    """This thread's last error, as an exception to raise."""
    text = ffi.new("char[]", _TEXT_BYTES)
    code = lib.rt_torch_last_error(text, _TEXT_BYTES)
    message = ffi.string(text).decode("utf-8", "replace")
    return by_code(code)(message) if code else InternalError("a call failed without an error")


def with_integers(call: _Call) -> _Call:
    """Decorates a call of C: an integer that its type there cannot hold is an invalid argument."""

    @wraps(call)
    def checked(*arguments: Any) -> Any:
        try:
            return call(*arguments)
        except OverflowError:
            raise InvalidArgumentError("an integer argument is too large") from None

    return cast("_Call", checked)


def check_status(status: int) -> int:
    """Returns the status or count; raises the last error if it is negative."""
    if status < 0:
        raise last_error()
    return status


def operator_error(function: str) -> TorchError:
    """This thread's last error, without the name of the C function in front."""
    error = last_error()
    return type(error)(str(error).removeprefix(f"{function}: "))


class _Integers(dict[Any, Any]):
    """Cache of integers as an array in C: an int, or a tuple of them.

    What is passed to a call lives until it returns, so that clearing the cache frees none in use.
    """

    def __missing__(self, key: int | tuple[int, ...]) -> Any:
        if len(self) >= _MOST_CACHED:
            self.clear()
        made = ffi.new(_INTEGERS, key if type(key) is tuple else (key,))
        self[key] = made
        return made


_MOST_CACHED: Final = 256
_INTEGERS: Final = ffi.typeof("int64_t[]")
# Callers check that the key has integers only: True and 1.0 are keys like 1.
INTS: Final = _Integers()
