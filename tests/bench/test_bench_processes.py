"""The processes of the benchmark: measurements on the right route, or an error."""

from __future__ import annotations

import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from bench.cases import (
    c_call,
    interleave,
    live_tensors,
    sentences,
    startup,
    two_threads,
    warm_minilm,
)
from bench.processes import clock
from bench.processes import worker as processes
from bench.processes.warm_minilm import check as check_vectors
from bench.processes.worker import Worker
from bench.report.samples import Pairs
from examples.minilm.encoder import Encoder, packaged_model
from shim.build import compiler

pytestmark = [
    pytest.mark.usefixtures("ffi_backend", "one_thread"),
    pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch, the peer, is not installed"),
]


@pytest.fixture
def on_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes child processes compute with NumPy where LibTorch is expected."""
    monkeypatch.setenv("TORCHFFI_BACKEND", "numpy")


def ignore(what: str) -> None:
    """A progress callback."""


def by_key(rows: list[Pairs], pairs: int) -> dict[str, Pairs]:
    """The rows by key, after checking that each has ``pairs`` pairs of positive values."""
    for row in rows:
        assert len(row.ours) == len(row.peer) == pairs
        assert min(row.ours + row.peer) > 0
    return {row.key: row for row in rows}


def run(module: ModuleType, monkeypatch: pytest.MonkeyPatch, quick: Any) -> list[Pairs]:
    """A quick run with these counts; checks the number of steps."""
    monkeypatch.setattr(module, "QUICK", quick)
    reported: list[str] = []
    rows: list[Pairs] = module.measure(True, reported.append)
    announced = module.steps(True) if hasattr(module, "steps") else module.STEPS
    assert len(reported) == announced and len(set(reported)) == announced
    return rows


# ---- Measurements


def test_starts_are_measured_part_by_part(monkeypatch: pytest.MonkeyPatch) -> None:
    once = startup.Counts(first_result=1, import_alone=1, minilm=1, warm_up=False)
    rows = by_key(run(startup, monkeypatch, once), pairs=1)
    assert set(rows) == {"first_result", "import_alone", "start_memory", "minilm_cold"}
    library = {"ours": "LibTorch", "peer": "PyTorch"}
    for key, more in (("first_result", {"compute"}), ("minilm_cold", {"model", "compute"})):
        for side, parts in rows[key].details["parts"].items():
            assert set(parts) == {"Python", library[side]} | more
            assert min(parts.values()) > 0
    cold = rows["minilm_cold"]
    assert sum(cold.details["parts"]["ours"].values()) == pytest.approx(cold.ours[0])
    assert sum(cold.details["parts"]["peer"].values()) == pytest.approx(cold.peer[0])
    peer = rows["first_result"].details["parts"]["peer"]
    assert sum(peer.values()) - peer["Python"] == pytest.approx(rows["first_result"].peer[0])
    memory = rows["start_memory"].details["bytes"]
    assert 4e6 < memory["Python"] < memory["NumPy"] < memory["torchffi"]
    assert rows["start_memory"].ours == [memory["torchffi"]]
    assert rows["start_memory"].peer == [memory["PyTorch"]]


def test_a_warm_up_is_one_additional_pair_of_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        startup, "start", lambda task: startup.Start({"Python": 1.0}, 1, task, None)
    )
    warm = startup.Counts(first_result=2, import_alone=3, minilm=4, warm_up=True)
    assert len(run(startup, monkeypatch, warm)[-1].ours) == 4
    monkeypatch.setattr(startup, "FULL", warm)
    assert (startup.steps(False), startup.steps(True)) == (13, 13)


def test_the_seconds_of_a_start_are_those_of_the_process() -> None:
    began = time.perf_counter()
    parts = startup.start("numpy").seconds
    lasted = time.perf_counter() - began
    assert set(parts) == {"Python", "NumPy"}
    assert 0 < sum(parts.values()) < lasted + 0.02  # the start time has a resolution of 0.01 s


def test_live_tensors_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = live_tensors.Counts(tensors=20_000, starts=1, live=(10, 1000), blocks=1, pairs=2)
    million_bytes, million_seconds, crowd = run(live_tensors, monkeypatch, counts)
    rows = by_key([million_bytes, million_seconds], pairs=1) | by_key([crowd], pairs=2)
    assert set(rows) == {"million_bytes", "million_seconds", "alive"}
    for size in million_bytes.ours + million_bytes.peer:
        assert 50 < size < 5000  # a Python object, a tensor, its storage
    assert crowd.details["live"] == [10, 1000]
    for side in ("seconds_per_op", "peer_seconds_per_op"):
        assert len(crowd.details[side]) == 2 and min(crowd.details[side]) > 1e-7


def test_threads_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = by_key(run(two_threads, monkeypatch, (2, 20)), pairs=2)
    assert set(rows) == {"two_threads"}


def test_warm_encoders_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = run(warm_minilm, monkeypatch, {1: 2, 3: 2})
    assert set(by_key(rows, pairs=2)) == {"minilm_1", "minilm_3"}


def test_one_call_in_c_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = by_key(run(c_call, monkeypatch, (3, 500)), pairs=3)
    assert min(rows["c_add"].ours) > 1e-8 and min(rows["c_add"].peer) > 1e-8


def test_a_full_run_measures_more_than_a_quick_one() -> None:
    for module in (live_tensors, two_threads, startup, warm_minilm):
        assert module.steps(False) > module.steps(True)
    assert warm_minilm.FULL.keys() == {1, 8, 64}
    assert (live_tensors.FULL.tensors, live_tensors.FULL.live[-1]) == (1_000_000, 1_000_000)


# ---- Errors


@pytest.mark.parametrize("task", ["torchffi_sum", "torchffi_minilm"])
def test_a_start_on_another_route_is_refused(task: str, on_numpy: None) -> None:
    with pytest.raises(AssertionError, match=f"{task}: ran on numpy, expected ffi"):
        startup.start(task)


@pytest.mark.parametrize(
    ("module", "question"),
    [
        ("bench.processes.live_tensors", ["add", 10]),
        ("bench.processes.two_threads", [1, 5]),
        ("bench.processes.warm_minilm", 1),
    ],
)
def test_a_worker_on_another_route_is_refused(module: str, question: Any, on_numpy: None) -> None:
    with (
        pytest.raises(RuntimeError, match=rf"{module} failed: .*(LibTorch|ffi)"),
        Worker(module, "torchffi") as worker,
    ):
        worker.ask(question)


@pytest.mark.parametrize(
    ("task", "result"), [("torch_sum", [[2, 2], [2, 3]]), ("torch_minilm", [[0.05] * 384])]
)
def test_a_wrong_first_result_is_refused(
    task: str, result: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"seconds": {"Python": 1.0}, "peak_bytes": 1, "route": "torch", "result": result}
    monkeypatch.setattr(processes, "start", lambda *_: found)
    with pytest.raises(AssertionError, match=task):
        startup.start(task)


def test_vectors_that_differ_are_refused() -> None:
    right = np.eye(3, dtype=np.float32)
    check_vectors(right, right)
    for wrong in (right[:2], right[::-1], right * np.float32(0.999)):
        with pytest.raises(AssertionError, match="vectors"):
            check_vectors(right, wrong)


def test_more_than_one_thread_of_libtorch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(variable, "2")
    with pytest.raises(
        RuntimeError, match=r"bench.processes.warm_minilm failed: .*more than one thread"
    ):
        Worker("bench.processes.warm_minilm")


# ---- The program in C++


def test_the_program_is_compiled_when_its_source_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run, compiled = compiler.run, []

    def imitate(command: list[str]) -> str:
        if "-o" not in command:
            return run(command)
        compiled.append(command[-1])
        Path(command[-1]).write_text("a program")
        return ""

    monkeypatch.setattr(compiler, "run", imitate)
    source = tmp_path / "c_call.cpp"
    monkeypatch.setattr(c_call, "SOURCE", source)
    source.write_text("int main() {}\n")
    first = c_call.program(tmp_path)
    assert c_call.program(tmp_path) == first and len(compiled) == 1
    source.write_text("int main() { return 1; }\n")
    second = c_call.program(tmp_path)
    assert second != first and first.exists() and second.exists() and len(compiled) == 2


def test_the_program_reports_missing_arguments() -> None:
    done = subprocess.run(
        [c_call.program(c_call.BUILD)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "expected PAIRS and CALLS" in done.stderr


# ---- Pairs, processes, clocks


def test_pairs_are_measured_after_a_warm_up_that_does_not_count() -> None:
    calls: list[str] = []
    numbers = iter(range(10))

    def pair() -> int:
        calls.append("pair")
        return next(numbers)

    assert interleave.pairs("x", 2, pair, calls.append) == [1, 2]
    assert calls == ["x, warm-up", "pair", "x, 1 of 2", "pair", "x, 2 of 2", "pair"]
    assert interleave.pairs("x", 2, pair, ignore, warm_up=False) == [3, 4]


def test_a_process_that_fails_is_an_error_with_its_last_line() -> None:
    with pytest.raises(RuntimeError, match=r"bench.minilm failed: .*no sentence"):
        processes.start("bench.minilm", "--backend", "numpy", "--json")
    with pytest.raises(RuntimeError, match=r"bench.nothing failed: .*No module"):
        Worker("bench.nothing")


def test_a_worker_answers_until_it_fails() -> None:
    with Worker("bench.processes.live_tensors", "torchffi") as worker:
        assert worker.ask(["add", 5]) > 0
        with pytest.raises(RuntimeError, match=r"bench.processes.live_tensors failed: .*'sing'"):
            worker.ask(["sing", 5])
        with pytest.raises(RuntimeError, match=r"bench.processes.live_tensors failed"):
            worker.ask(["add", 5])


def test_laps_begin_where_the_last_one_ended() -> None:
    laps = clock.Laps()
    time.sleep(0.1)
    laps.end("slept")
    laps.end("nothing")
    assert list(laps.seconds) == ["Python", "slept", "nothing"]
    assert laps.seconds["Python"] > 0 and laps.seconds["slept"] >= 0.1
    assert laps.seconds["nothing"] >= 0


def test_memory_is_the_resident_memory() -> None:
    before = clock.resident_bytes()
    block = np.ones(50_000_000, np.uint8)
    assert clock.resident_bytes() - before > 0.9 * block.size
    del block
    assert clock.peak_bytes() >= before + 45_000_000


def test_the_sentences_have_the_documented_lengths() -> None:
    tokenizer = Encoder(packaged_model()).tokenizer
    assert len(sentences.TEXTS) == len(set(sentences.TEXTS)) == 64
    lengths = [len(one) for one in tokenizer.encode_batch(list(sentences.TEXTS))]
    assert (min(lengths), max(lengths)) == (6, 55)
    assert len(set(lengths[:8])) >= 6
