"""Opens LibTorch and the shim, once, when they are first needed.

Importing this module opens nothing. Until :func:`load` has succeeded, every ``lib.rt_torch_*``
function fails with UNAVAILABLE.
"""

from __future__ import annotations

import atexit
import os
from _thread import RLock  # threading takes longer to import than the rest of this module

from torchffi._libtorch.binding import Status, ffi, lib, opening, text_of

__all__ = ["Status", "cuda_available", "cuda_reason", "ffi", "lib", "load"]


# Reentrant, because a signal handler may need LibTorch while its thread loads it.
lock = RLock()
_status: Status | None = None


def load() -> Status:
    """Opens LibTorch and the shim on the first call.

    Returns:
        The result; the same object on every call. A missing or broken library raises nothing.
    """
    global _status
    if _status is None:
        with lock:
            if _status is None:
                from torchffi._libtorch.loading import Loading  # many programs never need it

                _status = Loading().run()
    return _status


def _unavailable(reason: str) -> Status:
    """The result in a process that cannot load LibTorch any more."""
    return Status(False, reason, "", "", "", "", None, lib.rt_torch_abi_version(), (), True)


def _after_fork() -> None:
    """In a forked child: replaces the lock if a thread that does not exist here holds it."""
    global lock, _status
    opening.release()
    if lock.acquire(blocking=False):
        lock.release()
        return
    lock = RLock()
    if _status is None:
        _status = _unavailable(
            "this process was forked while another thread loaded LibTorch, which cannot go on here; "
            "start processes by 'spawn' or 'forkserver', or call torchffi.get_backend() before the fork"
        )


def _end() -> None:
    """At exit: waits for a thread that loads, and lets no other begin.

    The libraries' initializers must not run while the process runs their destructors.
    """
    global _status
    with lock:
        if _status is None:
            _status = _unavailable("the process is ending")


os.register_at_fork(
    before=opening.acquire, after_in_parent=opening.release, after_in_child=_after_fork
)
atexit.register(_end)


def cuda_available() -> bool:
    """Whether a CUDA device can be used."""
    return load().available and lib.rt_torch_cuda_available() == 1


def cuda_reason() -> str:
    """Why :func:`cuda_available` is false; ``""`` if it is true."""
    status = load()
    if not status.available:
        return "LibTorch is not loaded, so there is no CUDA."
    return text_of(lib.rt_torch_cuda_reason())
