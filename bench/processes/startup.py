"""A process that times its own start: ``python -m bench.processes.startup TASK [MODEL]``.

Prints JSON. Each task imports what it needs part by part, so that each import counts to its part: this
module itself imports nothing that one side needs and the other does not, such as typing.
"""

from __future__ import annotations

import sys

from bench.processes.clock import Laps, peak_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
    """Imports torchffi; neither NumPy is imported nor LibTorch opened."""
    import torchffi  # noqa: F401

    LAPS.end("torchffi")
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        return "ffi" if "libtorch" in maps.read() else "not opened", None


def torchffi_sum() -> tuple[str, Any]:
    """A first result with torchffi."""
    tf = _torchffi()
    total = tf.ones((2, 2)) + tf.ones((2, 2))
    values = total.tolist()
    LAPS.end("compute")
    return total.backend, values


def torch_sum() -> tuple[str, Any]:
    """A first result with PyTorch."""
    torch = _torch()
    total = torch.ones((2, 2)) + torch.ones((2, 2))
    values = total.tolist()
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


# ---- One model file, torchffi's and PyTorch's function of the same name

_TOKENS = [[101, 7592, 2088, 102]]
_SAMPLES = [[i % 32 / 64 for i in range(512)]]


def torchffi_export() -> tuple[str, Any]:
    """The first result of a program of torch.export."""
    tf = _torchffi()
    program = tf.export.load(sys.argv[2])
    LAPS.end("model")
    ids = tf.asarray(_TOKENS)
    result = program(ids, tf.ones_like(ids))
    values = result.tolist()
    LAPS.end("compute")
    return result.backend, values


def torch_export() -> tuple[str, Any]:
    """The same with PyTorch."""
    torch = _torch()
    program = torch.export.load(sys.argv[2]).module()
    LAPS.end("model")
    ids = torch.tensor(_TOKENS)
    with torch.inference_mode():
        values = program(ids, torch.ones_like(ids)).tolist()
    LAPS.end("compute")
    return torch.__name__, values


def torchffi_script() -> tuple[str, Any]:
    """The first result of a TorchScript module."""
    tf = _torchffi()
    module = tf.jit.load(sys.argv[2])
    LAPS.end("model")
    result = module(tf.asarray(_SAMPLES), 16000)
    values = result.tolist()
    LAPS.end("compute")
    return result.backend, values


def torch_script() -> tuple[str, Any]:
    """The same with PyTorch."""
    torch = _torch()
    module = torch.jit.load(sys.argv[2])
    LAPS.end("model")
    with torch.inference_mode():
        values = module(torch.tensor(_SAMPLES), 16000).tolist()
    LAPS.end("compute")
    return torch.__name__, values


def torchffi_checkpoint() -> tuple[str, Any]:
    """The sum of a weight of a file of torch.save."""
    tf = _torchffi()
    state = tf.load(sys.argv[2])
    LAPS.end("model")
    total = state["conv1.weight"].sum()
    value = float(total)
    LAPS.end("compute")
    return total.backend, value


def torch_checkpoint() -> tuple[str, Any]:
    """The same with PyTorch."""
    torch = _torch()
    state = torch.load(sys.argv[2])
    LAPS.end("model")
    value = float(state["conv1.weight"].sum())
    LAPS.end("compute")
    return torch.__name__, value


# ---- Libraries


def _torchffi() -> Any:
    import torchffi

    torchffi.get_backend()  # opens LibTorch
    LAPS.end("LibTorch")
    return torchffi


def _torch() -> Any:
    import torch

    LAPS.end("PyTorch")
    return torch


_TASKS = (
    *(python, numpy, torchffi, torchffi_sum, torch_sum, torchffi_minilm, torch_minilm),
    *(torchffi_export, torch_export, torchffi_script, torch_script),
    *(torchffi_checkpoint, torch_checkpoint),
)

if __name__ == "__main__":
    route, result = {task.__name__: task for task in _TASKS}[sys.argv[1]]()
    peak = peak_bytes()
    import json

    found = {"seconds": LAPS.seconds, "peak_bytes": peak, "route": route, "result": result}
    print(json.dumps(found))
