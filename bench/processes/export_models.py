"""Writes the exported programs of the benchmark: ``python -m bench.processes.export_models FOLDER``."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

NAMES = ("minilm", "generator", "convolutions")


def main() -> None:
    """Each file is renamed when it is whole, so that a run that is interrupted leaves none in part."""
    from tests.export.models import export

    folder = Path(sys.argv[1])
    unfinished = folder / "unfinished"
    unfinished.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")  # PyTorch's own, about its preview functions
    for name in NAMES:
        export(name, unfinished).rename(folder / f"{name}.pt2")
    unfinished.rmdir()
    print("null")


if __name__ == "__main__":
    main()
