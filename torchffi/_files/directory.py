"""The directory of a zip archive, checked so strictly that every byte of the file belongs to one part.

Python's zipfile accepts archives with gaps, with prepended bytes and with local headers that contradict
the directory. PyTorch writes none of these, and in each of them a damaged byte can go unnoticed.

Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 6.3.10.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from torchffi._files.text import shown

MAX_MEMBERS = 1 << 17
STORED, DEFLATED = 0, 8
LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s6H3L5H2L")
END = struct.Struct("<4s4H2LH")
END_64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR_64 = struct.Struct("<4sLQL")
LOCAL_MAGIC, CENTRAL_MAGIC, END_MAGIC = b"PK\3\4", b"PK\1\2", b"PK\5\6"
END_64_MAGIC, LOCATOR_64_MAGIC, DESCRIPTOR_MAGIC = b"PK\6\6", b"PK\6\7", b"PK\7\x08"
_MAX_COMMENT = 0xFFFF
FULL = 0xFFFFFFFF  # the value is in the extra field of zip64
_ZIP64 = 1
_ENCRYPTED, _DESCRIPTOR = 1, 8


class Member(NamedTuple):
    """A member of an archive.

    Attributes:
        name: Its path in the archive.
        header: Where its local header begins.
        start: Where its bytes begin.
        packed: Their number in the file.
        size: Their number.
        crc: The CRC-32 of the unpacked bytes.
        deflated: Whether they are compressed.
        end: Where the next part of the file begins.
    """

    name: str
    header: int
    start: int
    packed: int
    size: int
    crc: int
    deflated: bool
    end: int


def members(data: memoryview, error: Callable[[str], Exception]) -> list[Member]:
    """The members in the order of the file, folders included.

    Args:
        data: The whole file.
        error: Makes the exception from a message.
    """
    try:
        begin, end, count = _directory(data, error)
        found = sorted(_entries(data, begin, end, count, error), key=lambda member: member.header)
    except struct.error:
        raise error("truncated zip file") from None
    position = 0
    for member in found:
        if member.header != position:
            what = "overlaps the member before it" if member.header < position else "follows a gap"
            raise error(f"member {shown(member.name)} {what}, at byte {member.header}")
        position = member.end
    if position != begin:
        raise error(f"the members end at byte {position}, but the zip directory begins at {begin}")
    for one, other in pairwise(sorted(member.name for member in found)):
        if one == other:
            raise error(f"two members are named {shown(one)}")
    return found


def _directory(data: memoryview, error: Callable[[str], Exception]) -> tuple[int, int, int]:
    """Begin and end of the directory, and the number of its entries."""
    tail = bytes(data[-(END.size + _MAX_COMMENT) :])
    place = tail.rfind(END_MAGIC)
    if bytes(data[:4]) not in (LOCAL_MAGIC, END_MAGIC):
        raise error("not a zip file")
    if place < 0:
        raise error("truncated: the zip directory at the end is missing")
    place += len(data) - len(tail)
    _, _, _, _, count, size, begin, comment = END.unpack_from(data, place)
    if place + END.size + comment != len(data):
        raise error("truncated or damaged: the zip directory is not at the end")
    end = place
    located = place - LOCATOR_64.size
    if located >= 0 and bytes(data[located : located + 4]) == LOCATOR_64_MAGIC:
        end = LOCATOR_64.unpack_from(data, located)[2]
        if end + END_64.size > located or bytes(data[end : end + 4]) != END_64_MAGIC:
            raise error("the zip64 directory is damaged")
        _, length, *_, count_64, size_64, begin_64 = END_64.unpack_from(data, end)
        if end + 12 + length != located:
            raise error("the zip64 directory is damaged")
        count = count_64 if count == 0xFFFF else count
        size = size_64 if size == FULL else size
        begin = begin_64 if begin == FULL else begin
    if begin + size != end:
        raise error(
            f"the zip directory should end at byte {begin + size}, but it ends at {end}: truncated, or "
            "bytes were inserted"
        )
    if count > MAX_MEMBERS:
        raise error(f"{count} members, expected at most {MAX_MEMBERS}")
    return begin, end, count


def _entries(
    data: memoryview, begin: int, end: int, count: int, error: Callable[[str], Exception]
) -> Iterator[Member]:
    position = begin
    for number in range(count):
        entry = CENTRAL.unpack_from(data, position)
        if entry[0] != CENTRAL_MAGIC or position + CENTRAL.size > end:
            raise error(f"entry {number} of the zip directory is damaged, at byte {position}")
        name_end = position + CENTRAL.size + entry[10]
        extra_end = name_end + entry[11]
        position, next_position = position + CENTRAL.size, extra_end + entry[12]
        if next_position > end:
            raise error(f"entry {number} of the zip directory ends after the directory")
        raw = bytes(data[position:name_end])
        yield _member(data, raw, entry, bytes(data[name_end:extra_end]), begin, error)
        position = next_position
    if position != end:
        raise error(f"the zip directory has {end - position} bytes after its {count} entries")


def _member(
    data: memoryview,
    raw: bytes,
    entry: tuple[Any, ...],
    extra: bytes,
    begin: int,
    error: Callable[[str], Exception],
) -> Member:
    """Checks an entry of the directory against its local header."""
    _, _, _, flags, method, _, _, crc, packed, size, *_, header = entry
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        raise error(f"the name of member {shown(raw)} is not UTF-8") from None
    label = f"member {shown(name)}"
    parts = name.replace("\\", "/").split("/")
    if not name or name[0] in "/\\" or ".." in parts or "\0" in name:
        raise error(f"{label} is outside the archive's folder")
    if flags & _ENCRYPTED:
        raise error(f"{label} is encrypted")
    wide = FULL in (packed, size, header)
    if wide:
        large = _zip64_numbers(extra)
        try:
            size, packed, header = (
                large.pop(0) if number == FULL else number for number in (size, packed, header)
            )
        except IndexError:
            raise error(f"{label} has no sizes of zip64") from None
    if header + LOCAL.size > begin:
        raise error(f"{label} begins at byte {header}, after the members")
    local = LOCAL.unpack_from(data, header)
    start = header + LOCAL.size + local[9] + local[10]
    name_end = header + LOCAL.size + local[9]
    if local[0] != LOCAL_MAGIC or bytes(data[header + LOCAL.size : name_end]) != raw:
        raise error(f"{label} has no header of this name at byte {header}")
    if (local[2] ^ flags) & (_ENCRYPTED | _DESCRIPTOR) or local[3] != method:
        raise error(f"{label}: its header contradicts the zip directory")
    if start > begin or not _well_formed(bytes(data[name_end:start])):
        raise error(f"{label} has a damaged header at byte {header}")
    if start + packed > begin:
        raise error(f"{label} ends after the end of the members")
    if method not in (STORED, DEFLATED):
        raise error(f"{label} has compression {method}, expected 0 (none) or 8 (deflate)")
    if method == STORED and packed != size:
        raise error(f"{label} is not compressed, but has two sizes: {packed} and {size} bytes")
    end = start + packed
    if flags & _DESCRIPTOR:
        end = _after_descriptor(data, end, (crc, packed, size), wide)
        if end < 0:
            raise error(f"{label}: the sizes behind its bytes contradict the zip directory")
    elif local[6] != crc:
        raise error(f"{label}: its header has another checksum than the zip directory")
    return Member(name, header, start, packed, size, crc, method == DEFLATED, end)


def _after_descriptor(
    data: memoryview, place: int, numbers: tuple[int, int, int], wide: bool
) -> int:
    """The end of the numbers that repeat checksum and sizes behind a member; -1 if they differ."""
    for form in ("<4sLQQ", "<4sLLL") if wide else ("<4sLLL", "<4sLQQ"):
        length = struct.calcsize(form)
        if form == "<4sLLL" and max(numbers) > FULL:
            continue
        if bytes(data[place : place + length]) == struct.pack(form, DESCRIPTOR_MAGIC, *numbers):
            return place + length
    return -1


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    """The extra fields of a header. struct.error if they are cut."""
    place = 0
    while place < len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        place += 4 + length
        if place > len(extra):
            raise struct.error
        yield kind, extra[place - length : place]


def _well_formed(extra: bytes) -> bool:
    try:
        return all(True for _ in _fields(extra))
    except struct.error:
        return False


def _zip64_numbers(extra: bytes) -> list[int]:
    for kind, value in _fields(extra):
        if kind == _ZIP64:
            return list(struct.unpack(f"<{len(value) // 8}Q", value[: len(value) // 8 * 8]))
    return []
