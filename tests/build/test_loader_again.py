"""Loading that is interrupted, repeated, or begun by a second import."""

from __future__ import annotations

import pytest

from tests.support import python, without_coverage

pytestmark = pytest.mark.usefixtures("ffi_backend")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["find_libtorch", "open_libtorch", "bind", "run"])
def test_an_interrupt_at_any_step_is_no_reason_to_use_numpy(step: str, when: str) -> None:
    printed = python(f"""
        import torchffi as t
        from torchffi._libtorch import loader, loading

        real = loading.Loading.{step}

        def interrupted(*arguments):
            loading.Loading.{step} = real
            if {when == "after"}:
                real(*arguments)
            raise KeyboardInterrupt

        loading.Loading.{step} = interrupted
        try:
            t.ones(2)
        except KeyboardInterrupt:
            print("interrupted")
        print(t.get_backend(), t.ones(2).tolist(), loader.load().reason)
    """)
    assert printed == "interrupted\nffi [1.0, 1.0] \n"


def test_signals_at_any_moment_do_not_change_the_backend() -> None:
    program = """
        import signal
        import torchffi as t

        signal.signal(signal.SIGALRM, signal.default_int_handler)
        pauses, interrupted = iter({pauses}), 0
        for pause in pauses:
            signal.setitimer(signal.ITIMER_REAL, pause)
            try:
                t.get_backend()
            except KeyboardInterrupt:
                interrupted += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
        print(interrupted > 0, t.get_backend(), t.ones(2).tolist())
    """
    patch = without_coverage()
    try:
        for first in (0.0005, 0.002, 0.01, 0.05):
            pauses = [first, first * 2, 0.02, 0.1]
            assert python(program.format(pauses=pauses)) == "True ffi [1.0, 1.0]\n"
    finally:
        patch.undo()


def test_a_signal_handler_may_need_libtorch_while_its_thread_loads_it() -> None:
    printed = python("""
        import signal
        import torchffi as t
        from torchffi._libtorch import loader, loading

        signal.signal(signal.SIGALRM, lambda *_: print(t.ones(1).tolist()))
        real = loading.Loading.bind

        def bind(*arguments):
            loading.Loading.bind = real
            signal.raise_signal(signal.SIGALRM)
            return real(*arguments)

        loading.Loading.bind = bind
        print(t.ones(2).tolist(), t.get_backend())
    """)
    assert printed == "[1.0]\n[1.0, 1.0] ffi\n"


AGAIN = """
    import importlib
    import sys

    import numpy as np
    import torchffi as first
    from torchffi import ops

    array = np.ones(3)
    references = sys.getrefcount(array)
    x, y = first.ones(2), first.from_numpy(array)
    parts = ops.aten.split(x, 1)
    modules = {name: sys.modules[name] for name in sys.modules if name.startswith("torchffi")}
    {again}
    import torchffi as second

    a, b = second.ones(2), second.from_numpy(array)
    print(first is second, second.get_backend(), second.diagnose()["reason"])
    print((x + x).tolist(), (y + y).tolist(), (a + a).tolist(), (b + b).tolist())
    print([part.tolist() for part in ops.aten.split(x, 1)], second.ops.aten.relu(a).tolist())
    print(first.memory_stats()["live_handles"], second.memory_stats()["borrowed_arrays"])
    del x, y, a, b, parts
    print(second.memory_stats()["live_handles"], second.memory_stats()["borrowed_arrays"])
    print(sys.getrefcount(array) - references)
"""


@pytest.mark.parametrize(
    ("again", "same"),
    [
        ("importlib.reload(first)", True),
        ("del sys.modules['torchffi']", False),
        ("for name in modules: del sys.modules[name]", False),
        ("del sys.modules['torchffi._libtorch.loader']; importlib.reload(first)", True),
        ("importlib.reload(modules['torchffi._libtorch.loader'])", True),
    ],
)
@pytest.mark.parametrize("speedups", ["0", ""])
def test_a_second_import_works_and_so_do_the_tensors_of_the_first(
    again: str, same: bool, speedups: str
) -> None:
    printed = python(AGAIN.replace("{again}", again), TORCHFFI_SPEEDUPS=speedups)
    assert printed.splitlines() == [
        f"{same} ffi ",
        "[2.0, 2.0] [2.0, 2.0, 2.0] [2.0, 2.0] [2.0, 2.0, 2.0]",
        "[[1.0], [1.0]] [1.0, 1.0]",
        "6 2",
        "0 0",
        "0",
    ]
