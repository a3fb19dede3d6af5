"""Calls every function of the C ABI with bad arguments. Run as a separate process, because it may crash.

The calls are generated from the header, so that new functions are included. Prints one JSON line:
{"functions": n, "calls": n, "wrong": [...]}.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import random
import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from shim.build import header
from tests.abi.package_file import package_file
from tests.abi.script_file import script_file
from tests.abi.values import INT64, LENGTH, OPERATORS, Structures, Values
from torchffi._diagnosis import memory_stats
from torchffi._libtorch.loader import ffi, lib, load

CALLS = 4000  # of each function, drawn at random where there are more combinations
GIB = 2**30


def bounded_memory() -> None:
    """Limits the address space, so that huge sizes fail to allocate.

    Less than 2 GiB are left: a request for just that could fit into malloc's heap, which keeps what is
    freed, and FBGEMM calls NULL where there is no address space for the code that it generates.
    """
    with open("/proc/self/statm") as statm:
        used = int(statm.read().split()[0]) * resource.getpagesize()
    most = used + 2 * GIB - GIB // 16
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


# A deleter in C; its context is NULL.
_FREE = ffi.cast("void (*)(void *)", ctypes.cast(ctypes.CDLL(None).free, ctypes.c_void_p).value)
HOOK = "int64_t (*)(void *context, int64_t gradient)"
BACKWARD = (
    "int32_t (*)(void *context, const int64_t *gradients, int64_t results_count, const int64_t *saved, "
    "int64_t saved_count, int64_t *input_gradients, int64_t inputs_count)"
)


@ffi.callback(HOOK)  # type: ignore[untyped-decorator]
def _drop(_: Any, gradient: int) -> int:
    lib.rt_torch_tensor_free(gradient)
    return 0


@ffi.callback(BACKWARD)  # type: ignore[untyped-decorator]
def _refuse(*_: Any) -> int:
    return -1


_ONE_RESULT = {"rt_torch_module_call", "rt_torch_module_tensors", "rt_torch_package_call"}


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
        lists = [
            [0], [-1], [2, 3], [1, 0], [-1, 3], [2**62], [INT64[0]], [INT64[1]], [64, -2], [stale],
            tensors, tensors[:1], [1, 2, 3, 0],
        ]  # fmt: skip
        arrays = [
            ffi.new("int64_t[]", list(itertools.islice(itertools.cycle(x), LENGTH))) for x in lists
        ]
        self.memory = ffi.new("char[]", 1 << 20)
        self.file = ffi.from_buffer(script_file())
        self.modules = [
            lib.rt_torch_module_load_data(self.file, len(self.file), -1, 0) for _ in range(2)
        ]
        assert all(self.modules)
        folder = Path(tempfile.mkdtemp())
        self.path, weights = folder / "module.pt", folder / "weights.safetensors"
        self.path.write_bytes(script_file())
        safetensors.numpy.save_file({"weight": np.ones((2, 3)), "x": np.ones(1)}, weights)
        self.weights = bytes(weights)
        self.files = [lib.rt_torch_safetensors_open(self.weights) for _ in range(2)]
        assert all(self.files)
        self.package_path = bytes(package_file(folder))
        self.packages = [
            lib.rt_torch_package_load(self.package_path, b"model", 1, 1, 0) for _ in range(2)
        ]
        assert all(self.packages)
        integers = [0, -1, 1, 2, 3, 24, 64, 65, 2**31, 2**62, *INT64, 0x7FFF_1234_0000_0003, stale]
        # Most calls should get past the first check.
        integers += [*tensors, *tensors[:-1], self.modules[0], self.files[0]]
        draw = random.Random("values")
        values = Values(tensors, draw)
        every = [*range(21), -1, 21, 2**31 - 1]
        likely = [[2], [2, 3], [2, 14, 6, 1], [2, 13], [2, 3, 6, 12, 1, 14], every, every, every]
        given = [values.array(tags) for tags in likely for _ in range(4)]
        self.results = ffi.new("rt_torch_value[]", LENGTH)
        self.operators = [_number(name) for name in OPERATORS]
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
            "const char *": [
                ffi.NULL,
                *map(
                    ffi.from_buffer,
                    (b"\0", b"aten::add\0", b"Tensor\0", b"x::\xff\0", b"y" * 5000 + b"\0"),
                ),
            ],
            "const rt_torch_value *": [ffi.NULL, *given],
            "rt_torch_value *": [ffi.NULL, self.results],
            "void (*)(void *context)": [ffi.NULL, _FREE],
            HOOK: [ffi.NULL, _drop],
            BACKWARD: [ffi.NULL, _refuse],
        }
        self.kept = arrays, values
        self.handles = arrays[0]
        self.structures = Structures(draw)
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

    def would_free(self, function: header.Function, values: Sequence[Any]) -> bool:
        """Whether the call would free a handle that later calls use."""
        used = {*self.tensors, *self.modules, *self.files, *self.packages}
        return function.fork_safe and values[0] in used

    def is_valid(self, function: header.Function, values: Any) -> bool:
        """Whether memory is as large, and a DLPack structure of the kind, as the library is told."""
        names = [parameter.name for parameter in function.parameters]
        if function.name == "rt_torch_module_load_data":
            return bool(values[1] <= len(self.file) or values[1] > 2**60)
        if names[:2] != ["managed", "versioned"] or values[1] not in (0, 1):
            return True
        return values[0] == ffi.NULL or self.structures.versioned[values[0]] == values[1]

    def candidates(self, parameter: header.Parameter) -> list[Any]:
        if parameter.name == "context":  # passed through to the deleter, never checked
            return [ffi.NULL]
        if parameter.name == "managed":
            return [ffi.NULL, *self.structures.versioned]
        if parameter.name in ("versioned", "copied", "copy"):
            return [0, 1, 0, 1, -1, 2]
        if parameter.name == "module":
            return [0, -1, *INT64, *self.tensors, *10 * self.modules]
        if parameter.name == "package":
            return [0, -1, *INT64, *self.tensors, *self.modules, *10 * self.packages]
        if parameter.name in ("model", "names"):
            names = (b"\0", b"model\0", b"model\0", b"a\nb\0", b"\xff\n\n\0")
            return [ffi.NULL, *map(ffi.from_buffer, names)]
        if parameter.name in ("trust", "unchecked", "full"):
            return [0, 1, 1, -1, 2]
        if parameter.name == "file":
            return [0, -1, *INT64, *self.tensors, *self.modules, *10 * self.files]
        if parameter.name == "name" and parameter.type == "const char *":
            return [*self.of[parameter.type], *map(ffi.from_buffer, (b"weight\0", b"x\0"))]
        if parameter.name == "method":
            return [ffi.NULL, *map(ffi.from_buffer, (b"forward\0", b"pair\0", b"count\0", b"x\0"))]
        if parameter.name == "path":
            names = (b"\0", b"/missing/x\0", os.fsencode(self.path) + b"\0", self.weights + b"\0")
            names += (self.package_path + b"\0",)
            return [ffi.NULL, *map(ffi.from_buffer, names)]
        if parameter.name == "preserved":
            return [ffi.NULL, *map(ffi.from_buffer, (b"\0", b"pair\0", b"count\npair\0", b"x\n\0"))]
        if parameter.name == "data" and parameter.type == "const void *":
            return [ffi.NULL, self.memory, self.file]
        if parameter.name == "op":
            return [0, -1, 10**6, INT64[1], *5 * self.operators]
        return self.of[parameter.type]

    def release(self, function: header.Function, result: Any) -> None:
        """Frees what a successful call returned, other than a DLPack structure."""
        if function.name == "rt_torch_call" and result > 0:
            self.free_results(result)
        elif function.name in _ONE_RESULT and result >= 0:
            self.free_results(1)
        elif function.name in ("rt_torch_grad", "rt_torch_function") and result >= 0:
            for i in range(LENGTH):
                lib.rt_torch_tensor_free(lib.torchffi_take(self.handles, i))
        elif [p.type for p in function.parameters[-2:]] == ["int64_t *", "int64_t"] and result >= 0:
            if function.parameters[-2].name == "results":
                for i in range(result):
                    lib.rt_torch_tensor_free(lib.torchffi_take(self.handles, i))
        elif function.name == "rt_torch_safetensors_open":
            lib.rt_torch_safetensors_free(result)
        elif function.failure == "0" and function.name != "rt_torch_operator_find":
            lib.torchffi_free(result)

    def free_results(self, count: int) -> None:
        """Frees the results of a call of an operator."""
        for i in range(count):
            value = self.results[i]
            member = value.data
            if value.tag == lib.RT_TORCH_TENSOR:
                lib.rt_torch_tensor_free(member.i)
            elif value.tag == lib.RT_TORCH_TENSOR_LIST:
                for handle in ffi.unpack(ffi.cast("int64_t *", member.p), value.length):
                    lib.rt_torch_tensor_free(handle)
        lib.rt_torch_values_free(self.results, count)


def _number(name: str) -> int:
    base, _, overload = name.partition(".")
    number: int = lib.rt_torch_operator_find(base.encode(), overload.encode())
    assert number, name
    return number


FAILURES = {"0": 0, "-1": -1, "NULL": ffi.NULL}


def failed(function: header.Function, result: Any) -> bool:
    """Whether the result signals a failure."""
    if function.failure == "NAN":
        return bool(result != result)
    return bool(result == FAILURES[function.failure or "0"])


def problem(function: header.Function, result: Any, text: Any) -> str | None:
    """Describes what is wrong with a call that returned ``result``, or None."""
    if function.failure is None:
        return None
    code = lib.rt_torch_last_error(text, 4096)
    if not failed(function, result):
        return None
    if function.fork_safe:  # rt_torch_tensor_free does not write the error record
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
    before = memory_stats()["live_handles"]
    for function in functions:
        if only and function.name not in only:
            continue
        print(
            function.name, file=sys.stderr, flush=True
        )  # the last name printed is the function that crashed
        draw = random.Random(function.name)
        call = getattr(lib, function.name)
        for values in arguments.combinations(function, draw):
            if arguments.would_free(function, values):
                continue
            if not arguments.is_valid(function, values):
                continue
            result = call(*values)
            calls += 1
            found = problem(function, result, text)
            if found and len(wrong) < 20:
                wrong.append(f"{function.name}{tuple(map(str, values))}: {found}")
            arguments.release(function, result)
            if function.failure == "NULL" and result:
                lib.rt_torch_dlpack_free(result, values[1])
        lib.rt_torch_set_num_threads(threads)
        lib.rt_torch_set_grad_enabled(1)
    if memory_stats()["live_handles"] != before:
        wrong.append(f"{memory_stats()['live_handles'] - before} handles leaked")
    print(json.dumps({"functions": len(functions), "calls": calls, "wrong": wrong}))


if __name__ == "__main__":
    main()
