"""Zip archives of torch.save and torch.export, mapped: their tensors without a copy."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from torchffi._files import directory
from torchffi._files.directory import Member
from torchffi._files.mapped import Path, map_file, path_text
from torchffi._files.text import shown
from torchffi.errors import FileFormatError

# Of all members together: a larger ratio is made to fill the memory (deflate can reach 1,032).
_MAX_RATIO, _RATIO_FREE = 100, 1 << 20


class Archive:
    """The members of a zip file below its one top folder.

    Every member is checked when the file is opened: inside the file, not overlapping another one, of a
    relative name, not encrypted. Nothing is unpacked to disk.
    """

    def __init__(self, path: Path, data: memoryview | None = None) -> None:
        """Maps a file and reads its directory.

        Args:
            path: The file.
            data: Its bytes, if it is mapped already.

        Raises:
            OSError: The file is missing or not readable, or it is a directory.
            FileFormatError: It is not a zip file, or a damaged one.
        """
        self.name = path_text(path)
        self._bytes = map_file(path) if data is None else data
        self._members: dict[str, Member] = {}
        tops = set()
        for member in directory.members(self._bytes, self.error):
            if not member.name.endswith("/"):  # else a folder, which other tools may store
                top, _, name = member.name.partition("/")
                tops.add(top)
                self._members[name] = member
        if len(tops) != 1 or "" in self._members:
            raise self.error(f"expected one folder in the zip archive, found {len(tops)}")
        self.folder = tops.pop()
        unpacked = sum(member.size for member in self._members.values())
        if unpacked > max(_RATIO_FREE, _MAX_RATIO * len(self._bytes)):
            raise self.error(
                f"{len(self._bytes)} bytes unpack to {unpacked}; at most {_MAX_RATIO} times as many are "
                "accepted: pack the file again without compression"
            )

    def __contains__(self, name: str) -> bool:
        """Whether there is a member."""
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        """The names of the members, in the order of the file."""
        return iter(self._members)

    def __len__(self) -> int:
        """The number of members."""
        return len(self._members)

    def error(self, message: str) -> FileFormatError:
        """An exception that names the file."""
        return FileFormatError(f"{self.name}: {message}")

    def size(self, name: str) -> int:
        """The number of bytes of a member, unpacked."""
        return self._find(name).size

    def view(self, name: str) -> memoryview:
        """The writable bytes of a member. Unless compressed, they are not copied and not checksummed."""
        member = self._find(name)
        packed = self._bytes[member.start : member.start + member.packed]
        return memoryview(self._inflate(member, packed)) if member.deflated else packed

    def read(self, name: str) -> bytes:
        """The bytes of a member, with its checksum compared."""
        data = bytes(self.view(name))
        if zlib.crc32(data) != self._find(name).crc:
            raise self.error(f"{shown(name)}: checksum differs: the file is damaged")
        return data

    def _find(self, name: str) -> Member:
        try:
            return self._members[name]
        except KeyError:
            raise self.error(f"member {shown(name)} is missing") from None

    def _inflate(self, member: Member, packed: memoryview) -> bytearray:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflater.decompress(packed, member.size + 1)
        except zlib.error as error:
            raise self.error(f"member {shown(member.name)}: {error}") from None
        if len(data) != member.size or not inflater.eof or inflater.unused_data:
            raise self.error(
                f"member {shown(member.name)} has another size than the directory states"
            )
        if zlib.crc32(data) != member.crc:
            raise self.error(f"{shown(member.name)}: checksum differs: the file is damaged")
        return bytearray(data)
