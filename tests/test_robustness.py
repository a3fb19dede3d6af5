"""No argument of any function of the C ABI can crash the process, leak, or fail without a word."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torchffi
from shim.build import header

ROOT = Path(__file__).parent.parent


def test_no_argument_of_any_function_crashes_leaks_or_fails_without_a_word() -> None:
    assert torchffi.torch_available(), torchffi.diagnose()["reason"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.robustness"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
    )
    called = done.stderr.splitlines()
    assert done.returncode == 0, f"died of signal {-done.returncode} in {called[-1:]}"
    report = json.loads(done.stdout)
    assert report["wrong"] == []
    assert report["functions"] == len(header.read().functions) == len(called)
    assert report["calls"] > 50 * report["functions"]
