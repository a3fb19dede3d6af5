"""A DLPack capsule that several threads consume at the same time."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest

import torchffi as t
from tests.interchange.dlpack_structures import Producer, capsule_of
from tests.support import handles, settled
from torchffi._core.backends import FFI


@pytest.mark.parametrize("versioned", [True, False])
def test_capsule_is_consumed_by_one_of_many_threads(versioned: bool, ffi_backend: None) -> None:
    before, interval = settled(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(200):
            producer, start = Producer(versioned), threading.Barrier(4)
            capsule = capsule_of(producer.made)
            tensors: list[t.Tensor] = []
            refused: list[str] = []

            def consume(capsule: Any = capsule, start: Any = start) -> None:
                start.wait()
                try:
                    tensors.append(FFI.from_dlpack(capsule, True))  # noqa: B023
                except ValueError as error:
                    refused.append(str(error))  # noqa: B023

            threads = [threading.Thread(target=consume) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(tensors) == 1
            assert refused == ["from_dlpack: this DLPack capsule has already been consumed"] * 3
            del capsule, consume, threads, thread
            assert producer.deleted == 0
            tensors.clear()
            assert producer.deleted == 1
    finally:
        sys.setswitchinterval(interval)
    assert handles() == before
