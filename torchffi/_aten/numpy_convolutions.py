"""ATen operators on NumPy: convolutions, as matrix products with windows, and bilinear layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._aten.numpy_windows import Sizes, add_windows, batched, last, padded, sizes, windows
from torchffi._numpy.checks import Raw
from torchffi.errors import InvalidArgumentError, ShapeError

_COLUMNS: Final = 2**24  # elements of the windows that are copied at a time


def _check_channels(x: Raw, weight: Raw, axes: int, groups: int, each: int) -> None:
    """Raises unless the weight has ``each`` channels of x in its axis 0 or 1."""
    if weight.ndim != axes + 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected {axes + 2} axes")
    given = weight.shape[each] * (groups if each else 1)
    if groups < 1 or x.shape[1] != given or weight.shape[0] % groups:
        raise ShapeError(
            f"weight of shape {weight.shape} in {groups} groups is for {given} channels, "
            f"and the input has {x.shape[1]}"
        )


def _biased(result: Raw, bias: Raw | None, axes: int) -> Raw:
    if bias is None:
        return result
    if bias.shape != (result.shape[1],):
        raise ShapeError(f"bias has shape {bias.shape}, expected ({result.shape[1]},)")
    result += bias.reshape((-1,) + (1,) * axes)
    return result


def _ends(padding: Any, kernel: Sizes, stride: Sizes, dilation: Sizes) -> tuple[Sizes, Sizes]:
    """Zeros before and after each axis."""
    if not isinstance(padding, str):
        both = sizes(padding, len(kernel), "padding")
        return both, both
    if padding == "valid":
        return (0,) * len(kernel), (0,) * len(kernel)
    if padding != "same" or max(stride) > 1:
        raise InvalidArgumentError(
            f"padding is {padding!r} with stride {stride}; 'same' is for a stride of 1"
        )
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    before = tuple(n // 2 for n in total)
    return before, tuple(n - b for n, b in zip(total, before, strict=True))


def _convolution(axes: int) -> Callable[..., Raw]:
    def convolve(
        x: Raw,
        weight: Raw,
        bias: Raw | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Raw:
        single, x = x.ndim == axes + 1, batched(x, axes)
        _check_channels(x, weight, axes, groups, 1)
        kernel = weight.shape[2:]
        step, spread = sizes(stride, axes, "stride", 1), sizes(dilation, axes, "dilation", 1)
        x = padded(x, *_ends(padding, kernel, step, spread))
        view = windows(x, kernel, step, spread)  # (n, channels, *places, *kernel)
        places = view.shape[2 : 2 + axes]
        moved = np.moveaxis(view, range(2, 2 + axes), range(2 + axes, 2 + 2 * axes))
        length, count = math.prod((weight.shape[1], *kernel)), math.prod(places)
        rows = weight.reshape(groups, -1, length)
        result = np.empty((x.shape[0], groups, rows.shape[1], count), x.dtype)
        samples = max(1, _COLUMNS // max(1, groups * length * count))
        for start in range(0, len(x), samples):
            part = slice(start, start + samples)
            windowed = moved[part]
            columns = windowed.reshape(len(windowed), groups, length, count)
            np.matmul(rows, columns, result[part])
        result = result.reshape(x.shape[0], weight.shape[0], *places)
        result = _biased(result, bias, axes)
        return result[0] if single else result

    return convolve


def _transposed(axes: int) -> Callable[..., Raw]:
    def convolve(
        x: Raw,
        weight: Raw,
        bias: Raw | None = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Raw:
        single, x = x.ndim == axes + 1, batched(x, axes)
        _check_channels(x, weight, axes, groups, 0)
        kernel, places = weight.shape[2:], x.shape[2:]
        step, spread = sizes(stride, axes, "stride", 1), sizes(dilation, axes, "dilation", 1)
        cut, more = sizes(padding, axes, "padding"), sizes(output_padding, axes, "output_padding")
        if any(m >= max(s, d) for m, s, d in zip(more, step, spread, strict=True)):
            raise InvalidArgumentError(
                f"output_padding is {more}, expected less than stride {step} or dilation {spread}"
            )
        inner = weight.shape[0] // groups
        rows = weight.reshape(groups, inner, -1).swapaxes(1, 2)
        columns = np.matmul(rows, x.reshape(x.shape[0], groups, inner, math.prod(places)))
        columns = columns.reshape(x.shape[0], groups * weight.shape[1], *kernel, *places)
        whole = tuple(
            max((n - 1) * s + d * (k - 1) + 1, 0) + m
            for n, s, d, k, m in zip(places, step, spread, kernel, more, strict=True)
        )
        ends = tuple(slice(c, n - c) for c, n in zip(cut, whole, strict=True))
        if any(n - 2 * c < 1 for c, n in zip(cut, whole, strict=True)):
            raise ShapeError(f"padding {cut} leaves nothing of a result of shape {whole}")
        result = add_windows(columns, whole, step, spread, axes)[last(ends)]
        result = _biased(np.ascontiguousarray(result), bias, axes)
        return result[0] if single else result

    return convolve


def _im2col(x: Raw, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Raw:
    single, x = x.ndim == 3, batched(x, 2)
    cut = sizes(padding, 2, "padding")
    over = sizes(kernel, 2, "kernel_size", 1)
    view = windows(
        padded(x, cut, cut), over, sizes(stride, 2, "stride", 1), sizes(dilation, 2, "dilation", 1)
    )
    moved = view.transpose(0, 1, 4, 5, 2, 3)
    result = moved.reshape(x.shape[0], x.shape[1] * math.prod(over), -1)
    return result[0] if single else result  # type: ignore[no-any-return]


def _col2im(x: Raw, output: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Raw:
    single, x = x.ndim == 2, batched(x, 1)
    over, cut = sizes(kernel, 2, "kernel_size", 1), sizes(padding, 2, "padding")
    step, spread = sizes(stride, 2, "stride", 1), sizes(dilation, 2, "dilation", 1)
    shape = sizes(output, 2, "output_size", 1)
    whole = tuple(n + 2 * c for n, c in zip(shape, cut, strict=True))
    places = tuple(
        (n - d * (k - 1) - 1) // s + 1 for n, d, k, s in zip(whole, spread, over, step, strict=True)
    )
    if x.shape[1] % math.prod(over) or x.shape[2] != math.prod(places):
        raise ShapeError(
            f"input has shape {x.shape}, expected columns of a multiple of {math.prod(over)} "
            f"elements, {math.prod(places)} of them"
        )
    columns = x.reshape(x.shape[0], -1, *over, *places)
    ends = tuple(slice(c, c + n) for c, n in zip(cut, shape, strict=True))
    result = np.ascontiguousarray(add_windows(columns, whole, step, spread, 2)[last(ends)])
    return result[0] if single else result


_SPELLED: Final = {1: "conv_transpose1d", 2: "conv_transpose2d.input", 3: "conv_transpose3d.input"}


def _bilinear(a: Raw, b: Raw, weight: Raw, bias: Raw | None = None) -> Raw:
    if weight.ndim != 3 or (a.shape[-1], b.shape[-1]) != weight.shape[1:]:
        raise ShapeError(
            f"weight has shape {weight.shape} for inputs of shape {a.shape} and {b.shape}"
        )
    if a.shape[:-1] != b.shape[:-1]:
        raise ShapeError(
            f"inputs have shapes {a.shape} and {b.shape}, which differ before the last"
        )
    inner = np.matmul(a[..., None, None, :], weight)[..., 0, :]  # (..., out, in2)
    result = np.matmul(inner, b[..., None])[..., 0]
    return np.asarray(result if bias is None else result + bias)


TABLE: Final[dict[str, Function]] = {
    "bilinear": of_arrays(_bilinear, "fc"),
    **{f"conv{n}d": of_arrays(_convolution(n), "fiuc") for n in (1, 2, 3)},
    **{f"conv{n}d.padding": of_arrays(_convolution(n), "fiuc") for n in (1, 2, 3)},
    **{name: of_arrays(_transposed(n), "fc") for n, name in _SPELLED.items()},
    "im2col": of_arrays(_im2col, "fc"),
    "col2im": of_arrays(_col2im, "fc"),
}
