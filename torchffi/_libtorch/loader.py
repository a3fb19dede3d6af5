"""Opens LibTorch and the shim, once, when they are first needed.

Importing this module opens nothing. Until :func:`load` has succeeded, every ``lib.rt_torch_*``
function fails with UNAVAILABLE.
"""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

from torchffi._libtorch import shim_package
from torchffi._libtorch.candidates import Candidate, Opened, Refused, candidates, inspect

try:
    from torchffi._binding import ffi, lib
except ImportError as error:
    raise ImportError(
        "torchffi's extension module torchffi._binding cannot be imported; "
        f"run in the project's folder: pip install . ({error})"
    ) from error

if lib.torchffi_find_python() != 0:
    raise ImportError("this Python does not export the functions of its C API")

__all__ = ["Status", "cuda_available", "cuda_reason", "ffi", "lib", "load"]

_BUILD = "python -m torchffi build"
_ERROR_BYTES = 4096


class Status(NamedTuple):
    """The result of :func:`load`.

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
    probes: tuple[shim_package.libtorch.Probe, ...]
    too_late: bool = False


# Reentrant, because a signal handler may need LibTorch while its thread loads it.
lock = threading.RLock()
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
                _status = _Loading().run()
    return _status


def _unavailable(reason: str) -> Status:
    """The result in a process that cannot load LibTorch any more."""
    return Status(False, reason, "", "", "", "", None, lib.rt_torch_abi_version(), (), True)


def _after_fork() -> None:
    """In a forked child: replaces the lock if a thread that does not exist here holds it."""
    global lock, _status
    if lock.acquire(blocking=False):
        lock.release()
        return
    lock = threading.RLock()
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


os.register_at_fork(after_in_child=_after_fork)
atexit.register(_end)


def cuda_available() -> bool:
    """Whether a CUDA device can be used."""
    return load().available and lib.rt_torch_cuda_available() == 1


def cuda_reason() -> str:
    """Why :func:`cuda_available` is false; ``""`` if it is true."""
    status = load()
    if not status.available:
        return "LibTorch is not loaded, so there is no CUDA."
    return _string(lib.rt_torch_cuda_reason())


class _Unavailable(Exception):  # noqa: N818  (it ends the search and is not an error)
    """LibTorch cannot be used in this process; the text is the reason."""


class _Loading:
    """State of the loading: what was tried and found so far."""

    def __init__(self) -> None:
        self.probes: list[shim_package.libtorch.Probe] = []
        self.libtorch_version = ""
        self.libtorch_path = ""
        self.shim_path = ""
        self.shim_fastpath: bool | None = None

    def run(self) -> Status:
        reason = ""
        try:
            self.open()
        except _Unavailable as unavailable:
            reason = str(unavailable)
        except OSError as error:
            reason = f"{error}. Fix the file permissions or reinstall: pip install torchffi"
        return Status(
            available=not reason,
            reason=reason,
            libtorch_version=self.libtorch_version,
            libtorch_path=self.libtorch_path,
            shim_path=self.shim_path,
            shim_built_for=_string(lib.rt_torch_version()),
            shim_fastpath=self.shim_fastpath,
            abi_version=lib.rt_torch_abi_version(),
            probes=tuple(self.probes),
        )

    def open(self) -> None:
        libtorch = self.find_libtorch()
        if not libtorch.version:  # without headers, only the library has the version
            self.open_libtorch(libtorch)
        given = os.environ.get("TORCHFFI_SHIM", "")
        try:
            fastpath = shim_package.paths.fastpath()
        except ValueError as error:
            raise _Unavailable(str(error)) from None
        version, digest = self.libtorch_version, _string(lib.torchffi_header_digest())
        refused: list[tuple[str, str]] = []
        usable: list[Opened] = []
        try:
            for candidate in candidates(given, version, fastpath):
                if not given and not candidate.path.is_file():
                    if candidate.sources:
                        self.probe(candidate.path, f"{candidate.source}: not built")
                    continue
                try:
                    usable.append(inspect(candidate, version, digest, fastpath))
                except Refused as refusal:
                    refused.append(self.refuse(candidate, refusal))
            # As late as possible: it takes a third of a second and 100 MB.
            if usable and libtorch.version:
                self.open_libtorch(libtorch)
            while usable:
                opened = usable.pop(0)
                try:
                    self.bind(opened)
                    return
                except Refused as refusal:
                    refused.append(self.refuse(opened.candidate, refusal))
        finally:
            for opened in usable:
                os.close(opened.descriptor)
        if given:
            raise _Unavailable(
                f"TORCHFFI_SHIM cannot be used: {refused[0][0]}. Unset it and run: {_BUILD}"
            )
        if refused:
            raise _Unavailable(". ".join(refused[0]))
        raise _Unavailable(
            f"LibTorch {self.libtorch_version} was found at {self.libtorch_path}, but no "
            f"librt_torch.so is built for it. Run: {_BUILD}"
        )

    def find_libtorch(self) -> shim_package.libtorch.LibTorch:
        libtorch = shim_package.libtorch
        search = libtorch.find()
        self.probes += search.probes
        found = search.libtorch
        if found is None:
            raise _Unavailable(search.reason)
        self.libtorch_version = found.version
        self.libtorch_path = str(found.root)
        loaded = libtorch.loaded()
        wanted = found.library_dir / "libtorch_cpu.so"
        if loaded is not None and not _same_file(loaded, wanted):
            raise _Unavailable(
                f"This process has already loaded {loaded}, and torchffi found {wanted}: a process can "
                f"use only one LibTorch. To use the loaded one, set LIBTORCH={loaded.parent.parent}"
            )
        return found

    def open_libtorch(self, found: shim_package.libtorch.LibTorch) -> None:
        elf, libtorch = shim_package.elf, shim_package.libtorch
        advice = f"Reinstall LibTorch: {libtorch.INSTALL}"
        handle = None
        for name in libtorch.LIBRARIES:
            path = found.library_dir / name
            damage = elf.damage(path)
            if damage:
                self.probe(path, damage)
                raise _Unavailable(f"{path} {damage}. {advice}")
            handle, error = _dlopen(path)
            if error:
                self.probe(path, error)
                raise _Unavailable(f"{path} cannot be opened ({error}). {advice}")
        packed = lib.torchffi_libtorch_version(handle)
        version = ".".join(str(packed >> shift & 255) for shift in (56, 48, 40)) if packed else ""
        version = version or found.version
        if not version or (found.version and version != found.version):
            raise _Unavailable(
                f"The LibTorch at {found.root} is version {version or 'unknown'}, but its headers are "
                f"version {found.version or 'unknown'}. {advice}"
            )
        self.libtorch_version = version
        cuda = found.library_dir / libtorch.CUDA_LIBRARY
        if cuda.exists():
            error = elf.damage(cuda) or _dlopen(cuda)[1]
            self.probe(cuda, error or "opened")

    def bind(self, opened: Opened) -> None:
        candidate = opened.candidate
        handle, error = _dlopen(opened.path)
        if error:
            os.close(opened.descriptor)
            raise Refused(
                f"cannot be opened ({error})".replace(str(opened.path), str(candidate.path))
            )
        # From here on the descriptor stays open: the linker knows the library by a path with its number,
        # and would take another file of that path for the same library.
        text = ffi.new("char[]", _ERROR_BYTES)
        bound = lib.torchffi_bind(handle, self.libtorch_version.encode(), text, _ERROR_BYTES)
        if bound < 0:
            lib.torchffi_close(handle)
            raise Refused(f"cannot be used: {_string(text)}")
        if bound == 1:  # by an earlier import, whose descriptor is still open
            os.close(opened.descriptor)
        self.shim_path, self.shim_fastpath = str(candidate.path), opened.fastpath
        self.probe(candidate.path, f"{candidate.source}: in use")

    def refuse(self, candidate: Candidate, refusal: Refused) -> tuple[str, str]:
        """Records a refusal. Returns it as a sentence, and the advice."""
        self.probe(candidate.path, f"{candidate.source}: {refusal}")
        advice = refusal.advice or f"To build a matching one, run: {_BUILD}"
        return f"{candidate.path} {refusal}", advice

    def probe(self, path: Path, outcome: str) -> None:
        """Records a path that was tried."""
        self.probes.append(shim_package.libtorch.Probe(str(path), outcome))


def _dlopen(path: Path) -> tuple[Any, str]:
    text = ffi.new("char[]", _ERROR_BYTES)
    handle = lib.torchffi_open(os.fsencode(path), text, _ERROR_BYTES)
    return handle, "" if handle else _string(text)


def _string(text: Any) -> str:
    return str(ffi.string(text).decode("utf-8", "replace"))


def _same_file(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except OSError:  # the loaded file has been deleted
        return False
