"""``python -m tests.sanitize [address] [thread]``: tests of the C code under the sanitizers.

- address: the shim, the binding and ``_speedups`` under the address and undefined-behaviour
  sanitizers: the tests of the ABI, lifetimes, DLPack and operators by name, those of tests/fuzz with
  many more examples, damaged model files, and examples/train.c.
- thread: race.cpp, with the shim under the thread sanitizer.

Exits with 1 if a check fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from random import Random

from tests.fuzz import shrink
from tests.sanitize import race, tree

CALLS, SEEDS = 500_000, ("0", "1")  # of the fuzzer, in two processes
EXAMPLES = 1_000  # of each Hypothesis test
ROUNDS = 4_000  # of each thread
DAMAGED = 4_000  # model files
STEPS = 1_000  # of training
TESTS = (
    "tests/abi", "tests/interchange", "tests/fuzz", "tests/backends/test_lifetimes.py",
    "tests/backends/test_owner.py", "tests/backends/test_freed_tensors.py",
    "tests/backends/test_array_methods.py",
    "tests/backends/test_borrowed_arrays.py", "tests/backends/test_ops.py",
    "tests/backends/test_ops_boxed.py", "tests/backends/test_ops_in_place.py",
    "tests/backends/test_threads.py", "tests/array/test_indexing.py",
)  # fmt: skip
# They test compiled programs of their own, or replace malloc as the sanitizer does.
LEFT_OUT = tuple(
    f"tests/abi/test_{name}.py"
    for name in ("handles", "out_of_memory", "symbols", "stub", "c_program")
)


def tests() -> str:
    """The project's own tests."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"),
            *TESTS,
            *(f"--ignore={path}" for path in LEFT_OUT),
        ],
        cwd=ADDRESS,
        env={**tree.environment(), "TORCHFFI_EXAMPLES": str(EXAMPLES)},
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise AssertionError(done.stdout[-8000:] + done.stderr[-4000:])
    return done.stdout.splitlines()[-1].strip("= ")


def fuzz(seed: str) -> str:
    """Random sequences of calls."""
    report = shrink.Fuzz(ADDRESS, tree.environment()).run(CALLS, seed)
    assert report["calls"] >= CALLS
    assert report["compared"] > CALLS / 3, report
    return json.dumps({name: report[name] for name in ("calls", "failures", "compared", "seconds")})


def damage() -> str:
    """Damaged model files, of which the C code reads safetensors and TorchScript."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.files.damage", str(DAMAGED), "5"],
        cwd=ADDRESS,
        env=tree.environment(),
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise AssertionError(done.stdout[-8000:] + done.stderr[-8000:])
    return next(line for line in done.stdout.splitlines() if line.startswith("total"))


def training() -> str:
    """examples/train.c, whose leaks the sanitizer reports too."""
    random = Random(0)
    rows = [[random.gauss(kind, 1) for _ in range(4)] + [kind] for kind in (0, 1, 2) * 50]
    done = subprocess.run(
        [tree.program("address", ADDRESS, tree.ROOT / "examples/train.c"), str(STEPS)],
        input="".join(",".join(map(str, row)) + "\n" for row in rows),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-8000:]
    assert done.stdout.endswith("handles left: 0\n"), done.stdout
    return ", ".join(done.stdout.splitlines()[-2:])


def threads() -> str:
    """Eight threads."""
    calls = race.run(tree.FOLDER / "thread", ROUNDS)
    assert calls > 8 * ROUNDS * 100
    return f"{calls} calls"


ADDRESS = tree.FOLDER / "address"
CHECKS: dict[str, list[tuple[str, Callable[[], str]]]] = {
    "address": [
        ("train.c", training),
        ("damage", damage),
        ("tests", tests),
        *((f"fuzz {s}", lambda s=s: fuzz(s)) for s in SEEDS),
    ],  # type: ignore[misc]
    "thread": [("threads", threads)],
}


def main() -> int:
    failed = 0
    for kind in sys.argv[1:] or CHECKS:
        tree.build(kind, tree.FOLDER / kind)
        for name, check in CHECKS[kind]:
            started = time.perf_counter()
            try:
                result = check()
            except AssertionError as error:
                failed += 1
                result = f"FAILED\n{error}"
            print(f"{kind}: {name}: {result} ({time.perf_counter() - started:.0f} s)", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
