"""Fixtures of the benchmark's tests."""

from __future__ import annotations

import pytest


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(variable, "1")
