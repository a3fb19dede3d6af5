"""A C99 program on rt_torch.h, built with what ``python -m torchffi config`` prints."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from shim.build import build, libtorch
from tests.installations import ROOT, clean_environment

SOURCE = Path(__file__).with_name("matmul.c")
STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"]


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    found = libtorch.find().libtorch
    assert found is not None, "the tests need a LibTorch"
    build.shim(found)


def config(*arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "torchffi", "config", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return shlex.split(done.stdout)


def run(program: Path, **environment: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program],
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )


def compile_program(output: Path, *flags: str) -> Path:
    subprocess.run(["cc", *STRICT, SOURCE, "-o", output, *flags], check=True)
    return output


@pytest.mark.parametrize("stub", [False, True])
def test_a_program_runs_as_it_was_built(tmp_path: Path, stub: bool) -> None:
    extra = ["--stub"] if stub else []
    program = compile_program(tmp_path / "matmul", *config("--cflags", "--libs", *extra))
    done = run(program)
    assert (done.returncode, done.stderr) == (0, "")
    if stub:
        assert "python -m torchffi build" in done.stdout
    else:
        product, error = done.stdout.splitlines()
        assert product == "58 64 139 154"
        assert error.startswith("matmul: ")
        assert "(2, 3)" in error


def test_one_program_runs_on_either_library(tmp_path: Path) -> None:
    # DT_RPATH comes before LD_LIBRARY_PATH, so the program is linked without it here.
    flags = [flag for flag in config("--cflags", "--libs", "--stub") if "rpath" not in flag]
    program = compile_program(tmp_path / "matmul", *flags)
    found = libtorch.find().libtorch
    assert found is not None
    stub = Path(*config("--library", "--stub")).parent
    real = Path(*config("--library")).parent
    assert "stub" in run(program, LD_LIBRARY_PATH=stub).stdout
    on_real = run(program, LD_LIBRARY_PATH=f"{real}:{found.library_dir}")
    assert on_real.stdout.splitlines()[0] == "58 64 139 154"


def test_the_header_is_c99_and_cpp17_clean(tmp_path: Path) -> None:
    for compiler, standard in (("cc", "c99"), ("c++", "c++17")):
        subprocess.run(
            [
                *(compiler, f"-std={standard}", *STRICT[1:], "-fsyntax-only"),
                *("-x", "c" if compiler == "cc" else "c++", "-include", "rt_torch.h"),
                *(f"-I{ROOT / 'shim'}", "/dev/null"),
            ],
            check=True,
        )
