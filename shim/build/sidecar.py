"""Metadata file next to a built library (the sidecar), readable without opening the library.

Its lines are ``name=value``: a parser of JSON takes longer to import than all the rest of the check.
"""

from __future__ import annotations

import os

from . import elf
from .digest import crc32

_PART_BYTES = 1 << 17

StrPath = str | os.PathLike[str]


class Sidecar:
    """Metadata of a built ``librt_torch.so``.

    Attributes:
        size: Bytes of the library.
        crc32: CRC-32 of the library.
        header_digest: Digest of its rt_torch.h.
        source_digest: Digest of all sources and flags.
        libtorch_version: The LibTorch it was built for; ``""`` for the stub.
        fastpath: Whether it has the fast kernels.
    """

    def __init__(
        self,
        size: int,
        crc32: int,
        header_digest: str,
        source_digest: str,
        libtorch_version: str,
        fastpath: bool,
    ) -> None:
        self.size = size
        self.crc32 = crc32
        self.header_digest = header_digest
        self.source_digest = source_digest
        self.libtorch_version = libtorch_version
        self.fastpath = fastpath


def path_of(library: StrPath) -> str:
    """``librt_torch.so`` -> ``librt_torch.so.built``."""
    return f"{os.fspath(library)}.built"


def write(
    library: StrPath, header_digest: str, source_digest: str, libtorch_version: str, fastpath: bool
) -> None:
    """Writes the sidecar of a finished library, atomically."""
    size, checksum = _measured(library)
    described = Sidecar(
        size=size,
        crc32=checksum,
        header_digest=header_digest,
        source_digest=source_digest,
        libtorch_version=libtorch_version,
        fastpath=fastpath,
    )
    target = path_of(library)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8") as file:
        file.writelines(f"{field}={value}\n" for field, value in vars(described).items())
    os.chmod(temporary, 0o644)
    os.replace(temporary, target)


def read(library: StrPath) -> Sidecar | None:
    """The sidecar of a library; None if it is missing or invalid."""
    try:
        with open(path_of(library), encoding="utf-8") as file:
            lines = file.read().splitlines()
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


def damage(library: StrPath, described: Sidecar | None, opened: StrPath | None = None) -> str:
    """Describes the damage of a library, such as ``"is empty"``; ``""`` if it is whole.

    Args:
        library: The library.
        described: Its sidecar, if there is one.
        opened: Another path to read it by.
    """
    found = elf.damage(opened or library)
    if found or described is None:
        return found
    size, checksum = _measured(opened or library)
    if size != described.size:
        return f"has {size} bytes, not the {described.size} that were built"
    if checksum != described.crc32:
        return (
            f"is not what was built: its CRC-32 differs from {os.path.basename(path_of(library))}"
        )
    return ""


def _measured(path: StrPath) -> tuple[int, int]:
    """The size and the CRC-32 of a file, read in parts that stay in the processor's cache."""
    part = bytearray(_PART_BYTES)
    size = checksum = 0
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(part):
            checksum = crc32(memoryview(part)[:count], checksum)
            size += count
    return size, checksum
