"""The example that finds speech in a wave file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from examples.vad import detector
from examples.vad.detector import Segment
from examples.vad.voice import synthetic_voice
from tests.support import ROOT

needs_model = pytest.mark.skipif(
    find_spec("silero_vad") is None, reason="silero-vad is not installed: make .venv/models"
)


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.vad.demo", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@needs_model
@pytest.mark.usefixtures("ffi_backend")
def test_the_example_finds_the_utterances(tmp_path: Path) -> None:
    done = demo(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "The Python package torch was not imported." in done.stdout
    found = [
        (float(start), float(end))
        for start, end in re.findall(r"^ +(\d+\.\d\d) +(\d+\.\d\d) .*s$", done.stdout, re.MULTILINE)
    ]
    _, expected = synthetic_voice()
    assert len(found) == len(expected)
    for (start, end), (first, last) in zip(found, expected, strict=True):
        assert abs(start - first) < 0.25
        assert abs(end - last) < 0.45
    picture = tmp_path / "build" / "vad" / "speech.png"
    if find_spec("matplotlib") is not None:
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@needs_model
@pytest.mark.usefixtures("ffi_backend")
def test_a_file_without_speech(tmp_path: Path) -> None:
    samples, _ = synthetic_voice(48000, 0.7)  # too short for an utterance: noise
    detector.write_wave(tmp_path / "noise.wav", samples, 48000)
    done = demo(tmp_path, "noise.wav")
    assert done.returncode == 0
    assert "none" in done.stdout


def test_a_file_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_bytes(b"not a wave file, but long enough to look like one")
    for name, text in (("missing.wav", "No such file"), ("text.wav", "RIFF")):
        done = demo(tmp_path, name)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"vad: {name}: ")
        assert text in done.stderr
    detector.write_wave(tmp_path / "cd.wav", synthetic_voice(16000, 1.0)[0], 44100)
    assert "16 bits at 44100 Hz, expected" in demo(tmp_path, "cd.wav").stderr


def test_segments_join_over_short_gaps_and_drop_clicks() -> None:
    high, low = [0.9] * 10, [0.1] * 10
    assert detector.segments(low, 0.1) == []
    assert detector.segments([*low, 0.9, *low], 0.1) == []
    (one,) = detector.segments([*low, *high, 0.4, *high, *low[:2], *high, *low], 0.1)
    assert (round(one.start, 2), round(one.end, 2)) == (0.97, 4.33)
    assert detector.segments(high, 0.1) == [Segment(0.0, 1.0)]
    assert len(detector.segments([*high, *low, *high], 0.1)) == 2
