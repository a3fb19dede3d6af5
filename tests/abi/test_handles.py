"""Handle table and block pool without LibTorch, under the thread and address sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shim.build import compiler
from tests.support import ROOT

SHIM = ROOT / "shim"
HERE = Path(__file__).parent
PROGRAMS = {
    "handle table": [HERE / "handles_test.cpp"],
    "block pool": [HERE / "block_pool_test.cpp", SHIM / "fastpath/block_pool.cpp"],
}


@pytest.mark.parametrize("sanitizer", ["thread", "address,undefined"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_sanitizers_find_no_error_in(program: str, sanitizer: str, tmp_path: Path) -> None:
    binary = tmp_path / "program"
    subprocess.run(
        [
            *compiler.command("CXX"),
            *("-std=c++20", "-O1", "-g", "-Wall", "-Wextra", "-Werror", f"-fsanitize={sanitizer}"),
            *("-pthread", "-I", str(SHIM), *map(str, PROGRAMS[program]), "-o", str(binary)),
        ],
        check=True,
    )
    # The sanitizers map fixed addresses, which need less address randomization (setarch).
    done = subprocess.run(
        ["setarch", "-R", str(binary)], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
