"""Metadata file next to a built library (the sidecar), readable without opening the library.

Its lines are ``name=value``: a parser of JSON takes longer to import than all the rest of the check.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from . import elf
from .digest import crc32


class Sidecar(NamedTuple):
    """Metadata of a built ``librt_torch.so``.

    Attributes:
        size: Bytes of the library.
        crc32: CRC-32 of the library.
        header_digest: Digest of its rt_torch.h.
        source_digest: Digest of all sources and flags.
        libtorch_version: The LibTorch it was built for; ``""`` for the stub.
        fastpath: Whether it has the fast kernels.
    """

    size: int
    crc32: int
    header_digest: str
    source_digest: str
    libtorch_version: str
    fastpath: bool


def path_of(library: Path) -> Path:
    """``librt_torch.so`` -> ``librt_torch.so.built``."""
    return library.with_name(f"{library.name}.built")


def write(
    library: Path, header_digest: str, source_digest: str, libtorch_version: str, fastpath: bool
) -> None:
    """Writes the sidecar of a finished library, atomically."""
    content = library.read_bytes()
    described = Sidecar(
        size=len(content),
        crc32=crc32(content),
        header_digest=header_digest,
        source_digest=source_digest,
        libtorch_version=libtorch_version,
        fastpath=fastpath,
    )
    target = path_of(library)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    lines = (f"{name}={value}\n" for name, value in described._asdict().items())
    temporary.write_text("".join(lines), encoding="utf-8")
    temporary.chmod(0o644)
    temporary.replace(target)


def read(library: Path) -> Sidecar | None:
    """The sidecar of a library; None if it is missing or invalid."""
    try:
        lines = path_of(library).read_text(encoding="utf-8").splitlines()
        fields = dict(line.split("=", 1) for line in lines)
        return Sidecar(
            size=int(fields["size"]),
            crc32=int(fields["crc32"]),
            header_digest=fields["header_digest"],
            source_digest=fields["source_digest"],
            libtorch_version=fields["libtorch_version"],
            fastpath={"False": False, "True": True}[fields["fastpath"]],
        )
    except (OSError, ValueError, KeyError):
        return None


def damage(library: Path, described: Sidecar | None, opened: Path | None = None) -> str:
    """Describes the damage of a library, such as ``"is empty"``; ``""`` if it is whole.

    Args:
        library: The library.
        described: Its sidecar, if there is one.
        opened: Another path to read it by.
    """
    found = elf.damage(opened or library)
    if found or described is None:
        return found
    content = (opened or library).read_bytes()
    if len(content) != described.size:
        return f"has {len(content)} bytes, not the {described.size} that were built"
    if crc32(content) != described.crc32:
        return f"is not what was built: its CRC-32 differs from {path_of(library).name}"
    return ""
