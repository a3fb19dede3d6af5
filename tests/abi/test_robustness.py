"""No argument of any C function crashes the process, leaks, or fails without a message."""

from __future__ import annotations

import json
import subprocess
import sys

import torchffi
from shim.build import header
from tests.support import ROOT


def test_no_argument_of_any_function_crashes_leaks_or_fails_without_a_message() -> None:
    assert torchffi.torch_available(), torchffi.diagnose()["reason"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.abi.robustness"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    called = [line for line in done.stderr.splitlines() if line.startswith("rt_torch_")]
    assert done.returncode == 0, f"died of signal {-done.returncode} in {called[-1:]}"
    report = json.loads(done.stdout)
    assert report["wrong"] == []
    assert report["functions"] == len(header.read().functions) == len(called)
    assert report["calls"] > 50 * report["functions"]
