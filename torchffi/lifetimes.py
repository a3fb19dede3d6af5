"""Who owns which handle: one owner, one handle, released exactly once.

The registry holds a weak reference for every owner. It must be the registry that holds it: a
reference held by its own referent is not called when both go in one cycle.
"""

from __future__ import annotations

import atexit
import itertools
import threading
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from torchffi.loader import lib


class Reference(weakref.ref[Any]):
    """Of an owner, with its handle. The registry tells references apart, not what they refer to."""

    __slots__ = ("handle",)
    __hash__ = object.__hash__
    __eq__ = object.__eq__
    if not TYPE_CHECKING:  # mypy takes it for the constructor
        __init__ = object.__init__  # weakref's own takes the arguments apart once more
    handle: int


AT_ONCE: Final = 2**62  # from here on handles stand for memory that somebody waits for
BATCH: Final = 64

owned: Final[set[Reference]] = set()
register: Final = owned.add

# Of owners that are gone and had little memory: freed together, for a call costs more than freeing.
waiting: Final[list[Reference]] = []
later: Final = waiting.append
_freeing: Final = threading.Lock()
_MOST: Final = 65536  # RT_TORCH_MAX_TENSORS: that many one call takes

# Host memory that LibTorch borrows: ticket number -> the object that owns the memory.
_lent: Final[dict[int, object]] = {}
_numbers: Final = itertools.count(1)


def now(
    reference: Reference,
    # Bound early: globals may be gone when the interpreter ends.
    discard: Callable[[Reference], None] = owned.discard,
    free: Callable[[int], int] = lib.rt_torch_tensor_free,
    lent: dict[int, object] = _lent,
) -> None:
    """Frees the handle of an owner that is gone."""
    discard(reference)
    free(reference.handle)
    if lent:
        collect_returned()


def own(owner: object, handle: int) -> None:
    """Makes ``owner`` the owner of a handle, which is freed when the owner goes."""
    try:
        reference = Reference(owner, later if handle < AT_ONCE else now)
        reference.handle = handle
        register(reference)
    except BaseException:
        lib.rt_torch_tensor_free(handle)
        raise
    if len(waiting) >= BATCH:
        free_waiting()


def free_waiting() -> None:
    """Frees what waits for it, unless another thread is at it, or this one further up the stack."""
    if not _freeing.acquire(blocking=False):
        return
    try:
        gone = waiting[:]
        del waiting[: len(gone)]
    finally:
        _freeing.release()
    owned.difference_update(gone)
    handles = [reference.handle for reference in gone]
    for start in range(0, len(handles), _MOST):
        some = handles[start : start + _MOST]
        lib.rt_torch_tensors_free(some, len(some))


def release(owner: object) -> bool:
    """Frees the handle of an owner now. False if that was done before."""
    for reference in weakref.getweakrefs(owner):
        if isinstance(reference, Reference):
            try:
                owned.remove(reference)
            except KeyError:  # another thread was first
                return False
            lib.rt_torch_tensor_free(reference.handle)
            collect_returned()
            return True
    return False


def lend(memory: object) -> int:
    """Keeps ``memory`` alive until LibTorch returns it. Its number, for ``torchffi_borrow``."""
    number = next(_numbers)
    if number % BATCH == 0:  # for what goes without a tensor of ours: a thread, another library
        collect_returned()
    _lent[number] = memory
    return number


def take_back(number: int) -> None:
    """Undoes :func:`lend` after LibTorch refused the memory."""
    del _lent[number]


def collect_returned() -> None:
    """Drops the memory that LibTorch has returned since the last call."""
    while number := lib.torchffi_returned():
        _lent.pop(number, None)


# What still lives at the end of the process is left to the operating system: freeing it would only
# race with threads that still compute.
atexit.register(owned.clear)
atexit.register(waiting.clear)
