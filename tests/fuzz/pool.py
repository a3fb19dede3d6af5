"""Live handles of the C ABI with their NumPy twins, and the comparison of each call with NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shim.build import header
from tests.fuzz.compare import EXACT, MAYBE_VIEWS, PARTIAL, VIEWS, brief, close, reach, too_large
from tests.fuzz.draw import NEVER, STALE, Step
from tests.fuzz.twins import CODES, DTYPES, Array, Loose, RefusedError
from tests.fuzz.views import TWINS
from torchffi._libtorch.loader import ffi, lib

FUNCTIONS = {one.bare_name: one for one in header.read().functions}


class WrongError(Exception):
    """A call did something else than NumPy."""


@dataclass(eq=False)
class Storage:
    """Memory of tensors: the bytes that LibTorch counts, and the array that owns the twins' elements."""

    nbytes: int


@dataclass
class Entry:
    handle: int
    twin: Array
    storage: Storage
    memory: Array


@dataclass
class Pool:
    entries: dict[int, Entry] = field(default_factory=dict)
    calls: int = 0
    failures: int = 0
    compared: int = 0

    def __post_init__(self) -> None:
        self.layout = ffi.new("int64_t[]", 4 + 2 * 64)
        # Freed from the beginning: 0 is not a stale handle but "no tensor", which some arguments take.
        self.stale: int = lib.rt_torch_tensor_zeros(
            ffi.NULL, 0, lib.RT_TORCH_FLOAT32, lib.RT_TORCH_CPU
        )
        lib.rt_torch_tensor_free(self.stale)
        self.handles, self.bytes = lib.rt_torch_live_handles(), lib.rt_torch_live_bytes()

    # ---- One step

    def apply(self, step: Step) -> bool:
        """Calls a function. False if a tensor of the step is missing or its result would be huge."""
        number, name, given = step
        if name == "tensor_free":
            return self.free(given[0]["tensor"])
        ids = [i for one in given if isinstance(one, dict) for i in self.ids(one)]
        if any(i not in (STALE, NEVER, None) and i not in self.entries for i in ids):
            return False
        answer: Any = None
        refused = any(i in (STALE, NEVER) for i in ids)
        if name == "tensor_from_data":
            given = [self.data(given[0])]
            array = given[0]
            arguments = self.from_data(array)
        else:
            arguments = [self.c_argument(one) for one in given]
        try:
            if not refused:
                with np.errstate(all="ignore"):
                    values = [self.twin_argument(one) for one in given]
                    if too_large(name, values):
                        return False
                    answer = array.copy() if name == "tensor_from_data" else TWINS[name](*values)
        except RefusedError:
            refused = True
        loose = isinstance(answer, Loose)
        may_fail = loose and answer.may_fail
        if loose:
            answer = answer.array
        in_place = name.endswith("_")
        if in_place and not refused:
            may_fail, loose = self.overlaps(ids, may_fail, loose)
        if name in ("tensor_rand", "tensor_randn"):
            lib.rt_torch_seed(number)
        result = self.call(name, arguments)
        self.calls += 1
        failed = result == (-1 if in_place else 0)
        self.failures += failed
        if failed:
            if not refused and not may_fail:
                raise WrongError(f"failed with {self.error()}, expected {brief(answer)}")
            if any(i in (STALE, NEVER) for i in ids) and self.error()[0] == 0:
                raise WrongError("failed without an error code")
            if in_place and ids[0] in self.entries:
                self.untouched(name, self.entries[ids[0]])
        elif in_place:
            if refused:
                raise WrongError("succeeded, expected a failure")
            self.changed(name, ids, answer, loose)
        else:
            entry = self.entries[number] = self.adopt(name, result, ids, answer)
            if refused:
                raise WrongError(f"returned {brief(entry.twin)}, expected a failure, {given}")
            self.check(name, entry.twin if loose else answer, entry, ids)
        self.count()
        return True

    def call(self, name: str, arguments: list[Any]) -> int:
        """Calls a function; an exported structure is imported, so that both return a tensor."""
        if name == "call_one":
            value = ffi.new("rt_torch_value[1]")
            value[0].tag, value[0].data.i = lib.RT_TORCH_TENSOR, arguments[1]
            arguments = [lib.rt_torch_operator_find(b"aten::relu", ffi.NULL), value, *arguments[2:]]
        result = getattr(lib, f"rt_torch_{name}")(*arguments)
        if name != "tensor_to_dlpack":
            return int(result)
        if result == ffi.NULL:
            return 0
        handle = lib.rt_torch_tensor_from_dlpack(result, arguments[1], 0)
        if not handle:
            raise WrongError(f"cannot be imported: {self.error()}")
        return int(handle)

    def free(self, number: int) -> bool:
        if number == STALE:
            if lib.rt_torch_tensor_free(self.stale) != -1:
                raise WrongError("a handle was freed twice")
        elif number in self.entries:
            self.stale = self.entries.pop(number).handle
            if lib.rt_torch_tensor_free(self.stale) != 0:
                raise WrongError("a live handle cannot be freed")
        else:
            return False
        self.calls += 1
        self.count()
        return True

    def clear(self) -> None:
        for number in list(self.entries):
            self.free(number)

    def count(self) -> None:
        """Compares the live handles and their bytes with the model."""
        handles = lib.rt_torch_live_handles() - self.handles
        if handles != len(self.entries):
            raise WrongError(f"{handles} handles are live, expected {len(self.entries)}")
        expected = sum({id(e.storage): e.storage.nbytes for e in self.entries.values()}.values())
        found = lib.rt_torch_live_bytes() - self.bytes
        if found != expected:
            raise WrongError(f"{found} bytes are live, expected {expected}")

    # ---- Arguments

    @staticmethod
    def ids(given: dict[str, Any]) -> list[int | None]:
        return [given["tensor"]] if "tensor" in given else given.get("tensors", [])

    def handle(self, number: int | None) -> int:
        if number is None:
            return 0
        if number in self.entries:
            return self.entries[number].handle
        return self.stale if number == STALE else 0x7FFF_1234_0000_0003

    def c_argument(self, given: Any) -> Any:
        if given is None:
            return ffi.NULL
        if not isinstance(given, dict):
            return given
        if "tensor" in given:
            return self.handle(given["tensor"])
        if "tensors" in given:
            return [self.handle(number) for number in given["tensors"]]
        return given["list"]

    def twin_argument(self, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        if "tensor" in given:
            return self.entries[given["tensor"]].twin
        if "tensors" in given:
            return [None if i is None else self.entries[i].twin for i in given["tensors"]]
        return given["list"]

    @staticmethod
    def data(given: dict[str, Any]) -> Array:
        draw, dtype = np.random.default_rng(given["seed"]), DTYPES[given["dtype"]]
        numbers = draw.integers(-3, 4, given["dims"])
        if dtype.kind in "fc":
            return np.asarray(numbers / 2 + (1j if dtype.kind == "c" else 0)).astype(dtype)
        return np.asarray(abs(numbers) if dtype.kind == "u" else numbers).astype(dtype)

    @staticmethod
    def from_data(array: Array) -> list[Any]:
        data = ffi.from_buffer(array.tobytes())
        return [data, array.nbytes, list(array.shape), array.ndim, CODES[array.dtype], -1]

    def overlaps(self, ids: list[Any], may_fail: bool, loose: bool) -> tuple[bool, bool]:
        """LibTorch refuses some operands that share memory; of others the order of the writes shows."""
        target = self.entries[ids[0]].twin
        others = [self.entries[i].twin for i in ids[1:] if i is not None]
        inner = any(s == 0 and n > 1 for n, s in zip(target.shape, target.strides, strict=True))
        for other in others:
            same = other.__array_interface__["data"] == target.__array_interface__["data"]
            same = same and (other.shape, other.strides) == (target.shape, target.strides)
            inner |= np.may_share_memory(target, other) and not same
        return may_fail or inner, loose or inner

    # ---- Results

    def read(self, handle: int, shape: tuple[int, ...], dtype: Any) -> Array:
        result = np.empty(shape, dtype)
        if result.size:
            memory = ffi.cast("void *", result.ctypes.data)
            if lib.rt_torch_tensor_copy_to_host(handle, memory, result.nbytes) != 0:
                raise WrongError(f"cannot be read: {self.error()}")
        return result

    def adopt(self, name: str, handle: int, ids: list[Any], answer: Any) -> Entry:
        """The entry of a new handle, with the elements that it has."""
        layout = self.layout
        ndim = (lib.rt_torch_tensor_layout(handle, layout, len(layout)) - 4) // 2
        shape = tuple(layout[4 : 4 + ndim])
        code = lib.rt_torch_tensor_dtype(handle)
        dtype = DTYPES[code]
        base = self.entries.get(ids[0]) if ids and (name in VIEWS or name in MAYBE_VIEWS) else None
        if base is not None and isinstance(answer, np.ndarray):
            view = name in VIEWS or (
                np.may_share_memory(answer, base.memory)
                if answer.size
                else answer.dtype == base.twin.dtype
            )
            if view and (shape, dtype) == (answer.shape, answer.dtype):
                storage = Storage(reach(answer)) if name == "tensor_to_dlpack" else base.storage
                return Entry(handle, answer, storage, base.memory)
        elements = math.prod(shape)
        if name == "tensor_empty":  # what it has depends on the process
            nothing = ffi.from_buffer(bytes(elements * dtype.itemsize))
            lib.rt_torch_tensor_copy_from_host(handle, nothing, elements * dtype.itemsize)
        memory = np.zeros(elements, dtype)
        strides = [layout[4 + ndim + i] * dtype.itemsize for i in range(ndim)]
        twin = (
            np.lib.stride_tricks.as_strided(memory, shape, strides)
            if elements
            else memory.reshape(shape)
        )
        twin[...] = self.read(handle, shape, dtype)
        return Entry(handle, twin, Storage(memory.nbytes), memory)

    def changed(self, name: str, ids: list[Any], answer: Array, loose: bool) -> None:
        """Compares an operand that was overwritten, and its aliases."""
        entry = self.entries[ids[0]]
        found = self.read(entry.handle, entry.twin.shape, entry.twin.dtype)
        if not loose:
            self.compare(name, answer, found, entry, ids)
        entry.twin[...] = found
        aliases = [e for e in self.entries.values() if e.memory is entry.memory and e is not entry]
        for alias in aliases[:3]:
            self.same(alias)

    def untouched(self, name: str, entry: Entry) -> None:
        """A call that failed has written nothing."""
        if name in PARTIAL:
            entry.twin[...] = self.read(entry.handle, entry.twin.shape, entry.twin.dtype)
        else:
            self.same(entry)

    def same(self, entry: Entry) -> None:
        """Compares the elements with the twin's, bit by bit."""
        found = self.read(entry.handle, entry.twin.shape, entry.twin.dtype)
        self.compared += 1
        if found.tobytes() != entry.twin.tobytes():
            raise WrongError(f"a tensor has {brief(found)}, expected {brief(entry.twin)}")

    def check(self, name: str, answer: Any, entry: Entry, ids: list[Any]) -> None:
        found = self.read(entry.handle, entry.twin.shape, entry.twin.dtype)
        if answer is None:
            return
        if (answer.shape, answer.dtype) != (found.shape, found.dtype):
            raise WrongError(f"returned {brief(found)}, expected {brief(answer)}")
        self.compare(name, answer, found, entry, ids)

    def compare(self, name: str, answer: Array, found: Array, entry: Entry, ids: list[Any]) -> None:
        self.compared += 1
        if answer.dtype.kind not in "fc" or name in EXACT:
            wrong = not np.array_equal(answer, found, equal_nan=answer.dtype.kind in "fc")
        else:
            operands = [self.entries[i].twin for i in ids if i in self.entries]
            wrong = not close(name, answer, found, operands)
        if wrong:
            raise WrongError(f"returned {brief(found)}, expected {brief(answer)}")

    @staticmethod
    def error() -> tuple[int, str]:
        text = ffi.new("char[]", 4096)
        return lib.rt_torch_last_error(text, 4096), ffi.string(text).decode()
