"""Fixtures: installations without and with the real LibTorch, and a shim for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from shim.build import build
from tests.build.shims import real_libtorch
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
