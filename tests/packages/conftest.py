"""AOTInductor packages, compiled by PyTorch once in a test run, by whichever worker is first."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

torch = pytest.importorskip("torch", reason="PyTorch, the reference, is not installed")


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the packages of models.py, and of their weights."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = base / "packages"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            done = subprocess.run(
                [sys.executable, "-m", "tests.packages.models", folder],
                cwd=ROOT,
                env=os.environ | {"TORCHINDUCTOR_CACHE_DIR": str(folder / "cache")},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            (folder / "done").touch()
    return folder
