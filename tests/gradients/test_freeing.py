"""A graph that is freed blocks no other thread, also if the tensor was there before it."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

pytestmark = pytest.mark.usefixtures("ffi_backend")

# The graph keeps the memory of a tensor whose deleter waits for another thread. That thread cannot run,
# and the process does not end, if the GIL is held meanwhile.
PROGRAM: Final = """
import ctypes, threading, time
import torchffi as t
from torchffi._core.lifetimes import own
from torchffi._libtorch.loader import ffi, lib

semaphore = ctypes.create_string_buffer(64)
libc = ctypes.CDLL(None)
assert libc.sem_init(semaphore, 0, 0) == 0
wait = ffi.cast("void (*)(void *)", ctypes.cast(libc.sem_wait, ctypes.c_void_p).value)
memory = ffi.new("float[]", [1.0, 2.0])
dims = ffi.new("int64_t[]", [2])
context = ffi.cast("void *", ctypes.addressof(semaphore))
t.zeros(())  # opens LibTorch
handle = lib.rt_torch_tensor_from_blob(
    memory, 8, dims, ffi.NULL, 1, lib.RT_TORCH_FLOAT32, wait, context
)
factor = own(handle, None)
w = t.ones((2,)).requires_grad_()
x = t.zeros((2,))
WHAT
del factor
began = threading.Event()

def release():
    began.wait()
    time.sleep(0.2)
    libc.sem_post(semaphore)

thread = threading.Thread(target=release)
thread.start()
began.set()
del x
thread.join()
print("freed")
"""


@pytest.mark.parametrize(
    "what",
    [
        pytest.param("x += w * factor", id="in-place"),
        pytest.param("view = x[0]; x += w * factor; del x; x = view; del view", id="view"),
        pytest.param("x[:] = w * factor", id="assignment"),
        pytest.param("x = w * factor", id="result"),
    ],
)
def test_another_thread_runs_while_a_graph_is_freed(what: str) -> None:
    program = PROGRAM.replace("WHAT", what)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("freed\n", 0), done.stderr
