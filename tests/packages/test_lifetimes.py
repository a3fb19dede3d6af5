"""Packages are freed with their last reference, shared by threads, and leave no files."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.abi.package_file import FAILING, IDENTITY, IN_PAIRS, package_file
from tests.models.scripts import bits
from tests.packages.models import relations_inputs
from tests.packages.test_models import load, to_torchffi
from tests.support import ROOT, handles, python, settled
from torchffi._libtorch.loader import lib
from torchffi.errors import InvalidArgumentError

pytestmark = pytest.mark.usefixtures("ffi_backend")


def test_a_package_is_freed_with_its_last_reference(tmp_path: Path) -> None:
    before = settled()
    model = load(package_file(tmp_path))
    handle = model._data
    assert handle >> 26 & 31 == lib.RT_TORCH_PACKAGE
    assert handles()[0] == before[0] + 1
    x = t.ones((2, 3))
    y = model(x)
    assert handles()[0] == before[0] + 3
    assert y.tolist() == [[1, 1, 1]] * 2
    y[0, 0] = 5  # the input itself: the model returns it
    assert x[0, 0].tolist() == 5
    del model, x, y
    gc.collect()
    assert handles() == before
    assert lib.rt_torch_package_free(handle) == -1


@pytest.mark.parametrize("speedups", ["0", "1"])
def test_both_implementations_free_packages(tmp_path: Path, speedups: str) -> None:
    path = package_file(tmp_path)
    out = python(
        f"""
        import torchffi as t
        for _ in range(5):
            m = t.inductor.aoti_load_package({str(path)!r}, trust=True)
            m(t.ones((2, 3))), m.get_metadata()
            cycle = [m]
            cycle.append(cycle)
        del m, cycle
        import gc; gc.collect()
        print(t.memory_stats()["live_handles"])
        kept = t.inductor.aoti_load_package({str(path)!r}, trust=True)   # alive at the end
        """,
        TORCHFFI_SPEEDUPS=speedups,
        TMPDIR=str(tmp_path),
    )
    assert out == "0\n"
    assert [*tmp_path.glob("torchffi*")] == []


def test_no_file_is_left_while_a_package_is_in_use(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    model = load(packages / "cnn.pt2", num_runners=3)
    assert [*tmp_path.iterdir()] == []
    assert model(t.ones((1, 3, 32, 32))).shape == (1, 10)


def test_failing_calls_keep_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = settled()
    model = load(package_file(tmp_path, FAILING))
    for x in (t.ones((2, 3)), t.ones((2, 4)), t.ones(3)):
        with pytest.raises(ValueError, match=r"the model failed: .*made to fail|^args\[0\]: shape"):
            model(x)
    del model, x
    gc.collect()
    assert handles() == before
    assert capfd.readouterr().err == ""


def test_eight_threads_call_one_model(packages: Path) -> None:
    model = load(packages / "cnn.pt2", num_runners=2)
    inputs = [
        t.asarray(np.random.default_rng(i).random((2, 3, 32, 32), np.float32)) for i in range(8)
    ]
    expected = [bits(model(x)) for x in inputs]
    before = settled()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            assert [bits(one) for one in pool.map(model, inputs)] == expected
    gc.collect()
    assert handles()[0] <= before[0] + 8  # the pool's last results


def test_a_failure_leaves_the_runner_to_the_next_call(packages: Path) -> None:
    """LibTorch would wait for ever where a call fails while another one waits for its runner."""
    model = load(packages / "relations.pt2")

    def call(number: int) -> str:
        inputs = [*map(to_torchffi, relations_inputs(4, 3, 5))]
        if number % 2:
            inputs[2] = t.asarray(np.array([0, 1, 2, 1000]))
        try:
            return str(len(model(*inputs)))
        except InvalidArgumentError as error:
            return str(error)[:16]

    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(call, range(200))] == ["5", "the model failed"] * 100


def test_as_many_calls_as_runners_compute_at_the_same_time(tmp_path: Path) -> None:
    model = load(package_file(tmp_path, IN_PAIRS), num_runners=2)
    with ThreadPoolExecutor(6) as pool:
        results = [*pool.map(model, [t.ones((1, 3))] * 20)]
    assert len(results) == 20


def test_threads_replace_constants_while_others_call(packages: Path) -> None:
    model = load(packages / "cnn.pt2", num_runners=2)
    x = t.ones((1, 3, 32, 32))
    allowed = []
    for value in (0, 1):
        constants = {"layers.9.bias": t.full((10,), float(value))}
        model.load_constants(constants, check_full_update=False)
        allowed.append(bits(model(x)))

    def use(number: int) -> None:
        for i in range(50):
            if number % 4 == 0:
                model.load_constants(
                    {"layers.9.bias": t.full((10,), float(i % 2))}, check_full_update=False
                )
            else:
                assert bits(model(x)) in allowed

    with ThreadPoolExecutor(8) as pool:
        [*pool.map(use, range(8))]


def test_a_forked_child_gets_an_error_and_can_free(tmp_path: Path) -> None:
    model = load(package_file(tmp_path, IDENTITY))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            model(t.ones((1, 3)))
        except t.UnavailableError:
            status = 0 if lib.rt_torch_package_free(model._data) == 0 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert model(t.ones((1, 3))).shape == (1, 3)


def test_a_call_ends_undisturbed_when_its_package_is_freed(tmp_path: Path) -> None:
    model = load(package_file(tmp_path, IN_PAIRS), num_runners=2)
    handle = model._data

    def call(_: Any) -> Any:
        return model(t.ones((1, 3))).shape

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(call, 0)
        second = pool.submit(call, 1)
        assert (first.result(), second.result()) == ((1, 3), (1, 3))
    assert lib.rt_torch_package_free(handle) == 0


def test_interrupts_leave_no_handle() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.backends.storm", "300", "a call of a package"],
        env={**os.environ, "TORCHFFI_SPEEDUPS": "1"},  # in Python a signal may come between
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
