"""The machine, the versions and the environment of a run."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Some machines set these for old versions of NumPy; they slow down current ones.
UNFAIR = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# Read by LibTorch and by the BLAS libraries of NumPy when they are loaded.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def prepare() -> list[str]:
    """Sets the environment of this process and its children, before a library reads it.

    Returns:
        The variables in UNFAIR that were set.
    """
    unset = [name for name in UNFAIR if os.environ.pop(name, None) is not None]
    os.environ.update(dict.fromkeys(THREADS, "1"))
    return unset


def facts(quick: bool, unset: list[str], load: float) -> dict[str, Any]:
    """The machine and the versions, after the run.

    Args:
        quick: Whether it was a quick run.
        unset: The result of :func:`prepare`.
        load: The load average before the run.
    """
    import numpy as np
    import threadpoolctl  # type: ignore[import-untyped]

    import torchffi

    libraries = threadpoolctl.threadpool_info()
    blas: dict[str, Any] = next((one for one in libraries if one["user_api"] == "blas"), {})
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "quick": quick,
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": load,
        "python": sys.version.split()[0],
        "torchffi": version("torchffi"),
        "libtorch": torchffi.torch_version(),
        "torch": version("torch"),
        "transformers": version("transformers"),
        "numpy": np.__version__,
        "blas": f"{blas.get('internal_api', '?')} {blas.get('version', '')}".strip(),
        "blas_kernel": blas.get("architecture", "?"),
        "garbage_collector": "on, for both",
        "unset": unset,
    }


def describe(
    about: dict[str, Any], gradients: str = "gradients are computed in training only"
) -> list[str]:
    """The same as lines of text, with what the run does about gradients."""
    unset = ", ".join(about["unset"])
    return [
        f"{about['cpu']}, {about['cores']} cores, load {about['load_before']:.1f} before; "
        f"one thread for each side unless a row says otherwise",
        f"Python {about['python']}, torchffi {about['torchffi']} on LibTorch {about['libtorch']}; "
        f"peers: torch {about['torch']}, transformers {about['transformers']}, "
        f"NumPy {about['numpy']} ({about['blas']}, {about['blas_kernel']})",
        f"Python's garbage collector is {about['garbage_collector']}; {gradients}; "
        + (
            f"{unset} was set and is unset here" if unset else f"{' and '.join(UNFAIR)} are not set"
        ),
        f"{'a quick run, ' if about['quick'] else ''}{about['date']}",
    ]


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return os.uname().machine
