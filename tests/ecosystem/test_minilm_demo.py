"""The demo of the sentence encoder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT


def demo(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.minilm.demo"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_finds_the_sentence_of_the_same_topic() -> None:
    from examples.minilm.demo import SENTENCES

    done = demo()
    assert done.returncode == 0, done.stderr
    assert "the Python package torch was not imported" in done.stdout
    # Sentences 2n and 2n + 1 are about the same topic.
    expected = [(sentence, SENTENCES[i ^ 1]) for i, sentence in enumerate(SENTENCES)]
    pattern = r"^  (\S.*?) {2,}(\S.*?) {2,}(\d\.\d{3})$"
    assert [(a, b) for a, b, _ in re.findall(pattern, done.stdout, re.MULTILINE)] == expected
    difference = re.search(r"Largest difference .*: (\S+)$", done.stdout, re.MULTILINE)
    assert difference is not None and float(difference[1]) < 1e-5
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    accuracy = re.fullmatch(r"  Test accuracy (\d\d\.\d\d)% after 3 epochs in \d+\.\d s", lines[-1])
    assert accuracy is not None and float(accuracy[1]) > 90, lines[-1]
    assert done.stderr == ""  # no progress bar where there is no terminal


def test_the_demo_says_what_the_training_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from examples.minilm.demo import training

    (tmp_path / "sklearn.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    expected = "digits: the images come with scikit-learn: pip install scikit-learn"
    assert training() == expected


def test_the_demo_says_why_it_cannot_run() -> None:
    done = demo(LIBTORCH="/nonexistent")
    assert done.returncode == 1
    assert done.stderr.startswith("demo: ") and done.stderr.count("\n") == 1
