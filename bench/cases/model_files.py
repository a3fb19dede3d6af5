"""Model files: from the start of a process to a first result, and calls of models that are loaded.

The exported programs are made once, by PyTorch, and kept in ``build/bench``; the other files are those
of packages. The cold start of safetensors is in bench.cases.startup: MiniLM.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from bench.cases import interleave, startup
from bench.cases.startup import Start
from bench.processes import worker
from bench.processes.export_models import NAMES
from bench.processes.worker import Worker
from bench.report.samples import Pairs

Progress = Callable[[str], None]


class Counts(NamedTuple):
    """Number of pairs: of starts with each kind of file, and of blocks of calls of each model."""

    starts: int
    blocks: int


FULL, QUICK = Counts(starts=5, blocks=150), Counts(starts=1, blocks=15)
KINDS = ("export", "script", "checkpoint")
MODELS = ("export_minilm", "export_gpt", "export_cnn", "script_silero")


def packaged(package: str, name: str) -> Path:
    """A file of a package, which is not imported.

    Raises:
        FileNotFoundError: The package is not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{package} is not installed: make .venv/models")
    return Path(spec.origin).parent / "data" / name


def programs() -> Path:
    """The folder of the exported programs of this PyTorch; they are made if they are not there."""
    folder = worker.ROOT / "build" / "bench" / f"models-{version('torch')}"
    if not all((folder / f"{name}.pt2").exists() for name in NAMES):
        worker.start("bench.processes.export_models", str(folder))
    return folder


def path_of(kind: str) -> Path:
    """The file whose cold start is measured."""
    if kind == "export":
        return programs() / "minilm.pt2"
    if kind == "script":
        return packaged("silero_vad", "silero_vad.jit")
    return packaged("facenet_pytorch", "onet.pt")


def measure(quick: bool, progress: Progress) -> list[Pairs]:
    """The rows of this file; ``progress`` is called once a step."""
    counts = QUICK if quick else FULL
    return [*cold(counts, progress), *steady(counts, progress)]


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    counts = QUICK if quick else FULL
    return len(KINDS) * counts.starts + len(MODELS) * counts.blocks


def cold(counts: Counts, progress: Progress) -> list[Pairs]:
    """Starts of processes, alternately."""
    rows = []
    startup.compile_sources()
    for kind in KINDS:
        path = path_of(kind)
        what = f"start with a file of {kind}"
        found = interleave.pairs(
            what, counts.starts, partial(_pair, kind, path), progress, warm_up=False
        )
        memory = {
            side: median(one.peak_bytes for one in starts)
            for side, starts in zip(("ours", "peer"), zip(*found, strict=True), strict=True)
        }
        details = {"parts": startup.parts(found), "bytes": memory}
        rows.append(startup.row(f"{kind}_cold", "s", found, Start.total, **details))
        if kind == "export":
            rows.append(startup.row("export_memory", "bytes", found, lambda one: one.peak_bytes))
    return rows


def _pair(kind: str, path: Path) -> tuple[Start, Start]:
    ours, peer = (startup.start(f"{side}_{kind}", path) for side in ("torchffi", "torch"))
    np.testing.assert_allclose(ours.result, peer.result, atol=1e-5, err_msg=kind)
    return ours, peer


def steady(counts: Counts, progress: Progress) -> list[Pairs]:
    """Calls of loaded models, alternately."""
    rows = []
    arguments = str(programs()), str(path_of("script"))
    with Worker("bench.processes.model_files", *arguments) as models:
        for key in MODELS:
            ask: Callable[[], Any] = partial(models.ask, key)
            found = interleave.pairs(key, counts.blocks, ask, progress, warm_up=False)
            ours, peer = map(list, zip(*found, strict=True))
            rows.append(Pairs(key, "s", ours, peer, {}))
    return rows
