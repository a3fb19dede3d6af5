"""Pooling: a mean or a maximum of each window.

Shapes: an input is (n, channels, ...) or (channels, ...), with as many more axes as the name says. Sizes
are an integer for all of these axes, or one for each.
Source: the ATen operators named at each function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from torchffi._core.arguments import tensor
from torchffi._core.tensor import Tensor
from torchffi.errors import ShapeError
from torchffi.nn._arguments import Sizes, direct, first_of, operator, operators, strides

_MAX: Final = {name: operator(name) for name in ("max_pool1d", "max_pool2d", "max_pool3d")}
_MAX_INDICES: Final = {name: operators(name, f"{name}_with_indices") for name in _MAX}
_AVERAGE: Final = {name: operator(name) for name in ("avg_pool1d", "avg_pool2d", "avg_pool3d")}
_ADAPTIVE: Final = {
    name: operator(name)
    for name in ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
}
_ADAPTIVE_MAX: Final = {
    name: (first_of(name), operators(name))
    for name in ("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
}


@direct(_MAX["max_pool1d"])
def max_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window along one axis.

    Args:
        input: A tensor of shape (n, channels, length) or (channels, length), of a real dtype.
        kernel_size: Length of a window.
        stride: Distance of the windows; the kernel size if None.
        padding: Elements of minus infinity added at both ends; at most half of the kernel size.
        dilation: Distance of the elements of a window.
        ceil_mode: Whether a last window may end beyond the input.
        return_indices: Whether the positions of the elements are returned too.

    Returns:
        A tensor of shape (n, channels, windows) or (channels, windows); with ``return_indices`` a tuple
        of it and an int64 tensor of indices into the flattened axes of each channel.

    Raises:
        ValueError: If a size does not fit.

    Source: aten::max_pool1d, aten::max_pool1d_with_indices.
    """
    table = _MAX_INDICES if return_indices else _MAX
    return table["max_pool1d"](
        input, kernel_size, strides(stride), padding, dilation, bool(ceil_mode)
    )


@direct(_MAX["max_pool2d"])
def max_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window along two axes. Arguments: see :func:`max_pool1d`.

    Source: aten::max_pool2d, aten::max_pool2d_with_indices.
    """
    table = _MAX_INDICES if return_indices else _MAX
    return table["max_pool2d"](
        input, kernel_size, strides(stride), padding, dilation, bool(ceil_mode)
    )


@direct(_MAX["max_pool3d"])
def max_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window along three axes. Arguments: see :func:`max_pool1d`.

    Source: aten::max_pool3d, aten::max_pool3d_with_indices.
    """
    table = _MAX_INDICES if return_indices else _MAX
    return table["max_pool3d"](
        input, kernel_size, strides(stride), padding, dilation, bool(ceil_mode)
    )


@direct(_AVERAGE["avg_pool1d"])
def avg_pool1d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window along one axis.

    Args:
        input: A tensor of shape (n, channels, length) or (channels, length).
        kernel_size: Length of a window.
        stride: Distance of the windows; the kernel size if None.
        padding: Zeros added at both ends; at most half of the kernel size.
        ceil_mode: Whether a last window may end beyond the input.
        count_include_pad: Whether the zeros of the padding count as elements.

    Returns:
        A tensor of shape (n, channels, windows) or (channels, windows).

    Raises:
        ValueError: If a size does not fit.

    Source: aten::avg_pool1d.
    """
    return _AVERAGE["avg_pool1d"](
        input, kernel_size, strides(stride), padding, bool(ceil_mode), bool(count_include_pad)
    )


@direct(_AVERAGE["avg_pool2d"])
def avg_pool2d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window along two axes.

    Args:
        input, kernel_size, stride, padding, ceil_mode, count_include_pad: As for :func:`avg_pool1d`.
        divisor_override: The divisor; the number of elements if None.

    Source: aten::avg_pool2d.
    """
    flags = bool(ceil_mode), bool(count_include_pad)
    return _AVERAGE["avg_pool2d"](
        input, kernel_size, strides(stride), padding, *flags, divisor_override
    )


@direct(_AVERAGE["avg_pool3d"])
def avg_pool3d(
    input: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window along three axes. Arguments: see :func:`avg_pool2d`.

    Source: aten::avg_pool3d.
    """
    flags = bool(ceil_mode), bool(count_include_pad)
    return _AVERAGE["avg_pool3d"](
        input, kernel_size, strides(stride), padding, *flags, divisor_override
    )


def _size(
    name: str, axes: int, input: Tensor, given: int | Sequence[int | None] | None
) -> list[int]:
    """The lengths of the result; None keeps that of the input."""
    if type(given) is int and isinstance(input, Tensor) and input.ndim >= axes:
        return [given] * axes
    tensor(name, input)
    sizes: list[Any] = list(given) if isinstance(given, (list, tuple)) else [given] * axes
    if len(sizes) != axes or input.ndim < axes:
        raise ShapeError(
            f"{name}: output_size is {given} for an input of shape {input.shape}, expected "
            f"an integer or {axes} of them, and at least {axes} axes"
        )
    kept = zip(sizes, input.shape[input.ndim - axes :], strict=True)
    return [length if size is None else size for size, length in kept]


@direct(_ADAPTIVE["adaptive_avg_pool1d"])
def adaptive_avg_pool1d(input: Tensor, output_size: Sizes) -> Tensor:
    """The means of windows that divide one axis evenly.

    Args:
        input: A tensor of shape (n, channels, length) or (channels, length).
        output_size: Number of windows. From two axes on, None keeps the length of an axis.

    Returns:
        A tensor of shape (n, channels, output_size) or (channels, output_size).

    Source: aten::adaptive_avg_pool1d.
    """
    name = "adaptive_avg_pool1d"
    return _ADAPTIVE[name](input, _size(name, 1, input, output_size))


@direct(_ADAPTIVE["adaptive_avg_pool2d"])
def adaptive_avg_pool2d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """The means of windows that divide two axes evenly. Arguments: see :func:`adaptive_avg_pool1d`.

    Source: aten::adaptive_avg_pool2d.
    """
    name = "adaptive_avg_pool2d"
    return _ADAPTIVE[name](input, _size(name, 2, input, output_size))


@direct(_ADAPTIVE["adaptive_avg_pool3d"])
def adaptive_avg_pool3d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """The means of windows that divide three axes evenly. Arguments: see :func:`adaptive_avg_pool1d`.

    Source: aten::adaptive_avg_pool3d.
    """
    name = "adaptive_avg_pool3d"
    return _ADAPTIVE[name](input, _size(name, 3, input, output_size))


def adaptive_max_pool1d(input: Tensor, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest elements of windows that divide one axis evenly.

    Args:
        input: A tensor of shape (n, channels, length) or (channels, length).
        output_size: Number of windows. From two axes on, None keeps the length of an axis.
        return_indices: Whether the positions of the elements are returned too.

    Returns:
        A tensor, or a tuple of it and of the indices: see :func:`max_pool1d`.

    Source: aten::adaptive_max_pool1d.
    """
    name = "adaptive_max_pool1d"
    return _ADAPTIVE_MAX[name][bool(return_indices)](input, _size(name, 1, input, output_size))


def adaptive_max_pool2d(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Any:
    """The largest elements of windows of two axes. Arguments: see :func:`adaptive_max_pool1d`.

    Source: aten::adaptive_max_pool2d.
    """
    name = "adaptive_max_pool2d"
    return _ADAPTIVE_MAX[name][bool(return_indices)](input, _size(name, 2, input, output_size))


def adaptive_max_pool3d(
    input: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False
) -> Any:
    """The largest elements of windows of three axes. Arguments: see :func:`adaptive_max_pool1d`.

    Source: aten::adaptive_max_pool3d.
    """
    name = "adaptive_max_pool3d"
    return _ADAPTIVE_MAX[name][bool(return_indices)](input, _size(name, 3, input, output_size))
