"""ATen operators on NumPy: interpolation, one axis after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._numpy.checks import Raw
from torchffi.errors import ShapeError

# The matrix product of an axis with weights, as indices and their weights: pairs of the new length. No
# weights are ones.
_Taps = list[tuple[Raw, Any]]


def _step(length: int, new: int, factor: float | None, corners: bool, kind: Any) -> Any:
    """Distance of neighbouring elements of the result, in elements of the input."""
    if corners:
        return kind((length - 1) / (new - 1)) if new > 1 else kind(0)
    return kind(1 / factor) if factor else kind(length) / kind(new)


def _nearest(shift: float) -> Callable[..., _Taps]:
    def taps(length: int, new: int, factor: float | None, _: bool, kind: Any) -> _Taps:
        step = _step(length, new, factor, False, np.float32)  # LibTorch's is float32 for all dtypes
        places = np.floor((np.arange(new, dtype=np.float32) + np.float32(shift)) * step)
        return [(np.minimum(places.astype(np.int64), length - 1), None)]

    return taps


def _sources(length: int, new: int, factor: float | None, corners: bool, kind: Any) -> Any:
    """The places of the new elements in the input."""
    step, places = _step(length, new, factor, corners, kind), np.arange(new, dtype=kind)
    return places * step if corners else (places + kind(0.5)) * step - kind(0.5)


def _linear(length: int, new: int, factor: float | None, corners: bool, kind: Any) -> _Taps:
    places = np.maximum(_sources(length, new, factor, corners, kind), 0)
    first = np.minimum(places.astype(np.int64), length - 1)
    share = np.clip(places - first, 0, 1).astype(kind)
    return [(first, 1 - share), (np.minimum(first + 1, length - 1), share)]


def _cubic(length: int, new: int, factor: float | None, corners: bool, kind: Any) -> _Taps:
    """Keys' cubic convolution with the parameter -0.75."""
    places = _sources(length, new, factor, corners, kind)
    first = np.floor(places)
    share = places - first
    found: _Taps = []
    for offset in range(-1, 3):
        away = np.abs(share - offset)
        near = (1.25 * away - 2.25) * away * away + 1
        far = ((-0.75 * away + 3.75) * away - 6) * away + 3
        index = np.clip(first.astype(np.int64) + offset, 0, length - 1)
        found.append((index, np.where(away <= 1, near, far).astype(kind)))
    return found


def _tuple(values: Sequence[Any] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values)


@lru_cache
def _repeats(
    lengths: tuple[int, ...], sizes: tuple[int, ...] | None, factors: tuple[float, ...] | None
) -> list[int] | None:
    """How often each element comes along each axis where all are as often: a power of 2, so that its
    inverse is exact in float32. Else None.
    """
    found = []
    for axis, length in enumerate(lengths):
        factor = None if factors is None else factors[axis]
        new = int(length * factor if sizes is None else sizes[axis])  # type: ignore[operator]
        times = new // length if length > 0 else 0
        exact = times > 0 and new == times * length and not times & (times - 1)
        if not exact or (factor is not None and factor != times):
            return None
        found.append(times)
    return found


def _upsampling(axes: int, taps: Callable[..., _Taps], aligns: bool) -> Callable[..., Raw]:
    nearest = not aligns

    def upsample(x: Raw, sizes: Sequence[int] | None, given: Any, factors: Any = None) -> Raw:
        corners, factors = (bool(given), factors) if aligns else (False, given)
        lengths = x.shape[2:]
        if x.ndim != axes + 2:
            raise ShapeError(f"input has shape {x.shape}, expected {axes + 2} axes")
        if nearest and (times := _repeats(lengths, _tuple(sizes), _tuple(factors))):
            for axis, count in enumerate(times, 2):
                x = x.repeat(count, axis)
            return x
        for axis, length in enumerate(lengths):
            factor = None if factors is None else factors[axis]
            new = int(length * factor if sizes is None else sizes[axis])
            if length < 1 or new < 1:
                raise ShapeError(f"sizes {length} and {new} of an axis, expected at least 1")
            found = taps(length, new, factor, corners, x.dtype.type)
            x = _resampled(x, axis + 2, found)
        return x

    return upsample


def _resampled(x: Raw, axis: int, taps: _Taps) -> Raw:
    """Weighted sums of elements along an axis."""
    shape = (-1,) + (1,) * (x.ndim - 1 - axis)
    total: Any = None
    for index, weight in taps:
        part = np.take(x, index, axis)
        if weight is not None:
            part *= weight.reshape(shape)
        total = part if total is None else np.add(total, part, out=total)
    return total  # type: ignore[no-any-return]


TABLE: Final[dict[str, Function]] = {
    **{
        f"{name}{n}d.vec": of_arrays(_upsampling(n, _nearest(shift), False))
        for n in (1, 2, 3)
        for name, shift in (("upsample_nearest", 0.0), ("_upsample_nearest_exact", 0.5))
    },
    "upsample_linear1d.vec": of_arrays(_upsampling(1, _linear, True)),
    "upsample_bilinear2d.vec": of_arrays(_upsampling(2, _linear, True)),
    "upsample_trilinear3d.vec": of_arrays(_upsampling(3, _linear, True)),
    "upsample_bicubic2d.vec": of_arrays(_upsampling(2, _cubic, True)),
}
