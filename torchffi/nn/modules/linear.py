"""Fully connected layers."""

from __future__ import annotations

from typing import Any

from torchffi._array.creation import empty
from torchffi._core.parameters import is_parameter
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import ArgumentError, InvalidArgumentError
from torchffi.nn import init
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter
from torchffi.nn.functional import bilinear, linear


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
            self.register_parameter("bias", None)
            if isinstance(offsets, Tensor):
                self.bias = _parameter(offsets)
            self.out_features, self.in_features = self.weight.shape
            return
        if not isinstance(out_features, int):
            raise ArgumentError(f"Linear: out_features is {out_features!r}, expected an integer")
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty((out_features, in_features), dtype=dtype, device=device))
        self.register_parameter("bias", None)
        if bias:
            self.bias = Parameter(empty(out_features, dtype=dtype, device=device))
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


class Bilinear(Module):
    """A layer that computes x1 @ weight[k] @ x2 + bias[k] for each of its outputs k.

    Args:
        in1_features: Length of the last axis of x1, the first input.
        in2_features: Length of the last axis of x2.
        out_features: Length of the last axis of the output.
        bias: Whether there is a bias.
        device: The device of the parameters, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.

    Attributes:
        weight: A parameter of shape (out_features, in1_features, in2_features), uniform in
            +-1 / sqrt(in1_features).
        bias: A parameter of shape (out_features,), of the same distribution; or None.

    Raises:
        ValueError: If in1_features is not positive.

    Source: torch.nn.Bilinear.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise InvalidArgumentError(f"Bilinear: in1_features is {in1_features}, expected > 0")
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        shape = out_features, in1_features, in2_features
        self.weight = Parameter(empty(shape, dtype=dtype, device=device))
        self.register_parameter("bias", None)
        if bias:
            self.bias = Parameter(empty(out_features, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new values."""
        limit = self.in1_features**-0.5
        init.uniform_(self.weight, -limit, limit)
        if self.bias is not None:
            init.uniform_(self.bias, -limit, limit)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """The output, of shape (..., out_features)."""
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


def _parameter(tensor: Tensor) -> Tensor:
    return tensor if is_parameter(tensor) else Parameter(tensor, requires_grad=tensor.requires_grad)
