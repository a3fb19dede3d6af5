"""The demo of the sentence encoder."""

from __future__ import annotations

import os
import re
import subprocess
import sys

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
    assert max(len(line) for line in done.stdout.splitlines()) <= 100


def test_the_demo_says_why_it_cannot_run() -> None:
    done = demo(LIBTORCH="/nonexistent")
    assert done.returncode == 1
    assert done.stderr.startswith("demo: ") and done.stderr.count("\n") == 1
