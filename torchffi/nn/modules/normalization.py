"""Layers that normalize vectors and groups of channels."""

from __future__ import annotations

from collections.abc import Sequence

from torchffi._array.creation import empty
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError
from torchffi.nn import functional, init
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter


class _Affine(Module):
    """A weight of ones and a bias of zeros, which may both be absent."""

    weight: Tensor | None
    bias: Tensor | None

    def _create(
        self,
        shape: tuple[int, ...],
        wanted: dict[str, bool],
        device: str | None,
        dtype: DType | None,
    ) -> None:
        for name, present in wanted.items():
            self.register_parameter(name, None)
            if present:
                setattr(self, name, Parameter(empty(shape, dtype=dtype, device=device)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the weight to 1, and the bias to 0."""
        weight, bias = self._parameters["weight"], self._parameters.get("bias")
        if weight is not None:
            init.ones_(weight)
        if bias is not None:
            init.zeros_(bias)


class LayerNorm(_Affine):
    """Normalizes over the last axes, see :func:`~torchffi.nn.functional.layer_norm`.

    Args:
        normalized_shape: The lengths of these axes.
        eps: Added to the variance.
        elementwise_affine: Whether there are a weight and a bias.
        bias: Whether there is a bias.
        device: The device of the parameters, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.

    Attributes:
        weight: A parameter of shape normalized_shape, ones; or None.
        bias: A parameter of shape normalized_shape, zeros; or None.

    Source: torch.nn.LayerNorm.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        wanted = {"weight": elementwise_affine, "bias": elementwise_affine and bias}
        self._create(self.normalized_shape, wanted, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The output, of the shape of the input."""
        return functional.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The shape, and the options."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """Divides by the root of the mean square, see :func:`~torchffi.nn.functional.rms_norm`.

    Args:
        normalized_shape: The lengths of the last axes, which the mean is taken over.
        eps: Added to the mean square; the dtype's epsilon if None.
        elementwise_affine: Whether there is a weight.
        device: The device of the weight, ``"cpu"`` if None.
        dtype: Its dtype, float32 if None.

    Attributes:
        weight: A parameter of shape normalized_shape, ones; or None.

    Source: torch.nn.RMSNorm.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        self._create(self.normalized_shape, {"weight": elementwise_affine}, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The output, of the shape of the input."""
        return functional.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The shape, and the options."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(_Affine):
    """Normalizes groups of channels, see :func:`~torchffi.nn.functional.group_norm`.

    Args:
        num_groups: Number of groups, a divisor of the number of channels.
        num_channels: Number of channels.
        eps: Added to the variance.
        affine: Whether there are a weight and a bias.
        device: The device of the parameters, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.
        bias: Whether there is a bias.

    Attributes:
        weight: A parameter of shape (num_channels,), ones; or None.
        bias: A parameter of shape (num_channels,), zeros; or None.

    Raises:
        ValueError: If the groups do not divide the channels.

    Source: torch.nn.GroupNorm.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: str | None = None,
        dtype: DType | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_groups < 1 or num_channels % num_groups:
            raise InvalidArgumentError(
                f"GroupNorm: num_groups is {num_groups} for {num_channels} channels, expected a "
                "divisor of them"
            )
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        wanted = {"weight": affine, "bias": affine and bias}
        self._create((num_channels,), wanted, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        """The output, of the shape of the input: (n, num_channels, ...)."""
        return functional.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The numbers, and the options."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Divides by a power of the mean square over neighbouring channels.

    Args:
        size: Number of channels that the mean is taken over.
        alpha: Factor of the mean square.
        beta: The exponent.
        k: Added to the product.

    Source: torch.nn.LocalResponseNorm.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        """The output, of the shape of the input: (n, channels, ...)."""
        return functional.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


def _shape(given: int | Sequence[int]) -> tuple[int, ...]:
    return (given,) if isinstance(given, int) else tuple(given)
