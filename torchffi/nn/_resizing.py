"""Padding, interpolation, and the exchange of channels for pixels.

Source: the ATen operators named at each function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from torchffi._core import arguments
from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError, NotSupportedError
from torchffi.nn._arguments import direct, operator
from torchffi.nn._pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

_pad: Final = operator("pad")
_pixel_shuffle: Final = operator("pixel_shuffle")
_pixel_unshuffle: Final = operator("pixel_unshuffle")
_MODES: Final = ("constant", "reflect", "replicate", "circular")
# By mode and number of axes of the input.
_UPSAMPLINGS: Final = {
    key: operator("interpolate", f"{name}.vec")
    for key, name in {
        ("nearest", 3): "upsample_nearest1d",
        ("nearest", 4): "upsample_nearest2d",
        ("nearest", 5): "upsample_nearest3d",
        ("nearest-exact", 3): "_upsample_nearest_exact1d",
        ("nearest-exact", 4): "_upsample_nearest_exact2d",
        ("nearest-exact", 5): "_upsample_nearest_exact3d",
        ("linear", 3): "upsample_linear1d",
        ("bilinear", 4): "upsample_bilinear2d",
        ("bicubic", 4): "upsample_bicubic2d",
        ("trilinear", 5): "upsample_trilinear3d",
    }.items()
}
_SMOOTHED: Final = {
    "bilinear": operator("interpolate", "_upsample_bilinear2d_aa.vec"),
    "bicubic": operator("interpolate", "_upsample_bicubic2d_aa.vec"),
}
_AREA: Final[dict[int, Any]] = {
    3: adaptive_avg_pool1d,
    4: adaptive_avg_pool2d,
    5: adaptive_avg_pool3d,
}


@direct(_pad)
def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Adds elements at the ends of axes.

    Args:
        input: A tensor.
        pad: How many elements are added before and after the last axis, before and after the one before
            it, and so on; negative ones are removed.
        mode: ``"constant"``; or for the last one to three axes of an input with one or two more axes,
            ``"reflect"``, ``"replicate"`` or ``"circular"``.
        value: The elements of mode ``"constant"``; 0 if None.

    Raises:
        ValueError: If the sizes do not fit, or for another mode.

    Source: aten::pad.
    """
    arguments.tensor("pad", input)
    if mode not in _MODES:
        expected = ", ".join(map(repr, _MODES))
        raise InvalidArgumentError(f"pad: mode is {mode!r}, expected one of {expected}")
    sizes = list(arguments.integers("pad", "pad", pad))
    if len(sizes) % 2 or len(sizes) > 2 * input.ndim:
        raise InvalidArgumentError(
            f"pad: {sizes} for shape {input.shape}; expected two integers for each axis to pad"
        )
    return _pad(input, sizes, mode, value)


def _per_axis(name: str, value: Any, axes: int) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        return [value] * axes
    found = list(value)
    if len(found) != axes:
        raise InvalidArgumentError(
            f"interpolate: {name} is {value}, expected a number or {axes} of them"
        )
    return found


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resizes images, or signals and volumes.

    Args:
        input: A tensor of shape (n, channels, ...), with one to three more axes.
        size: The new lengths of these axes, or one for all; this or the scale factor.
        scale_factor: Factors of the lengths, or one for all.
        mode: ``"nearest"``, ``"nearest-exact"`` or ``"area"``; ``"linear"`` for one axis, ``"bilinear"``
            and ``"bicubic"`` for two, ``"trilinear"`` for three.
        align_corners: Whether the outer elements keep their places, for the linear and cubic modes.
        recompute_scale_factor: Whether the factors are computed from the rounded new lengths.
        antialias: Whether a bilinear or bicubic reduction averages.

    Raises:
        ValueError: If the arguments exclude each other.
        NotImplementedError: For a mode that the number of axes does not have.
        UnavailableError: For antialias on NumPy.

    Source: aten::upsample_nearest2d.vec and the like, aten::adaptive_avg_pool2d.
    """
    axes = arguments.tensor("interpolate", input).ndim - 2
    if (size is None) == (scale_factor is None):
        raise InvalidArgumentError(
            f"interpolate: size is {size} and scale_factor is {scale_factor}, expected one of them"
        )
    if align_corners is not None and mode in ("nearest", "nearest-exact", "area"):
        raise InvalidArgumentError(
            f"interpolate: align_corners is {align_corners}, expected None for mode {mode!r}"
        )
    if size is not None and recompute_scale_factor:
        raise InvalidArgumentError("interpolate: recompute_scale_factor is only for a scale factor")
    smooths = antialias and mode in _SMOOTHED and axes == 2
    if antialias and not smooths:
        raise InvalidArgumentError(
            "interpolate: antialias is only for modes 'bilinear' and 'bicubic' of two axes"
        )
    lengths, factors = None, None
    if size is not None:
        lengths = [
            arguments.integer("interpolate", "size", n) for n in _per_axis("size", size, axes)
        ]
    else:
        factors = [*map(float, _per_axis("scale_factor", scale_factor, axes))]
        if recompute_scale_factor or mode == "area":
            lengths = [int(n * f) for n, f in zip(input.shape[2:], factors, strict=True)]
            factors = None
    if mode == "area" and axes + 2 in _AREA:
        return _AREA[axes + 2](input, lengths)  # type: ignore[no-any-return]
    upsampling = _SMOOTHED[mode] if smooths else _UPSAMPLINGS.get((mode, axes + 2))
    if upsampling is None:
        known = sorted({name for name, _ in _UPSAMPLINGS} | {"area"})
        raise NotSupportedError(
            f"interpolate: mode {mode!r} does not exist for {axes} axes after the channels; modes are "
            + ", ".join(known)
        )
    if mode in ("nearest", "nearest-exact"):
        return upsampling(input, lengths, factors)
    return upsampling(input, lengths, bool(align_corners), factors)


@direct(_pixel_shuffle)
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Moves channels to pixels: (..., c * r * r, h, w) becomes (..., c, h * r, w * r).

    Args:
        input: A tensor of at least 3 axes.
        upscale_factor: The factor r.

    Source: aten::pixel_shuffle.
    """
    return _pixel_shuffle(input, upscale_factor)


@direct(_pixel_unshuffle)
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Undoes :func:`pixel_shuffle`: (..., c, h * r, w * r) becomes (..., c * r * r, h, w).

    Args:
        input: A tensor of at least 3 axes.
        downscale_factor: The factor r.

    Source: aten::pixel_unshuffle.
    """
    return _pixel_unshuffle(input, downscale_factor)
