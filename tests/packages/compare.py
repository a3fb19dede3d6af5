"""Packages on torchffi and on PyTorch's own loader: differences, times and memory.

``python -m tests.packages.compare FOLDER`` compiles a convolutional network, a GPT with its cache and
all-MiniLM-L6-v2 into the folder, unless they are there, and prints a line for each. It takes minutes.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils import _pytree as pytree

import torchffi
from tests.export.models import MODELS
from tests.models.scripts import to_torch
from tests.support import ROOT

NAMES = ("convolutions", "generator", "minilm")
ROUNDS, STARTS = 40, 5

_START = """
import sys, time
started = time.perf_counter()
import numpy as np
data = np.load(sys.argv[2])
if sys.argv[3] == "torchffi":
    import torchffi as t
    model = t.inductor.aoti_load_package(sys.argv[1], trust=True)
    tensor = t.asarray
else:
    import torch
    model = torch._inductor.aoti_load_package(sys.argv[1])
    tensor = torch.from_numpy
values = [tensor(data[str(i)]) for i in range(len(data))]
if "generator" in sys.argv[1]:
    values = [values[0], [(values[1], values[2]), (values[3], values[4])]]
model(*values)
seconds = time.perf_counter() - started
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(seconds, int(peak) / 1024)
"""


def build(name: str, folder: Path) -> Path:
    """The package of a model of tests.export.models."""
    path = folder / f"{name}.pt2"
    if not path.exists():
        make, arguments, dynamic, _, named = MODELS[name]
        torch.manual_seed(0)
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.export(make().eval(), arguments, named, dynamic_shapes=dynamic)
            torch._inductor.aoti_compile_and_package(program, package_path=str(path))
    return path


def to_torchffi(value: Any) -> Any:
    """The same arguments for torchffi."""
    return pytree.tree_map(lambda one: torchffi.asarray(one.numpy()), value)


def difference(mine: Any, theirs: Any) -> float:
    """The largest difference of two results."""
    pairs = zip(pytree.tree_leaves(to_torch(mine)), pytree.tree_leaves(theirs), strict=True)
    return max(float((a - b).abs().max()) for a, b in pairs)


def ratio(mine: Callable[[], Any], theirs: Callable[[], Any]) -> float:
    """The median of our time by PyTorch's, of calls in turn."""
    started = time.perf_counter()
    theirs()
    calls = max(1, int(0.02 / (time.perf_counter() - started)))
    ratios = []
    for number in range(ROUNDS + 3):
        times = []
        for call in (mine, theirs) if number % 2 else (theirs, mine):
            started = time.perf_counter()
            for _ in range(calls):
                call()
            times.append(time.perf_counter() - started)
        ratios.append(times[0] / times[1] if number % 2 else times[1] / times[0])
    return statistics.median(ratios[3:])


def starts(path: Path, arguments: Any, folder: Path) -> tuple[list[float], list[float]]:
    """Seconds and MiB of a process up to its first result, on torchffi and on PyTorch."""
    values = [one.numpy() for one in pytree.tree_leaves(arguments)]
    np.savez(folder / "inputs.npz", **{str(i): value for i, value in enumerate(values)})
    found: dict[str, list[list[float]]] = {"torchffi": [], "torch": []}
    for _ in range(STARTS):
        for which, lines in found.items():
            command = [sys.executable, "-c", _START, path, folder / "inputs.npz", which]
            out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            lines.append([*map(float, out.stdout.split())])
    mine, theirs = (
        [statistics.median(column) for column in zip(*lines, strict=True)]
        for lines in found.values()
    )
    return mine, theirs


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or NAMES:
        path = build(name, folder)
        mine = torchffi.inductor.aoti_load_package(path, trust=True)
        theirs = torch._inductor.aoti_load_package(str(path))
        arguments = MODELS[name][3]()
        given = to_torchffi(arguments)
        largest = difference(mine(*given), theirs(*arguments))
        steady = ratio(lambda m=mine, g=given: m(*g), lambda t=theirs, a=arguments: t(*a))
        (seconds, size), (their_seconds, their_size) = starts(path, arguments, folder)
        first = f"{seconds:.2f} s ({seconds / their_seconds:.2f})"
        memory = f"{size:.0f} MiB ({size / their_size:.2f})"
        print(
            f"{name}: difference {largest:.1e}, steady {steady:.3f} of PyTorch's time, first result "
            f"after {first}, {memory}",
            flush=True,
        )


if __name__ == "__main__":
    main()
