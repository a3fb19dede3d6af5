"""The benchmark: it refuses a wrong route, and its report says what was measured. Nothing is timed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi
from bench import cold_start, forward, numpy_minilm, operations, plot, report, routes
from bench.encoder import Encoder, packaged_model, padded
from torchffi import routing

ROOT = Path(__file__).resolve().parent.parent
ONES = np.ones((2, 2), np.float32)


def measured(*cases: tuple[str, int, str, float]) -> dict[str, Any]:
    """What pytest-benchmark writes, as far as the report reads it."""
    return {
        "benchmarks": [
            {
                "extra_info": {"operation": operation, "size": size, "route": route},
                "stats": {"median": median},
            }
            for operation, size, route, median in cases
        ]
    }


MEASURED = measured(
    ("add", 2, "ffi", 2e-6),
    ("add", 2, "fallback", 3e-6),
    ("add", 2, "numpy", 1e-6),
    ("add", 2, "torch", 4e-6),
    ("add", 512, "ffi", 5e-5),
    ("add", 512, "numpy", 1e-4),
    ("minilm", 1, "ffi", 1.5e-2),
    ("minilm", 1, "torch", 3e-2),
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


# ---- The guard


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


def test_what_is_no_tensor_is_refused() -> None:
    for result in (1.0, [1.0], None, np.float32(1)):
        with pytest.raises(routes.WrongRouteError, match="no tensor"):
            routes.check("numpy", result, ONES, 0)


@pytest.mark.parametrize("wrong", [ONES + 1e-3, ONES.astype(np.float64), np.ones(4, np.float32)])
def test_a_wrong_result_is_refused(wrong: np.ndarray[Any, Any], backend: str) -> None:
    tensor = torchffi.asarray(wrong)
    route = "ffi" if backend == "ffi" else "fallback"
    with pytest.raises(AssertionError):
        routes.check(route, tensor, ONES, 1e-5)
    with pytest.raises(AssertionError):
        routes.check(route, (torchffi.ones((2, 2)), wrong), ONES, 1e-5)


def test_a_fall_back_inside_a_case_is_refused(
    ffi_backend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(routes.WrongRouteError, match="tanh fell back"), routes.on("ffi"):
        monkeypatch.setitem(routing._fallbacks, "tanh", routing._fallbacks["tanh"] + 1)


def test_a_route_computes_on_its_backend() -> None:
    with routes.on("fallback"):
        assert torchffi.get_backend() == "numpy"
    with torchffi.use_backend("numpy"), routes.on("numpy"):
        assert torchffi.get_backend() == "numpy"


def test_ffi_without_libtorch_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(
        "-c",
        "import os; os.environ['LIBTORCH'] = '/nonexistent'\n"
        "from bench import routes\nwith routes.on('ffi'): pass",
    )
    assert done.returncode == 1 and "UnavailableError" in done.stderr


# ---- The cases


@pytest.mark.parametrize("name", [name for name in operations.NAMES if name != "minilm"])
@pytest.mark.parametrize("size", [2, 65])
def test_operations_agree_on_every_route(name: str, size: int, ffi_backend: None) -> None:
    values, tolerance = operations.expected(name, size)
    for route in routes.installed():
        with routes.on(route):
            run = operations.operation(route, name, size)
            for _ in range(2):  # no operation overwrites its operands
                routes.check(route, run(), values, tolerance)


def test_every_route_has_every_operation(torch: Any) -> None:
    wanted = set(operations.NAMES) - {"minilm"}
    assert all(set(make()) == wanted for make in operations._OPERATIONS.values())
    assert set(operations._OPERATIONS) == set(routes.NAMES) == set(plot.STYLES)


def test_the_forward_pass_agrees_on_every_route(ffi_backend: None) -> None:
    values, tolerance = forward.expected(3)
    for route in routes.installed():
        with routes.on(route):
            routes.check(route, forward.forward(route, 3)(), values, tolerance)


def test_error_function_of_the_numpy_peer() -> None:
    from math import erf

    x = np.linspace(-6, 6, 1001)
    np.testing.assert_allclose(numpy_minilm.erf(x), [erf(v) for v in x], atol=1.6e-7)


def test_a_case_fails_when_it_runs_on_another_route(tmp_path: Path, ffi_backend: None) -> None:
    plant = (
        "import sys, pytest\n"
        "from bench import operations\n"
        "if 'wrong' in sys.argv: operations._OPERATIONS['fallback'] = operations._numpy\n"
        "sys.exit(pytest.main(['bench/measure.py', '-q', '-k', 'ones-2-', '--benchmark-disable',"
        " '-p', 'no:cacheprovider', '-p', 'no:xdist']))"
    )
    right, wrong = run("-c", plant), run("-c", plant, "wrong")
    assert right.returncode == 0, right.stdout
    assert f"{len(routes.installed())} passed" in right.stdout
    assert wrong.returncode == 1
    assert "1 failed" in wrong.stdout and "WrongRouteError: fallback" in wrong.stdout


# ---- The report


def test_rows_hold_the_medians() -> None:
    first, second, third = report.rows(MEASURED)
    assert first == ("add", 2, {"ffi": 2e-6, "fallback": 3e-6, "numpy": 1e-6, "torch": 4e-6})
    assert (first.ratio("ffi", "torch"), first.ratio("fallback", "numpy")) == (0.5, 3e-6 / 1e-6)
    assert second.ratio("ffi", "torch") is None
    assert [row.label for row in (first, third)] == ["2 x 2", "1 sentence"]


def test_table_has_times_and_ratios() -> None:
    lines = report.table(report.rows(MEASURED)).splitlines()
    cells = [re.split(r"\s{2,}", line.strip()) for line in lines if line]
    assert cells == [
        ["FFI", "fallback", "NumPy", "PyTorch", "FFI/PyTorch", "FFI/NumPy", "fallback/NumPy"],
        ["a + b"],
        ["2 x 2", "2.00 us", "3.00 us", "1.00 us", "4.00 us", "0.50", "2.00", "3.00"],
        ["512 x 512", "50.0 us", "-", "100 us", "-", "-", "0.50", "-"],
        ["MiniLM forward pass"],
        ["1 sentence", "15.0 ms", "-", "-", "30.0 ms", "0.50", "-", "-"],
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (12.34, "12.3 s"),
        (0.5, "500 ms"),
        (1.234e-3, "1.23 ms"),
        (99e-6, "99.0 us"),
        (42e-9, "42.0 ns"),
        (2e-11, "0.02 ns"),
    ],
)
def test_durations_have_three_digits_and_a_unit(seconds: float | None, text: str) -> None:
    assert report.duration(seconds) == text


def test_json_of_the_report_can_be_read_back() -> None:
    text = json.dumps(report.as_json(report.rows(MEASURED), {"cpu": "x"}))
    first = json.loads(text)["rows"][0]
    assert first["seconds"]["ffi"] == 2e-6
    assert first["ratios"] == {"ffi/torch": 0.5, "ffi/numpy": 2.0, "fallback/numpy": 3e-6 / 1e-6}


@pytest.mark.parametrize("cases", [MEASURED, measured(("add", 2, "numpy", 1e-6))])
def test_plot_is_a_png_of_some_size(cases: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "report.png"
    plot.draw(report.rows(cases), path, "title")
    data = path.read_bytes()
    width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
    assert data.startswith(b"\x89PNG") and width > 300 and height > 300


def test_the_command_writes_its_report(tmp_path: Path, ffi_backend: None) -> None:
    done = run("-m", "bench", "--quick", "--only", "add-2-", "--report", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    names = {"report.json", "report.png", "pytest-benchmark.json"}
    assert {path.name for path in tmp_path.iterdir()} == names
    found = json.loads((tmp_path / "report.json").read_text())
    assert set(found["rows"][0]["seconds"]) == set(routes.installed())
    assert found["machine"]["threads"] == 1
    assert "FFI/PyTorch" in done.stdout


def test_the_command_says_when_nothing_was_measured(tmp_path: Path) -> None:
    done = run("-m", "bench", "--quick", "--only", "no-such-case", "--report", str(tmp_path))
    assert done.returncode != 0
    assert "bench: nothing was measured" in done.stderr and "Traceback" not in done.stderr


# ---- Cold start and demonstration


def fake(total: float, peak: float) -> cold_start.Start:
    return cold_start.Start({"import": total / 2, "load": total / 4, "embed": total / 4}, peak, [])


def test_cold_starts_are_compared_pair_by_pair() -> None:
    ours = [fake(1.0, 100.0), fake(4.0, 100.0), fake(2.0, 100.0)]
    peers = [fake(4.0, 400.0), fake(8.0, 200.0), fake(20.0, 400.0)]
    result = cold_start.summary({"torchffi": ours, "torch + transformers": peers})
    assert result["ratios"] == {"time": 0.25, "memory": 0.25}
    assert result["sides"]["torchffi"]["total"] == 2.0
    text = cold_start.table(result)
    assert "3 interleaved pairs" in text and "0.250" in text


def test_a_start_that_fails_is_an_error_with_its_last_line() -> None:
    with pytest.raises(RuntimeError, match=r"bench.minilm failed: .*no sentence"):
        cold_start.start(cold_start.NUMPY)


@pytest.mark.parametrize("side", ["ours", "peer"])
def test_both_sides_of_the_cold_start_compute_the_same(
    side: str, torch: Any, ffi_backend: None
) -> None:
    command = {"ours": cold_start.FFI, "peer": cold_start.PEER}[side]
    done = run("-m", *command, cold_start.SENTENCE)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    plain = numpy_minilm.NumpyEncoder(packaged_model())
    encoder = Encoder(packaged_model())
    tokens = padded(encoder.tokenizer.encode_batch([cold_start.SENTENCE]))
    np.testing.assert_allclose(result["embeddings"], plain.forward(*tokens), atol=1e-5)
    assert set(result["seconds"]) == {"import", "load", "embed"}


def neighbours_of(text: str) -> list[tuple[str, str]]:
    pattern = r"^  (\S.*?) {2,}(\S.*?) {2,}(\d\.\d{3})$"
    return [(a, b) for a, b, _ in re.findall(pattern, text, re.MULTILINE)]


def test_the_demonstration_pairs_what_belongs_together(ffi_backend: None) -> None:
    from bench.demo import SENTENCES

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


def test_unfair_settings_of_the_blas_library_are_dropped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from bench import __main__ as command

    seen: dict[str, str] = {}
    measure: Callable[..., int] = lambda *_: seen.update(os.environ) or 3  # noqa: E731
    monkeypatch.setattr(command, "measure", measure)
    monkeypatch.setattr(sys, "argv", ["bench", "--report", str(tmp_path)])
    for variable in (*command.UNFAIR, *command.THREADS):
        monkeypatch.setenv(variable, "Prescott")
    assert command.main() == 3
    assert not set(command.UNFAIR) & set(seen)
    assert {seen[variable] for variable in command.THREADS} == {"1"}
