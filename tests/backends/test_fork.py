"""Forked children of a process that used LibTorch get errors that name the cause, and do not hang."""

from __future__ import annotations

import pytest

from tests.support import python

pytestmark = pytest.mark.usefixtures("ffi_backend")

PARENT = """
    import os, sys, signal
    import numpy as np
    import torchffi as t

    t.set_num_threads(2)
    x = t.ones((1500, 1500))
    (x @ x).sum().item()                 # starts LibTorch's threads
    array = np.ones((2, 2), np.float32)
    wrapped = t.from_numpy(array)

    def child():
{body}

    number = os.fork()
    if number == 0:
        signal.alarm(60)                 # a hang would end here
        try:
            child()
            sys.stdout.flush()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == 0
    assert (x @ x).shape == (1500, 1500)  # the parent can still compute
    print("parent")
"""


def forked(*lines: str) -> list[str]:
    body = "\n".join(f"        {line}" for line in lines)
    return python(PARENT.format(body=body)).splitlines()


@pytest.mark.parametrize(
    "operation",
    ["x @ x", "t.ones((2000, 2000))", "x.shape", "t.asarray([1, 2])", "x.clone()", "x.item()"],
)
def test_tensor_work_in_the_child_is_an_error_that_names_the_cause(operation: str) -> None:
    printed = forked(
        "try:",
        f"    {operation}",
        "except t.UnavailableError as error:",
        "    print(error)",
    )
    assert "forked child" in printed[0]
    assert "spawn" in printed[0]
    assert printed[1:] == ["parent"]


def test_freeing_works_in_the_child() -> None:
    printed = forked(
        "global x, wrapped",
        "before = t.memory_stats()['live_handles']",
        "t.tensor_free(x)",
        "del wrapped",
        "print(before - t.memory_stats()['live_handles'])",
        "try:",
        "    t.tensor_free(x)",
        "except t.HandleError as error:",
        "    print(error)",
    )
    assert printed == [
        "2",
        "tensor has been freed, by tensor_free() or at the end of its 'with' block",
        "parent",
    ]


def test_numpy_computes_in_the_child() -> None:
    printed = forked("with t.use_backend('numpy'):", "    print((t.ones(3) + 1).tolist())")
    assert printed == ["[2.0, 2.0, 2.0]", "parent"]


def test_child_exits_as_usual() -> None:
    printed = python("""
        import os
        import torchffi as t

        x = t.ones((500, 500))
        (x @ x).sum().item()
        number = os.fork()
        if number:
            assert os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]) == 0
            print("parent")
    """)
    assert printed == "parent\n"


def test_child_that_forked_before_the_first_need_computes() -> None:
    printed = python("""
        import os
        import torchffi as t

        number = os.fork()
        result = (t.ones((300, 300)) @ t.ones((300, 300))).sum().item()
        os.write(1, f"{result}\\n".encode())  # unbuffered, because both write to one pipe
        if number:
            os.waitpid(number, 0)
    """)
    assert printed == "27000000.0\n" * 2
