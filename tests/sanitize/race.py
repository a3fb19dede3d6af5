"""Compiles race.cpp against a shim with the thread sanitizer and runs it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.sanitize import tree


def run(folder: Path, rounds: int) -> int:
    """Returns the number of calls. The folder is one that tree.build() made.

    Raises:
        AssertionError: The sanitizer found a race, or a value or a count is wrong.
    """
    program = tree.program("thread", folder, Path(__file__).with_name("race.cpp"))
    # Code without instrumentation synchronizes in ways that the sanitizer cannot see: what LibTorch
    # does is left out, what the shim does with LibTorch's inline functions is not.
    options = "ignore_noninstrumented_modules=1:exitcode=66:halt_on_error=1"
    done = subprocess.run(
        ["setarch", "-R", str(program), str(rounds)],  # the sanitizer maps fixed addresses
        env={**os.environ, "TSAN_OPTIONS": options, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"ended with {done.returncode}\n{done.stderr[:4000]}"
    assert done.stderr == ""
    return int(done.stdout)
