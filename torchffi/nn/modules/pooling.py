"""Layers of pooling: the maximum or the mean of each window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.nn import functional
from torchffi.nn._arguments import Sizes, per_axis
from torchffi.nn._base.module import Module

_OutputSize = int | Sequence[int | None] | None


class _MaxPool(Module):
    """Arguments and attributes of :class:`MaxPool1d`."""

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def _arguments(self) -> tuple[Any, ...]:
        sizes = self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode
        # The operator without indices has no such argument.
        return (*sizes, True) if self.return_indices else sizes

    def extra_repr(self) -> str:
        """The sizes."""
        names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        return ", ".join(f"{name}={getattr(self, name)}" for name in names)


class MaxPool1d(_MaxPool):
    """The maximum of each window, see :func:`~torchffi.nn.functional.max_pool1d`.

    Args:
        kernel_size: Length of a window.
        stride: Distance of the windows; the kernel size if None.
        padding: Elements added at both ends, less than any other; at most half of the kernel size.
        dilation: Distance of the elements of a window.
        return_indices: Whether the result is a tuple of the maxima and of their positions.
        ceil_mode: Whether a window may end after the input.

    Source: torch.nn.MaxPool1d.
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima, of shape (n, channels, windows), and their positions if wanted."""
        return functional.max_pool1d(input, *self._arguments())


class MaxPool2d(_MaxPool):
    """The maximum of each window of an image. Arguments: as for :class:`MaxPool1d`.

    Source: torch.nn.MaxPool2d.
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima, of shape (n, channels, rows, columns), and their positions if wanted."""
        return functional.max_pool2d(input, *self._arguments())


class _AveragePool(Module):
    kernel_size: Sizes
    stride: Sizes
    padding: Sizes

    def extra_repr(self) -> str:
        """The sizes."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AveragePool):
    """The mean of each window, see :func:`~torchffi.nn.functional.avg_pool1d`.

    Args:
        kernel_size: Length of a window.
        stride: Distance of the windows; the kernel size if None.
        padding: Zeros added at both ends; at most half of the kernel size.
        ceil_mode: Whether a window may end after the input.
        count_include_pad: Whether the zeros count as elements.

    Source: torch.nn.AvgPool1d.
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        name = self._get_name()
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, 1)
        self.stride = per_axis(name, "stride", kernel_size if stride is None else stride, 1)
        self.padding = per_axis(name, "padding", padding, 1)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """The means, of shape (n, channels, windows)."""
        return functional.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip


class AvgPool2d(_AveragePool):
    """The mean of each window of an image.

    Args:
        kernel_size, stride, padding, ceil_mode, count_include_pad: As for :class:`AvgPool1d`.
        divisor_override: The divisor; the number of elements if None.

    Source: torch.nn.AvgPool2d.
    """

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """The means, of shape (n, channels, rows, columns)."""
        return functional.avg_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip


class _AdaptiveAverage(Module):
    def __init__(self, output_size: _OutputSize) -> None:
        super().__init__()
        self.output_size: Any = output_size

    def extra_repr(self) -> str:
        """The number of windows."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAverage):
    """The means of a given number of windows.

    Args:
        output_size: Number of windows.

    Source: torch.nn.AdaptiveAvgPool1d.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The means, of shape (n, channels, output_size)."""
        return functional.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAverage):
    """The means of a given number of windows of an image.

    Args:
        output_size: Numbers of windows along the two axes; one that is None keeps the length.

    Source: torch.nn.AdaptiveAvgPool2d.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The means, of shape (n, channels, rows, columns)."""
        return functional.adaptive_avg_pool2d(input, self.output_size)


class _AdaptiveMaximum(_AdaptiveAverage):
    def __init__(self, output_size: _OutputSize, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices


class AdaptiveMaxPool1d(_AdaptiveMaximum):
    """The maxima of a given number of windows.

    Args:
        output_size: Number of windows.
        return_indices: Whether the result is a tuple of the maxima and of their positions.

    Source: torch.nn.AdaptiveMaxPool1d.
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima, of shape (n, channels, output_size), and their positions if wanted."""
        return functional.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaximum):
    """The maxima of a given number of windows of an image.

    Args:
        output_size: Numbers of windows along the two axes; one that is None keeps the length.
        return_indices: Whether the result is a tuple of the maxima and of their positions.

    Source: torch.nn.AdaptiveMaxPool2d.
    """

    def forward(self, input: Tensor) -> Any:
        """The maxima, of shape (n, channels, rows, columns), and their positions if wanted."""
        return functional.adaptive_max_pool2d(input, self.output_size, self.return_indices)
