"""DLPack between PyTorch and torchffi in one process, at its exit and after a fork."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import python

pytestmark = pytest.mark.filterwarnings("error")


@pytest.mark.parametrize("first", ["torch", "torchffi"])
def test_pytorch_and_torchffi_are_one_libtorch_in_one_process(
    first: str, torch: Any, ffi_backend: None
) -> None:
    order = ("import torch", "import torchffi as t; t.zeros(1)")
    imports = "; ".join(order if first == "torch" else order[::-1])
    program = """
    import gc
    x = t.arange(6, dtype=t.float32).reshape((2, 3))
    y = torch.from_dlpack(x)
    y[0, 0] = 10
    x += 1
    assert y.tolist() == x.tolist() == [[11, 2, 3], [4, 5, 6]]
    p = torch.arange(4)
    q = t.from_dlpack(p)
    q[0] = 10
    p += 1
    assert p.tolist() == q.tolist() == [11, 2, 3, 4]
    del x, p                 # producers first
    gc.collect()
    assert y.sum().item() == 31 and q.sum().item() == 20
    x, p = t.from_dlpack(y.T), torch.from_dlpack(q[1:])
    del x, p, y, q           # consumers first
    gc.collect()
    from torchffi._core.operations import scalars
    scalars.clear()
    assert t.memory_stats()["live_handles"] == 0
    maps = open("/proc/self/maps").read().split()
    print(len({path for path in maps if path.endswith("libtorch_cpu.so")}))
    """
    assert python(f"{imports}\n" + program.replace("\n    ", "\n")) == "1\n"


ENDS = {
    "a capsule": "kept = t.ones(3).__dlpack__()",
    "a capsule in a module": "import sys; sys.leftover = t.ones(3).__dlpack__(max_version=(1, 0))",
    "a capsule in a cycle": "kept = [t.ones(3).__dlpack__()]; kept.append(kept)",
    "an array over a tensor": "kept = np.from_dlpack(t.ones(3))",
    "a tensor over an array": "import sys; sys.leftover = t.from_dlpack(np.ones(3))",
    "a tensor freed at the end": """
import atexit
x = t.from_dlpack(np.ones(3))
atexit.register(lambda: t.tensor_free(x))
""",
    "a capsule in a destructor": """
class Late:
    def __init__(self): self.x = t.ones(3)
    def __del__(self): self.x.__dlpack__()
import sys
sys.leftover = Late()
""",
}


@pytest.mark.parametrize("end", ENDS)
def test_process_exits_cleanly_with(end: str, ffi_backend: None) -> None:
    python(f"import numpy as np, torchffi as t\n{ENDS[end]}", TORCHFFI_BACKEND="ffi")


def test_forked_child_releases_memory_but_cannot_exchange_it(ffi_backend: None) -> None:
    python(
        """
import os, numpy as np, torchffi as t
x, capsule = t.ones(3), t.ones(3).__dlpack__()
if os.fork() == 0:
    del capsule
    for use in (x.__dlpack__, lambda: t.from_dlpack(np.ones(3))):
        try: use()
        except t.UnavailableError as error: assert "forked" in str(error), error
        else: os._exit(1)
    os._exit(0)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
""",
        TORCHFFI_BACKEND="ffi",
    )
