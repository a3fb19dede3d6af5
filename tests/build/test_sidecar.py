"""The sidecar: the file next to a built library."""

from __future__ import annotations

from pathlib import Path

import pytest

from shim.build import sidecar
from tests.build.small_project import Project


def test_one_flipped_byte_is_seen(project: Project) -> None:
    library = project.build.stub()
    content = bytearray(library.read_bytes())
    content[len(content) // 2] ^= 1
    library.write_bytes(content)
    assert "CRC-32 differs" in sidecar.damage(library, sidecar.read(library))


def test_another_size_is_seen(project: Project) -> None:
    library = project.build.stub()
    with library.open("ab") as file:
        file.write(b"x")
    assert "bytes, not the" in sidecar.damage(library, sidecar.read(library))


@pytest.mark.parametrize("text", ["", "size", "size=1\n", "size=x\n", "{}"])
def test_one_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    library = tmp_path / "librt_torch.so"
    Path(sidecar.path_of(library)).write_text(text)
    assert sidecar.read(library) is None


def test_it_is_lines_of_names_and_values(project: Project) -> None:
    library = project.build.stub()
    lines = library.with_name("librt_torch.so.built").read_text().splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "size",
        "crc32",
        "header_digest",
        "source_digest",
        "libtorch_version",
        "fastpath",
    ]
