"""ATen operators on NumPy: pooling."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._aten.numpy_windows import Sizes, batched, last, padded, sizes, windows
from torchffi._numpy.checks import Raw
from torchffi._numpy.totals import total
from torchffi.errors import InvalidArgumentError, ShapeError


class _Windows:
    """The sizes of a pooling: kernel, stride, padding, dilation, and elements added after the input."""

    def __init__(
        self, x: Raw, axes: int, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
    ) -> None:
        self.kernel = sizes(kernel, axes, "kernel_size", 1)
        no_stride = isinstance(stride, (list, tuple)) and not stride
        self.stride = self.kernel if no_stride else sizes(stride, axes, "stride", 1)
        self.padding = sizes(padding, axes, "padding")
        self.dilation = sizes(dilation, axes, "dilation", 1)
        if any(2 * p > k for p, k in zip(self.padding, self.kernel, strict=True)):
            raise InvalidArgumentError(
                f"padding is {self.padding}, expected at most half of the kernel size {self.kernel}"
            )
        self.after = tuple(self._after(n, i, ceil) for i, n in enumerate(x.shape[x.ndim - axes :]))

    def _after(self, length: int, i: int, ceil: bool) -> int:
        """How many elements the last window needs after those of the input."""
        kernel, stride, padding = self.kernel[i], self.stride[i], self.padding[i]
        reach = self.dilation[i] * (kernel - 1) + 1
        span = length + 2 * padding - reach
        places = (span + (stride - 1 if ceil else 0)) // stride + 1
        if ceil and (places - 1) * stride >= length + padding:
            places -= 1  # a window must begin in the input or before it
        if places < 1:
            raise ShapeError(
                f"kernel size {kernel} is too large for an axis of length {length} with its padding"
            )
        return max((places - 1) * stride + reach - length - padding, padding)

    def of(self, x: Raw, value: float) -> Raw:
        """The windows of an array, with a value as the padding."""
        whole = padded(x, self.padding, self.after, value)
        return windows(whole, self.kernel, self.stride, self.dilation)


def _positions(shape: Sizes, dtype: Any = np.int64) -> Raw:
    return np.arange(math.prod(shape), dtype=dtype).reshape(shape)


def _largest(axes: int, indices: bool) -> Callable[..., Any]:
    def pool(
        x: Raw,
        kernel: Any,
        stride: Any = (),
        padding: Any = 0,
        dilation: Any = 1,
        ceil: bool = False,
    ) -> Any:
        single, x = x.ndim == axes + 1, batched(x, axes)
        over = _Windows(x, axes, kernel, stride, padding, dilation, ceil)
        low = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
        view = over.of(x, low)
        inner = tuple(range(2 + axes, 2 + 2 * axes))
        if not indices:
            result = np.asarray(np.maximum.reduce(view, inner))
            return result[0] if single else result
        places = view.shape[: 2 + axes]
        flat = view.reshape(*places, -1)
        # Padding is never chosen, even among elements of minus infinity.
        known = over.of(_positions(x.shape[2:]), -1).reshape(*places[2:], -1)
        chosen = _first_largest(flat, known >= 0)
        result = np.take_along_axis(flat, chosen, -1)[..., 0]
        found = np.take_along_axis(np.broadcast_to(known, flat.shape), chosen, -1)[..., 0]
        return (result[0], found[0]) if single else (result, found)

    return pool


def _first_largest(values: Raw, allowed: Raw) -> Raw:
    largest = np.maximum.reduce(values, -1, keepdims=True)
    same = (values == largest) | (np.isnan(values) if values.dtype.kind == "f" else False)
    return np.argmax(same & allowed, -1)[..., None]  # type: ignore[no-any-return]


def _average(axes: int) -> Callable[..., Raw]:
    def pool(
        x: Raw,
        kernel: Any,
        stride: Any = (),
        padding: Any = 0,
        ceil: bool = False,
        count_padding: bool = True,
        divisor: int | None = None,
    ) -> Raw:
        single, x = x.ndim == axes + 1, batched(x, axes)
        if divisor == 0:
            raise InvalidArgumentError("divisor_override is 0, expected another number")
        over = _Windows(x, axes, kernel, stride, padding, 1, ceil)
        inner = tuple(range(2 + axes, 2 + 2 * axes))
        totals = np.add.reduce(over.of(x, 0), inner, np.float64)
        if divisor is None:
            counted = np.ones(x.shape[2:])
            if count_padding:  # elements that only ceil_mode adds do not count
                counted = padded(counted, over.padding, over.padding, 1)
                more = [max(a - p, 0) for a, p in zip(over.after, over.padding, strict=True)]
                view = windows(
                    padded(counted, [0] * axes, more), over.kernel, over.stride, over.dilation
                )
            else:
                view = over.of(counted, 0)
            result = totals / np.add.reduce(view, tuple(range(axes, 2 * axes)))
        else:
            result = totals / divisor
        result = np.asarray(result, x.dtype)
        return result[0] if single else result

    return pool


# ---- Adaptive pooling


def _parts(shape: Sizes, output: Sizes) -> Iterator[tuple[Sizes, tuple[slice, ...]]]:
    """Each place of the result, and its part of the input."""
    for place in product(*map(range, output)):
        yield (
            place,
            tuple(
                slice(i * n // m, -(-(i + 1) * n // m))
                for i, n, m in zip(place, shape, output, strict=True)
            ),
        )


def _average_of_equal(x: Raw, lengths: Sizes) -> Raw:
    """The averages of parts of equal size."""
    lead = x.ndim - len(lengths)
    pairs = [(m, n // m) for n, m in zip(x.shape[lead:], lengths, strict=True)]
    view = x.reshape(x.shape[:lead] + tuple(n for pair in pairs for n in pair))
    sums = total(view, tuple(range(lead + 1, view.ndim, 2)))
    return np.asarray(sums / math.prod(n for _, n in pairs), x.dtype)


def _adaptive_average(axes: int) -> Callable[..., Raw]:
    def pool(x: Raw, output: Any) -> Raw:
        lengths = sizes(output, axes, "output_size")
        batched(x, axes)
        inner = tuple(range(x.ndim - axes, x.ndim))
        if max(lengths) == min(lengths) == 1:
            count = math.prod(x.shape[-axes:])
            return np.asarray(total(x, inner, True) / count, x.dtype)
        if all(m and n % m == 0 for n, m in zip(x.shape[-axes:], lengths, strict=True)):
            return _average_of_equal(x, lengths)
        result = np.empty((*x.shape[: x.ndim - axes], *lengths), x.dtype)
        for place, part in _parts(x.shape[x.ndim - axes :], lengths):
            piece = x[last(part)]
            count = math.prod(piece.shape[x.ndim - axes :])
            result[last(place)] = total(piece, inner) / count
        return result

    return pool


def _adaptive_largest(axes: int) -> Callable[..., tuple[Raw, Raw]]:
    def pool(x: Raw, output: Any) -> tuple[Raw, Raw]:
        lengths = sizes(output, axes, "output_size")
        batched(x, axes)
        lead, shape = x.shape[: x.ndim - axes], x.shape[x.ndim - axes :]
        result = np.empty((*lead, *lengths), x.dtype)
        found = np.empty(result.shape, np.int64)
        positions = _positions(shape)
        for place, part in _parts(shape, lengths):
            flat = x[last(part)].reshape(*lead, -1)
            chosen = _first_largest(flat, np.ones((), np.bool_))
            result[last(place)] = np.take_along_axis(flat, chosen, -1)[..., 0]
            found[last(place)] = positions[part].reshape(-1)[chosen[..., 0]]
        return result, found

    return pool


TABLE: Final[dict[str, Function]] = {
    key: function
    for n in (1, 2, 3)
    for key, function in {
        f"max_pool{n}d": of_arrays(_largest(n, False), "fiu" if n > 1 else "f"),
        f"max_pool{n}d_with_indices": of_arrays(_largest(n, True), "fiu" if n > 1 else "f"),
        f"avg_pool{n}d": of_arrays(_average(n)),
        f"adaptive_avg_pool{n}d": of_arrays(_adaptive_average(n)),
        f"adaptive_max_pool{n}d": of_arrays(_adaptive_largest(n)),
    }.items()
}
