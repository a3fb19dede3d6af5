"""A tensor for the tests of operators."""

from __future__ import annotations

import pytest

import torchffi as t
from tests.backends.grid import GRID


@pytest.fixture
def x(ffi_backend: None) -> t.Tensor:
    """A LibTorch tensor with the values of GRID."""
    return t.asarray(GRID.copy())
