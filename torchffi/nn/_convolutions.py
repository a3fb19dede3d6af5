"""Convolutions, transposed convolutions, and the patches that they multiply.

Shapes: an input is (n, channels, ...) or (channels, ...), with as many more axes as the name says. Sizes
are an integer for all of these axes, or one for each.
Source: the ATen operators named at each function.
"""

from __future__ import annotations

from typing import Final

from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError
from torchffi.nn._arguments import Sizes, direct, operator

_PLAIN: Final = {name: operator(name) for name in ("conv1d", "conv2d", "conv3d")}
_PADDED: Final = {name: operator(name, f"{name}.padding") for name in _PLAIN}
_TRANSPOSED: Final = {
    "conv_transpose1d": operator("conv_transpose1d"),
    "conv_transpose2d": operator("conv_transpose2d", "conv_transpose2d.input"),
    "conv_transpose3d": operator("conv_transpose3d", "conv_transpose3d.input"),
}
_unfold: Final = operator("unfold", "im2col")
_fold: Final = operator("fold", "col2im")


def _convolve(
    name: str,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    if not isinstance(padding, str):
        return _PLAIN[name](input, weight, bias, stride, padding, dilation, groups)
    if padding not in ("same", "valid"):
        raise InvalidArgumentError(
            f"{name}: padding is {padding!r}, expected 'same', 'valid' or integers"
        )
    return _PADDED[name](input, weight, bias, stride, padding, dilation, groups)


@direct(_PLAIN["conv1d"])
def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution along one axis: the sum of products of the weights and of each window of the input.

    Args:
        input: A tensor of shape (n, in, length) or (in, length), of a floating-point dtype.
        weight: A tensor of shape (out, in / groups, kernel), of the same dtype.
        bias: A tensor of shape (out,), added to the result.
        stride: Distance of the windows.
        padding: Zeros added at both ends; ``"valid"`` adds none, ``"same"`` as many as keep the length.
        dilation: Distance of the elements of a window.
        groups: Number of groups that the channels are divided into.

    Returns:
        A tensor of shape (n, out, windows) or (out, windows).

    Raises:
        ValueError: If the shapes or dtypes do not fit.

    Source: aten::conv1d, aten::conv1d.padding.
    """
    return _convolve("conv1d", input, weight, bias, stride, padding, dilation, groups)


@direct(_PLAIN["conv2d"])
def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution along two axes. Arguments and errors are those of :func:`conv1d`.

    Args:
        input: A tensor of shape (n, in, height, width) or (in, height, width).
        weight: A tensor of shape (out, in / groups, height, width of the kernel).
        bias, stride, padding, dilation, groups: As for :func:`conv1d`.

    Source: aten::conv2d, aten::conv2d.padding.
    """
    return _convolve("conv2d", input, weight, bias, stride, padding, dilation, groups)


@direct(_PLAIN["conv3d"])
def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution along three axes. Arguments and errors are those of :func:`conv1d`.

    Args:
        input: A tensor of shape (n, in, depth, height, width) or without n.
        weight: A tensor of shape (out, in / groups, depth, height, width of the kernel).
        bias, stride, padding, dilation, groups: As for :func:`conv1d`.

    Source: aten::conv3d, aten::conv3d.padding.
    """
    return _convolve("conv3d", input, weight, bias, stride, padding, dilation, groups)


@direct(_TRANSPOSED["conv_transpose1d"])
def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The gradient of a convolution along one axis: adds up the weights times each element.

    Args:
        input: A tensor of shape (n, in, length) or (in, length), of a floating-point dtype.
        weight: A tensor of shape (in, out / groups, kernel), of the same dtype.
        bias: A tensor of shape (out,), added to the result.
        stride: Distance of the windows of the result.
        padding: Elements removed at both ends of the result.
        output_padding: Elements added at one end; less than the stride or the dilation.
        groups: Number of groups that the channels are divided into.
        dilation: Distance of the elements of a window.

    Returns:
        A tensor of shape (n, out, l) or (out, l), where l is (length - 1) * stride - 2 * padding +
        dilation * (kernel - 1) + output_padding + 1.

    Raises:
        ValueError: If the shapes or dtypes do not fit.

    Source: aten::conv_transpose1d.
    """
    name = "conv_transpose1d"
    return _TRANSPOSED[name](input, weight, bias, stride, padding, output_padding, groups, dilation)


@direct(_TRANSPOSED["conv_transpose2d"])
def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The gradient of a convolution along two axes. Arguments: see :func:`conv_transpose1d`.

    Source: aten::conv_transpose2d.input.
    """
    name = "conv_transpose2d"
    return _TRANSPOSED[name](input, weight, bias, stride, padding, output_padding, groups, dilation)


@direct(_TRANSPOSED["conv_transpose3d"])
def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """The gradient of a convolution along three axes. Arguments: see :func:`conv_transpose1d`.

    Source: aten::conv_transpose3d.input.
    """
    name = "conv_transpose3d"
    return _TRANSPOSED[name](input, weight, bias, stride, padding, output_padding, groups, dilation)


def unfold(
    input: Tensor,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """The windows of an image as columns.

    Args:
        input: A tensor of shape (n, channels, height, width) or without n.
        kernel_size: Height and width of a window.
        dilation: Distance of the elements of a window.
        padding: Zeros added at both ends of each axis.
        stride: Distance of the windows.

    Returns:
        A tensor of shape (n, channels * size of a window, number of windows) or without n.

    Source: aten::im2col.
    """
    return _unfold(input, kernel_size, dilation, padding, stride)


def fold(
    input: Tensor,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """An image from columns, see :func:`unfold`; where windows overlap they are added.

    Args:
        input: A tensor of shape (n, channels * size of a window, number of windows) or without n.
        output_size: Height and width of the image.
        kernel_size, dilation, padding, stride: As for :func:`unfold`.

    Returns:
        A tensor of shape (n, channels, height, width) or without n.

    Source: aten::col2im.
    """
    return _fold(input, output_size, kernel_size, dilation, padding, stride)
