"""Forks while another thread loads LibTorch, at every step: the child gets an error and never hangs."""

from __future__ import annotations

import pytest

from tests.support import python

pytestmark = pytest.mark.usefixtures("ffi_backend")

PROGRAM = """
    import os
    import signal
    import sys
    import threading

    import torchffi as t
    from torchffi._libtorch import loader, loading

    reached, go_on = threading.Event(), threading.Event()

    def pause_at(owner, name, after):
        real = getattr(owner, name)

        def paused(*arguments, **named):
            result = real(*arguments, **named) if after else None
            reached.set()
            go_on.wait()
            return result if after else real(*arguments, **named)

        setattr(owner, name, paused)

    pause_at({owner}, "{name}", {after})
    thread = threading.Thread(target=t.get_backend)
    thread.start()
    reached.wait()
    number = os.fork()
    if number == 0:
        signal.alarm(60)  # a hang would end here
        for need in (t.get_backend, lambda: t.ones(2), lambda: t.ops.aten.relu, lambda: t.asarray([1])):
            try:
                need()
                print("no error")
            except t.UnavailableError as error:
                assert "forked while another thread loaded LibTorch" in str(error)
        print(t.torch_available(), t.diagnose()["backend"])
        with t.use_backend("numpy"):
            print((t.ones(2) + 1).tolist(), flush=True)
        sys.exit(5)
    status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    go_on.set()
    thread.join()
    print(status, t.get_backend(), t.ones(2).tolist())
"""


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("loading.Loading", "run"),
        ("loading.Loading", "find_libtorch"),
        ("loading.Loading", "open_libtorch"),
        ("loading", "_dlopen"),
        ("loading.Loading", "bind"),
    ],
)
def test_fork_while_another_thread_is_at_a_step(owner: str, name: str, after: bool) -> None:
    program = PROGRAM.format(owner=owner, name=name, after=after)
    assert python(program).splitlines() == ["False None", "[2.0, 2.0]", "5 ffi [1.0, 1.0]"]


@pytest.mark.parametrize("sleep", [0, 0.001, 0.01, 0.03, 0.05, 0.07, 0.1])
def test_fork_while_another_thread_is_inside_of_dlopen(sleep: float) -> None:
    """The fork waits for the end of dlopen(); the thread may have gone on from there."""
    printed = python(f"""
        import os
        import signal
        import sys
        import threading
        import time

        import torchffi as t
        from torchffi._libtorch import binding

        thread = threading.Thread(target=t.get_backend)
        thread.start()
        while binding.opening.acquire(blocking=False):
            binding.opening.release()
            time.sleep(0)
        time.sleep({sleep})
        number = os.fork()
        if number == 0:
            signal.alarm(60)  # a hang would end here
            try:
                t.ones(2)
            except t.UnavailableError as error:
                assert "forked" in str(error), str(error)
            with t.use_backend("numpy"):
                print((t.ones(2) + 1).tolist(), flush=True)
            sys.exit(5)  # destroys what LibTorch has initialized
        status = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        thread.join()
        print(status, t.get_backend(), t.ones(2).tolist())
    """)
    assert printed.splitlines() == ["[2.0, 2.0]", "5 ffi [1.0, 1.0]"]


def test_the_thread_that_loads_may_fork_and_both_go_on() -> None:
    printed = python("""
        import os
        import torchffi as t
        from torchffi._libtorch import loader, loading

        real, numbers = loading.Loading.bind, []

        def bind(*arguments):
            numbers.append(os.fork())
            return real(*arguments)

        loading.Loading.bind = bind
        os.write(1, f"{t.ones(2).tolist()} {t.get_backend()}\\n".encode())
        if numbers[0]:
            os.waitpid(numbers[0], 0)
    """)
    assert printed == "[1.0, 1.0] ffi\n" * 2
