"""MiniLM that is warm: sentences to vectors by torchffi, and by torch and transformers.

python -m bench.steady is the process that holds both encoders, over one LibTorch with one thread. Each
call tokenizes with the encoder's own tokenizer and pads to the longest, so that both compute the same
tokens. torchffi's encoder computes 32 sentences at a time, as its embed() does, for what it works on
then stays in the cache; PyTorch's model is given all at once, as one calls it, in inference mode. The
garbage collector is on.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from bench import turns
from bench.pairs import Pairs
from bench.processes import Worker, serve
from bench.sentences import TEXTS

# Sentences in a batch -> pairs.
FULL = {1: 15, 8: 15, 64: 5}
QUICK = {1: 7, 8: 3, 64: 1}
# How alike both vectors of a sentence have to be.
COSINE = 0.9999


def measure(quick: bool, progress: Callable[[str], None]) -> list[Pairs]:
    """The rows of this file; ``progress`` is told of each step."""
    return compare(QUICK if quick else FULL, progress)


def steps(quick: bool) -> int:
    """How many steps :func:`measure` has."""
    counts = QUICK if quick else FULL
    return sum(counts.values()) + len(counts)


def compare(counts: dict[int, int], progress: Callable[[str], None]) -> list[Pairs]:
    """Runs both encoders in turns, on batches of each size."""
    rows = []
    with Worker("bench.steady") as encoders:
        for size, pairs in counts.items():
            what = f"MiniLM, batch of {size}"
            found = turns.take(what, pairs, partial(encoders.ask, size), progress)
            ours, peer = map(list, zip(*found, strict=True))
            rows.append(Pairs(f"minilm_{size}", "s", ours, peer, {}))
    return rows


def encoders() -> tuple[Callable[[list[str]], Any], Callable[[list[str]], Any]]:
    """From sentences to vectors: by torchffi, and by its peer."""
    import torch  # before torchffi, which uses the LibTorch that is in the process

    import torchffi

    assert torchffi.get_backend() == "ffi", "torchffi does not compute with LibTorch"
    assert torchffi.get_num_threads() == torch.get_num_threads() == 1, "not one thread"
    from bench.encoder import BATCH, Encoder, packaged_model, padded
    from bench.peer import Peer

    encoder, peer = Encoder(packaged_model()), Peer(packaged_model())

    def ours(sentences: list[str]) -> Any:
        ids, mask = padded(encoder.tokenizer.encode_batch(sentences))
        starts = range(0, len(ids), BATCH)
        slices = [encoder.forward(ids[i : i + BATCH], mask[i : i + BATCH]).numpy() for i in starts]
        return np.concatenate(slices)

    return ours, lambda sentences: peer.embed(sentences).numpy()


def check(ours: Any, peer: Any) -> None:
    """Refuses vectors of length 1 that differ."""
    assert ours.shape == peer.shape, f"vectors of shape {ours.shape} and {peer.shape}"
    cosines = (ours * peer).sum(axis=1)
    assert cosines.min() > COSINE, f"the vectors differ: a cosine is {cosines.min()}"


def main() -> None:
    """The process."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    ours, peer = encoders()
    from bench import routes

    def pair(size: int) -> tuple[float, float]:
        sentences = list(TEXTS[:size])
        with routes.on("ffi"):
            began = perf_counter()
            vectors = ours(sentences)
            seconds = perf_counter() - began
        began = perf_counter()
        others = peer(sentences)
        peer_seconds = perf_counter() - began
        check(vectors, others)
        return seconds, peer_seconds

    serve(pair)


if __name__ == "__main__":
    main()
