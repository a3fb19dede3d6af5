"""Layers with parameters."""

from __future__ import annotations

from torchffi._array import random
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.nn.functional import linear


class Linear:
    """A layer that computes x @ transpose(weights) + bias.

    Attributes:
        weights: A tensor of shape (out_features, in_features).
        bias: A tensor of shape (out_features,), or None.
    """

    def __init__(self, weights: Tensor, bias: Tensor | None = None) -> None:
        self.weights = weights
        self.bias = bias

    @classmethod
    def create(
        cls, in_features: int, out_features: int, *, bias: bool = True, dtype: DType | None = None
    ) -> Linear:
        """A layer with random values, uniform in +-1 / sqrt(in_features).

        Args:
            in_features: Length of the last axis of the input.
            out_features: Length of the last axis of the output.
            bias: Whether there is a bias.
            dtype: A floating-point dtype, float32 if None.
        """
        limit = max(in_features, 1) ** -0.5
        weights = random.rand((out_features, in_features), dtype=dtype) * (2 * limit) - limit
        offsets = random.rand(out_features, dtype=dtype) * (2 * limit) - limit if bias else None
        return cls(weights, offsets)

    def forward(self, x: Tensor) -> Tensor:
        """The layer's output, of shape (..., out_features), for x of shape (..., in_features)."""
        return linear(x, self.weights, self.bias)

    __call__ = forward

    def __repr__(self) -> str:
        out_features, in_features = self.weights.shape
        return f"Linear(in_features={in_features}, out_features={out_features})"
