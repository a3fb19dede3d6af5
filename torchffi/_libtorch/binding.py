"""The CFFI binding, and what the loader says of LibTorch. Until it is loaded each function fails."""

from __future__ import annotations

from _thread import RLock

from torchffi._stdlib.typing import Any, Final, NamedTuple

try:
    from torchffi._binding import ffi, lib
except ImportError as error:
    raise ImportError(
        "torchffi's extension module torchffi._binding cannot be imported; "
        f"run in the project's folder: pip install . ({error})"
    ) from error

if lib.torchffi_find_python() != 0:
    raise ImportError("this Python does not export the functions of its C API")

__all__ = ["Probe", "Status", "ffi", "lib", "opening", "text_of"]

# Held while the linker opens a library. A fork waits for it: the child would inherit the locks that the
# library's initializers hold, and its exit would wait for them for ever.
opening: Final = RLock()


class Probe(NamedTuple):
    """A path that was tried, and the result."""

    path: str
    outcome: str


class Status(NamedTuple):
    """The result of :func:`torchffi._libtorch.loader.load`.

    Attributes:
        available: Whether LibTorch can be called.
        reason: Why not, and the command that fixes it; ``""`` if it can.
        libtorch_version: Such as ``"2.13.0"``; ``""`` if no LibTorch was found.
        libtorch_path: Its folder; ``""`` if no LibTorch was found.
        shim_path: The ``librt_torch.so`` in use, or ``""``.
        shim_built_for: The LibTorch version that it was built for.
        shim_fastpath: Whether it has the fast kernels; None if unknown.
        abi_version: The version of rt_torch.h.
        probes: Every path that was tried.
        too_late: Whether this process is ending, or was forked while another thread loaded LibTorch.
    """

    available: bool
    reason: str
    libtorch_version: str
    libtorch_path: str
    shim_path: str
    shim_built_for: str
    shim_fastpath: bool | None
    abi_version: int
    probes: tuple[Probe, ...]
    too_late: bool = False


def text_of(text: Any) -> str:
    """A string of C."""
    return str(ffi.string(text).decode("utf-8", "replace"))
