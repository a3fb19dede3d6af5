"""The rows of model files: measured on the right route, with equal results, or an error."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

import torchffi
from bench import modules
from bench.cases import model_files, startup
from bench.processes import worker as processes
from bench.processes.model_files import check as check_results
from tests.bench.test_bench_processes import by_key, run

pytestmark = [
    pytest.mark.usefixtures("ffi_backend", "one_thread"),
    pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch, the peer, is not installed"),
]


def test_model_files_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = run(model_files, monkeypatch, model_files.Counts(starts=2, blocks=2))
    found = by_key(rows, pairs=2)
    assert list(found) == list(modules.MODULES["model_files"])
    for kind in model_files.KINDS:
        cold = found[f"{kind}_cold"]
        for side, library in (("ours", "LibTorch"), ("peer", "PyTorch")):
            parts = cold.details["parts"][side]
            assert set(parts) == {"Python", library, "model", "compute"}
            assert 20e6 < cold.details["bytes"][side] < 2e9
    assert max(found["export_memory"].ours) < min(found["export_memory"].peer)


def test_programs_are_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "ROOT", tmp_path)
    made: list[tuple[str, ...]] = []

    def start(module: str, *arguments: str) -> None:
        made.append((module, *arguments))
        for name in model_files.NAMES:
            (Path(arguments[0]) / f"{name}.pt2").touch()

    monkeypatch.setattr(processes, "start", start)
    folder = tmp_path / "build" / "bench" / f"models-{version('torch')}"
    folder.mkdir(parents=True)
    assert model_files.programs() == model_files.programs() == folder
    assert made == [("bench.processes.export_models", str(folder))]


def test_results_that_differ_are_refused() -> None:
    one, other = torchffi.ones(2), torchffi.asarray([1.0, 2.0])
    check_results("x", [one, (one,)], [one, (one,)])
    with pytest.raises(AssertionError, match="x: the results of torchffi and PyTorch differ"):
        check_results("x", [one, (one,)], [one, (other,)])


def test_first_results_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        startup,
        "start",
        lambda task, model: startup.Start({}, 1, "", float(task == "torch_script")),
    )
    with pytest.raises(AssertionError, match="script"):
        model_files._pair("script", Path("x"))


def test_a_full_run_measures_more_than_a_quick_one() -> None:
    assert model_files.steps(False) > model_files.steps(True)
