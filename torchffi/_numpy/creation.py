"""Creation. The device is always -1, the CPU."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from torchffi._numpy import generator
from torchffi._numpy.checks import TYPES, Raw, no_device
from torchffi._numpy.generator import seed as seed
from torchffi.dtypes import complex64, complex128, float16, float32, float64, int64
from torchffi.errors import InvalidArgumentError


def _filled(function: Callable[..., Any]) -> Callable[..., Raw]:
    def primitive(dims: tuple[int, ...], ndim: int, dtype: int, device: int) -> Raw:
        if device >= 0:
            raise no_device()
        return function(dims, TYPES[dtype])  # type: ignore[no-any-return]

    return primitive


empty, zeros, ones = _filled(np.empty), _filled(np.zeros), _filled(np.ones)

typed_empty, typed_zeros = np.empty, np.zeros  # for attempts, which have NumPy's dtype


def _filled_as(function: Callable[..., Any]) -> Callable[..., Raw]:
    """With the arguments of the methods; only arrays have them."""

    def filled(x: Raw, *shape: Any) -> Raw:
        return function(shape if type(shape[0]) is int else shape[0], x.dtype)  # type: ignore[no-any-return]

    return filled


zeros_as, ones_as = _filled_as(np.zeros), _filled_as(np.ones)


def full(dims: tuple[int, ...], ndim: int, value: complex, dtype: int, device: int) -> Raw:
    if device >= 0:
        raise no_device()
    with np.errstate(over="ignore"):  # also called outside quietly(), for scalar operands
        return np.asarray(np.full(dims, value, TYPES[dtype]))


def full_real(dims: tuple[int, ...], ndim: int, value: float, dtype: int, device: int) -> Raw:
    if device >= 0:
        raise no_device()
    kind = TYPES[dtype]
    if kind.kind in "iub" and kind.type(value) != value:
        raise InvalidArgumentError(f"{value} does not fit")
    return np.full(dims, value, kind)


def empty_like(x: Raw, dtype: int) -> Raw:
    return np.empty(x.shape, TYPES[dtype])


def full_like(x: Raw, value: float, dtype: int) -> Raw:
    kind = TYPES[dtype]
    if type(value) is int and value == 0:  # the system's pages are 0; not for -0.0
        return np.zeros(x.shape, kind)
    if kind.kind in "iub" and kind.type(value) != value:
        raise InvalidArgumentError(f"{value} does not fit")
    return np.full(x.shape, value, kind)


_PARTS: Final = {complex64.code: float32.code, complex128.code: float64.code}
_HALF: Final = float16.code
# Of float16, numbers with the bits of its significand: with more, values could round up to 1.
_STEPS_OF_HALF: Final = 2**11


def rand(dims: tuple[int, ...], ndim: int, dtype: int, device: int) -> Raw:
    if device >= 0:
        raise no_device()
    if (part := _PARTS.get(dtype)) is not None:
        result = np.empty(dims, TYPES[dtype])
        result.real = rand(dims, ndim, part, device)
        result.imag = rand(dims, ndim, part, device)
        return result
    numbers = generator.current or generator.new()
    if dtype == _HALF:
        return np.asarray(
            numbers.integers(_STEPS_OF_HALF, size=dims) / _STEPS_OF_HALF, TYPES[dtype]
        )
    return np.asarray(numbers.random(dims, TYPES[dtype]))


def randn(dims: tuple[int, ...], ndim: int, dtype: int, device: int) -> Raw:
    if device >= 0:
        raise no_device()
    kind = TYPES[dtype]
    draw = (generator.current or generator.new()).standard_normal
    if kind.kind == "c":  # unit variance over both parts, as in LibTorch
        return np.asarray((draw(dims) + 1j * draw(dims)) * np.sqrt(0.5), kind)
    if dtype == _HALF:
        return np.asarray(draw(dims), kind)
    return np.asarray(draw(dims, kind))


def eye(rows: int, columns: int, dtype: int, device: int) -> Raw:
    if device >= 0:
        raise no_device()
    return np.eye(rows, columns, dtype=TYPES[dtype])


_CHUNK = 2**15  # numbers that are counted at a time: they stay in the cache
_EXACT = 2**51  # NumPy counts in float64, which is exact up to here
_LONGEST: Final = _EXACT / 2  # step. A float: Python compares numbers of one type in less time
_INTEGERS: Final = int64.code
_arange: Final[Callable[..., Any]] = np.arange


def _ends(kind: np.dtype[Any]) -> tuple[np.dtype[Any], float, float]:
    """A real dtype, and the lowest and the highest end of a range that is exact and fits."""
    limits = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    return kind, max(float(limits.min), -_EXACT / 2), min(float(limits.max), _EXACT / 2)


_ENDS: Final = {code: _ends(kind) for code, kind in TYPES.items() if kind.kind in "iuf"}


def arange(start: float, stop: float, step: float, dtype: int, device: int) -> Raw:
    if device >= 0:
        raise no_device()
    extent = max(abs(start), abs(stop), abs(step))
    whole = all(isinstance(x, int) or x.is_integer() for x in (start, stop, step))
    if extent < _EXACT or not whole or extent > 2**63:
        return np.asarray(np.arange(start, stop, step), TYPES[dtype])
    first, last, by = int(start), int(stop), int(step)
    count = max(0, (last - first + by - (1 if by > 0 else -1)) // by)
    return np.asarray(np.arange(count) * np.int64(by) + np.int64(first), TYPES[dtype])


def arange_real(start: float, stop: tuple[float, ...], step: float, dtype: int, device: int) -> Raw:
    if device >= 0:
        raise no_device()
    first, last = (start, stop[0]) if stop else (0, start)
    kind, lowest, highest = _ENDS[dtype]
    if not (
        lowest <= first <= highest and lowest <= last <= highest and -_LONGEST < step < _LONGEST
    ):
        raise InvalidArgumentError("NumPy would not count exactly")  # the slow path does
    if dtype == _INTEGERS and step > 0 and type(first) is type(last) is type(step) is int:
        return _arange(first, last, step, dtype=kind)  # type: ignore[no-any-return]
    count = (last - first) / step
    if count <= 0:  # NumPy returns one value for an infinite step
        return np.empty(0, kind)
    if count > _CHUNK and kind.kind == "f":
        return _counted(first, step, math.ceil(count), kind)
    values = _arange(first, last, step)
    return values if values.dtype is kind else values.astype(kind)  # type: ignore[no-any-return]


def _counted(first: float, step: float, count: int, kind: np.dtype[Any]) -> Raw:
    """``first + i * step``, in float64, rounded once."""
    result, places = np.empty(count, kind), np.arange(_CHUNK, dtype=np.float64)
    values = np.empty(_CHUNK)
    for start in range(0, count, _CHUNK):
        np.add(places, start, out=values)
        np.multiply(values, step, out=values)
        if first:
            values += first
        result[start : start + _CHUNK] = values[: count - start]
    return result


def linspace(start: float, stop: float, count: int, endpoint: bool, dtype: int, device: int) -> Raw:
    if device >= 0:
        raise no_device()
    if not math.isfinite(stop - start):
        raise InvalidArgumentError("the span overflows")  # the slow path divides first
    return np.asarray(np.linspace(start, stop, count, endpoint=endpoint), TYPES[dtype])
