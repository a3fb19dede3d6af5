"""torchffi compiled with a sanitizer, in a folder of its own from which the tests run.

setup.py builds it as any other torchffi: the flags are part of CC and CXX. Next to the package are
links to the project's other folders, so that ``python -m`` there finds this package and not the
usual one. Python and LibTorch are not instrumented; the sanitizer's library is loaded before them.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from shim.build import compiler, libtorch

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build/sanitize"
SANITIZERS = {"address": "address,undefined", "thread": "thread"}
# -DRT_BLOCK_POOL=0: freed blocks are not used again, so that a use after the free is found.
FLAGS = "-fno-sanitize-recover=all -fno-omit-frame-pointer -g -DRT_BLOCK_POOL=0"


def flags(kind: str) -> list[str]:
    return [f"-fsanitize={SANITIZERS[kind]}", *FLAGS.split()]


def build(kind: str, folder: Path, *, shim: bool = True) -> Path:
    """Compiles the binding, ``_speedups`` and, unless not wanted, the shim into a folder; returns it."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {
        variable: shlex.join([*compiler.command(variable), *flags(kind)])
        for variable in ("CC", "CXX")
    }
    command = [
        sys.executable,
        "setup.py",
        "--quiet",
        "build",
        "--build-base",
        str(folder / "objects"),
    ]
    subprocess.run(
        [*command, "--build-lib", str(folder)],
        cwd=ROOT,
        env={**os.environ, **chosen, "TORCHFFI_BUILD_SHIM": str(int(shim))},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=None if shim else subprocess.DEVNULL,
    )
    for entry in ROOT.iterdir():
        link = folder / entry.name
        ours = ("torchffi", "build", ".git", "objects")
        if entry.name not in ours and not os.path.lexists(link):  # tools leave folders of their own
            link.symlink_to(entry)
    return folder


def program(kind: str, folder: Path, source: Path) -> Path:
    """Compiles a program in C99 or C++ against the shim in a folder that :func:`build` made."""
    found = libtorch.find().libtorch
    assert found is not None
    output, shim = folder / source.stem, folder / "torchffi"
    language, standard = ("CC", "c99") if source.suffix == ".c" else ("CXX", "c++20")
    places = (shim, found.library_dir)
    compiler.run(
        [
            *(
                *compiler.command(language),
                *flags(kind),
                f"-std={standard}",
                "-O1",
                "-Wall",
                "-Wextra",
            ),
            *("-pthread", f"-I{ROOT / 'shim'}", str(source), "-o", str(output)),
            *(f"-L{place}" for place in places),
            *("-lrt_torch", "-ltorch_cpu", "-lc10", "-lm"),
            *(f"-Wl,-rpath,{place}" for place in places),
        ]
    )
    return output


def _library(name: str) -> str:
    return compiler.run([*compiler.command("CXX"), f"-print-file-name={name}"]).strip()


def environment() -> dict[str, str]:
    """For a Python whose modules are built with the address sanitizer.

    Python and LibTorch keep memory until the process ends, so the tests count leaks (handles, bytes,
    blocks), not the sanitizer. It looks for the C++ library's functions when it starts.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COVERAGE_", "TORCHFFI_", "PYTEST_"))
    }
    return {
        **kept,
        "LD_PRELOAD": f"{_library('libasan.so')} {_library('libstdc++.so')}",
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
