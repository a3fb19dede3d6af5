"""Candidates for the shim: the files to try, in order, and the checks before one is opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from torchffi._libtorch import shim_package


class Refused(Exception):  # noqa: N818  (it ends one attempt and is not an error)
    """The file is not used. The text completes a sentence that begins with the file's path."""


class Candidate(NamedTuple):
    """A file that may be the shim.

    Attributes:
        path: The file.
        source: Where it was found, such as ``"the cache"``.
        ours: Whether it must be built from this torchffi's own sources.
    """

    path: Path
    source: str
    ours: bool


def candidates(given: str, libtorch_version: str, fastpath: bool | None) -> Iterator[Candidate]:
    """The files to try, in order.

    Args:
        given: The value of ``TORCHFFI_SHIM``; if it is not empty, its file is the only candidate.
        libtorch_version: The version of the LibTorch in use.
        fastpath: The value of ``TORCHFFI_FASTPATH``; None if it is not set.
    """
    name, cached_shim = shim_package.paths.NAME, shim_package.paths.cached_shim
    if given:
        yield Candidate(Path(given).absolute(), "TORCHFFI_SHIM", False)
        return
    yield Candidate(Path(__file__).parents[1] / name, "the package", True)
    yield Candidate(cached_shim(libtorch_version, fastpath is not False), "the cache", True)
    other = cached_shim(libtorch_version, False)
    if fastpath is None and other.is_file():
        yield Candidate(other, "the cache", True)
    for folder in _system_folders():
        yield Candidate(folder / name, "the system", False)


def inspect(
    candidate: Candidate, libtorch_version: str, header_digest: str, fastpath: bool | None
) -> bool | None:
    """Checks a file and its sidecar, without opening the library.

    Returns:
        Whether it has the fast kernels; None if there is no sidecar.

    Raises:
        Refused: It is damaged, or was built for another LibTorch, header or configuration.
    """
    paths, sidecar = shim_package.paths, shim_package.sidecar
    if not candidate.path.is_file():
        raise Refused("does not exist")
    described = sidecar.read(candidate.path)
    damage = sidecar.damage(candidate.path, described)
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
    if candidate.ours and described.source_digest != paths.source_digest():
        raise Refused("was built from other sources than those of this torchffi")
    if candidate.ours and fastpath not in (None, described.fastpath):
        raise Refused(
            f"was built with TORCHFFI_FASTPATH={described.fastpath:d}, but {fastpath:d} is set"
        )
    return described.fastpath


def _system_folders() -> list[Path]:
    """The folders that dlopen("librt_torch.so") searches: a file is checked before it is opened."""
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    for conf in sorted(Path("/etc/ld.so.conf.d").glob("*.conf")):
        folders += conf.read_text(encoding="utf-8", errors="replace").splitlines()
    folders += ["/usr/local/lib", "/lib64", "/usr/lib64", "/lib", "/usr/lib"]
    return [Path(folder) for folder in dict.fromkeys(folders) if folder.startswith("/")]
