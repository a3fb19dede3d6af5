"""Metadata file next to a built library (the sidecar), readable without opening the library."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from . import elf
from .digest import sha256


class Sidecar(NamedTuple):
    """Metadata of a built ``librt_torch.so``.

    Attributes:
        size: Bytes of the library.
        sha256: Digest of the library.
        header_digest: Digest of its rt_torch.h.
        source_digest: Digest of all sources and flags.
        libtorch_version: The LibTorch it was built for; ``""`` for the stub.
        fastpath: Whether it has the fast kernels.
    """

    size: int
    sha256: str
    header_digest: str
    source_digest: str
    libtorch_version: str
    fastpath: bool


def path_of(library: Path) -> Path:
    """``librt_torch.so`` -> ``librt_torch.so.json``."""
    return library.with_name(f"{library.name}.json")


def write(
    library: Path, header_digest: str, source_digest: str, libtorch_version: str, fastpath: bool
) -> None:
    """Writes the sidecar of a finished library, atomically."""
    content = library.read_bytes()
    described = Sidecar(
        size=len(content),
        sha256=sha256(content).hexdigest(),
        header_digest=header_digest,
        source_digest=source_digest,
        libtorch_version=libtorch_version,
        fastpath=fastpath,
    )
    target = path_of(library)
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    temporary.write_text(json.dumps(described._asdict(), indent=2) + "\n", encoding="utf-8")
    temporary.chmod(0o644)
    temporary.replace(target)


def read(library: Path) -> Sidecar | None:
    """The sidecar of a library; None if it is missing or invalid."""
    try:
        fields = json.loads(path_of(library).read_text(encoding="utf-8"))
        return Sidecar(**{name: fields[name] for name in Sidecar._fields})
    except (OSError, ValueError, TypeError, KeyError):
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
    if sha256(content).hexdigest() != described.sha256:
        return f"is not what was built: its SHA-256 differs from {path_of(library).name}"
    return ""
