"""A process with both MiniLM encoders over one LibTorch: ``python -m bench.processes.warm_minilm``.

LibTorch has one thread and the garbage collector is on. Each encoder tokenizes with its own tokenizer
and pads to the longest sentence, so that both compute the same tokens. torchffi's encoder computes 32
sentences at a time, as its embed() does, because their activations stay in the cache; PyTorch's model
gets the whole batch, as its users call it, in inference mode.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from bench.cases.sentences import TEXTS
from bench.processes.worker import serve

# Smallest cosine of the two vectors of a sentence.
COSINE = 0.9999


def encoders() -> tuple[Callable[[list[str]], Any], Callable[[list[str]], Any]]:
    """The functions from sentences to vectors: torchffi's, and the peer's."""
    import torch  # before torchffi, which uses the LibTorch that is loaded already

    import torchffi

    assert torchffi.get_backend() == "ffi", "torchffi does not compute with LibTorch"
    assert torchffi.get_num_threads() == torch.get_num_threads() == 1, "more than one thread"
    from bench.cases.torch_minilm import TorchEncoder
    from examples.minilm.encoder import BATCH, Encoder, packaged_model, padded

    encoder, peer = Encoder(packaged_model()), TorchEncoder(packaged_model())

    def ours(sentences: list[str]) -> Any:
        ids, mask = padded(encoder.tokenizer.encode_batch(sentences))
        starts = range(0, len(ids), BATCH)
        slices = [encoder.forward(ids[i : i + BATCH], mask[i : i + BATCH]).numpy() for i in starts]
        return np.concatenate(slices)

    return ours, lambda sentences: peer.embed(sentences).numpy()


def check(ours: Any, peer: Any) -> None:
    """Asserts that the unit vectors of both sides agree."""
    assert ours.shape == peer.shape, f"vectors of shape {ours.shape} and {peer.shape}"
    cosines = (ours * peer).sum(axis=1)
    assert cosines.min() > COSINE, f"the vectors differ: a cosine is {cosines.min()}"


def main() -> None:
    """Answers a number of sentences with the seconds of both encoders."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    ours, peer = encoders()
    from bench.cases import routes

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
