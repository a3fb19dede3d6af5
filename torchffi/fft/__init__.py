"""Discrete Fourier transforms: the namespace of the standard's extension.

Transforms of complex tensors also accept real ones; the result is complex. All need single or double
precision. An axis longer than the transform is cut off, a shorter one is padded with zeros.

Source: Array API standard, "Fourier transform Functions".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsIndex

from torchffi import dtypes
from torchffi._array import elementwise, joining, ranges
from torchffi._core import arguments
from torchffi._core.arguments import integer, tensor
from torchffi._core.dispatch import run
from torchffi._core.tensor import Tensor
from torchffi.dtypes import FLOATING, DType
from torchffi.errors import InvalidArgumentError
from torchffi.fft._transforms import FORWARD, INVERSE, OF_REAL, TO_REAL, over_axes, over_one_axis

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

fft = over_one_axis("fft", "Transform along an axis", FORWARD)
ifft = over_one_axis("ifft", "Inverse of :func:`fft`", INVERSE, inverse=True)
rfft = over_one_axis("rfft", "Transform of a real tensor along an axis", OF_REAL)
irfft = over_one_axis("irfft", "Inverse of :func:`rfft`", TO_REAL, inverse=True)
hfft = over_one_axis(
    "hfft",
    "Transform of a Hermitian-symmetric tensor along an axis, of which x is one half",
    TO_REAL,
    hermitian=True,
)
ihfft = over_one_axis("ihfft", "Inverse of :func:`hfft`", OF_REAL, inverse=True, hermitian=True)
fftn = over_axes("fftn", "Transform along several axes", FORWARD)
ifftn = over_axes("ifftn", "Inverse of :func:`fftn`", INVERSE, inverse=True)
rfftn = over_axes("rfftn", "Transform of a real tensor along several axes", OF_REAL)
irfftn = over_axes("irfftn", "Inverse of :func:`rfftn`", TO_REAL, inverse=True)


# ---- Frequencies and shifts


def _frequencies(
    name: str,
    n: SupportsIndex,
    d: float,
    dtype: DType | None,
    device: str | None,
    negative: bool,
) -> Tensor:
    length = integer(name, "n", n)
    dtype = dtypes.given(name, dtype, dtypes.default_float)
    dtypes.check(name, dtype, FLOATING)
    if length < 1:
        raise InvalidArgumentError(f"{name}: n must be at least 1, got {length}")
    if d == 0:
        raise InvalidArgumentError(f"{name}: d must not be 0")
    exact = dtypes.float64
    counts = ranges.arange(length if negative else length // 2 + 1, dtype=exact, device=device)
    if negative:
        below = ranges.arange(-(length // 2), 0, dtype=exact, device=device)
        counts = joining.concat([counts[: (length + 1) // 2], below])
    return arguments.astype(elementwise.divide(counts, length * d), dtype)


def fftfreq(
    n: int, /, *, d: float = 1.0, dtype: DType | None = None, device: str | None = None
) -> Tensor:
    """The frequencies of the elements of :func:`fft`.

    Args:
        n: The length of the transform.
        d: The spacing of the samples.
        dtype: A floating-point dtype, float32 if None.
        device: ``"cpu"`` if None, or ``"cuda:0"``, ...

    Returns:
        A tensor of shape (n,): 0, 1, ..., then the negative frequencies up to -1, divided by d * n.

    Raises:
        TypeError: For another dtype.
        ValueError: If n is less than 1, or d is 0.

    Source: aten::arange, aten::div.Tensor.
    """
    return _frequencies("fftfreq", n, d, dtype, device, True)


def rfftfreq(
    n: int, /, *, d: float = 1.0, dtype: DType | None = None, device: str | None = None
) -> Tensor:
    """The frequencies of the elements of :func:`rfft`.

    Arguments and errors are those of :func:`fftfreq`.

    Returns:
        A tensor of shape (n // 2 + 1,): 0, 1, ..., n // 2, divided by d * n.

    Source: aten::arange, aten::div.Tensor.
    """
    return _frequencies("rfftfreq", n, d, dtype, device, False)


def _shifted(name: str, x: Tensor, axes: int | Sequence[int] | None, sign: int) -> Tensor:
    x = tensor(name, x)
    along = arguments.axes(name, tuple(axes) if isinstance(axes, Sequence) else axes, x)
    if not along:
        return x.clone()
    return run("roll", x.dtype, x, tuple(sign * (x.shape[i] // 2) for i in along), along)


def fftshift(x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
    """The halves along axes swapped, as a copy: frequency 0 moves to the middle.

    Args:
        x: A tensor of any dtype.
        axes: An axis, a sequence of them, or None for all.

    Returns:
        A tensor of the same shape and dtype.

    Raises:
        IndexError: If an axis is out of range.

    Source: aten::roll.
    """
    return _shifted("fftshift", x, axes, 1)


def ifftshift(x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
    """Inverse of :func:`fftshift`, with the same arguments.

    Source: aten::roll.
    """
    return _shifted("ifftshift", x, axes, -1)
