"""The operations that the benchmark times, each beside its peer in one process, in turns."""

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

from bench import routes
from bench.pairs import Pairs
from bench.routes import Array
from bench.targets import TARGETS

ROOT = Path(__file__).resolve().parent.parent
CORES = len(os.sched_getaffinity(0))


class Case(NamedTuple):
    """One operation on one or two arrays of float32.

    Attributes:
        statement: As the users of both sides write it, with the names of ``routes.names``.
        expected: What it has to give, of the arrays in NumPy.
        shape: Of the arrays.
        threads: How many LibTorch may use.
        ours, peer: The routes.
        host: Whether the result is no tensor; then the operand shows which route it was.
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
        """What the rounding of float32 explains, in sums as long as an axis."""
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
    """Runs a case once, and refuses a result that came by another route or is wrong.

    Raises:
        AssertionError: If so.
    """
    result = eval(case.statement, dict(names))
    shown = (names["a"], result) if case.host else result
    routes.check(route, shown, np.asarray(expected), case.tolerance)


def measure(
    quick: bool, progress: Callable[[str], None], keys: Sequence[str] = tuple(CASES)
) -> list[Pairs]:
    """Times cases by pytest-benchmark, in a process of its own; a step for each.

    Args:
        quick: Fewer pairs.
        progress: Is told what is timed now.
        keys: The cases.

    Returns:
        Those that did not fail. What the others said is on stderr.
    """
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder, "pytest-benchmark.json")
        said, failed = _run(raw, quick, progress, keys)
        if failed:
            print(said, file=sys.stderr)
        written = raw.read_text(encoding="utf-8") if raw.is_file() else ""
    return [_pairs(case) for case in json.loads(written)["benchmarks"]] if written else []


def _run(
    raw: Path, quick: bool, progress: Callable[[str], None], keys: Sequence[str]
) -> tuple[str, bool]:
    """Runs pytest; returns what it said and whether a case failed."""
    command = [
        *(sys.executable, "-m", "pytest", *(f"bench/measure.py::test_case[{key}]" for key in keys)),
        *("--verbose", "--no-header", "-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider"),
        *("--benchmark-quiet", f"--benchmark-json={raw}"),
    ]
    # Without pytest's other plugins, some of which take long to import; and inside a parallel test
    # run pytest-benchmark would take itself for a worker and measure nothing.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=alone | {"QUICK": str(int(quick)), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
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
        if "::test_case[" in line and "%]" in line and left:  # that one has ended
            progress(left.pop(0))
    return "".join(lines), process.wait() != 0


def _pairs(measured: dict[str, Any]) -> Pairs:
    """One case of what pytest-benchmark wrote."""
    info = measured["extra_info"]
    calls = info["calls"]
    ours, peer = (
        [seconds / calls for seconds in side] for side in (measured["stats"]["data"], info["peer"])
    )
    return Pairs(info["key"], "s/op", ours, peer, {"calls": calls, "threads": info["threads"]})
