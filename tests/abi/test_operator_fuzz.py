"""Operators by name do not crash for invalid tags, counts, handles and values."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.abi import operator_fuzz
from tests.support import ROOT
from torchffi._libtorch.operators import registry

pytestmark = pytest.mark.usefixtures("ffi_backend")


def report(*arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.abi.operator_fuzz", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    last = done.stderr.splitlines()[-1:]
    assert done.returncode == 0, f"died of signal {-done.returncode} in {last}"
    return json.loads(done.stdout)


def test_no_tag_count_or_handle_of_any_operator_crashes() -> None:
    found = report()
    assert found["wrong"] == []
    listed = {name for name in registry.names() if name.startswith("aten::")}
    assert found["operators"] >= len(listed) > 3000
    assert found["calls"] == operator_fuzz.CALLS * found["operators"]


def test_no_value_crashes_the_selected_operators() -> None:
    found = report("values")
    assert found["wrong"] == []
    assert found["operators"] == len(operator_fuzz.VALUED)
    assert found["calls"] == operator_fuzz.VALUE_CALLS * found["operators"]
