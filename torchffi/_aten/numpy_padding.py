"""ATen operators on NumPy: padding, pixels and channels, random values, and rows in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._core.tensor import Tensor
from torchffi._numpy.checks import Raw, check_writable
from torchffi._numpy.creation import rand, randn
from torchffi._numpy.moments import vector_norm
from torchffi.dtypes import float64
from torchffi.errors import InvalidArgumentError, NotSupportedError, ShapeError

_MODES: Final = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _pad(x: Raw, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Raw:
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2)
    pairs += [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    for (before, after), length in zip(pairs, x.shape, strict=True):
        if length + before + after < 0:
            raise ShapeError(f"pad {list(pad)} leaves nothing of shape {x.shape}")
        least = length if mode == "circular" else length - 1
        if mode in ("circular", "reflect") and max(before, after) > least:
            raise ShapeError(f"pad {list(pad)} is too large for mode {mode!r} and shape {x.shape}")
    if mode != "constant":
        if not len(pad) // 2 + 1 <= x.ndim <= len(pad) // 2 + 2:
            raise NotSupportedError(f"mode {mode!r} with {len(pad)} sizes for shape {x.shape}")
        if value is not None:
            raise InvalidArgumentError(f"value is {value}; mode {mode!r} takes none")
    cut = tuple(
        slice(max(-before, 0), length - max(-after, 0))
        for (before, after), length in zip(pairs, x.shape, strict=True)
    )
    more = [(max(before, 0), max(after, 0)) for before, after in pairs]
    if mode == "constant":
        return np.pad(x[cut], more, constant_values=x.dtype.type(value or 0))
    # What is cut is not read, so that a negative size is that of the padded array.
    return np.pad(x[cut], more, mode=_MODES[mode])  # type: ignore[call-overload, no-any-return]


def _pixels(x: Raw, factor: int) -> tuple[Raw, tuple[int, ...]]:
    if x.ndim < 3 or factor < 1:
        raise ShapeError(f"factor {factor} for shape {x.shape}, expected 3 axes and a factor >= 1")
    return x.reshape(-1, *x.shape[-3:]), x.shape[:-3]


def _shuffle(x: Raw, factor: int) -> Raw:
    flat, lead = _pixels(x, factor)
    n, channels, height, width = flat.shape
    if channels % factor**2:
        raise ShapeError(f"shape {x.shape} has no channels divisible by {factor**2}")
    parts = flat.reshape(n, channels // factor**2, factor, factor, height, width)
    moved = parts.transpose(0, 1, 4, 2, 5, 3)
    return moved.reshape(*lead, channels // factor**2, height * factor, width * factor)  # type: ignore[no-any-return]


def _unshuffle(x: Raw, factor: int) -> Raw:
    flat, lead = _pixels(x, factor)
    n, channels, height, width = flat.shape
    if height % factor or width % factor:
        raise ShapeError(f"shape {x.shape} has no height and width divisible by {factor}")
    parts = flat.reshape(n, channels, height // factor, factor, width // factor, factor)
    moved = parts.transpose(0, 1, 3, 5, 2, 4)
    return moved.reshape(*lead, channels * factor**2, height // factor, width // factor)  # type: ignore[no-any-return]


# ---- In place


def _filled(draw: Callable[..., Raw]) -> Function:
    """An operator that overwrites a tensor with random numbers."""

    def fill(
        x: Tensor, first: float = 0.0, second: float = 1.0, *, generator: int | None = None
    ) -> Tensor:
        if generator is not None:
            raise NotSupportedError("a generator needs LibTorch; use manual_seed()")
        if x._dtype.kind != "floating point":
            raise NotSupportedError(f"{x._dtype} is not supported; expected floating point")
        check_writable(x._data)
        x[...] = _as_tensor(draw(x.shape, first, second), x)
        return x

    return fill


def _as_tensor(values: Raw, like: Tensor) -> Tensor:
    from torchffi._core.tensor_numpy import NUMPY

    return NUMPY.wrap(np.asarray(values), like._dtype)


def _uniform(shape: tuple[int, ...], low: float, high: float) -> Raw:
    if low > high:
        raise InvalidArgumentError(f"uniform_ expects from <= to, got {low} > {high}")
    return np.asarray(rand(shape, len(shape), float64.code, -1) * (high - low) + low)


def _normal(shape: tuple[int, ...], mean: float, std: float) -> Raw:
    if std < 0:
        raise InvalidArgumentError(f"normal expects std >= 0.0, but found std {std}")
    return np.asarray(randn(shape, len(shape), float64.code, -1) * std + mean)


def _exponential(x: Tensor, rate: float = 1.0, *, generator: int | None = None) -> Tensor:
    fill = _filled(lambda shape, _, __: -np.log1p(-_uniform(shape, 0, 1)) / rate)
    return fill(x, generator=generator)  # type: ignore[no-any-return]


def _renorm(weight: Raw, indices: Raw, largest: float, p: float) -> Raw:
    rows = np.unique(indices)
    norms = vector_norm(weight[rows].astype(np.float64), (1,), 1, p, True)
    factors = np.where(norms > largest, largest / (norms + 1e-7), 1)
    weight[rows] *= factors.astype(weight.dtype)
    return weight


def _renorm_(weight: Tensor, *arguments: Any) -> Tensor:
    of_arrays(_renorm, widens=False)(weight, *arguments)
    return weight


TABLE: Final[dict[str, Function]] = {
    "pad": of_arrays(_pad, "fiucb"),
    "pixel_shuffle": of_arrays(_shuffle, "fiucb"),
    "pixel_unshuffle": of_arrays(_unshuffle, "fiucb"),
    "uniform_": _filled(_uniform),
    "normal_": _filled(_normal),
    "exponential_": _exponential,
    "embedding_renorm_": _renorm_,
}
