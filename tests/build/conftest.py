"""Fixtures: installations without and with the real LibTorch, a shim for it, and a small project."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shim.build import build
from tests.build.shims import real_libtorch
from tests.build.small_project import Project
from tests.installations import Installation


@pytest.fixture(scope="module")
def good() -> Path:
    """A shim for the real LibTorch."""
    return build.shim(real_libtorch())


@pytest.fixture
def bare(tmp_path: Path) -> Installation:
    """An installation without LibTorch and without a shim."""
    return Installation(tmp_path / "installation")


@pytest.fixture
def installation(bare: Installation) -> Installation:
    """An installation with the real LibTorch and without a shim."""
    bare.environment["LIBTORCH"] = real_libtorch().root
    return bare


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project with a separate cache."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("CXX", "CC", "TORCHFFI_FASTPATH"):
        monkeypatch.delenv(variable, raising=False)
    yield Project(tmp_path)
    for name in [name for name in sys.modules if name.startswith("tinyshim")]:
        del sys.modules[name]
