"""Single operations, each timed alternately with its peer in one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench.cases import routes
from bench.cases.routes import Array
from bench.report.samples import Pairs
from bench.report.targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
CORES = len(os.sched_getaffinity(0))


class Case(NamedTuple):
    """One operation on one or two arrays of float32.

    Attributes:
        statement: As users of both libraries write it, with the names of ``routes.names``.
        expected: Computes the expected result from the arrays, with NumPy.
        shape: The shape of the arrays.
        threads: Number of LibTorch threads.
        ours, peer: The routes.
        host: Whether the result is not a tensor; then the operand shows the route.
    """

    statement: str
    expected: Callable[[Array, Array], Any]
    shape: tuple[int, ...] = (2, 2)
    threads: int = 1
    ours: str = "ffi"
    peer: str = "torch"
    host: bool = False

    def arrays(self) -> tuple[Array, Array]:
        """The operands, uniform in [-1, 1), the same every time."""
        generator = np.random.default_rng(0)
        a, b = (2 * generator.random((2, *self.shape), np.float32) - 1).astype(np.float32)
        return a, b

    @property
    def tolerance(self) -> float:
        """Largest relative difference that float32 rounding explains, in sums along an axis."""
        return 1e-6 * max(10, self.shape[-1] if "@" in self.statement else 0)


_MANY = (10_000_000,)
_SQUARE = (2048, 2048)

CASES: dict[str, Case] = {
    "add": Case("a + b", np.add),
    "matmul": Case("a @ b", np.matmul),
    "relu": Case("relu(a)", lambda a, _: np.maximum(a, 0)),
    "sum": Case("a.sum()", lambda a, _: a.sum()),
    "getitem": Case("a[0]", lambda a, _: a[0]),
    "reshape": Case("a.reshape(4)", lambda a, _: a.reshape(4)),
    "zeros": Case("zeros((2, 2))", lambda a, _: np.zeros_like(a)),
    "from_numpy": Case("from_numpy(array)", lambda a, _: a),
    "numpy": Case("a.numpy()", lambda a, _: a, host=True),
    "float": Case("float(t)", lambda a, _: float(a[0, 0]), host=True),
    "boxed_add": Case("ops.aten.add.Tensor(a, b)", np.add),
    "elementwise_large_1": Case("a + b", np.add, _MANY),
    "elementwise_large_2": Case("a + b", np.add, _MANY, threads=CORES),
    "matmul_large_1": Case("a @ b", np.matmul, _SQUARE),
    "matmul_large_2": Case("a @ b", np.matmul, _SQUARE, threads=CORES),
    "fallback_add": Case("a + b", np.add, ours="fallback", peer="numpy"),
    "fallback_large": Case("a + b", np.add, _MANY, ours="fallback", peer="numpy"),
}


def verify(case: Case, route: str, names: dict[str, Any], expected: Any) -> None:
    """Runs a case once and checks the route and the value of its result.

    Raises:
        AssertionError: If the route or the value is wrong.
    """
    result = eval(case.statement, dict(names))
    shown = (names["a"], result) if case.host else result
    routes.check(route, shown, np.asarray(expected), case.tolerance)


def measure(
    quick: bool, progress: Callable[[str], None], keys: Sequence[str] = tuple(CASES)
) -> list[Pairs]:
    """Times cases with pytest-benchmark, in a separate process; one step each.

    Args:
        quick: Fewer pairs.
        progress: Called with the description of each case.
        keys: The cases.

    Returns:
        The cases that did not fail. The output of the others is on stderr.
    """
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder, "pytest-benchmark.json")
        output, failed = _run(raw, quick, progress, keys)
        if failed:
            print(output, file=sys.stderr)
        written = raw.read_text(encoding="utf-8") if raw.is_file() else ""
    return [_pairs(case) for case in json.loads(written)["benchmarks"]] if written else []


def _run(
    raw: Path, quick: bool, progress: Callable[[str], None], keys: Sequence[str]
) -> tuple[str, bool]:
    """Runs pytest; returns its output and whether a case failed."""
    command = [
        *(
            sys.executable,
            "-m",
            "pytest",
            *(f"bench/cases/measure.py::test_case[{key}]" for key in keys),
        ),
        *("--verbose", "--no-header", "-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider"),
        *("--benchmark-quiet", f"--benchmark-json={raw}"),
    ]
    # Without pytest's other plugins, some of which are slow to import; and without the variables of
    # a parallel test run, in which pytest-benchmark would measure nothing.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment | {"QUICK": str(int(quick)), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    assert process.stdout is not None
    what = {target.key: target.what for target in TARGETS}
    left = [what[key] for key in keys]
    progress(left.pop(0))
    for line in process.stdout:
        lines.append(line)
        if "::test_case[" in line and "%]" in line and left:  # this case has ended
            progress(left.pop(0))
    return "".join(lines), process.wait() != 0


def _pairs(measured: dict[str, Any]) -> Pairs:
    """One case of pytest-benchmark's JSON."""
    info = measured["extra_info"]
    calls = info["calls"]
    ours, peer = (
        [seconds / calls for seconds in side] for side in (measured["stats"]["data"], info["peer"])
    )
    return Pairs(info["key"], "s/op", ours, peer, {"calls": calls, "threads": info["threads"]})
