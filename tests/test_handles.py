"""The handle table alone, without LibTorch, under the thread and address sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shim import compiler

SHIM = Path(__file__).parent.parent / "shim"
PROGRAM = Path(__file__).parent / "handles_test.cpp"


@pytest.mark.parametrize("sanitizer", ["thread", "address,undefined"])
def test_handle_table_keeps_its_promises_under(sanitizer: str, tmp_path: Path) -> None:
    binary = tmp_path / "handles"
    subprocess.run(
        [
            *compiler.command("CXX"),
            *("-std=c++20", "-O1", "-g", "-Wall", "-Wextra", "-Werror", f"-fsanitize={sanitizer}"),
            *("-pthread", "-I", str(SHIM), str(PROGRAM), "-o", str(binary)),
        ],
        check=True,
    )
    # The sanitizers map fixed addresses: a kernel that randomizes more than they know needs setarch.
    done = subprocess.run(
        ["setarch", "-R", str(binary)], capture_output=True, text=True, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
