"""Calls every function of the C ABI with bad arguments. A program of its own, for it may be killed.

Generated from the header: what is declared tomorrow is called tomorrow. Prints one JSON line:
{"functions": n, "calls": n, "wrong": [...]}.
"""

from __future__ import annotations

import itertools
import json
import random
import resource
import sys
from typing import Any

from shim import header
from torchffi.loader import ffi, lib, load

CALLS = 4000  # of each function, drawn at random where there are more combinations
GIB = 2**30
INT64 = (-(2**63), 2**63 - 1)


def bounded_memory() -> None:
    """An absurd size must fail to allocate here, not fill the machine."""
    with open("/proc/self/statm") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2 * GIB, used + 2 * GIB))


class Arguments:
    """Candidates for each C type."""

    def __init__(self, functions: tuple[header.Function, ...]) -> None:
        dims = ffi.new("int64_t[]", [2, 3])
        tensors = [lib.rt_torch_tensor_ones(dims, 2, dtype, -1) for dtype in (6, 4, 11, 10, 15, 28)]
        tensors.append(lib.rt_torch_tensor_ones(dims, 0, 6, -1))
        tensors.append(lib.rt_torch_tensor_zeros(ffi.new("int64_t[]", [0, 3]), 2, 6, -1))
        assert all(tensors)
        stale = lib.rt_torch_tensor_ones(dims, 2, 6, -1)
        lib.rt_torch_tensor_free(stale)
        self.tensors = frozenset(tensors)
        size = 65536 + 64  # the longest list that a function may read
        lists = [
            [0], [-1], [2, 3], [1, 0], [-1, 3], [2**62], [INT64[0]], [INT64[1]], [64, -2], [stale],
            tensors, tensors[:1], [1, 2, 3, 0],
        ]  # fmt: skip
        arrays = [
            ffi.new("int64_t[]", list(itertools.islice(itertools.cycle(x), size))) for x in lists
        ]
        self.memory = ffi.new("char[]", 1 << 20)
        integers = [0, -1, 1, 2, 3, 24, 64, 65, 2**31, 2**62, *INT64, 0x7FFF_1234_0000_0003, stale]
        integers += 2 * tensors  # most calls should get past the first check
        self.of = {
            "int64_t": integers,
            "int32_t": [0, -1, 1, 4, 6, 8, 10, 11, 15, 28, 99, -(2**31), 2**31 - 1],
            "double": [0.0, 1.0, -1.0, float("nan"), float("inf"), 1e308],
            "const int64_t *": [ffi.NULL, *arrays],
            "int64_t *": [ffi.NULL, arrays[0]],
            "const double *": [ffi.NULL, ffi.new("double *", 0.5)],
            "void *": [ffi.NULL, self.memory],
            "const void *": [ffi.NULL, self.memory],
            "char *": [ffi.NULL, self.memory],
            "void **": [ffi.NULL, ffi.new("void **")],
            "void (*)(void *context)": [ffi.NULL, ffi.addressof(lib, "torchffi_ticket_drop")],
        }
        self.kept = arrays
        unknown = {p.type for f in functions for p in f.parameters} - set(self.of)
        if unknown:
            raise SystemExit(f"no candidates for parameters of type {sorted(unknown)}")

    def combinations(self, function: header.Function, draw: random.Random) -> Any:
        candidates = [self.candidates(parameter) for parameter in function.parameters]
        total = 1
        for values in candidates:
            total *= len(values)
        if total <= CALLS:
            return itertools.product(*candidates)
        return ([draw.choice(values) for values in candidates] for _ in range(CALLS))

    def candidates(self, parameter: header.Parameter) -> list[Any]:
        if parameter.name == "context":  # the deleter's own: not the library's to check
            return [ffi.NULL]
        return self.of[parameter.type]


def problem(function: header.Function, result: Any, text: Any) -> str | None:
    """What is wrong with a call that returned ``result``."""
    if function.failure is None:
        return None
    code = lib.rt_torch_last_error(text, 4096)
    if result != int(function.failure):
        return None
    if function.fork_safe:  # rt_torch_tensor_free leaves the record alone
        return None
    message = ffi.string(text).decode()
    if not 1 <= code <= 10:
        return f"failed with code {code}"
    if code == 10:
        return f"failed as INTERNAL: {message}"
    if (
        not message.startswith(f"{function.operation}: ")
        or len(message) < len(function.operation) + 5
    ):
        return f"failed with the text {message!r}"
    return None


def main() -> None:
    if not load().available:
        raise SystemExit(f"LibTorch cannot be used: {load().reason}")
    functions = header.read().functions
    only = sys.argv[1:]
    arguments = Arguments(functions)
    threads = lib.rt_torch_num_threads()
    bounded_memory()
    text = ffi.new("char[]", 4096)
    calls, wrong = 0, []
    before = lib.rt_torch_live_handles()
    for function in functions:
        if only and function.name not in only:
            continue
        print(function.name, file=sys.stderr, flush=True)  # the last one named is the one that died
        draw = random.Random(function.name)
        call = getattr(lib, function.name)
        for values in arguments.combinations(function, draw):
            frees = function.name == "rt_torch_tensor_free"
            if frees and values[0] in arguments.tensors:
                continue
            result = call(*values)
            calls += 1
            found = problem(function, result, text)
            if found and len(wrong) < 20:
                wrong.append(f"{function.name}{tuple(map(str, values))}: {found}")
            if function.failure == "0" and result:
                lib.rt_torch_tensor_free(result)
        lib.rt_torch_set_num_threads(threads)
    if lib.rt_torch_live_handles() != before:
        wrong.append(f"{lib.rt_torch_live_handles() - before} handles leaked")
    print(json.dumps({"functions": len(functions), "calls": calls, "wrong": wrong}))


if __name__ == "__main__":
    main()
