"""Zip archives of torch.save and torch.export, mapped: their tensors without a copy."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise

from torchffi._files.mapped import Path, map_file
from torchffi.errors import FileFormatError

_LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
_ENCRYPTED = 1
# Of deflate: a larger one is made to fill the memory (1,032 is the limit of the format).
_MAX_RATIO, _RATIO_FREE = 100, 1 << 20


class Archive:
    """The members of a zip file below its one top folder.

    Every member is checked when the file is opened: inside the file, not overlapping another one, of a
    relative name, not encrypted. Nothing is unpacked to disk.
    """

    def __init__(self, path: Path) -> None:
        """Maps a file and reads its directory.

        Raises:
            OSError: The file is missing or not readable, or it is a directory.
            FileFormatError: It is not a zip file, or a damaged one.
        """
        self.name = os.fspath(path)
        self._bytes = map_file(path)
        try:
            with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError) as error:
            raise FileFormatError(f"{self.name}: truncated or not a zip file ({error})") from None
        self._members: dict[str, tuple[zipfile.ZipInfo, int]] = {}
        tops = set()
        for member in members:
            if member.filename.endswith("/"):  # a folder, which other tools may store
                continue
            top, _, name = member.filename.partition("/")
            tops.add(top)
            if name in self._members:
                raise self.error(f"two members are named {member.filename!r}")
            self._members[name] = (member, self._start(member))
        if len(tops) != 1:
            raise self.error(f"expected one top folder, found {len(tops)}")
        self._check_overlaps()

    def __contains__(self, name: str) -> bool:
        """Whether there is a member."""
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        """The names of the members."""
        return iter(self._members)

    def error(self, message: str) -> FileFormatError:
        """An exception that names the file."""
        return FileFormatError(f"{self.name}: {message}")

    def view(self, name: str) -> memoryview:
        """The writable bytes of a member; a stored one is not copied, and its checksum not compared."""
        member, start = self._find(name)
        if member.compress_type == zipfile.ZIP_STORED:
            return self._bytes[start : start + member.file_size]
        return memoryview(bytearray(self._inflate(member, start)))

    def read(self, name: str) -> bytes:
        """The bytes of a member, with its checksum compared."""
        data = bytes(self.view(name))
        if zlib.crc32(data) != self._find(name)[0].CRC:
            raise self.error(f"{name}: checksum differs")
        return data

    def _find(self, name: str) -> tuple[zipfile.ZipInfo, int]:
        try:
            return self._members[name]
        except KeyError:
            raise self.error(f"member {name!r} is missing") from None

    def _start(self, member: zipfile.ZipInfo) -> int:
        """Where the bytes of a member begin."""
        shown = repr(member.filename[:200])
        if member.filename.startswith("/") or ".." in member.filename.replace("\\", "/").split("/"):
            raise self.error(f"member {shown} is outside the archive's folder")
        if member.flag_bits & _ENCRYPTED:
            raise self.error(f"member {shown} is encrypted")
        offset = member.header_offset
        header = self._bytes[offset : offset + _LOCAL_HEADER.size] if offset >= 0 else b""
        if len(header) < _LOCAL_HEADER.size or bytes(header[:4]) != b"PK\3\4":
            raise self.error(f"member {shown} has no header at byte {offset}")
        *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        start = int(offset + len(header) + name_length + extra_length)
        if start + member.compress_size > len(self._bytes):
            raise self.error(f"member {shown} ends after the end of the file")
        if member.compress_type == zipfile.ZIP_STORED:
            if member.file_size != member.compress_size:
                raise self.error(f"member {shown} is stored, but has two sizes")
        elif member.compress_type != zipfile.ZIP_DEFLATED:
            raise self.error(
                f"member {shown} has compression {member.compress_type}, expected 0 or 8"
            )
        elif member.file_size > max(_RATIO_FREE, _MAX_RATIO * member.compress_size):
            raise self.error(
                f"member {shown} grows from {member.compress_size} bytes to {member.file_size}; "
                f"at most {_MAX_RATIO} times are accepted: pack the file again without compression"
            )
        return start

    def _check_overlaps(self) -> None:
        places = sorted(
            (member.header_offset, start + member.compress_size, member.filename)
            for member, start in self._members.values()
        )
        for (_, end, first), (begin, _, second) in pairwise(places):
            if begin < end:
                raise self.error(f"members {first[:200]!r} and {second[:200]!r} overlap")

    def _inflate(self, member: zipfile.ZipInfo, start: int) -> bytes:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflater.decompress(
                self._bytes[start : start + member.compress_size], member.file_size + 1
            )
        except zlib.error as error:
            raise self.error(f"member {member.filename!r}: {error}") from None
        if len(data) != member.file_size:
            raise self.error(
                f"member {member.filename!r} has another size than the directory states"
            )
        return data
