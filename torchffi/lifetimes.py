"""Who owns which handle: one owner, one handle, released exactly once.

The registry holds a weak reference for every owner, keyed by handle. It must be the registry that
holds it: a reference held by its own referent is not called when both go in one cycle.
"""

from __future__ import annotations

import atexit
import itertools
import weakref
from collections.abc import Callable
from typing import Any, Final

from torchffi.loader import ffi, lib


class Reference(weakref.ref[Any]):
    """Of an owner, with its handle."""

    __slots__ = ("handle",)
    handle: int


AT_ONCE: Final = 2**62  # from here on handles stand for memory that somebody waits for
BATCH: Final = 64

owned: Final[dict[int, Reference]] = {}

# Of owners that are gone and had little memory: freed together, for a call costs more than freeing.
waiting: Final[list[Reference]] = []
later: Final = waiting.append

# Host memory that LibTorch borrows: ticket number -> the object that owns the memory.
_lent: Final[dict[int, object]] = {}
_numbers: Final = itertools.count(1)
_NUMBERS: Final = ffi.typeof(f"int64_t[{BATCH}]")


def now(
    reference: Reference,
    # Bound early: globals may be gone when the interpreter ends.
    pop: Callable[[int, None], Reference | None] = owned.pop,
    free: Callable[[int], int] = lib.rt_torch_tensor_free,
    lent: dict[int, object] = _lent,
) -> None:
    """Frees the handle of an owner that is gone."""
    if pop(reference.handle, None) is not None:
        free(reference.handle)
        if lent:
            collect_returned()


def own(owner: object, handle: int) -> None:
    """Makes ``owner`` the owner of a handle, which is freed when the owner goes."""
    try:
        reference = Reference(owner, later if handle < AT_ONCE else now)
        reference.handle = handle
        owned[handle] = reference
    except BaseException:
        lib.rt_torch_tensor_free(handle)
        raise
    if len(waiting) >= BATCH:
        free_waiting()


def free_waiting() -> None:
    """Frees what waits for it."""
    handles = []
    try:
        while True:
            handles.append(waiting.pop().handle)
    except IndexError:
        pass
    for handle in handles:
        owned.pop(handle, None)
    # What was freed by its name in the meantime is a stale handle here, which does no harm.
    lib.rt_torch_tensors_free(handles, len(handles))


def release(handle: int) -> bool:
    """Frees an owned handle now. False if it was freed before."""
    if owned.pop(handle, None) is None:
        return False
    lib.rt_torch_tensor_free(handle)
    collect_returned()
    return True


def lend(memory: object) -> tuple[Any, int]:
    """Keeps ``memory`` alive until LibTorch returns it.

    Returns:
        The ticket to hand to ``torchffi_release``, and its number for :func:`take_back`.
    """
    number = next(_numbers)
    if number % BATCH == 0:  # for what goes without a tensor of ours: a thread, another library
        collect_returned()
    ticket = lib.torchffi_ticket(number)
    if ticket == ffi.NULL:
        raise MemoryError
    _lent[number] = memory
    return ticket, number


def take_back(ticket: Any, number: int) -> None:
    """Undoes :func:`lend` after LibTorch refused the memory."""
    lib.torchffi_ticket_drop(ticket)
    del _lent[number]


def collect_returned() -> None:
    """Drops the memory that LibTorch has returned since the last call."""
    numbers = ffi.new(_NUMBERS)
    count = BATCH
    while count == BATCH:
        count = lib.torchffi_released(numbers, BATCH)
        for number in ffi.unpack(numbers, count):
            _lent.pop(number, None)


# What still lives at the end of the process is left to the operating system: freeing it would only
# race with threads that still compute.
atexit.register(owned.clear)
atexit.register(waiting.clear)
