"""The breadth benchmark: every public name has a row, and a row compares the same on all sides."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi
from bench.breadth import command, names, operands, sides, summary, timing
from bench.breadth.operands import SIZES
from bench.breadth.rows import GROUPS, Row, rows
from bench.breadth.timing import Measured
from bench.cases import routes
from tests.support import ROOT

SMALL = SIZES[0]


@pytest.fixture
def one_thread(torch: Any) -> Iterator[None]:
    before = torch.get_num_threads()
    routes.set_threads(1)
    yield
    torch.set_num_threads(before)


# ---- The names


def test_every_public_name_has_a_row_or_a_reason_for_none() -> None:
    public, exempt, have = names.public(), names.exempt(), {row.name for row in rows(TABLES)}
    assert public - have - exempt - names.called_by_name() == set(), (
        "without a row in bench/breadth/calls"
    )
    assert have - public == set(), "in the tables, but not public"
    assert exempt - public == set(), "exempt, but not public"
    assert exempt & have == set(), "exempt, but with a row"
    assert len({(row.group, row.ours) for row in rows()}) == len(rows()), "a row is there twice"


TABLES = [group for group in GROUPS if group != "programs"]


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("t.add(x, y)", "add"),
        ("t.linalg.inv(m)", "linalg.inv"),
        ("F.relu(x)", "nn.functional.relu"),
        ("t.nn.init.zeros_(x)", "nn.init.zeros_"),
        ("x + y", "Tensor.__add__"),
        ("2.0 - x", "Tensor.__rsub__"),
        ("x @ y.mT", "Tensor.__matmul__"),
        ("-x", "Tensor.__neg__"),
        ("x <= y", "Tensor.__le__"),
        ("0.5 in x", "Tensor.__contains__"),
        ("divmod(7, i)", "Tensor.__rdivmod__"),
        ("x += y", "Tensor.__iadd__"),
        ("x[0] = 1.0", "Tensor.__setitem__"),
        ("x[x > 0]", "Tensor.__getitem__"),
        ("x.mT", "Tensor.mT"),
        ("(x * x).sum()", "Tensor.sum"),
        ("float(x)", "Tensor.__float__"),
        ("math.floor(x)", "Tensor.__floor__"),
        ("t.ops.aten.add.Tensor(x, y)", "ops.aten.add.Tensor"),
        ("t.ops.aten.abs.default(x)", "ops.aten.abs"),
        ("adam.step()", "optim.Adam.step"),
    ],
)
def test_the_name_that_a_statement_calls(statement: str, name: str) -> None:
    assert names.called(statement) == name


@pytest.mark.parametrize("statement", ["x", "x = y", "f(x)", "for a in x: pass"])
def test_other_statements_are_refused(statement: str) -> None:
    with pytest.raises(ValueError, match="is not a call of a public name"):
        names.called(statement)


def test_rows_are_chosen_by_group_and_by_name() -> None:
    assert {row.group for row in rows(["fft", "indexing"])} == {"fft", "indexing"}
    assert {row.name for row in rows(["add"])} == {
        *("add", "Tensor.add", "ops.aten.add.Tensor", "ops.aten.add.Scalar")
    }
    assert {row.ours for row in rows(["Tensor.__iadd__"])} == {"x += y", "x += 0.5"}
    with pytest.raises(ValueError, match=r"unknown name 'addd'; expected a group \(operators"):
        rows(["add", "addd"])


def test_statements_of_peers_are_derived() -> None:
    found = {row.ours: row for row in rows(TABLES)}
    row = found["t.sum(x, axis=-1, keepdims=True)"]
    assert row.torch == "t.sum(x, dim=-1, keepdim=True)"
    assert row.numpy == "np.sum(x, axis=-1, keepdims=True)"
    assert found["t.equal(i, j)"].torch == "t.eq(i, j)"
    assert found["t.erf(x)"].numpy is None
    assert found["x.backend"].torch is None
    assert found["x.abs_()"].numpy == "np.abs(x, out=x)"


# ---- The sides


@pytest.mark.parametrize("group", GROUPS)
def test_a_row_computes_the_same_on_all_sides(
    group: str, ffi_backend: None, one_thread: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_LARGE", 0)  # share all arrays, as those of 10^6 elements
    monkeypatch.setattr(sides, "_arrays", {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for row in rows([group]):
            values, _ = timing.checked(row, SMALL)
            expected = {"ffi", *(["torch"] if row.torch else []), *(["numpy"] if row.numpy else [])}
            assert values.keys() - {"fallback"} == expected, row
    for (name, _), value in sides._arrays.items():
        if name in operands.ARRAYS:  # no row has overwritten an operand that others share
            np.testing.assert_array_equal(value, operands.ARRAYS[name](SMALL), err_msg=name)


ROW = Row("operators", "x + y", "x + y", "x + y")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"torch": "x - y"}, "the results differ by up to"),
        ({"numpy": "x * y"}, "the results differ by up to"),
        ({"torch": "(x + y)[0]"}, "shapes"),
        ({"torch": "[x, y]"}, "x . y: array"),
        ({"numpy": "'float32'"}, "'float32'"),
    ],
)
def test_different_results_are_refused(
    change: dict[str, str], message: str, ffi_backend: None, one_thread: None
) -> None:
    timing.checked(ROW, SMALL)
    with pytest.raises(sides.DifferentError, match=message):
        timing.checked(ROW._replace(**change), SMALL)


def test_a_result_of_another_route_is_refused(ffi_backend: None, one_thread: None) -> None:
    with (
        pytest.raises(routes.WrongRouteError, match="fallback: the result comes from ffi"),
        sides.on("fallback"),
    ):
        namespace = sides.namespace(ROW, "fallback", SMALL)
        with torchffi.use_backend("ffi"):
            namespace |= {name: torchffi.ones((2, 2)) for name in "xy"}
        sides.result(ROW, "fallback", namespace)


def test_results_that_depend_on_chance_or_signs() -> None:
    one, other = np.ones((2, 2)), np.zeros((2, 2))
    chance, decomposition = (
        next(row for row in rows() if row.ours == ours)
        for ours in ("x.normal_()", "t.linalg.qr(m)")
    )
    sides.compare(chance, one, other)
    with pytest.raises(sides.DifferentError, match="shapes"):
        sides.compare(chance, one, other[0])
    sides.compare(decomposition, [one, one], [one, -one])
    with pytest.raises(sides.DifferentError):
        sides.compare(decomposition, [one, one], [one, other])


def test_an_operation_of_libtorch_alone_has_no_fallback(
    ffi_backend: None, one_thread: None
) -> None:
    row = Row("methods", "x.lgamma()", "x.lgamma()", None)
    assert timing.checked(row, SMALL)[0].keys() == {"ffi", "torch"}


def test_a_row_is_timed_in_rounds_on_all_sides(ffi_backend: None, one_thread: None) -> None:
    found = timing.measure(Row("in-place", "x += y", "x += y", "x += y"), SMALL, 1e-3)
    assert found.seconds.keys() == set(routes.NAMES)
    assert {len(times) for times in found.seconds.values()} == {timing.FEWEST}
    assert all(0 < time < 1e-3 for times in found.seconds.values() for time in times)


# ---- The figures


def measured(ours: str, size: str, *times: float) -> Measured:
    row = Row("fft", ours, ours, ours)
    return Measured(
        row, size, {route: [time] for route, time in zip(routes.NAMES, times, strict=False)}
    )


FOUND = [  # FFI, fallback, NumPy, PyTorch
    measured("t.fft.fft(x)", "2x2", 4e-6, 2e-6, 1e-6, 2e-6),
    measured("t.fft.fft(x)", "1,000", 4e-6, 8e-6, 4e-6, 8e-6),
    measured("t.fft.ifft(x)", "2x2", 1e-6, 4e-6, 4e-6, 2e-6),
    measured("t.fft.ifft(x)", "1,000", 4e-6, 2e-6, 1e-6, 2e-6),
    measured("t.fft.rfft(x)", "2x2", 1e-6, 4e-6),
    measured("t.fft.rfft(x)", "1,000", 1e-6, 4e-6),
]


def test_figures_of_a_group() -> None:
    at = FOUND[0], FOUND[2], FOUND[4]
    assert summary.figures(at, "ffi", "torch") == (2, pytest.approx(1), 0.5)
    assert summary.figures(at, "fallback", "numpy") == (2, pytest.approx(2**0.5), 0.5)
    assert summary.figures(at[2:], "ffi", "torch") is None
    assert ("fft", "2x2", "3", "1.00", "50%", "1.41", "50%", "0.50", "33%") in summary.lines(FOUND)


def test_the_size_from_which_ffi_wins() -> None:
    assert summary.wins_from(FOUND) == {
        "fft: t.fft.fft(x)": "1,000",
        "fft: t.fft.ifft(x)": "never",  # it wins at 2x2 alone
        "fft: t.fft.rfft(x)": "2x2",
    }
    assert summary.wins(FOUND)[1] == ("fft", "1", "1", "1")


def test_the_worst_rows_come_first() -> None:
    assert summary.worst(FOUND, "ffi", "torch", 2) == [
        ("t.fft.fft(x)", "2.00", "4.00 us", "2.00 us"),
        ("t.fft.ifft(x)", "2.00", "4.00 us", "2.00 us"),
    ]


# ---- The command


def test_the_command_measures_reports_and_compares(tmp_path: Path, ffi_backend: None) -> None:
    def run(folder: str, *more: str) -> tuple[str, dict[str, Any]]:
        chosen = "--breadth", "--quick", "--only", "add,life,Tensor.is_leaf"
        arguments = [
            sys.executable,
            "-m",
            "bench",
            *chosen,
            "--report",
            str(tmp_path / folder),
            *more,
        ]
        done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout, json.loads((tmp_path / folder / "breadth.json").read_text())

    text, content = run("first")
    assert {path.name for path in (tmp_path / "first").iterdir()} == {
        *("breadth.json", "breadth.md", "breadth.png")
    }
    row = next(row for row in content["rows"] if row["key"] == "element-wise: t.add(x, y), 1,000")
    assert row["seconds"].keys() == {"ffi", "torch", "fallback", "numpy"}
    assert row["ratios"].keys() == {"FFI / PyTorch", "fallback / NumPy", "FFI / fallback"}
    assert row["ffi_wins_from"] in ("2x2", "1,000", "10^6", "never")
    assert [row["size"] for row in content["rows"] if row["name"] == "life"] == ["whole"]
    assert content["failed"] == {}
    assert "FFI is faster than the fallback from" in text and "life.run(t)" in text
    markdown = (tmp_path / "first" / "breadth.md").read_text()
    assert "![Ratios by group](breadth.png)" in markdown and "| `x.add(y)` | 1,000 |" in markdown

    for row in content["rows"]:
        for ratio in row["ratios"].values():
            ratio.update(low=100.0, median=100.0, high=100.0)
    (tmp_path / "before.json").write_text(json.dumps(content))
    text, _ = run("second", "--baseline", str(tmp_path / "before.json"))
    assert "element-wise: t.add(x, y), 1,000" in text and "100.00" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "no-such-row"), "bench: unknown name 'no-such-row'; expected a group"),
        (("--baseline", "/nonexistent.json"), "bench: /nonexistent.json: No such file"),
        (("--baseline", "pyproject.toml"), "bench: pyproject.toml: not a breadth.json"),
    ],
)
def test_the_command_names_invalid_arguments(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--breadth", *arguments, "--report", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(message) and done.stderr.count("\n") == 1


def test_a_failed_row_is_reported_and_does_not_stop_the_others(
    ffi_backend: None, one_thread: None
) -> None:
    found, failed = command.measure([ROW._replace(torch="x - y"), ROW], quick=True)
    assert [one.size for one in found] == ["2x2", "1,000"]
    assert list(failed) == ["x + y, 2x2", "x + y, 1,000"]
    assert failed["x + y, 2x2"].startswith("DifferentError: x + y: the results differ by up to")
