"""Fully connected layers."""

from __future__ import annotations

from typing import Any

from torchffi._array.creation import empty
from torchffi._core.parameters import is_parameter
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import ArgumentError
from torchffi.nn import init
from torchffi.nn.functional import linear
from torchffi.nn.modules.module import Module
from torchffi.nn.modules.parameter import Parameter


class Identity(Module):
    """A module that returns its input. It takes any arguments, and uses none.

    Source: torch.nn.Identity.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """The input."""
        return input


class Linear(Module):
    """A layer that computes input @ transpose(weight) + bias.

    Args:
        in_features: Length of the last axis of the input; or the weight, a tensor of shape
            (out_features, in_features).
        out_features: Length of the last axis of the output; or the bias of such a weight.
        bias: Whether there is a bias.
        device: The device of the parameters, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.

    Attributes:
        weight: A parameter of shape (out_features, in_features), uniform in +-1 / sqrt(in_features).
        bias: A parameter of shape (out_features,), of the same distribution; or None.

    Source: torch.nn.Linear.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        in_features: int | Tensor,
        out_features: int | Tensor | None = None,
        bias: Any = True,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if isinstance(in_features, Tensor):
            offsets = out_features if isinstance(out_features, Tensor) else bias
            self.weight = _parameter(in_features)
            self.register_parameter(
                "bias", _parameter(offsets) if isinstance(offsets, Tensor) else None
            )
            self.out_features, self.in_features = self.weight.shape
            return
        if not isinstance(out_features, int):
            raise ArgumentError(f"Linear: out_features is {out_features!r}, expected an integer")
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty((out_features, in_features), dtype=dtype, device=device))
        self.register_parameter(
            "bias", Parameter(empty(out_features, dtype=dtype, device=device)) if bias else None
        )
        self.reset_parameters()

    @classmethod
    def create(
        cls, in_features: int, out_features: int, *, bias: bool = True, dtype: DType | None = None
    ) -> Linear:
        """A layer with random values. The arguments are those of the class."""
        return cls(in_features, out_features, bias, dtype=dtype)

    @property
    def weights(self) -> Tensor:
        """The weight, by its former name."""
        return self.weight

    def reset_parameters(self) -> None:
        """Draws new values."""
        limit = max(self.in_features, 1) ** -0.5
        if self.weight.size:
            init.kaiming_uniform_(self.weight, a=5**0.5)
        if self.bias is not None:
            init.uniform_(self.bias, -limit, limit)

    def forward(self, input: Tensor) -> Tensor:
        """The output, of shape (..., out_features), for an input of shape (..., in_features)."""
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


def _parameter(tensor: Tensor) -> Tensor:
    return tensor if is_parameter(tensor) else Parameter(tensor, requires_grad=tensor.requires_grad)
