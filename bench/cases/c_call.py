"""One call of the C ABI compared with one in C++: runs c_call.cpp, which is compiled once."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from bench.processes.worker import ROOT
from bench.report.samples import Pairs
from shim.build import build, compiler, libtorch
from shim.build.paths import LINK_LIBTORCH

SOURCE = Path(__file__).with_suffix(".cpp")
BUILD = ROOT / "build" / "bench"
STEPS = 2
# Pairs, and calls of each side in one of them.
FULL = (201, 2000)
QUICK = (51, 2000)


def measure(quick: bool, progress: Callable[[str], None]) -> list[Pairs]:
    """The row of this file; ``progress`` is called once a step."""
    return compare(*(QUICK if quick else FULL), progress)


def compare(pairs: int, calls: int, progress: Callable[[str], None]) -> list[Pairs]:
    """Times both sides alternately, in one process."""
    progress("one call in C, compiled once")
    compiled = program(BUILD)
    progress("one call in C")
    done = subprocess.run(
        [compiled, str(pairs), str(calls)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{compiled.name} failed: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    return [Pairs("c_add", "s/op", found["ours"], found["peer"], {})]


def program(folder: Path) -> Path:
    """The compiled program, reused from an earlier run if nothing changed.

    Raises:
        CompilerError: No LibTorch, no shim, no compiler, or an error of the compiler.
    """
    found = libtorch.find()
    if found.libtorch is None:
        raise compiler.CompilerError(found.reason)
    folder.mkdir(parents=True, exist_ok=True)
    flags = [
        *build.compile_flags(found.libtorch, folder),
        *("-x", "c++", str(SOURCE), "-x", "none"),
        *link_flags(),
        *(f"-L{found.libtorch.library_dir}", *LINK_LIBTORCH),
    ]
    digest = sha256(repr(flags).encode() + SOURCE.read_bytes() + found.libtorch.version.encode())
    target = folder / f"c_call-{digest.hexdigest()[:16]}"
    if not target.is_file():
        new = target.with_suffix(".new")
        compiler.run([*compiler.command("CXX"), *flags, "-o", str(new)])
        new.replace(target)  # atomic, for other runs
    return target


def link_flags() -> list[str]:
    """Linker flags for the shim that torchffi uses."""
    command = [sys.executable, "-m", "torchffi", "config", "--libs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise compiler.CompilerError(done.stderr.strip())
    return shlex.split(done.stdout)
