"""Installations of torchffi for tests of failures: own Python, own cache, no torch."""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import venv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGES = Path(sysconfig.get_path("platlib"))
# Run-time dependencies, and the packages that measure coverage in a child process.
_NEEDED = ("numpy*", "cffi", "_cffi_backend*", "pycparser", "coverage", "*_coverage.pth")
_DECIDING = ("LIBTORCH", "TORCHFFI_", "PYTHON", "LD_LIBRARY_PATH", "XDG_CACHE_HOME")


def clean_environment(**changes: str | Path) -> dict[str, str]:
    """This environment without the variables that affect the search for libraries."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(_DECIDING)}
    return kept | {key: str(value) for key, value in changes.items()}


@dataclass
class Installation:
    """A virtual environment with torchffi, by symbolic links to the checkout."""

    folder: Path
    environment: dict[str, str | Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        venv.create(self.folder, symlinks=True, with_pip=False)
        self.python = self.folder / "bin/python"
        self.packages = next(self.folder.glob("lib/python*/site-packages"))
        self.package = self.packages / "torchffi"
        self.cache = self.folder / "cache"
        for pattern in _NEEDED:
            for path in PACKAGES.glob(pattern):
                (self.packages / path.name).symlink_to(path)
        self.package.mkdir()
        for path in (ROOT / "torchffi").iterdir():
            if path.name not in ("__pycache__", "_shim") and not path.name.startswith("librt_"):
                (self.package / path.name).symlink_to(path)
        (self.package / "_shim").symlink_to(ROOT / "shim")
        self.environment["XDG_CACHE_HOME"] = self.cache

    def run(
        self, *arguments: str | Path, **environment: str | Path
    ) -> subprocess.CompletedProcess[str]:
        """Runs this Python."""
        return subprocess.run(
            [self.python, *arguments],
            env=clean_environment(**self.environment | environment),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def info(self, **environment: str | Path) -> dict[str, Any]:
        """The output of ``python -m torchffi info --json``."""
        done = self.run("-m", "torchffi", "info", "--json", **environment)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


def compile_c(source: str, output: Path, *flags: str | Path) -> Path:
    """Compiles C source to a shared library."""
    output.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-w", "-x", "c", "-", "-o", output, *flags],
        input=source,
        text=True,
        check=True,
    )
    return output


def imitate_libtorch(root: Path, version: str) -> Path:
    """A folder that looks like a LibTorch of that version but only reports the version."""
    parts = dict(zip(("MAJOR", "MINOR", "PATCH"), version.split("."), strict=True))
    packed = sum(
        int(part) << shift for part, shift in zip(parts.values(), (56, 48, 40), strict=True)
    )
    compile_c("", root / "lib/libc10.so", "-Wl,-soname,libc10.so")
    compile_c(
        f"unsigned long aoti_torch_abi_version(void) {{ return {packed}ul; }}",
        root / "lib/libtorch_cpu.so",
        "-Wl,-soname,libtorch_cpu.so",
    )
    header = root / "include/torch/headeronly/version.h"
    header.parent.mkdir(parents=True)
    header.write_text("".join(f"#define TORCH_VERSION_{k} {v}\n" for k, v in parts.items()))
    return root
