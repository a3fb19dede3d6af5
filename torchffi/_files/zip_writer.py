"""Zip archives as PyTorch writes them: members without compression, each aligned to 64 bytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import IO, Any

from torchffi._files.directory import (
    CENTRAL,
    CENTRAL_MAGIC,
    END,
    END_64,
    END_64_MAGIC,
    END_MAGIC,
    FULL,
    LOCAL,
    LOCAL_MAGIC,
    LOCATOR_64,
    LOCATOR_64_MAGIC,
    STORED,
)

ALIGNMENT = 64
_UTF8 = 0x800
_VERSION = 45  # of the format, which has zip64
_DAY = 1 << 5 | 1  # 1 January 1980
_ZIP64, _PADDING = 1, 0x4246  # extra fields; the second is PyTorch's


def write(
    file: IO[bytes], folder: str, members: Iterable[tuple[str, bytes | memoryview[Any]]]
) -> None:
    """Writes an archive with members in one folder, in this order."""
    directory, place, count = bytearray(), 0, 0
    for name, data in members:
        path = f"{folder}/{name}".encode()
        begin, size, crc = place, len(data), zlib.crc32(data)
        large = size >= FULL
        extra = struct.pack("<HHQQ", _ZIP64, 16, size, size) if large else b""
        start = begin + LOCAL.size + len(path) + len(extra) + 4
        padding = -start % ALIGNMENT
        extra += struct.pack("<HH", _PADDING, padding) + bytes(padding)
        numbers = (_VERSION, _UTF8, STORED, 0, _DAY, crc)
        sizes = (FULL, FULL) if large else (size, size)
        file.write(LOCAL.pack(LOCAL_MAGIC, *numbers, *sizes, len(path), len(extra)))
        file.write(path + extra)
        file.write(data)
        place, count = start + padding + size, count + 1
        directory += _entry(path, numbers, size, begin)
    file.write(directory)
    end = place + len(directory)
    file.write(END_64.pack(END_64_MAGIC, END_64.size - 12, _VERSION, _VERSION, 0, 0, count, count,
                           len(directory), place))  # fmt: skip
    file.write(LOCATOR_64.pack(LOCATOR_64_MAGIC, 0, end, 1))
    short = min(count, 0xFFFF)
    file.write(
        END.pack(END_MAGIC, 0, 0, short, short, min(len(directory), FULL), min(place, FULL), 0)
    )


def _entry(path: bytes, numbers: tuple[int, ...], size: int, begin: int) -> bytes:
    wide = [number for number in (size, size, begin) if number >= FULL]
    extra = struct.pack(f"<HH{len(wide)}Q", _ZIP64, 8 * len(wide), *wide) if wide else b""
    shown = min(size, FULL)
    return (
        CENTRAL.pack(CENTRAL_MAGIC, _VERSION, *numbers, shown, shown, len(path), len(extra), 0, 0, 0, 0,
                     min(begin, FULL))
        + path
        + extra
    )  # fmt: skip
