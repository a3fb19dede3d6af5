"""Damaged files, fewer than `python -m tests.files.damage` reads: an error that names it, or values."""

from __future__ import annotations

import pytest

from tests.files import damage
from tests.files.damaged import KINDS
from tests.support import examples


def test_damaged_files_are_errors_or_values() -> None:
    report = damage.run(examples(600), seed=3)
    assert report.problems == [], str(report)
    assert sum(report.counts.values()) == examples(600)
    for kind in KINDS:
        assert report.counts[kind, "error"] > 20
    assert report.peak < 300e6


def test_problems_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    report = damage.Report()
    case = {"number": 1, "kind": "safetensors", "how": "truncate"}
    fine = {"outcome": "error", "seconds": 0.5, "peak": 1, "foreign": []}
    report.add(case, fine, 0)
    assert report.problems == []
    report.add(case, fine | {"foreign": ["os.system"]}, 0)
    report.add(case, fine | {"outcome": "WRONG: KeyError: 'x'"}, 0)
    report.add(case, None, -11)
    assert len(report.problems) == 3
    text = str(report)
    assert "os.system" in text and "KeyError" in text and "ended with -11" in text
    assert report.counts["safetensors", "died"] == report.counts["safetensors", "wrong"] == 1
    monkeypatch.setattr(damage, "run", lambda count, seed: report)
    assert damage.main("5", "1") == 1
