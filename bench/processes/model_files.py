"""A process with the models of files, loaded by torchffi and by PyTorch over one LibTorch.

``python -m bench.processes.model_files FOLDER SCRIPT``: the exported programs, and a TorchScript file.
LibTorch has one thread, the garbage collector is on, and PyTorch computes in inference mode.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.processes.side_by_side import Call, check_one_thread, serve_pairs


def programs(folder: Path) -> dict[str, tuple[Call, Call]]:
    """For each exported program, a call of torchffi's and of PyTorch's, on the same memory."""
    import torch
    from torch.utils import _pytree as pytree

    import torchffi
    from tests.export.models import MODELS

    torch.manual_seed(0)
    found = {}
    for key, name in (("gpt", "generator"), ("cnn", "convolutions"), ("minilm", "minilm")):
        path = folder / f"{name}.pt2"
        given = MODELS[name][3]()
        shared = pytree.tree_map(torchffi.from_dlpack, given)
        # LibTorch multiplies by weights that require gradients in another order.
        peer = torch.export.load(path).module().requires_grad_(False)
        ours = torchffi.export.load(path).module()
        found[f"export_{key}"] = _call(ours, *shared), _call(peer, *given)
    return found


def script(path: Path) -> tuple[Call, Call]:
    """The same for a TorchScript module, on a chunk of a wave; both keep a state between calls."""
    import torch

    import torchffi

    wave = torch.sin(torch.arange(512) * 0.1).unsqueeze(0)
    ours, peer = torchffi.jit.load(path), torch.jit.load(path)
    return _call(ours, torchffi.from_dlpack(wave), 16000), _call(peer, wave, 16000)


def _call(function: Callable[..., Any], *given: Any) -> Call:
    return lambda: function(*given)


def check(key: str, ours: Any, peer: Any) -> None:
    """Asserts that both sides give the same bits."""
    from torch.utils import _pytree as pytree

    pairs = zip(pytree.tree_leaves(ours), pytree.tree_leaves(peer), strict=True)
    for found, wanted in pairs:
        same = np.array_equal(found.numpy(), wanted.numpy())
        assert same, f"{key}: the results of torchffi and PyTorch differ"


def main() -> None:
    """Answers a key with the seconds of both sides."""
    warnings.simplefilter("ignore")
    import torch  # before torchffi

    check_one_thread()
    with torch.inference_mode():
        cases = programs(Path(sys.argv[1])) | {"script_silero": script(Path(sys.argv[2]))}
        for key, calls in cases.items():
            for _ in range(3):  # TorchScript optimizes its code in the first calls
                check(key, *(call() for call in calls))
        serve_pairs(cases)


if __name__ == "__main__":
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    main()
