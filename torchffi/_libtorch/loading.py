"""Searches for LibTorch and the shim, and opens them: see :mod:`torchffi._libtorch.loader`."""

from __future__ import annotations

import os

from torchffi._libtorch import shim_package
from torchffi._libtorch.binding import Probe, Status, ffi, lib, opening, text_of
from torchffi._libtorch.candidates import Candidate, Opened, Refused, candidates, inspect
from torchffi._stdlib.typing import Any

_BUILD = "python -m torchffi build"
_ERROR_BYTES = 4096


class _Unavailable(Exception):  # noqa: N818  (it ends the search and is not an error)
    """LibTorch cannot be used in this process; the text is the reason."""


class Loading:
    """Opens LibTorch and the shim, and keeps what was tried and found."""

    def __init__(self) -> None:
        self.probes: list[Probe] = []
        self.libtorch_version = ""
        self.libtorch_path = ""
        self.libtorch_opened = False
        self.shim_path = ""
        self.shim_fastpath: bool | None = None

    def run(self) -> Status:
        """The result. A missing or broken library raises nothing."""
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
            shim_built_for=text_of(lib.rt_torch_version()),
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
        version, digest = self.libtorch_version, text_of(lib.torchffi_header_digest())
        refused: list[tuple[str, str]] = []
        for candidate in candidates(given, version, fastpath):
            if not given and not shim_package.paths.is_file(candidate.path):
                if candidate.sources:
                    self.probe(candidate.path, f"{candidate.source}: not built")
                continue
            try:
                opened = inspect(candidate, version, digest, fastpath)
                try:  # as late as possible: it takes a quarter of a second and 100 MB
                    self.open_libtorch(libtorch)
                except BaseException:
                    os.close(opened.descriptor)
                    raise
                self.bind(opened)
                return
            except Refused as refusal:
                refused.append(self.refuse(candidate, refusal))
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
        self.probes += (Probe(*probe) for probe in search.probes)
        found = search.libtorch
        if found is None:
            raise _Unavailable(search.reason)
        self.libtorch_version = found.version
        self.libtorch_path = found.root
        loaded = libtorch.loaded()
        wanted = os.path.join(found.library_dir, "libtorch_cpu.so")
        if loaded is not None and not _same_file(loaded, wanted):
            root = os.path.dirname(os.path.dirname(loaded))
            raise _Unavailable(
                f"This process has already loaded {loaded}, and torchffi found {wanted}: a process can "
                f"use only one LibTorch. To use the loaded one, set LIBTORCH={root}"
            )
        return found

    def open_libtorch(self, found: shim_package.libtorch.LibTorch) -> None:
        """Opens LibTorch, on the first call."""
        if self.libtorch_opened:
            return
        elf, libtorch = shim_package.elf, shim_package.libtorch
        advice = f"Reinstall LibTorch: {libtorch.INSTALL}"
        handle = None
        for name in libtorch.LIBRARIES:
            path = os.path.join(found.library_dir, name)
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
        cuda = os.path.join(found.library_dir, libtorch.CUDA_LIBRARY)
        if shim_package.paths.mode(cuda):
            error = elf.damage(cuda) or _dlopen(cuda)[1]
            self.probe(cuda, error or "opened")
        self.libtorch_opened = True

    def bind(self, opened: Opened) -> None:
        candidate = opened.candidate
        handle, error = _dlopen(opened.path)
        if error:
            os.close(opened.descriptor)
            raise Refused(f"cannot be opened ({error})".replace(opened.path, candidate.path))
        # From here on the descriptor stays open: the linker knows the library by a path with its number,
        # and would take another file of that path for the same library.
        text = ffi.new("char[]", _ERROR_BYTES)
        bound = lib.torchffi_bind(handle, self.libtorch_version.encode(), text, _ERROR_BYTES)
        if bound < 0:
            lib.torchffi_close(handle)
            raise Refused(f"cannot be used: {text_of(text)}")
        if bound == 1:  # by an earlier import, whose descriptor is still open
            os.close(opened.descriptor)
        self.shim_path, self.shim_fastpath = candidate.path, opened.fastpath
        self.probe(candidate.path, f"{candidate.source}: in use")

    def refuse(self, candidate: Candidate, refusal: Refused) -> tuple[str, str]:
        """Records a refusal. Returns it as a sentence, and the advice."""
        self.probe(candidate.path, f"{candidate.source}: {refusal}")
        advice = refusal.advice or f"To build a matching one, run: {_BUILD}"
        return f"{candidate.path} {refusal}", advice

    def probe(self, path: str, outcome: str) -> None:
        """Records a path that was tried."""
        self.probes.append(Probe(path, outcome))


def _dlopen(path: str) -> tuple[Any, str]:
    text = ffi.new("char[]", _ERROR_BYTES)
    with opening:
        handle = lib.torchffi_open(os.fsencode(path), text, _ERROR_BYTES)
    return handle, "" if handle else text_of(text)


def _same_file(a: str, b: str) -> bool:
    try:
        return os.path.samefile(a, b)
    except OSError:  # the loaded file has been deleted
        return False
