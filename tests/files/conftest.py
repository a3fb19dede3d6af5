"""Fixtures of the tests of model files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

FORMATS = ("zip", "legacy")


@pytest.fixture(params=FORMATS)
def stored(request: pytest.FixtureRequest, tmp_path: Path, torch: Any) -> Any:
    """Saves an object with PyTorch in one of the formats; gives the path."""

    def store(value: object) -> Path:
        path = tmp_path / f"{request.param}.pt"
        torch.save(value, path, _use_new_zipfile_serialization=request.param == "zip")
        return path

    store.format = request.param  # type: ignore[attr-defined]
    return store
