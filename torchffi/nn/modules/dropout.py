"""Layers that set random elements to 0 in training."""

from __future__ import annotations

from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError
from torchffi.nn.functional import dropout
from torchffi.nn.modules.module import Module


class Dropout(Module):
    """Sets random elements to 0 in training, see :func:`~torchffi.nn.functional.dropout`.

    Args:
        p: Probability that an element is set to 0.
        inplace: Whether the input is overwritten.

    Raises:
        ValueError: If p is not in [0, 1].

    Source: torch.nn.Dropout.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise InvalidArgumentError(f"Dropout: p is {p}, expected a probability from 0 to 1")
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The output, of the shape of the input."""
        return dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The options."""
        return f"p={self.p}, inplace={self.inplace}"
