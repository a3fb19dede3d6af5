"""Candidates for the shim: the files to try, in order, and the checks before one is opened."""

from __future__ import annotations

import os
from collections.abc import Iterator

from torchffi._libtorch import shim_package
from torchffi._stdlib.typing import Final, NamedTuple

GIVEN: Final = "TORCHFFI_SHIM"


class Refused(Exception):  # noqa: N818  (it ends one attempt and is not an error)
    """The file is not used. The text completes a sentence that begins with the file's path.

    Attributes:
        advice: What to do, as sentences; the usual advice if it is empty.
    """

    advice = ""


class Candidate(NamedTuple):
    """A file that may be the shim.

    Attributes:
        path: The file.
        source: Where it was found, such as ``"the cache"``.
        sources: The digest of the sources it must be built from, this torchffi's own; empty for any.
    """

    path: str
    source: str
    sources: str


class Opened(NamedTuple):
    """A candidate that passed the checks, and is open, so that no other file can take its place.

    Attributes:
        candidate: The candidate.
        descriptor: The descriptor of the open file.
        path: A path to the open file; the candidate's own where there is no /proc.
        fastpath: Whether it has the fast kernels; None if there is no sidecar.
    """

    candidate: Candidate
    descriptor: int
    path: str
    fastpath: bool | None


def candidates(given: str, libtorch_version: str, fastpath: bool | None) -> Iterator[Candidate]:
    """The files to try, in order.

    Args:
        given: The value of ``TORCHFFI_SHIM``; if it is not empty, its file is the only candidate.
        libtorch_version: The version of the LibTorch in use.
        fastpath: The value of ``TORCHFFI_FASTPATH``; None if it is not set.
    """
    paths = shim_package.paths
    if given:
        yield Candidate(paths.absolute(given), GIVEN, "")
        return
    sources = paths.source_digest()
    fast, plain = (paths.cached_shim(libtorch_version, kind, sources) for kind in (True, False))
    package = os.path.dirname(os.path.dirname(__file__))
    yield Candidate(os.path.join(package, paths.NAME), "the package", sources)
    yield Candidate(plain if fastpath is False else fast, "the cache", sources)
    if fastpath is None and paths.is_file(plain):
        yield Candidate(plain, "the cache", sources)
    for folder in _system_folders():
        yield Candidate(os.path.join(folder, paths.NAME), "the system", "")


def inspect(
    candidate: Candidate, libtorch_version: str, header_digest: str, fastpath: bool | None
) -> Opened:
    """Opens a file, and checks it and its sidecar, without loading the library.

    Returns:
        The open file. The caller closes its descriptor.

    Raises:
        Refused: It is damaged or not trusted, or was built for another LibTorch, header or
            configuration.
    """
    if not shim_package.paths.is_file(candidate.path):
        raise Refused("does not exist")
    try:
        descriptor = os.open(candidate.path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Refused(f"cannot be read ({error.strerror})") from None
    try:
        path = f"/proc/self/fd/{descriptor}"
        if not shim_package.paths.mode(path):
            path = candidate.path
        if candidate.source != GIVEN:  # who sets the variable decides
            _check_trust(candidate.path, descriptor)
        found = _check(candidate, path, libtorch_version, header_digest, fastpath)
        return Opened(candidate, descriptor, path, found)
    except BaseException:
        os.close(descriptor)
        raise


def _check_trust(path: str, descriptor: int) -> None:
    """Checks that only this user and root can have written the open file and its sidecar."""
    metadata = shim_package.sidecar.path_of(path)
    for file in (path, metadata) if shim_package.paths.mode(metadata) else (path,):
        reason = shim_package.trust.reason_against(file)
        if reason:
            what, _, command = reason.partition("; run: ")
            refused = Refused(f"is not trusted, because {what}")
            refused.advice = f"To trust it, run: {command}"
            raise refused
    if not os.path.samestat(os.fstat(descriptor), os.stat(path)):
        raise Refused("was replaced by another file while it was checked")


def _check(
    candidate: Candidate,
    opened: str,
    libtorch_version: str,
    header_digest: str,
    fastpath: bool | None,
) -> bool | None:
    sidecar = shim_package.sidecar
    described = sidecar.read(candidate.path)
    damage = sidecar.damage(candidate.path, described, opened)
    if damage:
        raise Refused(damage)
    if described is None:
        return None
    if not described.libtorch_version:
        raise Refused("is the stub, which was built without LibTorch")
    if described.libtorch_version != libtorch_version:
        raise Refused(
            f"was built for LibTorch {described.libtorch_version}, but LibTorch "
            f"{libtorch_version} is installed"
        )
    if described.header_digest != header_digest:
        raise Refused("was built from another version of rt_torch.h")
    if candidate.sources not in ("", described.source_digest):
        raise Refused("was built from other sources than those of this torchffi")
    if candidate.sources and fastpath not in (None, described.fastpath):
        raise Refused(
            f"was built with TORCHFFI_FASTPATH={described.fastpath:d}, but {fastpath:d} is set"
        )
    return described.fastpath


def _system_folders() -> list[str]:
    """The folders that dlopen("librt_torch.so") searches: a file is checked before it is opened."""
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    for name in sorted(_names("/etc/ld.so.conf.d")):
        if name.endswith(".conf"):
            path = f"/etc/ld.so.conf.d/{name}"
            with open(path, encoding="utf-8", errors="replace") as file:
                folders += file.read().splitlines()
    folders += ["/usr/local/lib", "/lib64", "/usr/lib64", "/lib", "/usr/lib"]
    return [folder for folder in dict.fromkeys(folders) if folder.startswith("/")]


def _names(folder: str) -> list[str]:
    """The names in a folder; none if it cannot be read."""
    try:
        return os.listdir(folder)
    except OSError:
        return []
