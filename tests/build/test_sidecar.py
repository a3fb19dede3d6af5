"""The sidecar: the JSON file next to a built library."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shim.build import sidecar
from tests.build.small_project import Project


def test_one_flipped_byte_is_seen(project: Project) -> None:
    library = project.build.stub()
    content = bytearray(library.read_bytes())
    content[len(content) // 2] ^= 1
    library.write_bytes(content)
    assert "SHA-256 differs" in sidecar.damage(library, sidecar.read(library))


def test_another_size_is_seen(project: Project) -> None:
    library = project.build.stub()
    with library.open("ab") as file:
        file.write(b"x")
    assert "bytes, not the" in sidecar.damage(library, sidecar.read(library))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"size": 1}', "null"])
def test_one_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    library = tmp_path / "librt_torch.so"
    sidecar.path_of(library).write_text(text)
    assert sidecar.read(library) is None


def test_it_is_plain_json(project: Project) -> None:
    library = project.build.stub()
    fields = json.loads(library.with_name("librt_torch.so.json").read_text())
    assert list(fields) == [
        "size",
        "sha256",
        "header_digest",
        "source_digest",
        "libtorch_version",
        "fastpath",
    ]
