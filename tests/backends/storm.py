"""Interrupts operations by a storm of signals, and counts what they leave behind.

``python -m tests.backends.storm 1000000 [name ...]`` interrupts them that often altogether.

Two storms. In the first a timer raises a signal every few microseconds, so that the second one often
comes while the first is still unwinding. In the second an exception is raised before each bytecode
instruction in turn, and a second one some calls later: it comes to every place, but only to the
Python code.
"""

from __future__ import annotations

import dis
import gc
import pickle
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType
from typing import Any, Final

import numpy as np

import torchffi as t
from tests.abi.package_file import package_file
from tests.abi.script_file import script_file
from torchffi._core.backends import FFI, NUMPY
from torchffi._core.operations import scalars

Operation = Callable[[], Any]
PACKAGE: Final = "a call of a package"


class Interrupt(BaseException):
    """Raised by the signal handler."""


def _operations() -> tuple[dict[str, Operation], list[object]]:
    """The operations by name, each of which drops all that it creates, and the objects that they use."""
    x, small, row = t.rand((300, 300)), t.rand((3, 4)), t.rand((6,))
    spd = t.rand((4, 4)) + 4 * t.eye(4)
    array, aten = np.ones((3, 4), np.float32), t.ops.aten
    other = np.ones((3, 4), np.float32)
    on_numpy = NUMPY.wrap(array.copy(), t.float32)
    pickled = pickle.dumps(small)
    file = script_file()
    module = t.jit.load(BytesIO(file))

    def freed() -> None:
        t.tensor_free(small + small)

    def block() -> None:
        with small + small as y:
            y.shape  # noqa: B018

    def in_place() -> None:
        y = small.clone()
        y += small
        y[0] = 2
        aten.add_(y, small)

    def consumed_twice() -> None:
        capsule = small.__dlpack__()
        for _ in range(2):
            with suppress(ValueError):
                FFI.from_dlpack(capsule, True)

    def failed() -> None:
        for call in (lambda: small + t.ones(7), lambda: aten.split(small, -1), lambda: small[9]):
            with suppress(ValueError, IndexError):
                call()

    operations = {
        "add": lambda: small + small,
        "large": lambda: x @ x,
        "scalar": lambda: small * 3.5,
        "promotion": lambda: small + t.asarray(2, dtype=t.float64),
        "index": lambda: (small[1:, 2], small[0], small[None, ..., ::2], small[small > 0.5]),
        "take": lambda: small[[0, 1], [1, 2]],
        "unstack": lambda: t.unstack(small),
        "meshgrid": lambda: t.meshgrid(row, row),
        "broadcast_arrays": lambda: t.broadcast_arrays(small, row[:4]),
        "concat": lambda: t.concat([small, small]),
        "sort": lambda: (t.sort(row), t.unique_values(row)),
        "qr": lambda: t.linalg.qr(spd),
        "svd": lambda: t.linalg.svd(spd),
        "split": lambda: aten.split(small, 1),
        "chunk": lambda: aten.chunk(x, 100),
        "unbind": lambda: aten.unbind(small, dim=0),
        "operator with 2 results": lambda: aten.max(small, 0),
        "operator with a list and more": lambda: aten.unique_dim(small, 0, True, True, True),
        "operator": lambda: (aten.mm(spd, spd), aten.cumsum(small, 0), aten.cat([small, small])),
        "operator over NumPy's memory": lambda: (
            aten.split(on_numpy, 1), aten.add(on_numpy, small), aten.add_(on_numpy, 1)
        ),
        "from_dlpack": lambda: t.from_dlpack(array),
        "from_dlpack, unversioned": lambda: FFI.from_dlpack(
            small.__dlpack__(), True
        ),
        "a copy by from_dlpack": lambda: t.from_dlpack(array[::-1]),
        "__dlpack__": lambda: (
            small.__dlpack__(), small.__dlpack__(max_version=(1, 0)), small.__dlpack__(copy=True)
        ),
        "a capsule used twice": consumed_twice,
        "to NumPy by DLPack": lambda: np.from_dlpack(small),
        "from_numpy": lambda: (t.from_numpy(array), t.from_numpy(other)),
        "asarray": lambda: (t.asarray(array), t.asarray([1, 2]), t.asarray(array, copy=True)),
        "numpy": lambda: ((small + small).numpy(), np.asarray(small)),
        "values": lambda: (small.tolist(), repr(small), float(row[0]), small.shape),
        "pickle": lambda: (pickle.loads(pickled), pickle.dumps(small)),
        "copies": lambda: (small.clone(), small.cpu(), t.astype(small, t.float64)),
        "creation": lambda: (t.ones((2, 3)), t.arange(5), t.full((2,), 3), t.randn((2, 2))),
        "a module": lambda: t.jit.load(BytesIO(file)),
        "a call of a module": lambda: (module.pair(small, name="b"), module(small), module.count()),
        "tensors of a module": lambda: (module.state_dict(), t.jit.freeze(module)),
        "tensor_free": freed,
        "with": block,
        "in place": in_place,
        "failures": failed,
    }  # fmt: skip
    used = [x, small, row, spd, array, other, on_numpy, on_numpy._data, pickled, module]
    if PACKAGE in sys.argv:  # it must be compiled first
        columns = t.rand((4, 3))
        with TemporaryDirectory() as folder:
            package = t.inductor.aoti_load_package(package_file(Path(folder)), trust=True)
        operations[PACKAGE] = lambda: (package(columns), package.get_metadata())
        used += [columns, package]
    return operations, used


def _settled(used: list[object]) -> dict[str, Any]:
    """What is alive: handles, bytes, borrowed arrays, and references to the objects in use."""
    scalars.clear()
    gc.collect()
    stats = t.memory_stats()
    counts = ("live_handles", "live_bytes", "borrowed_arrays")
    return {name: stats[name] for name in counts} | {"references": [*map(sys.getrefcount, used)]}


def _within(frame: FrameType | None, code: CodeType) -> bool:
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


class Signals:
    """Interrupts functions by signals at random moments.

    Attributes:
        interrupts: How many there were.
    """

    def __init__(self, seed: int) -> None:
        self.interrupts = 0
        self._random = random.Random(seed)
        self._code: CodeType | None = None
        self._pause = 0.0
        self._nested = 0
        signal.signal(signal.SIGALRM, self._interrupt)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._code is None:  # a signal that came as the timer was stopped
            return
        inside = _within(frame, self._code)
        # At times directly after this one, while Python still unwinds from it.
        pause = self._pause if self._random.random() < 0.7 else self._pause / 20
        self.interrupts += inside
        # A signal may come before this function has returned, and another one before that has.
        self._nested += 1
        try:
            least = 2e-6 * 2 ** min(self._nested, 12)
            signal.setitimer(signal.ITIMER_REAL, max(pause * self._random.random(), least))
        finally:
            self._nested -= 1
        if inside:
            raise Interrupt

    def storm(self, operation: Operation, interrupts: int) -> None:
        """Calls an operation until it was interrupted a number of times."""

        def called() -> None:
            operation()
            time.perf_counter()  # Python looks for signals after a call, not after an operator in C

        started = time.perf_counter()
        for _ in range(5):
            operation()
        self._pause = (time.perf_counter() - started) / 5 * 1.5
        self._code = called.__code__
        wanted = self.interrupts + interrupts
        signal.setitimer(signal.ITIMER_REAL, self._pause)
        while self.interrupts < wanted:
            with suppress(Interrupt):
                called()
        self._code = None
        signal.setitimer(signal.ITIMER_REAL, 0)


@cache
def _after_calls(code: CodeType) -> frozenset[int]:
    """The calls before which Python looks for signals: the first one, and those after a call."""
    found, after = {0}, False
    for one in dis.get_instructions(code):
        if after and not one.opname.startswith(("CACHE", "CALL")):
            found.add(one.offset)
        after = one.opname.startswith(("CALL", "RESUME", "CACHE")) and (
            after or not one.opname.startswith("CACHE")
        )
    return frozenset(found)


class Calls:
    """Interrupts functions after each call in turn, and again after one of the next calls in C.

    The first exception is raised by a trace function, before the calls at which a signal handler
    can run; the second one by a profiler, because Python drops a trace function that raised.

    Attributes:
        interrupts: How many there were.
    """

    GAPS: Final = (-1, 0, 1, 2)

    def __init__(self) -> None:
        self.interrupts = 0
        self._place = self._gap = 0
        self._interrupted = False

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode" and frame.f_lasti in _after_calls(frame.f_code):
            self._place -= 1
            if self._place < 0:
                self._interrupted = True
                self.interrupts += 1
                raise Interrupt
        return self._trace

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        if event == "c_return" and self._interrupted and self._gap >= 0:
            self._gap -= 1
            if self._gap < 0:
                self.interrupts += 1
                raise Interrupt

    def _interrupt(self, operation: Operation) -> None:
        try:
            sys.setprofile(self._profile)
            sys.settrace(self._trace)
            operation()
        finally:
            self._gap = -1
            sys.settrace(None)
            sys.setprofile(None)

    def storm(self, operation: Operation) -> None:
        """Interrupts an operation after every call."""
        place, reached = 0, True
        while reached:
            for gap in self.GAPS:
                self._place, self._gap, self._interrupted = place, gap, False
                with suppress(Interrupt):
                    self._interrupt(operation)
                reached = self._interrupted
            place += 1


def survived(names: list[str], interrupts: int, seed: int = 0) -> Iterator[tuple[str, int, str]]:
    """Runs both storms. Yields each operation, its interrupts, and what differs afterwards."""
    operations, used = _operations()
    signals, calls = Signals(seed), Calls()
    for name in names or operations:
        operation = operations[name]
        for _ in range(3):
            operation()
        before, count = _settled(used), signals.interrupts + calls.interrupts
        signals.storm(operation, interrupts // len(names or operations))
        after = _settled(used)
        lost = {key: (before[key], after[key]) for key in before if before[key] != after[key]}
        before = after
        calls.storm(operation)
        after = _settled(used)
        lost |= {
            f"{key}, by call": (before[key], after[key])
            for key in before
            if before[key] != after[key]
        }
        yield name, signals.interrupts + calls.interrupts - count, str(lost or "")


def main() -> None:
    """The command line."""
    sys.unraisablehook = lambda _: None  # an interrupt in a destructor
    total, failures = 0, 0
    for name, count, lost in survived(sys.argv[2:], int(sys.argv[1])):
        total += count
        failures += bool(lost)
        print(f"{name}: {count} interrupts; lost: {lost or 'nothing'}", flush=True)
    print(f"{total} interrupts, {failures} operations lost something")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
