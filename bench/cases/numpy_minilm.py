"""The sentence encoder in NumPy, without torchffi."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

Array = np.ndarray[Any, Any]
HEADS, LAYERS, EPSILON = 12, 6, 1e-12


def erf(x: Array) -> Any:
    """The error function within 1.5e-7. Source: Abramowitz and Stegun (1964), 7.1.26."""
    size = np.abs(x)
    t = 1 / (1 + 0.3275911 * size)
    series = ((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t
    return np.sign(x) * (1 - (series + 0.254829592) * t * np.exp(-size * size))


class NumpyEncoder:
    """all-MiniLM-L6-v2."""

    def __init__(self, folder: Path) -> None:
        self.weights = load_file(folder / "model.safetensors")

    def _dense(self, x: Array, name: str) -> Any:
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, x: Array, name: str) -> Any:
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _attention(self, x: Array, hide: Array, name: str) -> Any:
        batch, tokens, hidden = x.shape
        query, key, value = (
            self._dense(x, f"{name}.self.{part}").reshape(batch, tokens, HEADS, -1).swapaxes(1, 2)
            for part in ("query", "key", "value")
        )
        scores = query @ key.swapaxes(-1, -2) * np.float32((hidden // HEADS) ** -0.5) + hide
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        joined = (weights @ value).swapaxes(1, 2).reshape(batch, tokens, hidden)
        return self._dense(joined, f"{name}.output.dense")

    def forward(self, ids: Array, mask: Array) -> Any:
        """Vectors (batch, 384) of a padded batch: ids and mask of shape (batch, tokens)."""
        tables = {
            part: self.weights[f"embeddings.{part}_embeddings.weight"]
            for part in ("word", "position", "token_type")
        }
        x = tables["word"][ids] + tables["position"][: ids.shape[1]] + tables["token_type"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        hide = np.where(mask, 0, -np.inf).astype(np.float32)[:, None, None, :]
        for i in range(LAYERS):
            name = f"encoder.layer.{i}"
            attended = self._attention(x, hide, f"{name}.attention")
            x = self._norm(x + attended, f"{name}.attention.output.LayerNorm")
            inner = self._dense(x, f"{name}.intermediate.dense")
            inner = inner * np.float32(0.5) * (1 + erf(inner * np.float32(0.5**0.5)))
            x = self._norm(
                x + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"
            )
        total = (x * mask[:, :, None]).sum(1)
        return total / np.linalg.norm(total, axis=1, keepdims=True)
