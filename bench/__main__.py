"""The benchmark: torchffi on LibTorch and on NumPy, beside plain NumPy and PyTorch's own Python.

python -m bench [--quick] [--threads N] [--only EXPRESSION] writes bench/report/ and ends with a table
of ratios. With one thread, which is the default, the figures do not hang on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "bench" / "report"
# A machine may set these for the sake of an older NumPy; they slow a current one down.
UNFAIR = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# What LibTorch and the BLAS libraries of NumPy read.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
NEEDED = ("pytest_benchmark", "matplotlib", "threadpoolctl", "tokenizers", "safetensors")
# Seconds for each case, and how often it runs at least.
FULL, QUICK = ("0.5", "5"), ("0.08", "3")


def main() -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under a minute; also QUICK=1")
    parser.add_argument("--only", default="", help="names of cases, as for pytest -k")
    parser.add_argument("--report", type=Path, default=REPORT, help="folder to write into")
    parser.add_argument("--threads", type=int, default=1, help="for each of them (default 1)")
    options = parser.parse_args()
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(f"bench: {', '.join(missing)} not installed: pip install -e '.[demo,bench]'",
              file=sys.stderr)  # fmt: skip
        return 1
    for variable in UNFAIR:
        os.environ.pop(variable, None)
    for variable in THREADS:
        os.environ[variable] = str(options.threads)
    options.report.mkdir(parents=True, exist_ok=True)
    raw = options.report / "pytest-benchmark.json"
    raw.unlink(missing_ok=True)
    quick = options.quick or os.environ.get("QUICK", "0") not in ("", "0")
    busy = os.getloadavg()[0]
    code = measure(raw, QUICK if quick else FULL, options.only)
    if not raw.is_file() or not raw.stat().st_size:
        print("bench: nothing was measured", file=sys.stderr)
        return code or 1
    write(json.loads(raw.read_text(encoding="utf-8")), options.report, busy)
    if code:
        print("bench: cases failed, see above; they are not in the table", file=sys.stderr)
    return code


def measure(raw: Path, budget: tuple[str, str], only: str) -> int:
    """Times the cases in a process of its own; returns its exit code."""
    seconds, rounds = budget
    command = [
        *(sys.executable, "-m", "pytest", str(ROOT / "bench" / "measure.py")),
        *("--quiet", "--no-header", "-p", "no:xdist", "-p", "no:cacheprovider"),
        *("--benchmark-quiet", f"--benchmark-json={raw}", "--benchmark-min-time=0.0005"),
        *(f"--benchmark-max-time={seconds}", f"--benchmark-min-rounds={rounds}"),
        *(("-k", only) if only else ()),
    ]
    # Inside a parallel test run pytest-benchmark would take itself for a worker and measure nothing.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=ROOT, env=alone, check=False).returncode


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    import numpy as np
    import threadpoolctl  # type: ignore[import-untyped]

    import torchffi

    libraries = threadpoolctl.threadpool_info()
    blas: dict[str, Any] = next((one for one in libraries if one["user_api"] == "blas"), {})
    return {
        "cpu": _cpu(),
        "threads": torchffi.get_num_threads(),
        "cores": len(os.sched_getaffinity(0)),
        "python": sys.version.split()[0],
        "torchffi": version("torchffi"),
        "libtorch": torchffi.torch_version(),
        "numpy": np.__version__,
        "blas": f"{blas.get('internal_api', '?')} {blas.get('version', '')}".strip(),
        "blas_kernel": blas.get("architecture", "?"),
        "torch": version("torch") if find_spec("torch") else None,
        "garbage_collector": "on",
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return os.uname().machine


def write(measured: dict[str, Any], folder: Path, busy: float) -> None:
    """Writes report.json and report.png, and prints the table."""
    from bench import plot, report

    about = {**machine(), "load_before": busy}
    found = report.rows(measured)
    text = json.dumps(report.as_json(found, about), indent=2)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    title = (
        f"torchffi {about['torchffi']} and its peers: LibTorch {about['libtorch']}, NumPy "
        f"{about['numpy']} ({about['blas']}, {about['blas_kernel']}), Python {about['python']}, "
        f"{about['cpu']}, {about['threads']} thread{'s' * (about['threads'] > 1)}"
    )
    plot.draw(found, folder / "report.png", title)
    print(f"\n{title}\n\n{report.table(found)}\n")
    print("Times are medians of one call; a ratio below 1 means that torchffi takes less time.")
    if busy > 0.5:
        print(
            f"The machine was busy with other work (load {busy:.1f}): run it again when it is not."
        )
    if about["torch"] is None:
        print("PyTorch's own Python is not installed here, so it was not measured.")
    print(
        f"Written to {os.path.relpath(folder)}: report.json, report.png, {'pytest-benchmark.json'}"
    )


if __name__ == "__main__":
    sys.exit(main())
