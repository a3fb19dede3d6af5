"""Creation. The device is always -1, the CPU."""

from __future__ import annotations

import numpy as np

from torchffi._numpy.checks import Raw, in_numpy
from torchffi.dtypes import DType

_generator: np.random.Generator | None = None


def seed(number: int) -> None:
    global _generator
    _generator = np.random.default_rng(number % 2**64)


def _random() -> np.random.Generator:
    """The generator, created on first use, because importing numpy.random takes long."""
    global _generator
    if _generator is None:
        _generator = np.random.default_rng()
    return _generator


def empty(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    return np.empty(shape, in_numpy(dtype, device))


def zeros(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    return np.zeros(shape, in_numpy(dtype, device))


def ones(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    return np.ones(shape, in_numpy(dtype, device))


def full(shape: tuple[int, ...], value: complex, dtype: DType, device: int) -> Raw:
    with np.errstate(over="ignore"):  # also called outside quietly(), for scalar operands
        return np.asarray(np.full(shape, value, in_numpy(dtype, device)))


# Bits of each dtype's significand: with more random bits, values could round up to 1.
_DIGITS = {"float16": 11, "float32": 24}


def rand(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    kind = in_numpy(dtype, device)
    part = np.dtype(f"f{kind.itemsize // 2}") if kind.kind == "c" else kind
    steps = 2.0 ** _DIGITS.get(part.name, 53)
    result = np.empty(shape, kind)
    for half in (result.real, result.imag) if kind.kind == "c" else (result,):
        half[...] = np.floor(_random().random(shape) * steps) / steps
    return result


def randn(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    kind = in_numpy(dtype, device)
    draw = _random().standard_normal
    if kind.kind == "c":  # unit variance over both parts, as in LibTorch
        return np.asarray((draw(shape) + 1j * draw(shape)) * np.sqrt(0.5), kind)
    return np.asarray(draw(shape), kind)


def eye(rows: int, columns: int, dtype: DType, device: int) -> Raw:
    return np.eye(rows, columns, dtype=in_numpy(dtype, device))


def arange(start: float, stop: float, step: float, dtype: DType, device: int) -> Raw:
    return np.asarray(np.arange(start, stop, step), in_numpy(dtype, device))
