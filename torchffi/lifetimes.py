"""Who owns which handle: one owner, one handle, released exactly once.

The registry holds a weak reference for every owner. It must be the registry that holds it: a
reference held by its own referent is not called when both go in one cycle.
"""

from __future__ import annotations

import atexit
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final

from torchffi.errors import HandleError
from torchffi.loader import lib


class Reference(weakref.ref[Any]):
    """Of an owner, with its handle; and what was seen of its data: the shape, or an array over it."""

    __slots__ = ("handle", "seen")
    if not TYPE_CHECKING:  # mypy takes it for the constructor
        __init__ = object.__init__  # weakref's own takes the arguments apart once more
    handle: int
    seen: Any


AT_ONCE: Final = 2**62  # from here on handles stand for memory that somebody waits for
BATCH: Final = 64
SLOT_MASK: Final[int] = lib.RT_TORCH_SLOT_MASK
_MOST: Final[int] = lib.RT_TORCH_MAX_TENSORS  # that many one call frees

# The registry: each reference in the slot of its handle. A slot is emptied before its handle is freed,
# for then it is another handle's.
owned: Final[list[Any]] = []
_ROOM: Final = 1024  # slots that it grows by

# Of owners that are gone and had little memory: freed together, for a call costs more than freeing.
waiting: Final[list[Reference]] = []
later: Final = waiting.append
_freeing: Final = threading.Lock()

_free: Final = lib.torchffi_free
_returned: Final = lib.torchffi_returned

# The owners of host memory that LibTorch borrows, by the first handle over it. They outlive that handle
# where something else keeps the memory: a view, another library.
lent: Final[dict[int, object]] = {}

_ended: Final[list[bool]] = []  # not empty when the interpreter ends: globals may be gone by then


def now(reference: Reference, ended: list[bool] = _ended) -> None:
    """Frees the handle of an owner that is gone, or has given it up."""
    if ended:
        return
    handle = reference.handle
    owned[handle & SLOT_MASK] = None
    returned = _free(handle)
    while returned:
        lent.pop(returned, None)
        returned = _returned()


def reference_of(handle: int) -> Reference:
    """The reference of a live handle. HandleError if another thread has freed it just now."""
    reference = owned[handle & SLOT_MASK]
    if reference is None or reference.handle != handle:
        raise HandleError(f"{handle} was freed")
    return reference  # type: ignore[no-any-return]


def register(reference: Reference) -> None:
    """Enters a reference in a slot that the registry may not have yet, or else frees the handle."""
    place = reference.handle & SLOT_MASK
    try:
        while len(owned) <= place:
            owned.extend([None] * _ROOM)
        owned[place] = reference
    except BaseException:
        lib.rt_torch_tensor_free(reference.handle)
        raise


def own(owner: object, handle: int) -> None:
    """Makes ``owner`` the owner of a handle, which is freed when the owner goes."""
    try:
        reference = Reference(owner, later if handle < AT_ONCE else now)
        reference.handle = handle
    except BaseException:
        lib.rt_torch_tensor_free(handle)
        raise
    register(reference)
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
    handles = []
    for reference in gone:
        handle = reference.handle
        owned[handle & SLOT_MASK] = None
        handles.append(handle)
    for start in range(0, len(handles), _MOST):
        some = handles[start : start + _MOST]
        lib.rt_torch_tensors_free(some, len(some))


def collect_returned() -> None:
    """Drops the memory that LibTorch has returned since the last call."""
    while returned := _returned():
        lent.pop(returned, None)


# What still lives at the end of the process is left to the operating system: freeing it would only
# race with threads that still compute.
atexit.register(_ended.append, True)
