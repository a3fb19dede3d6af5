"""Whether a shared library is whole, told from its first bytes.

``dlopen`` of a truncated one ends the process with SIGBUS.
"""

from __future__ import annotations

import struct
from pathlib import Path

_PT_LOAD = 1
_HEADER = struct.Struct("<16x2xH4x8xQ8x4x2xHH")  # e_machine, e_phoff, e_phentsize, e_phnum
_SEGMENT = struct.Struct("<I4xQ8x8xQ")  # p_type, p_offset, p_filesz


def damage(path: Path) -> str:
    """What is wrong with a library file, as the end of a sentence about it; ``""`` if nothing is.

    Only what the loader maps is looked at: 64-bit little-endian ELF, which is every machine that
    LibTorch is built for.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(64)
            if not start:
                return "is empty"
            if start[:6] != b"\x7fELF\x02\x01" or len(start) < 64:
                return "is no 64-bit shared library"
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
