"""Fails every allocation of every statement of test_frames.py, one after the other.

A program, preloaded with tests/abi/failing_memory.cpp, because the process may die.

Prints one JSON line: {"statements": n, "calls": n, "failures": n, "wrong": [...]}.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
from typing import Any

import torchffi
from tests.frames_table import FUNCTIONS, METHODS
from tests.support import handles
from tests.test_frames import operands
from torchffi import ops

memory = ctypes.PyDLL(os.environ["LD_PRELOAD"].split(":")[0])
memory.fail_at.argtypes = [ctypes.c_long, ctypes.c_int]

MOST = 2000  # allocations of a statement
# MKL (fft) and oneDNN (gelu, conv2d) end the process if they cannot allocate a plan.
# LAPACK reports other errors.
_LEFT_OUT = ("gelu(", "t.fft.", "t.linalg.")
OPERATORS = (
    "ops.aten.add(x, y)", "ops.aten.add_(x, y)", "ops.aten.sort(x)", "ops.aten.split(x, 1)",
    "ops.aten.cat([x, y])",    "ops.aten.unbind(x)", "ops.aten.topk(x, 2)", "ops.aten.linalg_svd(x)",
    "ops.aten.max.dim(x, 1)", "ops.aten.unique_dim(x, 0)", "ops.aten.einsum('ij,ij->i', [x, y])",
    "ops.aten.nonzero(x)", "ops.aten.chunk(x, 2)", "ops.aten.meshgrid([v, v])",
)  # fmt: skip


def _names() -> dict[str, Any]:
    return {**operands(), "ops": ops}


def sweep(statement: str, wrong: list[str]) -> tuple[int, int]:
    """Runs a statement with the first allocation failing, then with the second, until none fails."""
    code = compile(statement, "<statement>", "exec")
    exec(code, _names())
    gc.collect()
    before = handles()
    failures = 0
    for number in range(1, MOST):
        names = _names()  # a statement may write its operands
        try:
            memory.fail_at(number, 0)
            exec(code, names)
            happened = memory.failed()
        except MemoryError:
            happened = memory.failed()
        except BaseException as error:
            happened = memory.failed()
            wrong.append(f"{statement}: allocation {number}: {error!r:.200}")
        del names
        failures += happened
        if not happened:
            break
    gc.collect()
    if handles() != before:
        wrong.append(f"{statement}: {before} handles, bytes and arrays became {handles()}")
    return number, failures


def main() -> None:
    torchffi.set_num_threads(1)
    tables = (*FUNCTIONS.values(), *METHODS.values(), OPERATORS)
    statements = sorted({one for table in tables for several in [table] for one in several})
    wrong: list[str] = []
    calls = failures = 0
    with torchffi.use_backend("ffi"):
        for statement in statements:
            if any(name in statement for name in _LEFT_OUT):
                continue
            print(statement, file=sys.stderr, flush=True)
            assigns = "=" in statement.split("(")[0]
            done, failed = sweep(statement if assigns else f"_ = {statement}", wrong)
            calls, failures = calls + done, failures + failed
    report = {"statements": len(statements), "calls": calls, "failures": failures}
    print(json.dumps({**report, "wrong": wrong}))


if __name__ == "__main__":
    main()
