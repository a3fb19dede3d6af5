"""The rows of training: equal losses on both sides, or an error."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

from bench import modules
from bench.cases import training
from bench.processes import training as process
from tests.bench.test_bench_processes import by_key, run

pytestmark = [
    pytest.mark.usefixtures("ffi_backend", "one_thread"),
    pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch, the peer, is not installed"),
]


def test_steps_of_training_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    found = by_key(run(training, monkeypatch, 2), pairs=2)
    assert list(found) == list(modules.MODULES["training"])


@pytest.mark.parametrize("key", process.NETWORKS)
def test_both_sides_take_the_same_steps(key: str) -> None:
    ours, theirs = process.checked(key)
    assert type(ours()).__module__.startswith("torchffi")
    assert type(theirs()).__module__ == "torch"


def test_losses_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def other_rate(library: Any, net: Any, batch: Any) -> Any:
        step = step_of(library, net, batch)
        return step if library.__name__ == "torch" else lambda: step() * 1.001

    step_of = process.step_of
    monkeypatch.setattr(process, "step_of", other_rate)
    with pytest.raises(AssertionError, match="train_mlp: loss"):
        process.checked("train_mlp")
