"""The demonstration: it pairs what belongs together, on both backends, without the package torch."""

from __future__ import annotations

import re
import subprocess
import sys
from math import erf
from pathlib import Path

import numpy as np
import pytest

from bench import cold_start, numpy_minilm
from bench.demo import SENTENCES

ROOT = Path(__file__).resolve().parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_error_function_of_the_numpy_peer() -> None:
    x = np.linspace(-6, 6, 1001)
    np.testing.assert_allclose(numpy_minilm.erf(x), [erf(v) for v in x], atol=1.6e-7)


def test_a_start_that_fails_is_an_error_with_its_last_line() -> None:
    with pytest.raises(RuntimeError, match=r"bench.minilm failed: .*no sentence"):
        cold_start.start(cold_start.NUMPY)


def neighbours_of(text: str) -> list[tuple[str, str]]:
    pattern = r"^  (\S.*?) {2,}(\S.*?) {2,}(\d\.\d{3})$"
    return [(a, b) for a, b, _ in re.findall(pattern, text, re.MULTILINE)]


def test_the_demonstration_pairs_what_belongs_together(ffi_backend: None) -> None:
    done = run("-m", "bench.demo")
    assert done.returncode == 0, done.stderr
    assert "the Python package torch was not imported" in done.stdout
    # Each even one and the next are about the same thing.
    expected = [(sentence, SENTENCES[i ^ 1]) for i, sentence in enumerate(SENTENCES)]
    assert neighbours_of(done.stdout) == expected
    difference = re.search(r"Largest difference .*: (\S+)$", done.stdout, re.MULTILINE)
    assert difference is not None and float(difference[1]) < 1e-5
    assert max(len(line) for line in done.stdout.splitlines()) <= 100


def test_the_demonstration_says_why_it_cannot_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBTORCH", "/nonexistent")
    done = run("-m", "bench.demo")
    assert done.returncode == 1
    assert done.stderr.startswith("demo: ") and done.stderr.count("\n") == 1
