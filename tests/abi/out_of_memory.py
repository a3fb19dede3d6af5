"""Fails every allocation of a call of every C function, one after the other. A program, preloaded with
failing_memory.cpp, because the process may die.

Prints one JSON line: {"functions": n, "calls": n, "failures": n, "never": [...], "wrong": [...]}.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import sys
from collections.abc import Iterator
from typing import Any

from shim.build import header
from tests.abi.robustness import BACKWARD, HOOK, Arguments, bounded_memory, failed
from tests.abi.robustness import _number as operator
from torchffi._libtorch.loader import ffi, lib, load

memory = ctypes.PyDLL(os.environ["LD_PRELOAD"].split(":")[0])
memory.fail_at.argtypes = [ctypes.c_long, ctypes.c_int]
memory.set_range.argtypes = [ctypes.c_size_t, ctypes.c_size_t]
memory.live_blocks.restype = ctypes.c_long

SEARCH = 3000  # random calls in which one that succeeds is searched
MOST = 2000  # allocations of a call
REPEATS = 3  # of each failure: the last ones must leave as many blocks as they found
# They end or change the process for good, or call into another library.
LEFT_OUT = {"rt_torch_load_library", "rt_torch_set_num_threads"}
# oneDNN, which gelu calls, and LibTorch's moving of modules end the process; the shim allocates nothing.
LEFT_OUT |= {"rt_torch_gelu", "rt_torch_module_train"}
# The library of a package, and what LibTorch does for it.
LEFT_OUT |= {f"rt_torch_package_{name}" for name in ("load", "call", "load_constants")}
# MKL ends the process if it cannot allocate the plan of a transform. LAPACK reports want of memory as
# other errors, on stdout.
LEFT_OUT |= {
    f"rt_torch_tensor_{name}"
    for name in [
        "fft_fft",
        "fft_ifft",
        "fft_rfft",
        "fft_irfft",
        "fft_hfft",
        "fft_ihfft",
        "fft_fftn",
        "fft_ifftn",
        "fft_rfftn",
        "fft_irfftn",
        "cholesky",
        "det",
        "eig",
        "eigh",
        "eigvals",
        "eigvalsh",
        "inv",
        "matrix_norm",
        "matrix_rank",
        "pinv",
        "qr",
        "slogdet",
        "solve",
        "svd",
        "svdvals",
    ]
}
# Which allocations are counted; see failing_memory.cpp.
ALL, ALIGNED, RANGE = 0, 1, 2
# Here only allocations of tensors' memory and of the shim's own code fail: at others LibTorch ends the
# process, because its parser and its interpreter allocate where no exception may pass. Blocks are not
# compared: LibTorch loses some where the constructor of its reader fails, and keeps what it froze with
# the module that it is a copy of.
PARTLY = {f"rt_torch_module_{name}" for name in ("load", "load_data", "call", "freeze", "save")}
UNCHECKED = {"rt_torch_tensor_cuda", "rt_torch_value_take"}  # need CUDA; another call's result


def _samples(arguments: Arguments) -> dict[str, list[Any]]:
    """Arguments for the functions that random ones rarely fit."""

    def integers(*values: int) -> Any:
        return ffi.new("int64_t[]", values)

    def tensor(dtype: int, *dims: int) -> int:
        return int(lib.rt_torch_tensor_ones(integers(*dims), len(dims), dtype, -1))

    float32, int64 = lib.RT_TORCH_FLOAT32, lib.RT_TORCH_INT64
    dims, row = integers(3, 3), integers(3)
    keys = integers(lib.RT_TORCH_KEY_INDEX, 1, 0, 0, lib.RT_TORCH_KEY_NEW_AXIS, 0, 0, 0)
    matrix, vector, batch = tensor(float32, 3, 3), tensor(float32, 3), tensor(float32, 1, 3, 3)
    index, ordered = tensor(int64, 2), tensor(int64, 3)
    square = int(lib.rt_torch_tensor_eye(3, 3, float32, -1))
    scalar, numbers = ffi.new("char[16]"), ffi.new("int64_t[3]", [1, 1, 1])
    indices, axes = integers(index), integers(1)
    ends = [ffi.new("int64_t[2]", [end, 0]) for end in (9, 1)]
    cat = ffi.new("rt_torch_value[1]")
    cat[0].tag, cat[0].data.i = lib.RT_TORCH_TENSOR, matrix
    weight, loss = tensor(float32, 3), ffi.new("int64_t[1]")
    lib.rt_torch_tensor_set_requires_grad(weight, 1)
    lib.rt_torch_tensor_set_grad(weight, vector)
    loss[0] = lib.rt_torch_tensor_sum(weight, ffi.NULL, 0, 0, float32)
    # The first computation and the first hook of a thread register what glibc cannot do without memory.
    lib.rt_torch_backward(loss, ffi.NULL, 1, ffi.NULL, 0, 1, 0)
    lib.rt_torch_tensor_retain_grad(loss[0])
    hook = lib.rt_torch_tensor_add_hook(weight, arguments.of[HOOK][1], ffi.NULL, ffi.NULL)
    weights, values = integers(weight), integers(vector)
    made = {
        "grad": [weight],
        "retain_grad": [loss[0]],
        "remove_hook": [weight, hook],
        "add_hook": [weight, arguments.of[HOOK][1], ffi.NULL, ffi.NULL],
        "rand": [dims, 2, float32, -1],
        "randn": [dims, 2, float32, -1],
        "full": [dims, 2, scalar, int64, int64, -1],
        "narrow": [matrix, 0, 1, 2],
        "moveaxis": [matrix, axes, 1, axes, 1],
        "roll": [matrix, axes, 1, axes, 1],
        "arange": [scalar, *ends, int64, int64, -1],
        "from_data": [numbers, 24, row, 1, int64, -1],
        "matmul": [matrix, matrix],
        "dot": [vector, vector],
        "mv": [matrix, vector],
        "mm": [matrix, matrix],
        "outer": [vector, vector],
        "diff": [vector, 1, 0],
        "cross": [vector, vector, -1],
        "vecdot": [vector, vector, -1],
        "tensordot": [matrix, matrix, ffi.NULL, ffi.NULL, 1],
        "take_along_axis": [vector, index, 0],
        "repeat_interleave": [vector, 2, ffi.NULL],
        "trace": [square, 0, float32],
        "unbind": [matrix, 0, arguments.handles, 3],
        "nonzero_numpy": [matrix, arguments.handles, 2],
        "unique_counts": [vector, arguments.handles, 2],
        "unique_inverse": [vector, arguments.handles, 2],
        "fft_fftshift": [matrix, ffi.NULL, 0],
        "fft_ifftshift": [matrix, ffi.NULL, 0],
        "fft_fftfreq": [4, 0.5, float32, -1],
        "fft_rfftfreq": [4, 0.5, float32, -1],
        "unique_values": [vector],
        "matrix_power": [square, 3],
        "addmm": [matrix, matrix, matrix, 0.5, 2.0],
        "squeeze": [batch, 0],
        "index": [matrix, indices, 1],
        "take": [vector, index, ffi.NULL],
        "view": [matrix, dims, 2],
        "basic_index": [matrix, keys, 2],
        "basic_index_put_": [matrix, keys, 2, vector],
        "index_put_": [matrix, indices, 1, vector],
        "searchsorted": [vector, vector, 0, 0],
    }  # fmt: skip
    layers = {
        "broadcast_tensors": [integers(matrix, vector), 2, arguments.handles, 2],
        "meshgrid": [integers(vector, vector), 2, 0, arguments.handles, 2],
        "layer_norm": [matrix, row, 1, vector, vector, 1e-5],
        "embedding": [matrix, index],
        "scaled_dot_product_attention": [batch, batch, batch, 0, 0, ffi.NULL],
        "backward": [loss, ffi.NULL, 1, ffi.NULL, 0, 1, 0],
        "grad": [loss, ffi.NULL, 1, weights, arguments.handles, 1, 1, 0, 0],
        "function": [
            weights,
            1,
            values,
            1,
            values,
            1,
            arguments.handles,
            arguments.of[BACKWARD][1],
            ffi.NULL,
            ffi.NULL,
        ],
        "call_one": [operator("aten::relu"), cat, 1, 0],
        "call_several": [operator("aten::unbind.int"), cat, 1, arguments.handles, 3],
    }
    named = {f"rt_torch_tensor_{name}": values for name, values in made.items()}
    named |= {f"rt_torch_{name}": values for name, values in layers.items()}
    named["kept"] = [
        weights,
        values,
        loss,
        dims,
        row,
        scalar,
        numbers,
        indices,
        axes,
        ends,
        cat,
        ordered,
    ]
    return named


def _module_samples(arguments: Arguments) -> dict[str, list[Any]]:
    module, path = arguments.modules[0], bytes(arguments.path)
    given = ffi.new("rt_torch_value[1]")
    given[0].tag, given[0].data.i = lib.RT_TORCH_TENSOR, min(arguments.tensors)
    named = {
        "load": [path, -1, 0],
        "load_data": [arguments.file, len(arguments.file), -1, 0],
        "call": [module, b"forward", given, 1, arguments.results],
        "freeze": [module, b"pair", lib.RT_TORCH_FREEZE_AND_OPTIMIZE],
        "save": [module, path + b".saved"],
    }
    return {f"rt_torch_module_{name}": values for name, values in named.items()}


def _addresses(library: str) -> tuple[int, int]:
    """Where a library is in memory."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        lines = [line.split()[0].split("-") for line in maps if line.rstrip().endswith(library)]
    return int(lines[0][0], 16), int(lines[-1][1], 16)


class Memory:
    """The checks of one call."""

    def __init__(self) -> None:
        self.text = ffi.new("char[]", 4096)
        self.wrong: list[str] = []
        self.calls = self.failures = 0

    def release(
        self, function: header.Function, values: Any, result: Any, arguments: Arguments
    ) -> None:
        """Frees what a successful call returned."""
        arguments.release(function, result)
        if function.failure == "NULL":
            lib.rt_torch_dlpack_free(result, values[1])

    def sweep(
        self, function: header.Function, values: Any, arguments: Arguments, which: int = ALL
    ) -> None:
        """Calls with the first allocation failing, then with the second, until none fails."""
        call = getattr(lib, function.name)
        for number in range(1, MOST):
            blocks = []
            for _ in range(REPEATS):
                live = lib.rt_torch_live_handles()
                try:
                    memory.fail_at(number, which)
                    result = call(*values)
                    happened = memory.failed()
                except MemoryError:  # the failure was in Python's own allocation
                    memory.failed()
                    continue
                self.calls += 1
                self.failures += happened
                self.check(function, number, result, happened)
                if not failed(function, result):
                    self.release(function, values, result, arguments)
                if lib.rt_torch_live_handles() != live:
                    self.wrong.append(f"{function.name}: allocation {number}: handles are lost")
                blocks.append(memory.live_blocks())
                if not happened:
                    return
            if which == ALL and len(set(blocks[1:])) > 1:
                self.wrong.append(f"{function.name}: allocation {number}: {blocks} blocks")

    def check(self, function: header.Function, number: int, result: Any, happened: int) -> None:
        if not happened or not failed(function, result) or function.fork_safe:
            return
        code = lib.rt_torch_last_error(self.text, 4096)
        if code != lib.RT_TORCH_OUT_OF_MEMORY:
            message = ffi.string(self.text).decode()
            self.wrong.append(f"{function.name}: allocation {number}: code {code}, {message!r}")


def samples(
    function: header.Function, arguments: Arguments, special: dict[str, list[Any]], count: int
) -> Iterator[Any]:
    """Arguments with which a call succeeds."""
    if function.name in special:
        yield special[function.name]
        return
    call = getattr(lib, function.name)
    draw = random.Random(function.name)
    candidates = [arguments.candidates(parameter) for parameter in function.parameters]
    for _ in range(SEARCH if candidates else 1):
        values = [draw.choice(several) for several in candidates]
        if arguments.would_free(function, values) or not arguments.is_valid(function, values):
            continue
        result = call(*values)
        if function.failure is not None and not failed(function, result):
            Memory().release(function, values, result, arguments)
            yield values
            count -= 1
        if not count:
            return


def main() -> None:
    if not load().available:
        raise SystemExit(f"LibTorch cannot be used: {load().reason}")
    lib.rt_torch_set_num_threads(1)
    functions = [one for one in header.read().functions if one.name not in LEFT_OUT]
    only = sys.argv[2:]
    arguments = Arguments(tuple(functions))
    bounded_memory()
    memory.set_range(*_addresses(load().shim_path))
    special = _samples(arguments) | _module_samples(arguments)
    checked, never = Memory(), []
    for function in functions:
        if only and function.name not in only:
            continue
        print(function.name, file=sys.stderr, flush=True)
        found = list(samples(function, arguments, special, int(sys.argv[1])))
        if not found and function.failure is not None and function.name not in UNCHECKED:
            never.append(function.name)
        failures = checked.failures
        for values in found:
            for which in (ALIGNED, RANGE) if function.name in PARTLY else (ALL,):
                checked.sweep(function, values, arguments, which)
        if found and function.name in PARTLY and checked.failures == failures:
            never.append(f"{function.name} (no failure)")
    report = {"functions": len(functions), "calls": checked.calls, "failures": checked.failures}
    print(json.dumps({**report, "never": never, "wrong": checked.wrong}))


if __name__ == "__main__":
    main()
