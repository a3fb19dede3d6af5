"""Zip archives that are damaged or made to mislead: an error, or the same values."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import torchffi
from tests.files import damaged, pickles
from tests.files.compared import same
from tests.files.damaged import digest
from tests.files.pickles import pickled, tensor
from torchffi._files import directory
from torchffi._files.archive import Archive
from torchffi.errors import FileFormatError, NotSupportedError


def error_of(path: Path) -> str:
    with pytest.raises(FileFormatError) as caught:
        torchffi.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and len(message) < 600, message
    return message.removeprefix(f"{path}: ")


@pytest.fixture
def written(tmp_path: Path, torch: Any) -> tuple[Path, Any]:
    """A file that PyTorch wrote, and its values."""
    value = {"a": torch.arange(6.0), "b": torch.zeros(0), "c": torch.zeros(40), "d": [1, "x"]}
    torch.save(value, tmp_path / "x.pt")
    return tmp_path / "x.pt", value


def _values(data: bytes) -> set[int]:
    """The places of the bytes of tensors, which no header protects."""
    found: set[int] = set()
    view = memoryview(bytearray(data))
    for member in directory.members(view, FileFormatError):
        if "/data/" in member.name:
            found.update(range(member.start, member.start + member.packed))
    return found


def _outcome(path: Path, data: bytes) -> Any:
    path.write_bytes(data)
    try:
        return digest(torchffi.load(path))
    except (FileFormatError, NotSupportedError) as error:
        assert str(error).startswith(f"{path}: "), error
        return None


@pytest.mark.parametrize("writer", ["PyTorch", "torchffi", "zipfile"])
def test_a_flipped_bit_of_a_header_is_an_error_or_changes_nothing(
    writer: str, written: tuple[Path, Any], tmp_path: Path, untraced: None
) -> None:
    path, _ = written
    if writer != "PyTorch":
        make = damaged.torch_save if writer == "torchffi" else damaged.torch_save_deflated
        path = make(tmp_path)
    data = path.read_bytes()
    expected, values, outcomes = _outcome(path, data), _values(data), [0, 0]
    assert expected is not None
    for place in range(len(data)):
        if place in values:
            continue
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        found = _outcome(path, bytes(changed))
        assert found is None or found == expected, (place, place % 8)
        outcomes[found is None] += 1
    assert min(outcomes) > 50


def test_every_bit_of_the_headers_of_a_small_file(tmp_path: Path, untraced: None) -> None:
    path = tmp_path / "x.pt"
    torchffi.save(torchffi.ones((2,)), path)
    data = path.read_bytes()
    expected, values = _outcome(path, data), _values(data)
    for place in sorted(set(range(len(data))) - values):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            found = _outcome(path, bytes(changed))
            assert found is None or found == expected, (place, bit)


@pytest.mark.parametrize("kind", damaged.KINDS)
def test_a_truncated_file_is_an_error(kind: str, tmp_path: Path, untraced: None) -> None:
    make, read = damaged.KINDS[kind]
    path = make(tmp_path)
    data = path.read_bytes()
    for percent in range(100):
        path.write_bytes(data[: len(data) * percent // 100])
        with pytest.raises(FileFormatError) as caught:
            read(path)
        assert str(tmp_path) in str(caught.value)


# ---- Archives made by hand


def stored_archive(entries: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in entries:
            info = zipfile.ZipInfo(name)
            archive.writestr(info, data)
    return buffer.getvalue()


PICKLE = ("archive/data.pkl", pickled(tensor()))
STORAGE = ("archive/data/0", struct.pack("<4f", 1, 2, 3, 4))


def test_an_archive_of_zipfile_is_read(backend: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(stored_archive([PICKLE, STORAGE]))
    assert torchffi.load(path).tolist() == [1, 2, 3, 4]
    path.write_bytes(stored_archive([("archive/", b""), PICKLE, ("archive/data/", b""), STORAGE]))
    assert torchffi.load(path).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("../evil", "is outside the archive's folder"),
        ("/etc/passwd", "is outside the archive's folder"),
        ("archive/../../evil", "is outside the archive's folder"),
        ("archive\\..\\evil", "is outside the archive's folder"),
        ("other/data.pkl", "expected one folder in the zip archive, found 2"),
        ("archive/data/0", "two members are named"),
    ],
)
def test_a_misleading_name_is_an_error(name: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(stored_archive([PICKLE, STORAGE]))
    # zipfile itself would change some of the names.
    marker = "archive/" + "m" * (len(name.encode()) - 8) if len(name) > 8 else "m" * len(name)
    with_marker = stored_archive([PICKLE, STORAGE, (marker, b"data")])
    path.write_bytes(with_marker.replace(marker.encode(), name.encode()))
    assert message in error_of(path)


def test_a_name_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(
        stored_archive([PICKLE, STORAGE, ("archive/mm", b"")]).replace(b"/mm", b"/\xff\xfe")
    )
    assert "is not UTF-8" in error_of(path)


def _changed(change: Callable[[bytearray, int, int], None], tmp_path: Path) -> str:
    """The error after a change of the last member, whose headers begin at the given places."""
    data = bytearray(stored_archive([PICKLE, STORAGE]))
    local, central = data.rindex(b"PK\3\4"), data.rindex(b"PK\1\2")
    change(data, local, central)
    path = tmp_path / "x.pt"
    path.write_bytes(data)
    return error_of(path)


def _set(offset_local: int | None, offset_central: int | None, form: str, value: int) -> Any:
    def change(data: bytearray, local: int, central: int) -> None:
        for begin, offset in ((local, offset_local), (central, offset_central)):
            if offset is not None:
                struct.pack_into(form, data, begin + offset, value)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set(6, 8, "<H", 1), "is encrypted"),
        (_set(8, 10, "<H", 12), "has compression 12, expected 0 (none) or 8 (deflate)"),
        (_set(None, 10, "<H", 8), "its header contradicts the zip directory"),
        (_set(14, None, "<L", 3), "its header has another checksum"),
        (_set(None, 20, "<L", 15), "has two sizes"),
        (_set(None, 24, "<L", 17), "has two sizes"),
        (_set(None, 20, "<L", 2**31), "ends after the end of the members"),
        (_set(None, 20, "<L", 2**32 - 1), "has no sizes of zip64"),
        (_set(None, 42, "<L", 0), "has no header of this name at byte 0"),
        (_set(None, 42, "<L", 2**31), "begins at byte 2147483648, after the members"),
        (_set(28, None, "<H", 2**16 - 1), "has a damaged header"),
        (_set(26, None, "<H", 3), "has no header of this name"),
        (_set(None, 28, "<H", 2**16 - 1), "ends after the directory"),
        (_set(None, 0, "<L", 0), "entry 1 of the zip directory is damaged"),
        (_set(0, None, "<L", 0), "has no header of this name"),
    ],
)
def test_a_contradiction_is_an_error(change: Any, message: str, tmp_path: Path) -> None:
    assert message in _changed(change, tmp_path)


def test_members_that_overlap_are_an_error(tmp_path: Path) -> None:
    """Two entries of the directory for one member."""
    data = stored_archive([PICKLE, STORAGE])
    begin, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    second = data.rindex(b"PK\1\2")
    entry = data[second:end]
    numbers = (2 + 1, 2 + 1, end + len(entry) - begin, begin)
    path = tmp_path / "x.pt"
    path.write_bytes(
        data[:begin]
        + data[begin:end]
        + entry
        + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, *numbers, 0)
    )
    assert "overlaps the member before it" in error_of(path)


def test_bytes_that_belong_to_no_member_are_an_error(tmp_path: Path) -> None:
    data = stored_archive([PICKLE, STORAGE])
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(io.BytesIO(b"#!/bin/sh\n" + data)) as archive:
        assert archive.testzip() is None  # Python reads it all the same
    for place in (
        0,
        data.rindex(b"PK\3\4"),
        data.index(b"PK\1\2"),
        data.index(b"PK\5\6"),
        len(data),
    ):
        path.write_bytes(data[:place] + b"extra bytes" + data[place:])
        error_of(path)


@pytest.mark.parametrize("member", [0, 1, 2])
def test_a_gap_that_the_directory_skips_is_an_error(member: int, tmp_path: Path) -> None:
    """Before a member, or before the directory, whose numbers all fit."""
    data = bytearray(stored_archive([PICKLE, STORAGE]))
    begin, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    second = data.index(b"PK\1\2", begin + 1)
    places = [0, data.rindex(b"PK\3\4"), begin]
    for entry, place in ((begin, places[0]), (second, places[1])):
        if place >= places[member]:
            struct.pack_into("<L", data, entry + 42, place + 4)
    struct.pack_into("<L", data, end + 16, begin + 4)
    data[places[member] : places[member]] = b"PK\3\4"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
    path = tmp_path / "x.pt"
    path.write_bytes(data)
    message = error_of(path)
    assert "follows a gap" in message or "but the zip directory begins at" in message


def test_a_comment_behind_the_directory_is_read(tmp_path: Path) -> None:
    data = stored_archive([PICKLE, STORAGE])
    path = tmp_path / "x.pt"
    path.write_bytes(data[:-2] + struct.pack("<H", 7) + b"comment")
    assert torchffi.load(path).tolist() == [1, 2, 3, 4]


def test_a_large_file_with_zip64_is_read(tmp_path: Path, torch: Any) -> None:
    """Sizes as in a file of more than 4 GB, written by zipfile."""
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (PICKLE, STORAGE):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    assert torchffi.load(path).tolist() == [1, 2, 3, 4]


def test_members_are_read_by_name(written: tuple[Path, Any]) -> None:
    path, expected = written
    archive = Archive(path)
    assert len(archive) == len(list(archive)) and archive.folder == "x"
    assert "data.pkl" in archive and archive.size("byteorder") == 6
    assert archive.read("byteorder") == b"little"
    with pytest.raises(FileFormatError, match=r"x\.pt: member 'absent' is missing"):
        archive.view("absent")
    same(torchffi.load(path), expected)


def test_the_hand_made_files_are_those_of_pytorch(tmp_path: Path, torch: Any) -> None:
    path = pickles.zipped(tmp_path / "x.pt", pickled(tensor()), {"version": b"3\n"})
    same(torchffi.load(path), torch.load(path, weights_only=True))
