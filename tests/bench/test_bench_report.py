"""The report of the benchmark: table, JSON, Markdown and plots."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.report import baseline, plots, plots_lines, table, write
from bench.report.rows import Row, rows
from bench.report.samples import Pairs, Ratio, ratio
from bench.report.targets import TARGETS, Target

SIDES = {"ours": {"Python": 0.02, "LibTorch": 0.2}, "peer": {"Python": 0.02, "PyTorch": 1.2}}
SWEEP = {
    "sizes": [1, 10],
    "seconds": {
        route: [2e-6, 3e-6 * i] for i, route in enumerate(("ffi", "fallback", "numpy", "torch"), 1)
    },
}
DETAILS: dict[str, dict[str, Any]] = {
    "first_result": {"parts": SIDES},
    "minilm_cold": {"parts": SIDES},
    "start_memory": {"bytes": {"Python": 9e6, "NumPy": 3e7, "torchffi": 1e8, "PyTorch": 2e8}},
    "alive": {
        "live": [10, 100],
        "seconds_per_op": [1e-6, 1e-6],
        "peer_seconds_per_op": [2e-6, 2e-6],
    },
}
SIZES = Pairs("sizes", "s/op", [], [], {"a + b": SWEEP, "a @ b": SWEEP})
ALL = [
    *(Pairs(t.key, "s", [1.0, 1.5], [2.0, 2.0], DETAILS.get(t.key, {})) for t in TARGETS),
    SIZES,
]
ABOUT = {
    **{"date": "2026-01-01T00:00:00+00:00", "quick": True, "cpu": "CPU", "cores": 2},
    **{"load_before": 0.1, "python": "3.11.7", "torchffi": "0.1.0", "libtorch": "2.13.0"},
    **{"torch": "2.13.0", "transformers": "5.0", "numpy": "2.4", "blas": "openblas"},
    **{
        "blas_kernel": "SkylakeX",
        "garbage_collector": "on, for both",
        "unset": ["OPENBLAS_CORETYPE"],
    },
}


def one(key: str, ours: list[float], peer: list[float], unit: str = "s/op") -> Row:
    return rows([Pairs(key, unit, ours, peer, {})])[0]


# ---- Ratios


@pytest.mark.parametrize(
    ("ours", "peer", "low", "median", "high"),
    [
        ([2, 3, 4, 10, 1], [2, 2, 2, 2, 2], 1.0, 1.5, 2.0),
        ([1, 10], [2, 40], 0.3125, 0.375, 0.4375),  # the median of the ratios, not 5.5 / 21
        ([3], [4], 0.75, 0.75, 0.75),
    ],
)
def test_a_ratio_is_the_median_of_the_pairs_with_their_quartiles(
    ours: list[float], peer: list[float], low: float, median: float, high: float
) -> None:
    found = ratio(Pairs("add", "s", ours, peer, {}))
    assert found == Ratio(low, median, high)
    assert found.spread == high - low


@pytest.mark.parametrize(
    ("target", "found", "verdict"),
    [
        (Target("k", "", "", 1.1, 0.85), 1.11, "short"),
        (Target("k", "", "", 1.1, 0.85), 1.1, "pass"),
        (Target("k", "", "", 1.1, 0.85), 0.85, "pass, aim"),
        (Target("k", "", "", 1.1, None), 0.1, "pass"),
        (Target("k", "", "", 1.8, 1.95, True), 1.79, "short"),
        (Target("k", "", "", 1.8, 1.95, True), 1.8, "pass"),
        (Target("k", "", "", 1.8, 1.95, True), 1.95, "pass, aim"),
    ],
)
def test_a_row_passes_or_is_short(target: Target, found: float, verdict: str) -> None:
    assert Row(target, Pairs("k", "s", [found], [1.0], {})).verdict == verdict


def test_rows_are_in_the_order_of_the_targets() -> None:
    assert [row.target.key for row in rows(reversed(ALL))] == [target.key for target in TARGETS]


# ---- The table


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12.34, "s", "12.3 s"),
        (0.5, "s", "500 ms"),
        (1.234e-3, "s/op", "1.23 ms"),
        (99e-6, "s/op", "99.0 us"),
        (42e-9, "s/op", "42.0 ns"),
        (2e-11, "s/op", "0.02 ns"),
        (142_300_000, "bytes", "142 MB"),
        (999, "bytes", "999 B"),
        (1234.5, "op/s", "1,234 op/s"),
        (12.345, "op/s", "12.3 op/s"),
    ],
)
def test_quantities_have_three_digits_and_a_unit(value: float, unit: str, text: str) -> None:
    assert table.quantity(value, unit) == text


FEW = [
    one("add", [1e-6, 1.2e-6, 1.1e-6], [1e-6, 1e-6, 1e-6]),
    one("two_threads", [190, 194], [100, 100], "op/s"),
    one("alive", [3e-6], [2e-6]),
]


def test_the_table_has_a_row_for_each_target() -> None:
    lines = table.text(FEW).splitlines()
    cells = [re.split(r"\s{2,}", line.strip()) for line in lines]
    assert cells[0] == ["peer", "ours", "peer's", "ratio", "quartiles", "pairs", "must", "aim"]
    assert cells[2:] == [
        ["a + b, 2x2", "PyTorch", "1.10 us", "1.00 us", "1.100", "1.050 - 1.150", "3", "<= 1.10",
         "<= 0.85", "pass"],
        ["two threads, 256x256 @ and +", "one thread", "192 op/s", "100 op/s", "1.920",
         "1.910 - 1.930", "2", ">= 1.80", ">= 1.95", "pass"],
        ["a + b with 10^6 live tensors", "with 10 live", "3.00 us", "2.00 us", "1.500",
         "1.500 - 1.500", "1", "<= 1.10", "short"],
    ]  # fmt: skip


def test_the_table_in_markdown() -> None:
    head, rule, *lines = table.markdown(FEW).splitlines()
    assert head.count("|") == rule.count("|") == 11
    assert lines[2] == (
        "| a + b with 10^6 live tensors | with 10 live | 3.00 us | 2.00 us | 1.500 "
        "| 1.500 - 1.500 | 1 | <= 1.10 |  | short |"
    )


def test_rows_that_pass_are_counted() -> None:
    found = [*FEW, one("add", [0.5], [1.0])]
    assert table.count(found) == "4 rows: 3 pass, 1 of them the aim; 1 short"


# ---- Changes since a baseline


@pytest.mark.parametrize(
    ("before", "mark"),
    [
        (Ratio(1.2, 1.21, 1.25), "better"),
        (Ratio(1.0, 1.2, 1.4), ""),  # the earlier run had a larger spread
        (Ratio(0.9, 0.99, 1.0), "worse"),
        (Ratio(1.05, 1.06, 1.07), ""),  # within the later one's spread
    ],
)
def test_a_change_counts_if_it_exceeds_both_spreads(before: Ratio, mark: str) -> None:
    now = one("add", [1.05, 1.05, 1.1, 1.1, 1.15], [1.0] * 5)  # 1.05, 1.1, 1.1
    assert now.ratio == Ratio(1.05, 1.1, 1.1)
    assert baseline.mark(now, before) == mark


def test_higher_is_better_for_throughput() -> None:
    now = one("two_threads", [1.9], [1.0])
    assert baseline.mark(now, Ratio(1.5, 1.5, 1.5)) == "better"
    assert baseline.mark(now, Ratio(1.95, 1.95, 1.95)) == "worse"


def test_changes_are_shown_as_a_table(tmp_path: Path) -> None:
    write.report([one("add", [2.0], [1.0]).pairs], ABOUT, tmp_path)
    before = baseline.read(tmp_path / "report.json")
    lines = baseline.changes([one("add", [1.5], [1.0]), FEW[2]], before["ratios"]).splitlines()
    assert lines[2].split()[-4:] == ["2.000", "1.500", "-25.0%", "better"]
    assert lines[3].split()[-3:] == ["-", "1.500", "new"]
    assert baseline.other_machine(before["machine"], ABOUT) == ""
    assert baseline.other_machine(before["machine"], {**ABOUT, "cores": 4}) == "cores was 2, is 4"


# ---- The files


def test_the_report_is_written(tmp_path: Path) -> None:
    (tmp_path / "old.png").touch()
    files = write.report(ALL, ABOUT, tmp_path)
    drawn = ["ratios.png", "sizes.png", "cold_start.png", "memory.png", "alive.png"]
    assert files == ["report.json", "report.md", *drawn]
    assert {path.name for path in tmp_path.iterdir()} == set(files)
    for name in drawn:
        data = (tmp_path / name).read_bytes()
        width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
        assert data.startswith(b"\x89PNG") and width > 600 and height > 300
    text = (tmp_path / "report.md").read_text()
    assert re.findall(r"!\[.*\]\((.*)\)", text) == drawn
    assert "- CPU, 2 cores, load 0.1 before" in text and "OPENBLAS_CORETYPE was set" in text
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["machine"] == ABOUT
    assert found["rows"][0]["ratio"] == {"low": 0.5625, "median": 0.625, "high": 0.6875}
    assert (found["rows"][0]["ours"], found["rows"][0]["peers"]) == (1.25, 2.0)
    assert found["rows"][0]["pairs"] == {"ours": [1.0, 1.5], "peer": [2.0, 2.0]}
    assert found["details"]["sizes"]["a + b"]["sizes"] == [1, 10]


def test_only_what_was_measured_is_drawn(tmp_path: Path) -> None:
    drawn = plots.draw([one("add", [1.0], [2.0]).pairs], tmp_path)
    assert [plot.file for plot in drawn] == ["ratios.png"]


@pytest.mark.parametrize(
    ("ours", "peer", "size"),
    [
        ([2, 1], [1, 2], 10),  # half the way between 1 and 100, on a logarithmic axis
        ([8, 1], [1, 2], 100**0.75),
        ([1, 1], [2, 2], 1),
        ([1, 2], [2, 1], None),
        ([1, 1], [1, 1], None),
    ],
)
def test_the_crossover_is_where_the_lines_meet(
    ours: list[float], peer: list[float], size: float | None
) -> None:
    assert plots_lines.crossover([1, 100], ours, peer) == (size and pytest.approx(size))


def test_the_last_crossover_counts() -> None:
    assert plots_lines.crossover([1, 10, 100, 1000], [1, 2, 2, 1], [2, 1, 1, 2]) == pytest.approx(
        316.228
    )
