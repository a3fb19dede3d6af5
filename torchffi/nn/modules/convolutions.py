"""Layers of convolutions and of transposed convolutions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from torchffi._array.creation import empty
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError, ShapeError
from torchffi.nn import functional, init
from torchffi.nn._arguments import Sizes, per_axis
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter

_MODES: Final = ("zeros", "reflect", "replicate", "circular")
_PLAIN: Final[tuple[Callable[..., Tensor], ...]] = (
    functional.conv1d,
    functional.conv2d,
    functional.conv3d,
)
_TRANSPOSED: Final[tuple[Callable[..., Tensor], ...]] = (
    functional.conv_transpose1d,
    functional.conv_transpose2d,
    functional.conv_transpose3d,
)


class _Windows(Module):
    """Weights, bias and sizes of a convolution over ``_axes`` axes."""

    _axes: int
    weight: Tensor
    bias: Tensor | None
    padding: tuple[int, ...] | str
    output_padding: tuple[int, ...]
    transposed: bool

    def _prepare(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes,
        dilation: Sizes,
        groups: int,
        padding_mode: str,
    ) -> None:
        name = self._get_name()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise InvalidArgumentError(
                f"{name}: groups is {groups} for {in_channels} and {out_channels} channels, "
                "expected a divisor of both"
            )
        if padding_mode not in _MODES:
            expected = ", ".join(map(repr, _MODES))
            raise InvalidArgumentError(
                f"{name}: padding_mode is {padding_mode!r}, expected one of {expected}"
            )
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, self._axes)
        self.stride = per_axis(name, "stride", stride, self._axes)
        self.dilation = per_axis(name, "dilation", dilation, self._axes)
        self.groups, self.padding_mode = groups, padding_mode

    def _create(self, channels: tuple[int, int], bias: bool, device: Any, dtype: Any) -> None:
        shape = *channels, *self.kernel_size
        self.weight = Parameter(empty(shape, dtype=dtype, device=device))
        self.register_parameter(
            "bias",
            Parameter(empty(self.out_channels, dtype=dtype, device=device)) if bias else None,
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new values."""
        if self.weight.size:
            init.kaiming_uniform_(self.weight, a=5**0.5)
            if self.bias is not None:
                limit = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
                init.uniform_(self.bias, -limit, limit)

    def extra_repr(self) -> str:
        """The numbers of channels, and the sizes that are not the usual ones."""
        zeros, ones = (0,) * self._axes, (1,) * self._axes
        usual = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1}
        parts = [f"{self.in_channels}, {self.out_channels}"]
        parts += [f"kernel_size={self.kernel_size}, stride={self.stride}"]
        parts += [f"{n}={getattr(self, n)}" for n, x in usual.items() if getattr(self, n) != x]
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class _Convolution(_Windows):
    """Arguments and attributes of :class:`Conv1d`, whatever the number of axes."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self._prepare(
            in_channels, out_channels, kernel_size, stride, dilation, groups, padding_mode
        )
        self.padding = self._padding(padding)
        self.transposed, self.output_padding = False, (0,) * self._axes
        self._create((out_channels, in_channels // groups), bias, device, dtype)

    def _padding(self, given: Sizes | str) -> tuple[int, ...] | str:
        name = self._get_name()
        if not isinstance(given, str):
            sizes = per_axis(name, "padding", given, self._axes)
            ends = [(size, size) for size in sizes]
        elif given == "same" and set(self.stride) != {1}:
            raise InvalidArgumentError(
                f"{name}: padding is 'same' with stride {self.stride}, expected stride 1"
            )
        elif given in ("same", "valid"):
            spans = zip(self.dilation, self.kernel_size, strict=True)
            added = [step * (size - 1) if given == "same" else 0 for step, size in spans]
            ends = [(size // 2, size - size // 2) for size in added]
        else:
            raise InvalidArgumentError(
                f"{name}: padding is {given!r}, expected 'same', 'valid' or integers"
            )
        self._ends = [size for both in reversed(ends) for size in both]
        return given if isinstance(given, str) else sizes

    def forward(self, input: Tensor) -> Tensor:
        """The output, of shape (n, out_channels, ...), for an input of shape (n, in_channels, ...)."""
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, padding = functional.pad(input, self._ends, mode=self.padding_mode), 0
        return _PLAIN[self._axes - 1](
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv1d(_Convolution):
    """A convolution along one axis, see :func:`~torchffi.nn.functional.conv1d`.

    Args:
        in_channels: Number of channels of the input.
        out_channels: Number of channels of the output.
        kernel_size: Length of a window.
        stride: Distance of the windows.
        padding: Elements added at both ends; ``"valid"`` adds none, ``"same"`` as many as keep the
            length.
        dilation: Distance of the elements of a window.
        groups: Number of groups that the channels are divided into.
        bias: Whether there is a bias.
        padding_mode: The elements added: ``"zeros"``, ``"reflect"``, ``"replicate"`` or ``"circular"``.
        device: The device of the parameters, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.

    Attributes:
        weight: A parameter of shape (out_channels, in_channels / groups, kernel_size), uniform in
            +-1 / sqrt(number of elements of weight[0]).
        bias: A parameter of shape (out_channels,), of the same distribution; or None.

    Raises:
        ValueError: If the groups do not divide the channels, or for another padding.

    Source: torch.nn.Conv1d.
    """

    _axes = 1


class Conv2d(_Convolution):
    """A convolution along two axes. Arguments: as for :class:`Conv1d`, sizes for both axes or each.

    Source: torch.nn.Conv2d.
    """

    _axes = 2


class Conv3d(_Convolution):
    """A convolution along three axes. Arguments: as for :class:`Conv1d`, sizes for all axes or each.

    Source: torch.nn.Conv3d.
    """

    _axes = 3


class _Transposed(_Windows):
    """Arguments and attributes of :class:`ConvTranspose1d`, whatever the number of axes."""

    padding: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        name = self._get_name()
        if padding_mode != "zeros":
            raise InvalidArgumentError(
                f"{name}: padding_mode is {padding_mode!r}, expected 'zeros'"
            )
        self._prepare(
            in_channels, out_channels, kernel_size, stride, dilation, groups, padding_mode
        )
        self.padding = per_axis(name, "padding", padding, self._axes)
        self.output_padding = per_axis(name, "output_padding", output_padding, self._axes)
        self.transposed = True
        self._create((in_channels, out_channels // groups), bias, device, dtype)

    def _added(self, input: Tensor, output_size: Sequence[int] | None) -> Sequence[int]:
        """The output padding that gives a size."""
        if output_size is None:
            return self.output_padding
        wanted, axes = list(output_size), self._axes
        if len(wanted) == input.ndim:
            wanted = wanted[-axes:]
        sizes = zip(
            input.shape[-axes:], self.stride, self.padding, self.dilation, self.kernel_size,
            strict=True,
        )  # fmt: skip
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in sizes]
        most = [n + s - 1 for n, s in zip(least, self.stride, strict=True)]
        if len(wanted) != axes or any(
            not low <= size <= high for low, size, high in zip(least, wanted, most, strict=True)
        ):
            raise ShapeError(
                f"{self._get_name()}: output_size is {list(output_size)}, expected {axes} lengths "
                f"from {least} to {most}"
            )
        return [size - low for size, low in zip(wanted, least, strict=True)]

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The output, of shape (n, out_channels, ...); of the given size, if there are several."""
        return _TRANSPOSED[self._axes - 1](
            input, self.weight, self.bias, self.stride, self.padding,
            self._added(input, output_size), self.groups, self.dilation,
        )  # fmt: skip


class ConvTranspose1d(_Transposed):
    """The gradient of a convolution along one axis.

    Args:
        in_channels, out_channels, kernel_size, stride, groups, bias, dilation, device, dtype: As for
            :class:`Conv1d`.
        padding: Elements removed at both ends of the output.
        output_padding: Elements added at one end of it; less than the stride or the dilation.
        padding_mode: ``"zeros"``.

    Attributes:
        weight: A parameter of shape (in_channels, out_channels / groups, kernel_size).
        bias: A parameter of shape (out_channels,); or None.

    Source: torch.nn.ConvTranspose1d.
    """

    _axes = 1


class ConvTranspose2d(_Transposed):
    """The gradient of a convolution along two axes. Arguments: as for :class:`ConvTranspose1d`.

    Source: torch.nn.ConvTranspose2d.
    """

    _axes = 2
