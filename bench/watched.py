"""Runs a module as `python -m` does, and writes its peak memory, in bytes, to a file.

python -m bench.watched FILE MODULE [ARGUMENT ...]

A process has to ask for itself: what its parent is told of it counts the parent's own memory too.
"""

import runpy
import sys


def peak_bytes() -> int:
    """Peak resident memory of this process since it began."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        line = next(line for line in file if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    _, path, module, *arguments = sys.argv
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        with open(path, "w", encoding="ascii") as file:
            file.write(str(peak_bytes()))
