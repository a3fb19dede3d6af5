"""The modules of cases, and the selection for a run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from importlib import import_module
from typing import NamedTuple

from bench.report.samples import Pairs

Progress = Callable[[str], None]

# Module of bench.cases -> the keys it measures, in the order of the run: starts of processes
# first, while this one is small.
MODULES: dict[str, tuple[str, ...]] = {
    "startup": ("first_result", "import_alone", "start_memory", "minilm_cold"),
    "model_files": (
        *("export_cold", "export_memory", "script_cold", "checkpoint_cold"),
        *("export_minilm", "export_gpt", "export_cnn", "script_silero"),
    ),
    "training": ("train_mlp", "train_cnn", "train_encoder"),
    "c_call": ("c_add",),
    "operations": (
        *("add", "matmul", "relu", "sum", "getitem", "reshape", "zeros", "from_numpy", "numpy"),
        *("float", "boxed_add", "elementwise_large_1", "elementwise_large_2"),
        *("matmul_large_1", "matmul_large_2", "fallback_add", "fallback_large"),
    ),
    "live_tensors": ("million_bytes", "million_seconds", "alive"),
    "two_threads": ("two_threads",),
    "warm_minilm": ("minilm_1", "minilm_8", "minilm_64"),
    "sizes": ("sizes",),
}


class Job(NamedTuple):
    """The work of a module in this run.

    Attributes:
        name: The module.
        keys: The keys of its measurements.
        steps: Number of calls of progress.
        measure: Runs the measurements.
    """

    name: str
    keys: tuple[str, ...]
    steps: int
    measure: Callable[[bool, Progress], list[Pairs]]


def chosen(only: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The modules and keys of a run.

    Args:
        only: Names of modules or keys; all if empty. A key selects all keys of its module, except
            for the operations, which are timed one by one.

    Raises:
        ValueError: For a name that is neither.
    """
    known = {*MODULES, *(key for keys in MODULES.values() for key in keys)}
    if unknown := [name for name in only if name not in known]:
        raise ValueError(
            f"unknown name {unknown[0]!r}; expected some of {', '.join(sorted(known))}"
        )
    found = {}
    for name, keys in MODULES.items():
        some = tuple(key for key in keys if key in only)
        if not only or name in only:
            found[name] = keys
        elif some:
            found[name] = some if name == "operations" else keys
    return found


def jobs(chosen: dict[str, tuple[str, ...]], quick: bool) -> list[Job]:
    """Imports the modules and the libraries. The environment that these read must be set before."""
    found = []
    for name, keys in chosen.items():
        module = import_module(f"bench.cases.{name}")
        if name == "operations":
            found.append(Job(name, keys, len(keys), partial(module.measure, keys=keys)))
            continue
        steps = module.steps(quick) if hasattr(module, "steps") else module.STEPS
        found.append(Job(name, keys, steps, module.measure))
    return found
