"""The modules that measure, and which of them a run needs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from importlib import import_module
from typing import NamedTuple

from bench.pairs import Pairs

Progress = Callable[[str], None]

# Module of bench -> the keys it measures, in the order of the run: new processes before this one grows.
MODULES: dict[str, tuple[str, ...]] = {
    "starts": ("first_result", "import_alone", "start_memory", "minilm_cold"),
    "c_call": ("c_add",),
    "operations": (
        *("add", "matmul", "relu", "sum", "getitem", "reshape", "zeros", "from_numpy", "numpy"),
        *("float", "boxed_add", "elementwise_large_1", "elementwise_large_2"),
        *("matmul_large_1", "matmul_large_2", "fallback_add", "fallback_large"),
    ),
    "alive": ("million_bytes", "million_seconds", "alive"),
    "concurrency": ("two_threads",),
    "steady": ("minilm_1", "minilm_8", "minilm_64"),
    "sizes": ("sizes",),
}


class Job(NamedTuple):
    """What a module has to do in this run.

    Attributes:
        name: The module.
        keys: What it measures.
        steps: How often it will call progress.
        measure: Does it.
    """

    name: str
    keys: tuple[str, ...]
    steps: int
    measure: Callable[[bool, Progress], list[Pairs]]


def chosen(only: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The modules and keys of a run.

    Args:
        only: Names of modules or keys; all if empty. A key brings its module's others along, but
            for the operations, which are timed one by one.

    Raises:
        ValueError: For a name that is neither.
    """
    known = {*MODULES, *(key for keys in MODULES.values() for key in keys)}
    if unknown := [name for name in only if name not in known]:
        raise ValueError(f"there is no {unknown[0]!r}, expected some of {', '.join(sorted(known))}")
    found = {}
    for name, keys in MODULES.items():
        some = tuple(key for key in keys if key in only)
        if not only or name in only:
            found[name] = keys
        elif some:
            found[name] = some if name == "operations" else keys
    return found


def jobs(chosen: dict[str, tuple[str, ...]], quick: bool) -> list[Job]:
    """Imports the modules, and with them the libraries: what these read at the start must be set."""
    found = []
    for name, keys in chosen.items():
        module = import_module(f"bench.{name}")
        if name == "operations":
            found.append(Job(name, keys, len(keys), partial(module.measure, keys=keys)))
            continue
        steps = module.steps(quick) if hasattr(module, "steps") else module.STEPS
        found.append(Job(name, keys, steps, module.measure))
    return found
