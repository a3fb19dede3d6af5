"""Invalid values and structures for the functions of the C ABI."""

from __future__ import annotations

import ctypes
import itertools
import random
from typing import Any

from tests.interchange import dlpack_structures as dlpack
from torchffi._libtorch.loader import ffi

INT64 = (-(2**63), 2**63 - 1)
# Operators for rt_torch_call(): one and two tensors, lists, several results, a new tensor, and a type
# that no value can hold.
OPERATORS = (
    "aten::relu", "aten::add.Tensor", "aten::cat", "aten::sum.dim_IntList", "aten::split.Tensor",
    "aten::randn.generator", "aten::sort.stable", "aten::size.int", "aten::record_stream",
)  # fmt: skip
LENGTH = 65536 + 64  # length of the longest list that a function may read


class Values:
    """Arrays of rt_torch_value: every tag, known or not, with members that fit and that do not."""

    def __init__(self, tensors: list[int], draw: random.Random) -> None:
        self.draw = draw
        self.numbers = [0, 1, -1, 2, 64, *INT64, *tensors]
        cycle = itertools.islice(itertools.cycle(self.numbers), LENGTH)
        self.memory = ffi.new("int64_t[]", list(cycle))
        self.inner = ffi.new("rt_torch_value[]", 2 * LENGTH)  # a dict has two for each entry
        for i in range(2 * LENGTH):
            self.inner[i].tag = 2
            self.inner[i].data.i = tensors[i % len(tensors)]

    def array(self, tags: list[int]) -> Any:
        result = ffi.new("rt_torch_value[]", LENGTH)
        for i in range(64):
            self.fill(result[i], self.draw.choice(tags))
        return result

    def fill(self, value: Any, tag: int) -> None:
        member = value.data
        value.tag = tag
        if tag == 7 or tag >= 13:
            value.length = self.draw.choice([0, 1, 2, 3, -1, 65536, 65537, 2**31 - 1])
            member.p = self.draw.choice([ffi.NULL, self.inner if tag >= 17 else self.memory])
        elif tag in (4, 5):
            member.c = [self.draw.choice([0.0, 1.5, float("nan"), -1e308]), 1.0]
        else:
            member.i = self.draw.choice(self.numbers)


class Structures:
    """DLPack structures, valid and invalid, over memory of this object and without a deleter."""

    COUNT = 300

    def __init__(self, draw: random.Random) -> None:
        self.memory = ctypes.create_string_buffer(1 << 20)
        # Strides either stay inside the memory or reach beyond every address.
        self.dims = [
            dlpack.int64s(list(itertools.islice(itertools.cycle(x), 64)))
            for x in ([2, 3], [1], [0, 2], [3, -1], [2**62], [INT64[0]], [INT64[1], 2])
        ]
        self.strides = [
            dlpack.int64s(list(itertools.islice(itertools.cycle(x), 64)))
            for x in ([3, 1], [0], [-3, 1], [-1], [INT64[0]], [INT64[1], 1])
        ]
        self.made = [self.structure(bool(i % 2), draw) for i in range(self.COUNT)]
        self.versioned = {
            dlpack.pointer(made): isinstance(made, dlpack.Versioned) for made in self.made
        }

    def structure(self, versioned: bool, draw: random.Random) -> Any:
        made = dlpack.structure(versioned)
        tensor = made.dl_tensor

        def perhaps(usual: Any, *others: Any) -> Any:
            return draw.choice([*[usual] * 3 * len(others), *others])

        tensor.data = perhaps(ctypes.addressof(self.memory) + (1 << 19), None)
        tensor.byte_offset = perhaps(0, 16, 3, 2**63, 2**64 - 1)
        tensor.device_type = perhaps(dlpack.CPU, dlpack.PINNED, dlpack.CUDA, 0, -1, 2**31 - 1)
        tensor.device_id = perhaps(0, -1, 2**31 - 1)
        tensor.ndim = perhaps(2, 0, 1, 64, 65, -1, 2**31 - 1, -(2**31))
        tensor.code = perhaps(dlpack.FLOAT, *range(8), 255)
        tensor.bits = perhaps(32, 8, 16, 64, 128, 0, 255)
        tensor.lanes = perhaps(1, 0, 2, 65535)
        tensor.shape = perhaps(
            ctypes.addressof(self.dims[0]), None, *map(ctypes.addressof, self.dims)
        )
        tensor.strides = draw.choice([None, *map(ctypes.addressof, self.strides)])
        if versioned:
            made.major = perhaps(1, 0, 2, 2**32 - 1)
            made.flags = draw.choice([0, 0, 1, 2, 2**64 - 1])
        return made
