"""Detects truncated shared libraries from their headers.

``dlopen`` of a truncated library kills the process with SIGBUS.
"""

from __future__ import annotations

import os

_PT_LOAD = 1
_HEADER_BYTES, _SEGMENT_BYTES = 64, 56


def damage(path: str | os.PathLike[str]) -> str:
    """Describes the damage of a library file, such as ``"is empty"``; ``""`` if it is whole.

    Only the segments that the loader maps are checked. 64-bit little-endian ELF is all that LibTorch
    is built for.
    """
    try:
        size = os.stat(path).st_size
        with open(path, "rb") as file:
            start = file.read(_HEADER_BYTES)
            if not start:
                return "is empty"
            if start[:6] != b"\x7fELF\x02\x01" or len(start) < _HEADER_BYTES:
                return "is not a 64-bit shared library"
            offset, entry, count = (
                _number(start, 32, 8),
                _number(start, 54, 2),
                _number(start, 56, 2),
            )
            file.seek(offset)
            table = file.read(entry * count)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if len(table) < entry * count or entry < _SEGMENT_BYTES:
        return f"is truncated at {size} bytes"
    for at in range(0, entry * count, entry):
        end = _number(table, at + 8, 8) + _number(table, at + 32, 8)
        if _number(table, at, 4) == _PT_LOAD and end > size:
            return f"is truncated: {size} bytes, at least {end} are needed"
    return ""


def _number(data: bytes, at: int, size: int) -> int:
    """An unsigned number. The module struct takes longer to import than a library to check."""
    return int.from_bytes(data[at : at + size], "little")
