"""Discrete Fourier transforms: the namespace of the standard's extension.

Transforms of complex tensors also accept real ones; the result is complex. All need single or double
precision. An axis longer than the transform is cut off, a shorter one is padded with zeros.

Source: Array API standard, "Fourier transform Functions".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsIndex

from torchffi import _devices, dtypes
from torchffi._core import arguments
from torchffi._core.argument_kinds import AXES, INTEGER, NUMBER, OPERAND
from torchffi._core.arguments import integer, tensor
from torchffi._core.dispatch import create, run
from torchffi._core.fast_path import creation, fast_path
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY, FLOATING, DType
from torchffi.errors import InvalidArgumentError
from torchffi.fft._transforms import COMPLEX_TO_COMPLEX, OF_REAL, TO_REAL, over_axes, over_one_axis

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

fft = over_one_axis("fft", "Transform along an axis", COMPLEX_TO_COMPLEX)
ifft = over_one_axis("ifft", "Inverse of :func:`fft`", COMPLEX_TO_COMPLEX, inverse=True)
rfft = over_one_axis("rfft", "Transform of a real tensor along an axis", OF_REAL)
irfft = over_one_axis("irfft", "Inverse of :func:`rfft`", TO_REAL, inverse=True)
hfft = over_one_axis(
    "hfft",
    "Transform of a Hermitian-symmetric tensor along an axis, of which x is one half",
    TO_REAL,
)
ihfft = over_one_axis("ihfft", "Inverse of :func:`hfft`", OF_REAL, inverse=True)
fftn = over_axes("fftn", "Transform along several axes", COMPLEX_TO_COMPLEX)
ifftn = over_axes("ifftn", "Inverse of :func:`fftn`", COMPLEX_TO_COMPLEX, inverse=True)
rfftn = over_axes("rfftn", "Transform of a real tensor along several axes", OF_REAL)
irfftn = over_axes("irfftn", "Inverse of :func:`rfftn`", TO_REAL, inverse=True)


# ---- Frequencies and shifts


def _frequencies(
    name: str, n: SupportsIndex, d: float, dtype: DType | None, device: str | None
) -> Tensor:
    length = integer(name, "n", n)
    dtype = dtypes.given(name, dtype, dtypes.default_float)
    dtypes.check(name, dtype, FLOATING)
    if length < 1:
        raise InvalidArgumentError(f"{name}: n must be at least 1, got {length}")
    if d == 0:
        raise InvalidArgumentError(f"{name}: d must not be 0")
    return create(f"fft_{name}", dtype, length, float(d), dtype, _devices.number(device))


@creation("fft_fftfreq", FLOATING, dtypes.default_float, n=INTEGER, d=NUMBER)
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

    Source: aten::fft_fftfreq.
    """
    return _frequencies("fftfreq", n, d, dtype, device)


@creation("fft_rfftfreq", FLOATING, dtypes.default_float, n=INTEGER, d=NUMBER)
def rfftfreq(
    n: int, /, *, d: float = 1.0, dtype: DType | None = None, device: str | None = None
) -> Tensor:
    """The frequencies of the elements of :func:`rfft`.

    Arguments and errors are those of :func:`fftfreq`.

    Returns:
        A tensor of shape (n // 2 + 1,): 0, 1, ..., n // 2, divided by d * n.

    Source: aten::fft_rfftfreq.
    """
    return _frequencies("rfftfreq", n, d, dtype, device)


def _shifted(name: str, x: Tensor, axes: int | Sequence[int] | None) -> Tensor:
    x = tensor(name, x)
    along = arguments.axes(name, tuple(axes) if isinstance(axes, Sequence) else axes, x)
    return run(f"fft_{name}", x.dtype, x, along) if along else x.clone()


@fast_path("fft_fftshift", ANY, x=OPERAND, axes=AXES)
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
    return _shifted("fftshift", x, axes)


@fast_path("fft_ifftshift", ANY, x=OPERAND, axes=AXES)
def ifftshift(x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
    """Inverse of :func:`fftshift`, with the same arguments.

    Source: aten::roll.
    """
    return _shifted("ifftshift", x, axes)
