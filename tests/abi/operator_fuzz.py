"""Calls every operator with invalid arguments. Run as a separate process, because it may crash.

A call never reaches the kernel: one argument is always invalid, the others have any tag. With
``values`` the arguments have valid types and arbitrary values, for the operators named below.
Prints one JSON line: {"operators": n, "calls": n, "wrong": [...]}.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

from tests.abi.robustness import bounded_memory
from tests.abi.values import Values
from torchffi._diagnosis import memory_stats
from torchffi._libtorch.loader import ffi, lib, load
from torchffi._libtorch.operators import boxed, registry
from torchffi._libtorch.operators.schemas import Parameter, Type

CALLS = 8  # of each operator
VALUE_CALLS = 400  # of each operator in VALUED

# Valid tags of each type, other than 1 (DEFAULT) and 0 (NONE).
_FITTING = {
    "Tensor": {2, 3, 4, 5, 6}, "int": {3}, "SymInt": {3}, "QScheme": {3}, "float": {3, 4},
    "bool": {6}, "SymBool": {6}, "Scalar": {3, 4, 5, 6}, "str": {7}, "ScalarType": {8},
    "Device": {9}, "Layout": {10}, "MemoryFormat": {11}, "Generator": {12},
}  # fmt: skip

# Operators whose values are fuzzed; together they have every kind of argument.
VALUED = (
    "aten::add.Tensor", "aten::sum.dim_IntList", "aten::transpose.int", "aten::select.int",
    "aten::slice.Tensor", "aten::index_select", "aten::gather", "aten::cat", "aten::stack",
    "aten::split.Tensor", "aten::split_with_sizes", "aten::chunk", "aten::expand", "aten::view",
    "aten::reshape", "aten::permute", "aten::flip", "aten::roll", "aten::repeat", "aten::tile",
    "aten::squeeze.dims", "aten::unsqueeze", "aten::movedim.intlist", "aten::diagonal", "aten::tril",
    "aten::sort.stable", "aten::topk", "aten::kthvalue", "aten::cumsum", "aten::softmax.int",
    "aten::norm.ScalarOpt_dim", "aten::var.correction", "aten::amax", "aten::argmax", "aten::clamp",
    "aten::pow.Tensor_Scalar", "aten::div.Tensor_mode", "aten::one_hot", "aten::embedding",
    "aten::conv2d", "aten::max_pool2d", "aten::avg_pool2d", "aten::constant_pad_nd", "aten::linspace",
    "aten::arange.start_step", "aten::full", "aten::zeros", "aten::eye.m", "aten::unfold",
    "aten::fft_fft", "aten::fft_rfftn", "aten::einsum", "aten::matmul", "aten::bmm", "aten::layer_norm",
    "aten::scatter.value", "aten::masked_fill.Scalar", "aten::searchsorted.Tensor", "aten::unique_dim",
)  # fmt: skip


def misfits(type_: Type) -> list[int]:
    """Tags that the type cannot take."""
    if type_.element is not None:
        return [tag for tag in (*range(2, 13), -1, 19, 20, 21, 99, 2**31 - 1)]
    fitting = _FITTING.get(type_.name, set())
    return [tag for tag in (*range(2, 21), -1, 21, 99, 2**31 - 1) if tag not in fitting]


class Fuzz:
    def __init__(self) -> None:
        dims = ffi.new("int64_t[]", [2, 3])
        kinds = ((2, 6), (2, 4), (2, 11), (2, 10), (1, 6), (0, 6), (2, 7))
        self.tensors = [lib.rt_torch_tensor_ones(dims, n, dtype, -1) for n, dtype in kinds]
        stale = lib.rt_torch_tensor_ones(dims, 2, 6, -1)
        lib.rt_torch_tensor_free(stale)
        self.stale = [stale, 0, -1, 1, 2**62]
        self.draw = random.Random("operators")
        self.values = Values([*self.tensors, *self.stale], self.draw)
        self.arguments = ffi.new("rt_torch_value[]", 128)
        self.results = ffi.new("rt_torch_value[]", 64)
        self.text = ffi.new("char[]", 4096)
        self.calls = 0
        self.wrong: list[str] = []

    def call(self, operator: boxed.Operator, count: int, capacity: int) -> int:
        results = self.results if capacity >= 0 or self.draw.random() < 0.5 else ffi.NULL
        arguments = self.arguments if self.draw.random() < 0.98 else ffi.NULL
        self.calls += 1
        return int(lib.rt_torch_call(operator.number, arguments, count, results, capacity))

    def misfit(self, operator: boxed.Operator) -> None:
        """One call that must fail, with the name of the operator in the message."""
        parameters = operator.schema.parameters
        for i in range(len(parameters) + 2):
            self.values.fill(self.arguments[i], self.draw.choice([*range(21), -1, 21, 2**31 - 1]))
        count, capacity = len(parameters), len(operator.schema.results)
        if parameters and self.draw.random() < 0.8:
            wrong = self.draw.randrange(len(parameters))
            tag = self.draw.choice(misfits(parameters[wrong].type))
            self.values.fill(self.arguments[wrong], tag)
        else:
            count = self.draw.choice([len(parameters) + 1, -1, 2**62, -(2**63)])
            if self.draw.random() < 0.5 and capacity:
                count, capacity = len(parameters), self.draw.choice([-1, capacity - 1, -(2**63)])
        if self.call(operator, count, capacity) != -1:
            self.wrong.append(f"{operator.name}: a call that does not fit was made")
        code = lib.rt_torch_last_error(self.text, 4096)
        message = ffi.string(self.text).decode()
        if not 1 <= code <= 9 or not message.startswith(f"call: {operator.name}: "):
            self.wrong.append(f"{operator.name}: code {code}, {message!r}")

    def valued(self, operator: boxed.Operator) -> None:
        """One call with arguments of the right types and arbitrary values."""
        parameters = operator.schema.parameters
        for i, parameter in enumerate(parameters):
            self.well_typed(self.arguments[i], parameter)
        self.calls += 1
        count = lib.rt_torch_call(
            operator.number, self.arguments, len(parameters), self.results, 64
        )
        self.free(count)
        if count < 0 and not 1 <= lib.rt_torch_last_error(self.text, 4096) <= 10:
            self.wrong.append(f"{operator.name}: failed without an error")

    def well_typed(self, value: Any, parameter: Parameter) -> None:
        type_, draw = parameter.type, self.draw
        whole = [0, 1, -1, 2, 3, -2, 64, 2**31, 2**62, -(2**63), 2**63 - 1]
        if not parameter.required and draw.random() < 0.6:
            value.tag = lib.RT_TORCH_DEFAULT
        elif type_.element is not None and type_.element.name == "Tensor":
            value.tag, value.length = lib.RT_TORCH_TENSOR_LIST, draw.randrange(4)
            self.kept = ffi.new("int64_t[]", [draw.choice(self.tensors) for _ in range(4)])
            value.data.p = self.kept
        elif type_.element is not None:
            value.tag, value.length = lib.RT_TORCH_INT_LIST, draw.randrange(4)
            self.lists.append(ffi.new("int64_t[]", [draw.choice(whole) for _ in range(4)]))
            value.data.p = self.lists[-1]
        elif type_.name == "Tensor":
            value.tag, value.data.i = lib.RT_TORCH_TENSOR, draw.choice(self.tensors)
        elif type_.name == "float":
            value.tag = lib.RT_TORCH_DOUBLE
            value.data.d = draw.choice([0.0, 1.0, -1.0, 1e308, float("nan"), float("inf")])
        elif type_.name == "str":
            text = draw.choice([b"", b"floor", b"ij->ji", b"ortho", b"\xff", b"i" * 300])
            self.lists.append(ffi.new("char[]", text))
            value.tag, value.length, value.data.p = lib.RT_TORCH_STRING, len(text), self.lists[-1]
        elif type_.name in ("ScalarType", "bool"):
            tag = lib.RT_TORCH_DTYPE if type_.name == "ScalarType" else lib.RT_TORCH_TRUTH
            value.tag, value.data.i = tag, draw.choice([0, 1] if type_.name == "bool" else [4, 6])
        else:
            value.tag, value.data.i = lib.RT_TORCH_INT, draw.choice(whole)

    def free(self, count: int) -> None:
        for i in range(max(count, 0)):
            value = self.results[i]
            if value.tag == lib.RT_TORCH_TENSOR:
                lib.rt_torch_tensor_free(value.data.i)
            elif value.tag == lib.RT_TORCH_TENSOR_LIST:
                for handle in ffi.unpack(ffi.cast("int64_t *", value.data.p), value.length):
                    lib.rt_torch_tensor_free(handle)
        lib.rt_torch_values_free(self.results, max(count, 0))
        self.lists: list[Any] = []


def main() -> None:
    if not load().available:
        raise SystemExit(f"LibTorch cannot be used: {load().reason}")
    by_value = sys.argv[1:] == ["values"]
    fuzz = Fuzz()
    fuzz.free(0)
    before = memory_stats()["live_handles"]
    bounded_memory()
    names = VALUED if by_value else registry.names()
    for name in names:
        print(
            name, file=sys.stderr, flush=True
        )  # the last name printed is the function that crashed
        operator = boxed.find(name)
        for _ in range(VALUE_CALLS if by_value else CALLS):
            (fuzz.valued if by_value else fuzz.misfit)(operator)
    if memory_stats()["live_handles"] != before:
        fuzz.wrong.append(f"{memory_stats()['live_handles'] - before} handles leaked")
    report = {"operators": len(names), "calls": fuzz.calls, "wrong": fuzz.wrong[:20]}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
