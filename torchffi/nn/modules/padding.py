"""Layers that pad the last axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError
from torchffi.nn import functional
from torchffi.nn._base.module import Module


class _Padding(Module):
    """The base of layers that pad the last axes.

    Args:
        padding: The number of elements at each end; or the numbers before and after each axis, from the
            last axis to the first.
    """

    _axes: ClassVar[int]
    _mode: ClassVar[str] = "constant"
    value: float | None = None

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        ends = 2 * self._axes
        numbers = (padding,) * ends if isinstance(padding, int) else tuple(padding)
        if len(numbers) != ends:
            raise InvalidArgumentError(
                f"{self._get_name()}: padding is {padding!r}, expected an integer or {ends} of them"
            )
        self.padding = numbers

    def forward(self, input: Tensor) -> Any:
        """The padded input."""
        return functional.pad(input, self.padding, self._mode, self.value)

    def extra_repr(self) -> str:
        """The numbers."""
        return f"{self.padding}"


class _ConstantPadding(_Padding):
    """The base of layers that pad with a value, their second argument."""

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        """The numbers and the value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadding):
    """The layer of :func:`~torchffi.nn.functional.pad` with a value.

    Source: torch.nn.ConstantPad1d.
    """

    _axes = 1


class ZeroPad1d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with zeros.

    Source: torch.nn.ZeroPad1d.
    """

    _axes = 1
    value = 0.0


class CircularPad1d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with ``mode="circular"``.

    Source: torch.nn.CircularPad1d.
    """

    _axes = 1
    _mode = "circular"


class ReflectionPad1d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with ``mode="reflect"``.

    Source: torch.nn.ReflectionPad1d.
    """

    _axes = 1
    _mode = "reflect"


class ReplicationPad1d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with ``mode="replicate"``.

    Source: torch.nn.ReplicationPad1d.
    """

    _axes = 1
    _mode = "replicate"


class ConstantPad2d(_ConstantPadding):
    """The layer of :func:`~torchffi.nn.functional.pad` with a value.

    Source: torch.nn.ConstantPad2d.
    """

    _axes = 2


class ZeroPad2d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with zeros.

    Source: torch.nn.ZeroPad2d.
    """

    _axes = 2
    value = 0.0


class CircularPad2d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with ``mode="circular"``.

    Source: torch.nn.CircularPad2d.
    """

    _axes = 2
    _mode = "circular"


class ReflectionPad2d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with ``mode="reflect"``.

    Source: torch.nn.ReflectionPad2d.
    """

    _axes = 2
    _mode = "reflect"


class ReplicationPad2d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with ``mode="replicate"``.

    Source: torch.nn.ReplicationPad2d.
    """

    _axes = 2
    _mode = "replicate"


class ConstantPad3d(_ConstantPadding):
    """The layer of :func:`~torchffi.nn.functional.pad` with a value.

    Source: torch.nn.ConstantPad3d.
    """

    _axes = 3


class ZeroPad3d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with zeros.

    Source: torch.nn.ZeroPad3d.
    """

    _axes = 3
    value = 0.0


class CircularPad3d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with ``mode="circular"``.

    Source: torch.nn.CircularPad3d.
    """

    _axes = 3
    _mode = "circular"


class ReflectionPad3d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with ``mode="reflect"``.

    Source: torch.nn.ReflectionPad3d.
    """

    _axes = 3
    _mode = "reflect"


class ReplicationPad3d(_Padding):
    """The layer of :func:`~torchffi.nn.functional.pad` with ``mode="replicate"``.

    Source: torch.nn.ReplicationPad3d.
    """

    _axes = 3
    _mode = "replicate"
