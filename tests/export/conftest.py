"""Files of exported programs, each made once in a test run."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function that gives the file of a model by its name in tests.export.models."""
    folder = tmp_path_factory.mktemp("exported")

    def path_of(name: str) -> Path:
        from tests.export import models

        path = folder / f"{name}.pt2"
        if not path.exists():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # PyTorch's own, about its preview functions
                models.export(name, folder)
        return path

    return path_of
