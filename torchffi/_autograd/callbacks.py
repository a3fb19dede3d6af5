"""Functions in Python that LibTorch calls while it computes gradients.

It calls them through plain C (cdef/binding.c), on any thread, and not after the interpreter has begun to
end. An exception is kept until the call that computes gradients returns, which raises it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from torchffi._autograd.compute import failures
from torchffi._core.lifetimes import make
from torchffi._core.tensor import Tensor
from torchffi._libtorch.calls import check_status, last_error
from torchffi._libtorch.gradients import made
from torchffi._libtorch.loader import ffi, lib
from torchffi.errors import ArgumentError, OutOfMemoryError

# Bound once: an attribute lookup on `lib` costs 20 ns.
_again: Final = lib.rt_torch_tensor_new_handle
_function: Final = lib.torchffi_function
_take: Final = lib.torchffi_take
_HANDLES: Final = ffi.typeof("int64_t[]")

Hook = Callable[[Tensor], Tensor | None]


class RemovableHandle:
    """A hook of a tensor, which can be removed. As a context manager it is removed at the end."""

    __slots__ = ("_number", "_tensor")

    def __init__(self, tensor: Tensor, number: int) -> None:
        self._tensor: Tensor | None = tensor
        self._number = number

    def remove(self) -> None:
        """Removes the hook. Does nothing if it has been removed."""
        tensor, self._tensor = self._tensor, None
        if tensor is not None and tensor._alive:
            check_status(lib.rt_torch_tensor_remove_hook(tensor._data, self._number))

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


def add_hook(tensor: Tensor, hook: Hook) -> RemovableHandle:
    """Adds a hook: see :meth:`torchffi.Tensor.register_hook`."""
    keeper = ffi.new_handle(hook)
    number = lib.torchffi_add_hook(tensor._data, keeper, id(keeper))
    if number < 1:
        raise last_error() if number == 0 else OutOfMemoryError("register_hook: out of memory")
    return RemovableHandle(tensor, number)


def _give(tensor: Any, kind: type[Tensor] | None, handles: Any, i: int, what: str) -> None:
    """Puts a gradient that a function returned into an array of handles."""
    if not isinstance(tensor, Tensor):
        raise ArgumentError(f"{what} returned {type(tensor).__name__}, expected a Tensor or None")
    if kind is not None and type(tensor) is not kind:
        raise ArgumentError(
            f"{what} returned a tensor of {tensor.dtype} on {tensor.backend!r}, expected "
            f"{kind._dtype} on 'ffi'"
        )
    check_status(lib.torchffi_give(tensor._data, handles, i))


@ffi.def_extern(name="torchffi_python_hook", error=-1)  # type: ignore[untyped-decorator]
def _run_hook(callable_: Any, handles: Any) -> int:
    try:
        hook: Hook = ffi.from_handle(callable_)
        gradient = made(make(None, _take, handles, 0))
        answer = hook(gradient)
        if answer is not None:
            _give(answer, type(gradient), handles, 1, "a hook")
    except BaseException as error:
        failures.append(error)
        return -1
    return 0


class Recorded(Protocol):
    """One call of a function with a backward in Python.

    Attributes:
        _kinds: The tensor class of each argument; None for what is not a tensor of LibTorch.
    """

    _kinds: list[type[Tensor] | None]

    def _gradients(self, given: list[Tensor | None], saved: list[Tensor]) -> Sequence[Any]:
        """The gradients of all arguments, or None, of those of the results and the saved tensors."""


def record(
    call: Recorded, inputs: list[int], values: list[Tensor], saved: list[int]
) -> list[Tensor]:
    """Tensors over the memory of ``values``, whose gradient ``call`` computes.

    Args:
        call: The call. It lives as long as the node that LibTorch makes of it.
        inputs: Handles of the arguments that are tensors.
        values: The results, computed without a record.
        saved: Handles of tensors that the call is given with the gradients.
    """
    count = len(values)
    try:
        found = _spare.pop() if count <= _SPARE else _handles(count)
    except IndexError:  # another thread has it, or this is the first call
        found = _handles(_SPARE)
    keeper = ffi.new_handle(call)
    handles = []
    for tensor in values:  # a comprehension is a call
        handles.append(tensor._data)
    status = _function(
        inputs,
        len(inputs),
        handles,
        count,
        saved,
        len(saved),
        found + 1,
        keeper,
        id(keeper),
    )
    if status < 0:
        raise last_error() if status == -1 else OutOfMemoryError("apply: out of memory")
    results = []
    for i in range(count):
        results.append(made(make(type(values[i]), _take, found, i + 1)))
    if count <= _SPARE:
        _spare.append(found)
    return results


def _handles(count: int) -> Any:
    """An array for handles, which are freed with it until they have owners; first their number."""
    return ffi.gc(ffi.new(_HANDLES, [count, *[0] * count]), lib.torchffi_free_list)


# The array of an earlier call: to make one takes as long as to call a small operation.
_SPARE: Final = 8
_spare: Final[deque[Any]] = deque(maxlen=1)


@ffi.def_extern(name="torchffi_python_backward", error=-1)  # type: ignore[untyped-decorator]
def _run_backward(
    callable_: Any, given: Any, results: int, saved: Any, saved_count: int, found: Any, count: int
) -> int:
    try:
        call: Recorded = ffi.from_handle(callable_)
        i = 0
        answers = call._gradients(_tensors(given, results), _tensors(saved, saved_count))
        for answer, kind in zip(answers, call._kinds, strict=True):
            if kind is not None:
                if answer is not None:
                    _give(answer, kind, found, i, "backward")
                i += 1
    except BaseException as error:
        failures.append(error)
        return -1
    return 0


def _tensors(handles: Any, count: int) -> list[Any]:
    """The tensors of handles that belong to the caller; None for 0.

    They are not aliases: LibTorch lets a leaf have a gradient that nobody else refers to, and a function
    may keep what it is given.
    """
    found = []
    for i in range(count):  # a comprehension is a call
        handle = handles[i]
        found.append(made(make(None, _again, handle)) if handle else None)
    return found
