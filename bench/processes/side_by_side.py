"""A worker that times calls of torchffi and of PyTorch in turn, in one process with one LibTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from bench.cases.blocks import Block
from bench.processes.worker import serve

Call = Callable[[], Any]


def check_one_thread() -> None:
    """Asserts that torchffi computes with LibTorch, and that both use one thread.

    Importing torch first makes torchffi use the LibTorch that is loaded already.
    """
    import torch

    import torchffi

    assert torchffi.get_backend() == "ffi", "torchffi does not compute with LibTorch"
    assert torchffi.get_num_threads() == torch.get_num_threads() == 1, "more than one thread"


def serve_pairs(cases: Mapping[str, tuple[Call, Call]]) -> None:
    """Answers a key with the seconds of both sides, for the same number of calls.

    Args:
        cases: For each key, a call of torchffi's and of PyTorch's.
    """
    blocks = {}
    for key, calls in cases.items():
        ours, peer = (Block("call()", {"call": call}) for call in calls)
        ours.calibrate()
        peer.calls = ours.calls
        peer()
        blocks[key] = ours, peer
    turns = count()

    def pair(key: str) -> tuple[float, float]:
        ours, peer = blocks[key]
        if next(turns) % 2:
            seconds = ours()
            return seconds, peer()
        seconds = peer()
        return ours(), seconds

    serve(pair)
