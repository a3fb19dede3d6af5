"""The two implementations of lifetimes: which one is in use, and that the same tests pass on both."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import torchffi as t
from tests.support import ROOT, python
from torchffi._core import lifetimes

HERE = Path(__file__).parent
NAMES = ("lifetimes", "freed_tensors", "owner", "borrowed_arrays")
TESTS = [str(path) for name in NAMES for path in ROOT.rglob(f"test_{name}.py")]
OTHER = {"C": "0", "Python": "1"}[lifetimes.implementation()]


def test_lifetimes_are_in_c_here() -> None:
    # Otherwise the suite would only test the Python implementation.
    assert lifetimes.implementation() == "C" or os.environ.get("TORCHFFI_SPEEDUPS") == "0"
    assert t.diagnose()["lifetimes"] == lifetimes.implementation()


@pytest.mark.parametrize(("value", "expected"), [("0", "Python"), ("1", "C"), ("", "C")])
def test_the_variable_chooses(value: str, expected: str) -> None:
    printed = python(
        "import torchffi as t; print(t.diagnose()['lifetimes'])", TORCHFFI_SPEEDUPS=value
    )
    assert printed == f"{expected}\n"


def test_another_value_is_an_error() -> None:
    printed = python(
        """
        try:
            import torchffi
        except ValueError as error:
            print(error)
        """,
        TORCHFFI_SPEEDUPS="yes",
    )
    assert printed == "TORCHFFI_SPEEDUPS is 'yes', expected 0 or 1\n"


def test_without_the_module_the_python_implementation_is_used() -> None:
    printed = python("""
        import sys
        sys.modules["torchffi._speedups"] = None
        import torchffi as t
        print(t.diagnose()["lifetimes"], (t.ones(2) + 1).tolist())
        """)
    assert printed == "Python [2.0, 2.0]\n"


def test_the_other_implementation_passes_the_tests_of_lifetimes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *TESTS],
        cwd=ROOT,
        # Without coverage, whose tracer would fail in the tests of memory errors.
        env={k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}
        | {"TORCHFFI_SPEEDUPS": OTHER},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert " passed" in done.stdout
