"""``python -m shim``, with a Python that has nothing installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.installations import ROOT, clean_environment


class TestBeforeAnything:
    """``python -m shim``, with a Python that has nothing installed."""

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "shim", *arguments],
            env=clean_environment(**environment),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_it_is_silent_where_a_build_can_work(self) -> None:
        done = self.run()
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    @pytest.mark.parametrize(
        ("environment", "words"),
        [
            ({"CC": "no-such"}, "CC=no-such is not a program"),
            ({"CXX": "no-such"}, "CXX=no-such is not a program"),
            ({"LIBTORCH": "/no/such"}, "LIBTORCH=/no/such is not a LibTorch"),
            ({"PATH": "/no/such"}, "no C compiler"),
        ],
    )
    def test_what_is_missing_is_one_line(self, environment: dict[str, str], words: str) -> None:
        done = self.run(**environment)
        assert done.returncode == 1
        assert done.stderr.startswith(f"torchffi: {words}")
        assert done.stderr.count("\n") == 1

    def test_the_flags_name_the_folder_of_the_generated_header(self, tmp_path: Path) -> None:
        flags = self.run("flags", str(tmp_path / "new")).stdout.split()
        assert f"-I{tmp_path / 'new'}" in flags
        assert "-DRT_FASTPATH=1" in flags
        assert "namespace rt" in (tmp_path / "new/exports.h").read_text()

    def test_the_flags_leave_the_fast_kernels_out(self, tmp_path: Path) -> None:
        assert "-DRT_FASTPATH=0" in self.run("flags", str(tmp_path), TORCHFFI_FASTPATH="0").stdout

    def test_no_flags_without_a_libtorch(self, tmp_path: Path) -> None:
        done = self.run("flags", str(tmp_path), LIBTORCH="/no/such")
        assert done.returncode == 1
