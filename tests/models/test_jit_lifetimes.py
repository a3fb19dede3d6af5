"""Modules are freed with their last reference, shared by threads, and refused in forked children."""

from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import torchffi as t
from tests.abi.script_file import script_file
from tests.models.scripts import bits
from tests.support import ROOT, handles, python, settled
from torchffi._libtorch.loader import lib

pytestmark = pytest.mark.usefixtures("ffi_backend")

Files = dict[str, Path]


def test_a_module_is_freed_with_its_last_reference(files: Files) -> None:
    before = settled()
    module = t.jit.load(files["cnn"])
    handle = module._data
    result = module(t.ones((1, 3, 8, 8)))
    assert handles()[0] == before[0] + 2
    method = module.forward
    del module
    assert method(t.ones((1, 3, 8, 8))).shape == (1, 5)
    del method, result
    assert handles() == before
    assert lib.rt_torch_module_free(handle) == -1
    assert lib.rt_torch_module_train(handle, 1) == -1


@pytest.mark.parametrize("speedups", ["0", "1"])
def test_both_implementations_free_modules(speedups: str) -> None:
    out = python(
        """
        import io
        import torchffi as t
        from tests.abi.script_file import script_file
        data = script_file()
        for _ in range(20):
            m = t.jit.load(io.BytesIO(data))
            m.pair(t.ones(2)), m.state_dict(), t.jit.freeze(m)
            cycle = [m]
            cycle.append(cycle)
        del m, cycle
        import gc; gc.collect()
        print(t.memory_stats()["live_handles"])
        kept = t.jit.load(io.BytesIO(data))      # alive at the end of the process
        """,
        TORCHFFI_SPEEDUPS=speedups,
    )
    assert out == "0\n"


def test_failing_calls_keep_nothing(files: Files) -> None:
    module = t.jit.load(files["values"])
    before = settled()
    for _ in range(3):
        for call in (
            lambda: module.several(t.ones(())),  # x[0] of no axis
            lambda: module.nested({"a": [(t.ones(1), "x")]}),
            lambda: t.jit.load(io.BytesIO(b"x")),
        ):
            with pytest.raises((ValueError, IndexError)):
                call()
    gc.collect()
    assert handles() == before


def test_a_thousand_loads_do_not_grow() -> None:
    out = python(
        """
        import io, resource
        import torchffi as t
        from tests.abi.script_file import script_file
        data, x = script_file(), t.ones(2)

        def loads(count):
            for _ in range(count):
                t.jit.load(io.BytesIO(data))(x)
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * resource.getpagesize()

        first = loads(500)
        print(loads(1000) - first < 8 * 2**20, t.memory_stats()["live_handles"])
        """
    )
    assert out == "True 1\n"


def test_nested_results_do_not_grow(files: Files) -> None:
    out = python(
        f"""
        import resource
        import torchffi as t
        module, x, name = t.jit.load({str(files["values"])!r}), t.ones(2), "a" * 60_000

        def calls(count):
            for _ in range(count):
                assert len(module.plain(x, name)[1]) == 60_001
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * resource.getpagesize()

        first = calls(100)
        print(calls(600) - first < 8 * 2**20)
        """
    )
    assert out == "True\n"


def test_eight_threads_call_one_module(files: Files) -> None:
    module = t.jit.load(files["cnn"])
    inputs = [
        t.asarray(np.random.default_rng(i).random((2, 3, 8, 8), np.float32)) for i in range(8)
    ]
    expected = [bits(module(x)) for x in inputs]
    before = settled()
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            assert [bits(one) for one in pool.map(module, inputs)] == expected
    gc.collect()
    assert handles()[0] <= before[0] + 8  # the pool's last results


def test_calls_that_change_a_module_follow_one_another(files: Files) -> None:
    module = t.jit.load(files["counter"])
    x = t.ones(3)

    def many(number: int) -> list[int]:
        return [module(x)[1] for _ in range(100)]

    with ThreadPoolExecutor(8) as pool:
        counts = [count for several in pool.map(many, range(8)) for count in several]
    assert sorted(counts) == [*range(1, 801)]
    assert module.total.tolist() == [800.0] * 3


def test_threads_use_and_change_one_module(files: Files) -> None:
    module = t.jit.load(files["mlp"])
    x = t.ones((1, 8))

    def use(number: int) -> None:
        for i in range(30):
            if number % 4 == 0:
                module.train(i % 2 == 0).eval()
            elif number % 4 == 1:
                assert len(module.state_dict()) == 4
            elif number % 4 == 2:
                t.jit.load(io.BytesIO(script_file())).count()
            else:
                assert module(x).shape == (1, 4)

    with ThreadPoolExecutor(8) as pool:
        [*pool.map(use, range(8))]


def test_a_forked_child_gets_an_error_and_can_free(files: Files) -> None:
    module = t.jit.load(files["mlp"])
    child = os.fork()
    if child == 0:
        status = 1
        try:
            module(t.ones((1, 8)))
        except t.UnavailableError:
            status = 0 if lib.rt_torch_module_free(module._data) == 0 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert module(t.ones((1, 8))).shape == (1, 4)


def test_interrupts_leave_no_handle() -> None:
    names = ("a module", "a call of a module", "tensors of a module")
    done = subprocess.run(
        [sys.executable, "-m", "tests.backends.storm", "300", *names],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
