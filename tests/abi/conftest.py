"""A fixture that creates tensors by handle and checks that none is leaked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.abi.calls import (
    Handles,
)
from tests.support import settled
from torchffi._libtorch.loader import lib


@pytest.fixture
def new(ffi_backend: None) -> Iterator[Handles]:
    handles = Handles()
    settled()
    before = lib.rt_torch_live_handles()
    yield handles
    for handle in handles.owned:
        lib.rt_torch_tensor_free(handle)
    assert lib.rt_torch_live_handles() == before
