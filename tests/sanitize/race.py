"""Compiles race.cpp against a shim with the thread sanitizer and runs it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from shim.build import compiler, libtorch
from tests.sanitize import tree

HERE = Path(__file__).parent


def run(folder: Path, rounds: int) -> int:
    """Returns the number of calls. The folder is one that tree.build() made.

    Raises:
        AssertionError: The sanitizer found a race, or a value or a count is wrong.
    """
    found = libtorch.find().libtorch
    assert found is not None
    program, shim = folder / "race", folder / "torchffi"
    places = [f"-L{place}" for place in (shim, found.library_dir)]
    compiler.run(
        [
            *(
                *compiler.command("CXX"),
                *tree.flags("thread"),
                "-std=c++20",
                "-O1",
                "-Wall",
                "-Wextra",
            ),
            *("-pthread", f"-I{tree.ROOT / 'shim'}", str(HERE / "race.cpp"), "-o", str(program)),
            *(*places, "-lrt_torch", "-ltorch_cpu", "-lc10"),
            *(f"-Wl,-rpath,{place}" for place in (shim, found.library_dir)),
        ]
    )
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
