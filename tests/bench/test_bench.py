"""The cases of the benchmark: the right result on the right route, or a failure."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from math import erf
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest

import torchffi
from bench import __main__ as command
from bench import modules
from bench.cases import numpy_minilm, operations, routes, sizes
from bench.cases.blocks import Block
from bench.report import machine
from bench.report.samples import Pairs
from bench.report.targets import TARGETS
from tests.support import ROOT
from torchffi._core import dispatch

ONES = np.ones((2, 2), np.float32)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.fixture
def one_thread(torch: Any) -> Iterator[None]:
    """Restores the number of threads afterwards."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


# ---- Routes


def test_each_result_shows_its_route(ffi_backend: None, torch: Any) -> None:
    assert routes.route_of(torchffi.ones((2, 2))) == "ffi"
    with torchffi.use_backend("numpy"):
        assert routes.route_of(torchffi.ones((2, 2))) == "fallback"
    assert routes.route_of(ONES) == "numpy"
    assert routes.route_of(torch.ones((2, 2))) == "torch"


@pytest.mark.parametrize("named", list(routes.NAMES))
def test_a_result_of_another_route_is_refused(named: str, backend: str) -> None:
    tensor = torchffi.ones((2, 2))
    found = "ffi" if backend == "ffi" else "fallback"
    for result in (tensor, (tensor, tensor.numpy())):
        if named == found:
            routes.check(named, result, ONES, 0)
        else:
            with pytest.raises(routes.WrongRouteError, match=named):
                routes.check(named, result, ONES, 0)


def test_other_types_are_refused() -> None:
    for result in (1.0, [1.0], None, np.float32(1)):
        with pytest.raises(routes.WrongRouteError, match="not a tensor"):
            routes.check("numpy", result, ONES, 0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (ONES + np.float32(1e-3), "off by up to 0.001"),
        (ONES * np.float32("nan"), "off by up to nan"),
        (ONES.astype(np.float64), r"float64 of shape \(2, 2\), expected float32"),
        (np.ones(4, np.float32), r"shape \(4,\), expected float32 of shape \(2, 2\)"),
    ],
)
def test_a_wrong_result_is_refused(wrong: np.ndarray[Any, Any], message: str, backend: str) -> None:
    tensor = torchffi.asarray(wrong)
    route = "ffi" if backend == "ffi" else "fallback"
    with pytest.raises(AssertionError, match=message):
        routes.check(route, tensor, ONES, 1e-5)
    with pytest.raises(AssertionError, match=message):
        routes.check(route, (torchffi.ones((2, 2)), wrong), ONES, 1e-5)


def test_a_fallback_inside_a_case_is_refused(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(routes.WrongRouteError, match="tanh fell back"), routes.on("ffi"):
        monkeypatch.setitem(dispatch._fallbacks, "tanh", dispatch._fallbacks["tanh"] + 1)


def test_a_route_computes_on_its_backend(ffi_backend: None) -> None:
    with routes.on("fallback"):
        assert torchffi.get_backend() == "numpy"
    with routes.on("ffi"), routes.on("numpy"), routes.on("torch"):
        assert torchffi.get_backend() == "ffi"


def test_ffi_on_another_backend_is_refused() -> None:
    with (
        torchffi.use_backend("numpy"),
        pytest.raises(routes.WrongRouteError, match="ffi: torchffi computes with numpy"),
        routes.on("ffi"),
    ):
        pass


def test_both_sides_have_as_many_threads(one_thread: None, torch: Any) -> None:
    for count in (2, 1):
        routes.set_threads(count)
        assert (torchffi.get_num_threads(), torch.get_num_threads()) == (count, count)


# ---- The cases


@pytest.mark.parametrize("key", operations.CASES)
def test_each_case_gives_the_same_on_both_sides(key: str, ffi_backend: None, torch: Any) -> None:
    case = operations.CASES[key]
    if len(case.shape) == 1 or case.shape[0] > 2:
        case = case._replace(shape=(17,) * len(case.shape))
    arrays = case.arrays()
    for route in (case.ours, case.peer):
        with routes.on(route):
            names = routes.names(route, *arrays)
            for _ in range(2):  # statements do not overwrite their operands
                operations.verify(case, route, names, case.expected(*arrays))
            with pytest.raises(AssertionError):
                operations.verify(case, route, names, case.expected(*arrays) + 1)


def test_error_function_of_the_numpy_peer() -> None:
    x = np.linspace(-6, 6, 1001)
    np.testing.assert_allclose(numpy_minilm.erf(x), [erf(v) for v in x], atol=1.6e-7)


def test_a_block_repeats_a_statement_with_the_garbage_collector_on() -> None:
    seen: list[bool] = []
    block = Block("seen.append(collects())", {"seen": seen, "collects": gc.isenabled})
    block.calls = 3
    assert block() > 0
    assert seen == [True, True, True]


def test_a_block_is_repeated_for_a_millisecond() -> None:
    block = Block("pass", {})
    block.calibrate()
    assert block.calls > 1000
    slow = Block("sleep(0.001)", {"sleep": sleep})
    slow.calibrate()
    assert slow.calls == 1


def test_sizes_are_timed_on_every_route(ffi_backend: None, torch: Any) -> None:
    found = sizes.at(operations.Case("a @ b", np.matmul, (3, 3)), rounds=1)
    assert set(found) == {"ffi", "fallback", "numpy", "torch"}
    assert all(seconds > 0 for seconds in found.values())


PLANTS = {
    "a wrong route": "names = routes.names\n"
    "routes.names = lambda route, *arrays: names('torch' if route == 'ffi' else route, *arrays)\n",
    "a wrong result": "CASES['add'] = CASES['add']._replace(expected=lambda a, b: a - b)\n",
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_case_fails_on_a_wrong_route_and_with_a_wrong_result(
    plant: str, ffi_backend: None, torch: Any
) -> None:
    done = run(
        "-c",
        f"import sys, pytest\nfrom bench.cases import routes\nfrom bench.cases.operations import CASES\n"
        f"{PLANTS[plant]}"
        "sys.exit(pytest.main(['bench/cases/measure.py::test_case[add]', '-q', '-p', 'no:xdist',"
        " '-p', 'no:cacheprovider', '--benchmark-disable']))",
    )
    message = {"a wrong route": "WrongRouteError: ffi", "a wrong result": "off by up to"}[plant]
    assert done.returncode == 1 and message in done.stdout, done.stdout


# ---- Selection


def test_every_target_is_measured_by_one_module() -> None:
    keys = [key for keys in modules.MODULES.values() for key in keys]
    assert sorted(keys) == sorted([*(target.key for target in TARGETS), "sizes"])
    assert modules.MODULES["operations"] == tuple(operations.CASES)


def test_a_run_can_be_of_some_modules_and_rows() -> None:
    assert modules.chosen([]) == modules.MODULES
    assert modules.chosen(["add", "sizes", "zeros"]) == {
        "operations": ("add", "zeros"),
        "sizes": ("sizes",),
    }
    # Other modules measure all their rows together.
    assert modules.chosen(["minilm_8"]) == {"warm_minilm": ("minilm_1", "minilm_8", "minilm_64")}
    with pytest.raises(ValueError, match="unknown name 'addd'; expected some of add, alive"):
        modules.chosen(["add", "addd"])


def test_settings_that_slow_down_the_blas_library_are_unset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    for variable in (*threads, "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        monkeypatch.setenv(variable, "Prescott")
    assert machine.prepare() == ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]
    assert not {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"} & set(os.environ)
    assert [os.environ[variable] for variable in threads] == ["1", "1", "1"]
    assert machine.prepare() == []


# ---- The command


def test_the_command_reports_and_compares(tmp_path: Path, ffi_backend: None, torch: Any) -> None:
    only = ("-m", "bench", "--quick", "--only", "add,fallback_add")
    done = run(*only, "--report", str(tmp_path / "first"))
    assert done.returncode == 0, done.stdout + done.stderr
    written = {path.name for path in (tmp_path / "first").iterdir()}
    assert written == {"report.json", "report.md", "ratios.png"}
    found = json.loads((tmp_path / "first" / "report.json").read_text())
    assert [row["key"] for row in found["rows"]] == ["add", "fallback_add"]
    assert (found["rows"][0]["must"], found["rows"][0]["aim"]) == (1.1, 0.85)
    assert all(len(set(row["pairs"]["ours"])) > 1 for row in found["rows"])
    assert found["machine"]["unset"] == [name for name in machine.UNFAIR if name in os.environ]
    assert "![Ratio by operation](ratios.png)" in (tmp_path / "first" / "report.md").read_text()
    assert done.stdout.splitlines()[-1].startswith("2 rows: ")

    again = run(
        *(*only, "--report", str(tmp_path / "second")),
        *("--baseline", str(tmp_path / "first" / "report.json")),
    )
    assert again.returncode == 0, again.stdout + again.stderr
    before = found["rows"][0]["ratio"]["median"]
    changes = again.stdout[again.stdout.index("before") :]
    assert f"{before:.3f}" in changes and "another machine" not in changes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "no-such-row"), "bench: unknown name 'no-such-row'; expected some of add"),
        (("--baseline", "/nonexistent.json"), "bench: /nonexistent.json: No such file"),
        (("--baseline", "pyproject.toml"), "bench: pyproject.toml: not a report.json of this"),
    ],
)
def test_the_command_names_invalid_arguments(arguments: tuple[str, ...], message: str) -> None:
    done = run("-m", "bench", *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(message) and done.stderr.count("\n") == 1


def test_a_failed_case_is_reported_and_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], torch: Any
) -> None:
    def fails(*_: object) -> list[Pairs]:
        raise routes.WrongRouteError("ffi: it ran elsewhere")

    def works(quick: bool, progress: modules.Progress) -> list[Pairs]:
        progress("adds")
        return [Pairs("alive", "s", [1.0, 1.0], [2.0, 2.0], {})]

    jobs = [
        modules.Job("live_tensors", ("million_seconds",), 1, fails),
        modules.Job("live_tensors", ("alive",), 1, works),
    ]
    monkeypatch.setattr(modules, "chosen", lambda _: {"live_tensors": ("alive", "million_seconds")})
    monkeypatch.setattr(modules, "jobs", lambda *_: jobs)
    monkeypatch.setattr(machine, "prepare", lambda: [])
    monkeypatch.setattr("bench.report.plots.PLOTS", ())
    monkeypatch.setattr(sys, "argv", ["bench", "--report", str(tmp_path)])
    assert command.main() == 1
    printed = capsys.readouterr()
    assert "WrongRouteError: ffi: it ran elsewhere" in printed.err
    assert "bench: failed, see above: million_seconds" in printed.err
    assert "1 rows: 1 pass, 0 of them the aim; 0 short" in printed.out
