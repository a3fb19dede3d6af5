"""Layers that change the shape: flattening and resizing."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from torchffi._array.manipulation import reshape
from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError, InvalidArgumentError
from torchffi.nn import functional
from torchffi.nn._base.module import Module
from torchffi.nn.modules.layer import FunctionLayer


class Flatten(Module):
    """A layer that joins neighbouring axes.

    Args:
        start_dim: The first of the axes.
        end_dim: The last of them.

    Source: torch.nn.Flatten.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        """The input with one axis in place of the axes. A view, where its layout permits."""
        shape = input.shape
        first, last = (_axis("Flatten", dim, shape) for dim in (self.start_dim, self.end_dim))
        if first > last:
            raise InvalidArgumentError(
                f"Flatten: start_dim {self.start_dim} comes after end_dim {self.end_dim} "
                f"for shape {shape}"
            )
        length = prod(shape[first : last + 1])
        return reshape(input, (*shape[:first], length, *shape[last + 1 :]))

    def extra_repr(self) -> str:
        """The axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """A layer that splits an axis into several.

    Args:
        dim: The axis.
        unflattened_size: The lengths of the axes in its place; one of them may be -1.

    Raises:
        TypeError: For another dim or size; axes have no names here.

    Source: torch.nn.Unflatten.
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        if not isinstance(dim, int):
            raise ArgumentError(f"Unflatten: dim is {dim!r}, expected an integer")
        sizes = unflattened_size
        if not isinstance(sizes, (tuple, list)) or not all(isinstance(n, int) for n in sizes):
            raise ArgumentError(
                f"Unflatten: unflattened_size is {sizes!r}, expected a tuple of integers"
            )
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """The input with the new axes in place of the axis. A view, where its layout permits."""
        shape, sizes = input.shape, list(self.unflattened_size)
        axis = _axis("Unflatten", self.dim, shape)
        known = prod(n for n in sizes if n != -1)
        if sizes.count(-1) == 1 and known and shape[axis] % known == 0:
            sizes[sizes.index(-1)] = shape[axis] // known
        if -1 in sizes or prod(sizes) != shape[axis]:
            raise InvalidArgumentError(
                f"Unflatten: {self.unflattened_size} does not fit axis {self.dim} of shape {shape}"
            )
        return reshape(input, (*shape[:axis], *sizes, *shape[axis + 1 :]))

    def extra_repr(self) -> str:
        """The axis and the lengths."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


def _axis(layer: str, dim: int, shape: tuple[int, ...]) -> int:
    """The axis counted from the first one. A tensor without axes counts as having one."""
    count = max(len(shape), 1)
    if not -count <= dim < count:
        raise InvalidArgumentError(
            f"{layer}: axis {dim} does not exist in shape {shape}, expected {-count} to {count - 1}"
        )
    return dim % count


class PixelShuffle(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.pixel_shuffle`, with its arguments.

    Source: torch.nn.PixelShuffle.
    """

    _function = staticmethod(functional.pixel_shuffle)

    def __init__(self, upscale_factor: int) -> None:
        super().__init__(upscale_factor=upscale_factor)


class PixelUnshuffle(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.pixel_unshuffle`, with its arguments.

    Source: torch.nn.PixelUnshuffle.
    """

    _function = staticmethod(functional.pixel_unshuffle)

    def __init__(self, downscale_factor: int) -> None:
        super().__init__(downscale_factor=downscale_factor)


class Upsample(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.interpolate`, with its arguments.

    Source: torch.nn.Upsample.
    """

    _function = staticmethod(functional.interpolate)

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        if isinstance(scale_factor, (tuple, list)):
            scale_factor = tuple(float(one) for one in scale_factor)
        elif scale_factor:
            scale_factor = float(scale_factor)  # type: ignore[arg-type]
        super().__init__(
            size=size,
            scale_factor=scale_factor,
            mode=mode,
            align_corners=align_corners,
            recompute_scale_factor=recompute_scale_factor,
        )
        self.name = self._get_name()

    def extra_repr(self) -> str:
        """The size or the factor, and the mode."""
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)!r}, mode={self.mode!r}"
