"""shim/build/elf.py: whether a library is whole."""

from __future__ import annotations

import sys
from pathlib import Path

from shim.build import elf


class TestElf:
    """Whether a library is whole."""

    def test_a_library_is_damaged_wherever_its_segments_are_cut(self, tmp_path: Path) -> None:
        whole = Path(sys.executable).resolve().read_bytes()
        cut = tmp_path / "cut.so"
        cut.write_bytes(whole)
        assert elf.damage(cut) == ""
        # The section headers at the end and the padding before them are not mapped.
        end = max(
            size for size in range(0, len(whole), 4096) if elf.damage(written(cut, whole[:size]))
        )
        assert end > len(whole) // 2
        for size in (0, 1, 4, 63, 64, 65, 200, 500, 4096, end // 3, end // 2, end):
            assert elf.damage(written(cut, whole[:size])), size

    def test_other_files_are_reported_as_such(self, tmp_path: Path) -> None:
        file = written(tmp_path / "x.so", b"#!/bin/sh\n" * 100)
        assert elf.damage(file) == "is not a 64-bit shared library"
        assert elf.damage(written(file, b"")) == "is empty"
        assert elf.damage(tmp_path / "none") == "cannot be read (No such file or directory)"


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
