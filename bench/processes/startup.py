"""A process that times its own start: ``python -m bench.processes.startup TASK [MODEL FOLDER]``.

Prints JSON. Each task imports what it needs part by part, so that each import counts to its part.
"""

from __future__ import annotations

import sys
from typing import Any

from bench.processes.clock import Laps, peak_bytes

LAPS = Laps()


def python() -> tuple[str, Any]:
    """Does nothing."""
    return "python", None


def numpy() -> tuple[str, Any]:
    """Imports NumPy."""
    import numpy  # noqa: F401  (its import is what is measured)

    LAPS.end("NumPy")
    return "numpy", None


def torchffi() -> tuple[str, Any]:
    """Imports torchffi and with it NumPy; LibTorch is not opened."""
    import torchffi  # noqa: F401

    LAPS.end("torchffi")
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        return "ffi" if "libtorch" in maps.read() else "not opened", None


def torchffi_sum() -> tuple[str, Any]:
    """A first result with torchffi."""
    tf = _torchffi()
    total = tf.ones((2, 2)) + tf.ones((2, 2))
    values = total.numpy().tolist()
    LAPS.end("compute")
    return total.backend, values


def torch_sum() -> tuple[str, Any]:
    """A first result with PyTorch."""
    torch = _torch()
    total = torch.ones((2, 2)) + torch.ones((2, 2))
    values = total.numpy().tolist()
    LAPS.end("compute")
    return type(total).__module__, values


def torchffi_minilm() -> tuple[str, Any]:
    """The first sentence embedding with torchffi."""
    tf = _torchffi()
    from pathlib import Path

    from bench.cases.sentences import TEXTS
    from examples.minilm.encoder import Encoder

    encoder = Encoder(Path(sys.argv[2]))
    LAPS.end("model")
    vectors = encoder.embed(TEXTS[:1])
    LAPS.end("compute")
    fell_back = tf.fallback_counts()
    return "fallback" if fell_back else tf.get_backend(), vectors.tolist()


def torch_minilm() -> tuple[str, Any]:
    """The first sentence embedding with PyTorch and transformers."""
    _torch()
    from pathlib import Path

    from bench.cases.sentences import TEXTS
    from bench.cases.torch_minilm import TorchEncoder

    peer = TorchEncoder(Path(sys.argv[2]))
    LAPS.end("model")
    vectors = peer.embed(TEXTS[:1])
    LAPS.end("compute")
    return type(vectors).__module__, vectors.tolist()


def _torchffi() -> Any:
    numpy()
    import torchffi

    torchffi.get_backend()  # opens LibTorch
    LAPS.end("LibTorch")
    return torchffi


def _torch() -> Any:
    numpy()
    import torch

    LAPS.end("PyTorch")
    return torch


_TASKS = (python, numpy, torchffi, torchffi_sum, torch_sum, torchffi_minilm, torch_minilm)

if __name__ == "__main__":
    route, result = {task.__name__: task for task in _TASKS}[sys.argv[1]]()
    peak = peak_bytes()
    import json

    found = {"seconds": LAPS.seconds, "peak_bytes": peak, "route": route, "result": result}
    print(json.dumps(found))
