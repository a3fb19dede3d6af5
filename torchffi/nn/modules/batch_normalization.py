"""Layers that normalize channels over a batch or over each sample, with running statistics."""

from __future__ import annotations

from typing import Any

from torchffi import dtypes
from torchffi._array.creation import empty, ones, zeros
from torchffi._array.manipulation import squeeze
from torchffi._autograd.modes import no_grad
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import ShapeError
from torchffi.nn import functional, init
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter


class _Statistics(Module):
    """Parameters and running statistics of channels."""

    _version = 2  # since version 2 there is num_batches_tracked
    _ndims: tuple[int, ...]
    weight: Tensor | None
    bias: Tensor | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        track_running_stats: bool,
        device: str | None,
        dtype: DType | None,
        bias: bool,
    ) -> None:
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        place: dict[str, Any] = {"dtype": dtype, "device": device}
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            value = Parameter(empty(num_features, **place)) if wanted else None
            self.register_parameter(name, value)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, **place) if tracked else None)
        self.register_buffer("running_var", ones(num_features, **place) if tracked else None)
        place["dtype"] = dtypes.int64
        self.register_buffer("num_batches_tracked", zeros((), **place) if tracked else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Sets the running means to 0, and the running variances to 1."""
        initial = (self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)
        for tensor, value in initial:
            if tensor is not None:
                tensor[...] = value

    def reset_parameters(self) -> None:
        """Sets the weight to 1, the bias to 0, and the running statistics."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check(self, input: Tensor) -> None:
        if input.ndim not in self._ndims:
            expected = " or ".join(map(str, self._ndims))
            raise ShapeError(
                f"{self._get_name()}: input has shape {input.shape}, expected {expected} axes"
            )

    def extra_repr(self) -> str:
        """The number of channels, and the options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class _BatchNorm(_Statistics):
    """Arguments and attributes of :class:`BatchNorm1d`, whatever the number of axes."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: str | None = None,
        dtype: DType | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def _count(self) -> float:
        """Counts a batch in training, and returns the weight of its statistics."""
        count = self.num_batches_tracked
        if not self.training or not self.track_running_stats or count is None:
            return self.momentum or 0.0
        with no_grad():
            count[...] = count + 1
        return 1.0 / float(count) if self.momentum is None else self.momentum

    def forward(self, input: Tensor) -> Tensor:
        """The output, of the shape of the input; in training also updates the running statistics."""
        self._check(input)
        momentum = self._count()
        mean, variance = self.running_mean, self.running_var
        of_batch = self.training or (mean is None and variance is None)
        if self.training and not self.track_running_stats:
            mean = variance = None
        return functional.batch_norm(
            input, mean, variance, self.weight, self.bias, of_batch, momentum, self.eps
        )


class BatchNorm1d(_BatchNorm):
    """Normalizes each channel over the batch, see :func:`~torchffi.nn.functional.batch_norm`.

    Inputs have shape (n, num_features) or (n, num_features, length).

    Args:
        num_features: Number of channels.
        eps: Added to the variance.
        momentum: Weight of a batch in the running statistics; if None, they are the means over all
            batches.
        affine: Whether there are a weight and a bias.
        track_running_stats: Whether there are running statistics, which are used in evaluation mode;
            otherwise it always uses those of the batch.
        device: The device of the parameters and buffers, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.
        bias: Whether there is a bias.

    Attributes:
        weight: A parameter of shape (num_features,), ones; or None.
        bias: A parameter of shape (num_features,), zeros; or None.
        running_mean: A buffer of shape (num_features,), or None.
        running_var: A buffer of shape (num_features,), or None.
        num_batches_tracked: A buffer of shape () and dtype int64, or None.

    Source: torch.nn.BatchNorm1d.
    """

    _ndims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """As :class:`BatchNorm1d`, for inputs of shape (n, num_features, height, width).

    Source: torch.nn.BatchNorm2d.
    """

    _ndims = (4,)


class BatchNorm3d(_BatchNorm):
    """As :class:`BatchNorm1d`, for inputs of shape (n, num_features, depth, height, width).

    Source: torch.nn.BatchNorm3d.
    """

    _ndims = (5,)


class _InstanceNorm(_Statistics):
    """Arguments and attributes of :class:`InstanceNorm1d`, whatever the number of axes."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: str | None = None,
        dtype: DType | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def forward(self, input: Tensor) -> Tensor:
        """The output, of the shape of the input."""
        self._check(input)
        single = input.ndim == self._ndims[0]
        if self.affine and input.shape[0 if single else 1] != self.num_features:
            raise ShapeError(
                f"{self._get_name()}: input has shape {input.shape}, expected "
                f"{self.num_features} channels"
            )
        output = functional.instance_norm(
            input[None] if single else input,
            self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats, self.momentum or 0.0, self.eps,
        )  # fmt: skip
        return squeeze(output, 0) if single else output


class InstanceNorm1d(_InstanceNorm):
    """Normalizes each channel of each sample, see :func:`~torchffi.nn.functional.instance_norm`.

    Inputs have shape (n, num_features, length) or (num_features, length). Arguments and attributes are
    those of :class:`BatchNorm1d`; without ``affine`` and ``track_running_stats`` by default.

    Source: torch.nn.InstanceNorm1d.
    """

    _ndims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """As :class:`InstanceNorm1d`, for inputs of shape (n, num_features, height, width) or without n.

    Source: torch.nn.InstanceNorm2d.
    """

    _ndims = (3, 4)
