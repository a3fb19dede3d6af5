"""Detects truncated shared libraries from their headers.

``dlopen`` of a truncated library kills the process with SIGBUS.
"""

from __future__ import annotations

import struct
from pathlib import Path

_PT_LOAD = 1
_HEADER = struct.Struct("<16x2xH4x8xQ8x4x2xHH")  # e_machine, e_phoff, e_phentsize, e_phnum
_SEGMENT = struct.Struct("<I4xQ8x8xQ")  # p_type, p_offset, p_filesz


def damage(path: Path) -> str:
    """Describes the damage of a library file, such as ``"is empty"``; ``""`` if it is whole.

    Only the segments that the loader maps are checked. 64-bit little-endian ELF is all that LibTorch
    is built for.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(64)
            if not start:
                return "is empty"
            if start[:6] != b"\x7fELF\x02\x01" or len(start) < 64:
                return "is not a 64-bit shared library"
            _, offset, entry, count = _HEADER.unpack_from(start)
            file.seek(offset)
            table = file.read(entry * count)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if len(table) < entry * count or entry < _SEGMENT.size:
        return f"is truncated at {size} bytes"
    for index in range(count):
        kind, begin, length = _SEGMENT.unpack_from(table, index * entry)
        if kind == _PT_LOAD and begin + length > size:
            return f"is truncated: {size} bytes, at least {begin + length} are needed"
    return ""
