"""No function needs temporaries of more than its operands and its result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.array.memory import BINARY

SLACK = 4 << 20  # blocks that are computed at a time, and the allocator's own
# LibTorch and NumPy need more themselves, or the function is composed of several of theirs.
MORE = {
    "isin": "both sort the two tensors",
    "nonzero": "LibTorch lists the indices of all axes in one tensor",
    **dict.fromkeys(
        ("divide", "atan2", "hypot", "logaddexp", "copysign"),
        "LibTorch converts both operands, of integers, to float32",
    ),
    **dict.fromkeys(
        ("expm1", "log1p", "tanh"), "special values of complex numbers: composed of their parts"
    ),
}


@pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="the peak of memory cannot be reset"
)
def test_temporaries_are_smaller_than_operands_and_result(backend: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.array.memory", backend],
        env={**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536"},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    rows = json.loads(done.stdout)
    assert len(rows) > 700
    operands = dict.fromkeys(BINARY.split(), 2)
    excess = [
        (call, dtype, temporaries / size)
        for call, dtype, size, result, temporaries in rows
        if call not in MORE and temporaries > operands.get(call, 1) * size + result + SLACK
    ]
    assert not excess
