"""Layers that drop values in training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError
from torchffi.nn import functional
from torchffi.nn._base.module import Module


class _Dropout(Module):
    """The base of layers that drop values.

    Args:
        p: The probability that a value, or a channel, is dropped.
        inplace: Whether the input itself is changed.

    Raises:
        ValueError: If p is not between 0 and 1.
    """

    _function: ClassVar[Callable[..., Any]]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise InvalidArgumentError(f"{self._get_name()}: p is {p}, expected 0 to 1")
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Any:
        """The input; in training mode with values that are dropped."""
        return self._function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """The layer of :func:`~torchffi.nn.functional.dropout`. Source: torch.nn.Dropout."""

    _function = staticmethod(functional.dropout)


class Dropout1d(_Dropout):
    """The layer of :func:`~torchffi.nn.functional.dropout1d`. Source: torch.nn.Dropout1d."""

    _function = staticmethod(functional.dropout1d)


class Dropout2d(_Dropout):
    """The layer of :func:`~torchffi.nn.functional.dropout2d`. Source: torch.nn.Dropout2d."""

    _function = staticmethod(functional.dropout2d)


class Dropout3d(_Dropout):
    """The layer of :func:`~torchffi.nn.functional.dropout3d`. Source: torch.nn.Dropout3d."""

    _function = staticmethod(functional.dropout3d)


class AlphaDropout(_Dropout):
    """The layer of :func:`~torchffi.nn.functional.alpha_dropout`. Source: torch.nn.AlphaDropout."""

    _function = staticmethod(functional.alpha_dropout)


class FeatureAlphaDropout(_Dropout):
    """The layer of :func:`~torchffi.nn.functional.feature_alpha_dropout`.

    Source: torch.nn.FeatureAlphaDropout.
    """

    _function = staticmethod(functional.feature_alpha_dropout)
