"""Layers that compare two tensors."""

from __future__ import annotations

from torchffi._core.tensor import Tensor
from torchffi.nn import functional
from torchffi.nn._base.module import Module
from torchffi.nn.modules.layer import FunctionLayer


class CosineSimilarity(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.cosine_similarity`, with its arguments.

    Source: torch.nn.CosineSimilarity.
    """

    _function = staticmethod(functional.cosine_similarity)

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__(dim=dim, eps=eps)

    def extra_repr(self) -> str:
        """Nothing."""
        return ""


class PairwiseDistance(Module):
    """The layer of :func:`~torchffi.nn.functional.pairwise_distance`, with its arguments.

    Source: torch.nn.PairwiseDistance.
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """The distances along the last axis."""
        return functional.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
