"""Ctrl-C in the middle of an operation: no handle is left without an owner."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support import ROOT, python, without_coverage
from torchffi._core import lifetimes

pytestmark = pytest.mark.skipif(
    lifetimes.implementation() != "C", reason="only in C does nothing come between"
)

# Each is interrupted inside a C function, before it returns its result.
OPERATIONS = {
    "matmul": "x @ x",
    "exp": "t.exp(x)",
    "sort": "t.sort(x)",
    "both results": "t.ops.aten.sort(x)",
    "by name": "t.ops.aten.mm(x, x)",
    "overload": "t.ops.aten.cumsum(x, 0)",
    "from_dlpack": "t.from_dlpack(y)",
    "to dlpack": "x.__dlpack__(copy=True)",
    "slice": "x[1:700]",
    "index": "x[x > 0]",
    "scalar": "x + 3",
    "sum": "t.sum(x, axis=0)",
    "decomposition": "t.linalg.qr(small)",
    "from_numpy": "t.from_numpy(y)",
    "creation": "t.ones((1500, 1500))",
    "numpy": "(x + x).numpy()",
    "concat": "t.concat([x, x])",
}

PROGRAM = """
    import gc
    import signal
    import sys
    import threading
    import time

    import numpy as np

    import torchffi as t
    from torchffi._core.operations import scalars

    x, y = t.rand((1500, 1500)), np.ones((1500, 1500), np.float32)
    small = t.rand((150, 150))

    def operation():
        return {operation}

    def settled():
        gc.collect()
        scalars.clear()
        stats = t.memory_stats()
        return stats["live_handles"], stats["live_bytes"], stats["borrowed_arrays"]

    started = time.perf_counter()
    for _ in range(3):
        operation()
    one = (time.perf_counter() - started) / 3
    before = settled()
    interrupted = 0
    for attempt in range(20):
        try:
            # At another moment each time, most of them while C works.
            signal.setitimer(signal.ITIMER_REAL, max(one * (attempt + 1) / 22, 1e-5))
            while True:
                operation()
        except KeyboardInterrupt:
            interrupted += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(interrupted, settled() == before, before, settled())
"""


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_interrupted_operation_leaves_no_handle_behind(name: str, ffi_backend: None) -> None:
    program = PROGRAM.format(operation=OPERATIONS[name])
    alarm = "    signal.signal(signal.SIGALRM, signal.default_int_handler)\n    started ="
    patch = without_coverage()
    try:
        printed = python(program.replace("    started =", alarm), timeout=120)
    finally:
        patch.undo()
    assert printed.startswith("20 True "), printed


def test_a_storm_of_signals_loses_no_handle_no_byte_and_no_reference(ffi_backend: None) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.backends.storm", "8000"],
        cwd=ROOT,
        env={name: os.environ[name] for name in os.environ if not name.startswith("COVERAGE_")},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.endswith("lost: nothing")] == lines[-1:], done.stderr
    interrupts, text = lines[-1].split(" ", 1)
    assert int(interrupts) > 8000
    assert text == "interrupts, 0 operations lost something"
    assert done.returncode == 0
