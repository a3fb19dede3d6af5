"""Installing: with and without a LibTorch, from the folder, editable, and from an sdist elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

from shim.build import libtorch, paths
from tests.installations import ROOT, clean_environment, imitate_libtorch

pytestmark = pytest.mark.slow

_SOURCES = ("torchffi", "shim", "cdef", "pyproject.toml", "setup.py", "README.md", "LICENSE")


class Machine:
    """A new virtual environment, a copy of the sources, and a cache with compiled objects."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder / "venv", symlinks=True, with_pip=True)
        self.python = folder / "venv/bin/python"
        self.packages = next((folder / "venv").glob("lib/python*/site-packages"))
        self.sources = folder / "sources"
        self.sources.mkdir()
        for name in _SOURCES:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "_binding.*", "_shim", "librt_*")
                shutil.copytree(ROOT / name, self.sources / name, ignore=ignored)
            else:
                shutil.copy(ROOT / name, self.sources / name)
        cache = folder / "cache/torchffi"
        cache.mkdir(parents=True)
        objects = Path(paths.cache(), "objects")
        objects.mkdir(parents=True, exist_ok=True)
        (cache / "objects").symlink_to(objects)

    def run(
        self, *arguments: str | Path, **environment: str | Path
    ) -> subprocess.CompletedProcess[str]:
        changes = {"XDG_CACHE_HOME": self.folder / "cache"} | environment
        return subprocess.run(
            [self.python, *arguments],
            # Keep pip's cache, or each test would download NumPy.
            env=clean_environment(PIP_CACHE_DIR=pip_cache(), **changes),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, *what: str | Path, **environment: str | Path) -> str:
        done = self.run("-m", "pip", "install", "-v", *what, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def install_libtorch(self) -> None:
        """Links the torch folder into the packages, as `pip install torch` would place it."""
        found = libtorch.find().libtorch
        assert found is not None, "the tests need a LibTorch"
        (self.packages / "torch").symlink_to(found.root)

    def info(self) -> dict[str, Any]:
        done = self.run("-m", "torchffi", "info", "--json")
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def computes(self) -> str:
        code = "import torchffi as t; print((t.ones((2,)) + 1).numpy().tolist(), t.get_backend())"
        done = self.run("-W", "error", "-c", code)
        assert done.stderr == ""
        return done.stdout.strip()


def pip_cache() -> Path:
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(os.environ.get("PIP_CACHE_DIR") or Path(given or Path.home() / ".cache", "pip"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_libtorch_it_is_numpy_and_a_later_build_makes_it_ffi(machine: Machine) -> None:
    output = machine.install(machine.sources)
    assert "no LibTorch with headers was found: torchffi will run on NumPy" in output
    assert machine.computes() == "[2.0, 2.0] numpy"
    machine.install_libtorch()
    assert "Run: python -m torchffi build" in machine.info()["reason"]
    built = machine.run("-m", "torchffi", "build")
    assert built.returncode == 0, built.stderr
    assert machine.computes() == "[2.0, 2.0] ffi"


def test_with_a_libtorch_the_shim_is_in_the_package(machine: Machine) -> None:
    machine.install_libtorch()
    machine.install(machine.sources)
    assert machine.info()["shim_path"] == str(machine.packages / "torchffi/librt_torch.so")
    assert machine.computes() == "[2.0, 2.0] ffi"
    top_level = {path.name for path in machine.packages.iterdir()}
    assert not top_level & {"shim", "cdef", "tests", "bench"}
    assert (machine.packages / "torchffi/py.typed").is_file()


def test_an_editable_installation_follows_its_sources(machine: Machine) -> None:
    machine.install_libtorch()
    machine.install("-e", machine.sources)
    assert machine.info()["shim_path"].startswith(str(machine.folder / "cache"))
    assert machine.computes() == "[2.0, 2.0] ffi"
    source = machine.sources / "shim/runtime/errors.cpp"
    source.write_text(source.read_text() + "// changed\n")
    assert "Run: python -m torchffi build" in machine.info()["reason"]


def test_an_editable_installation_adds_no_import_hook(machine: Machine) -> None:
    machine.install("-e", machine.sources)
    (hook,) = machine.packages.glob("*torchffi*.pth")
    assert hook.read_text().strip() == str(machine.sources)
    assert not list(machine.packages.glob("__editable__*.py"))
    installed = machine.run("-c", "import torchffi._shim; print(*torchffi._shim.__path__)")
    assert installed.stdout.strip() == str(machine.sources / "shim"), installed.stderr


def test_an_sdist_builds_a_wheel_elsewhere(machine: Machine) -> None:
    machine.install("build")
    made = machine.run("-m", "build", "--sdist", "-o", machine.folder / "dist", machine.sources)
    assert made.returncode == 0, made.stdout + made.stderr
    shutil.rmtree(machine.sources)
    (sdist,) = (machine.folder / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= {
        "cdef/rt_torch.cdef",
        "cdef/binding.c",
        "shim/rt_torch.h",
        "shim/build/build.py",
        "shim/runtime/errors.cpp",
        "torchffi/_speedups.h",
        "torchffi/_speedups_methods.c",
    }
    wheels = machine.folder / "wheels"
    made = machine.run("-m", "pip", "wheel", "--no-deps", "-w", wheels, sdist)
    assert made.returncode == 0, made.stdout + made.stderr
    (wheel,) = wheels.glob("*.whl")
    assert "-cp310-abi3-linux" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        "torchffi/_shim/rt_torch.h",
        "torchffi/_shim/runtime/handles.cpp",
        "torchffi/py.typed",
    } <= names
    assert any(name.startswith("torchffi/_speedups.") for name in names)  # it is optional
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"torchffi"}
    machine.install(wheel)
    assert machine.computes() == "[2.0, 2.0] numpy"


def test_a_shim_of_an_earlier_build_is_removed(machine: Machine) -> None:
    machine.install_libtorch()
    machine.install(machine.sources)
    (machine.packages / "torch").unlink()
    machine.install("--force-reinstall", "--no-deps", machine.sources)
    assert not (machine.packages / "torchffi" / paths.NAME).exists()


def test_a_wrong_libtorch_ends_the_installation_with_one_line(machine: Machine) -> None:
    done = machine.run("-m", "pip", "install", machine.sources, LIBTORCH="/no/such/place")
    assert done.returncode != 0
    assert "torchffi: LIBTORCH=/no/such/place is not a LibTorch" in done.stdout + done.stderr


def test_a_shim_that_does_not_compile_ends_the_installation_with_the_reason(
    machine: Machine,
) -> None:
    root = imitate_libtorch(machine.folder / "libtorch", "9.8.7")  # without ATen's headers
    done = machine.run("-m", "pip", "install", machine.sources, LIBTORCH=root)
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "fatal error: " in output
    assert "TORCHFFI_BUILD_SHIM=0 pip install" in output
    machine.install(machine.sources, LIBTORCH=root, TORCHFFI_BUILD_SHIM="0")
    assert machine.computes() == "[2.0, 2.0] numpy"
