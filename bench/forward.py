"""The MiniLM forward pass on each route: tokens in, sentence vectors out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from bench.encoder import Encoder, packaged_model, padded
from bench.numpy_minilm import NumpyEncoder

TEXT = (
    "The train to the coast was cancelled because of the snow.",
    "She poured the batter into a buttered cake tin and lit the oven.",
    "Interest rates rose for the third time this year.",
    "The goalkeeper saved two penalties in the final minutes of the match.",
    "A small telescope is enough.",
    "The program crashed because a pointer was freed twice.",
    "Nobody in the village remembered who had planted the oldest apple tree.",
    "Bring an umbrella.",
)
# The plain-NumPy encoder's own error function is that far off.
TOLERANCE = 1e-5

Array = np.ndarray[Any, Any]


@cache
def tokens(sentences: int) -> tuple[Array, Array]:
    """A padded batch: ids and mask, each of shape (sentences, tokens)."""
    encoder = Encoder(packaged_model())
    return padded(encoder.tokenizer.encode_batch(list(TEXT[:sentences])))


def forward(route: str, sentences: int) -> Callable[[], Any]:
    """The function to time, with the model read and the batch ready."""
    ids, mask = tokens(sentences)
    if route == "numpy":
        plain = NumpyEncoder(packaged_model())
        return lambda: plain.forward(ids, mask)
    if route == "torch":
        import torch

        from bench.peer import Peer

        peer = Peer(packaged_model())
        tensors = torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))
        return lambda: peer.forward(*tensors)
    encoder = Encoder(packaged_model())
    return lambda: encoder.forward(ids, mask)


@cache
def expected(sentences: int) -> tuple[Array, float]:
    """What it must give, by plain NumPy, and by how much it may be off."""
    return NumpyEncoder(packaged_model()).forward(*tokens(sentences)), TOLERANCE
