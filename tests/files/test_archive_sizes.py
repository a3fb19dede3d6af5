"""Zip archives that would fill the memory or take hours, and archives without a part."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

import torchffi
from tests.files.pickles import pickled, tensor
from tests.files.test_archive import PICKLE, STORAGE, error_of, stored_archive


@pytest.mark.parametrize("size", [200_000_000, 2**40])
def test_a_zip_bomb_is_an_error(size: int, tmp_path: Path) -> None:
    """The second size is only stated."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickled(tensor()))
        archive.writestr("archive/data/0", bytes(min(size, 200_000_000)))
    path = tmp_path / "x.pt"
    path.write_bytes(buffer.getvalue())
    assert "at most 100 times as many are accepted" in error_of(path)


def test_many_small_bombs_are_an_error(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickled(b"N"))
        for number in range(50):
            archive.writestr(f"archive/data/{number}", bytes(1 << 20))
    path = tmp_path / "x.pt"
    path.write_bytes(buffer.getvalue())
    assert "at most 100 times as many are accepted" in error_of(path)


def test_a_member_that_unpacks_to_another_size_is_an_error(tmp_path: Path) -> None:
    for size in (3, 17, 10_000):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("archive/data.pkl", pickled(tensor()))
            archive.writestr("archive/data/0", bytes(16))
        data = bytearray(buffer.getvalue())
        struct.pack_into("<L", data, data.rindex(b"PK\1\2") + 24, size)
        path = tmp_path / "x.pt"
        path.write_bytes(data)
        error_of(path)


def test_a_damaged_pickle_is_seen_by_its_checksum(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(stored_archive([PICKLE, STORAGE]).replace(b"storage", b"starage"))
    assert error_of(path) == "'data.pkl': checksum differs: the file is damaged"


def test_compressed_values_are_compared_with_their_checksum(tmp_path: Path) -> None:
    """Level 0 packs without changing the bytes, so that one can be changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=0) as archive:
        archive.writestr("archive/data.pkl", pickled(tensor()))
        archive.writestr("archive/data/0", b"0123456789abcdef")
    path = tmp_path / "x.pt"
    path.write_bytes(buffer.getvalue())
    assert torchffi.load(path).shape == (4,)
    path.write_bytes(buffer.getvalue().replace(b"0123456789", b"0123456780"))
    assert error_of(path) == "'archive/data/0': checksum differs: the file is damaged"


def test_a_million_members_are_an_error(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", *[0] * 9, 1, *[0] * 6) + b"a"
    count = 1_000_000
    path = tmp_path / "x.pt"
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 0, 0, 0, 0, count, count, count * len(entry), 4)
    place = 4 + count * len(entry)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, place, 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(b"PK\3\4" + entry * count + end + locator + last)
    began = time.monotonic()
    assert error_of(path) == "1000000 members, expected at most 131072"
    assert time.monotonic() - began < 5


def test_a_hundred_thousand_tensors_are_read(tmp_path: Path) -> None:
    """As many as no model has; below the limits."""
    path = tmp_path / "x.pt"
    with torchffi.use_backend("numpy"):
        one = torchffi.ones((1,))
        torchffi.save({str(i): one for i in range(100_000)}, path)
        assert len(torchffi.load(path)) == 100_000


def test_an_absent_pickle_and_an_absent_storage_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(stored_archive([STORAGE]))
    assert error_of(path) == "a zip archive, but not of PyTorch: it has no data.pkl"
    path.write_bytes(stored_archive([PICKLE]))
    assert error_of(path) == "member 'data/0' is missing"
    path.write_bytes(stored_archive([]))
    assert "expected one folder in the zip archive, found 0" in error_of(path)


def test_sizes_of_more_than_four_gigabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a smaller limit for the plain numbers: zipfile and our reader follow the long ones."""
    from torchffi._files import directory, zip_writer

    limit = 1000
    monkeypatch.setattr(zip_writer, "FULL", limit)
    buffer = io.BytesIO()

    class Packer:
        """Packs the limit as the 32-bit number that says: look at the long ones."""

        def __init__(self, packer: Any) -> None:
            self.size, self._packer = packer.size, packer

        def pack(self, *numbers: Any) -> bytes:
            whole = (0xFFFFFFFF if number == limit else number for number in numbers)
            return bytes(self._packer.pack(*whole))

    for name in ("LOCAL", "CENTRAL", "END"):
        monkeypatch.setattr(zip_writer, name, Packer(getattr(zip_writer, name)))
    members: list[tuple[str, Any]] = [("a", b"1" * 3000), ("b", b"2" * 10), ("c", b"3" * 2000)]
    zip_writer.write(buffer, "archive", members)

    with zipfile.ZipFile(buffer) as archive:
        assert archive.testzip() is None
        assert [(i.filename[8:], archive.read(i)) for i in archive.infolist()] == members
    data = memoryview(bytearray(buffer.getvalue()))
    for member, (_, content) in zip(directory.members(data, ValueError), members, strict=True):
        assert bytes(data[member.start : member.start + member.size]) == content
