"""A failed allocation, whichever it is, is reported as OUT_OF_MEMORY, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shim.build import compiler
from tests.support import ROOT

pytestmark = pytest.mark.usefixtures("ffi_backend")


@pytest.fixture(scope="module")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which allocations can fail."""
    library = tmp_path_factory.mktemp("preloaded") / "failing_memory.so"
    source = Path(__file__).parent / "failing_memory.cpp"
    flags = ["-std=c++20", "-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"]
    subprocess.run([*compiler.command("CXX"), *flags, str(source), "-o", str(library)], check=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return {**kept, "LD_PRELOAD": str(library)}


def _report(environment: dict[str, str], module: str, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stderr.splitlines()[-1:]
    assert done.returncode == 0, f"ended with {done.returncode} in {last}"
    return json.loads(done.stdout)


def test_every_function_reports_every_failed_allocation(preloaded: dict[str, str]) -> None:
    report = _report(preloaded, "tests.abi.out_of_memory", "1")
    assert not report["wrong"], "\n".join(report["wrong"])
    assert report["never"] == [], "no arguments are known with which these succeed"
    assert report["failures"] > 20 * report["functions"]


def test_every_operation_raises_memory_error_and_keeps_nothing(preloaded: dict[str, str]) -> None:
    report = _report(preloaded, "tests.backends.out_of_memory")
    assert not report["wrong"], "\n".join(report["wrong"])
    assert report["failures"] > 3 * report["statements"]
