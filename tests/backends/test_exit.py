"""Processes that end while other threads load LibTorch or compute: the exit status is right."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.support import ROOT, child_environment

pytestmark = pytest.mark.usefixtures("ffi_backend")

# What the threads do until the process ends.
WORK = {
    "products": "x @ x",
    "small operations": "small + small",
    "lists": "t.ops.aten.split(small, 1)",
    "borrowed arrays": "t.from_numpy(array) + 1",
    "capsules": "t.from_dlpack(np.from_dlpack(small))",
    "exports": "(small + small).numpy().sum()",
    "errors": "failed()",
}
ENDS = {
    "sys.exit(3)": 3,
    "raise SystemExit": 0,
    "sys.excepthook = lambda *_: None; raise KeyError": 1,
    "os.kill(os.getpid(), signal.SIGTERM)": -15,
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(4)); os.kill(os.getpid(), signal.SIGTERM)": 4,
}

COMPUTE = """
    import os, signal, sys, threading, time
    import numpy as np
    import torchffi as t

    x, small, array = t.ones((300, 300)), t.ones((4, 4)), np.ones(5)
    started = threading.Barrier(5)

    def failed():
        try:
            t.ops.aten.mm(small, t.ones(3))
        except ValueError:
            pass

    def work():
        {work}
        started.wait()
        while True:
            {work}

    for _ in range(4):
        threading.Thread(target=work, daemon=True).start()
    started.wait()
    time.sleep({pause})
    {end}
"""

LOAD = """
    import sys, threading, time
    import torchffi as t

    ready = threading.Event()

    def load():
        ready.set()
        {load}

    for _ in range(2):
        threading.Thread(target=load, daemon={daemon}).start()
    ready.wait()
    time.sleep({pause})
    sys.exit(3)
"""


def ended(program: str) -> tuple[int, str]:
    """The exit status of a program, and what it wrote to stderr."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("work", WORK)
def test_process_ends_with_its_status_while_threads_compute(work: str) -> None:
    for pause in (0, 0.01, 0.05):
        program = COMPUTE.format(work=WORK[work], pause=pause, end="sys.exit(3)")
        assert ended(program) == (3, "")


@pytest.mark.parametrize("end", ENDS)
def test_every_end_of_a_process_has_its_status(end: str) -> None:
    program = COMPUTE.format(work=WORK["products"], pause=0.01, end=end)
    assert ended(program) == (ENDS[end], "")


@pytest.mark.parametrize("daemon", [True, False])
@pytest.mark.parametrize("pause", [0, 0.02, 0.1, 0.2, 0.4])
def test_process_ends_with_its_status_while_threads_load(pause: float, daemon: bool) -> None:
    for load in ("t.get_backend()", "t.ones((2, 2)) + 1"):
        assert ended(LOAD.format(load=load, pause=pause, daemon=daemon)) == (3, "")
