"""Moving a module to another device or dtype, and copying it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from torchffi import _devices, dtypes
from torchffi._core.tensor import Tensor
from torchffi.dtypes import INEXACT, DType
from torchffi.errors import ArgumentError, DTypeError

if TYPE_CHECKING:
    from typing_extensions import Self


class Conversion:
    """Devices and dtypes of a module. A base class of Module."""

    _parameters: dict[str, Tensor | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]

    def _apply(self, function: Callable[[Tensor], Tensor]) -> Self:
        """Replaces the values of all parameters, their gradients and the buffers by a function of them.

        Parameters and buffers stay the same objects, so an optimiser still finds them.
        """
        seen: set[int] = set()
        for module in self.modules():  # type: ignore[attr-defined]
            for tensor in (*module._parameters.values(), *module._buffers.values()):
                if tensor is not None and id(tensor) not in seen:
                    seen.add(id(tensor))
                    _convert(tensor, function)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Moves all parameters and buffers.

        Args:
            args: A device such as ``"cpu"`` or ``"cuda:0"``, a dtype, both, or a tensor that has both.
                Integers and bools keep their dtype.
            kwargs: ``device``, ``dtype``; ``non_blocking`` has no effect.

        Returns:
            The module itself.

        Raises:
            TypeError: For a dtype that is neither floating-point nor complex, or other arguments.
            UnavailableError: If there is no such device.

        Source: torch.nn.Module.to.
        """
        device, dtype = _target(args, kwargs)

        def moved(tensor: Tensor) -> Tensor:
            if dtype is not None and tensor.dtype.kind in INEXACT:
                tensor = tensor.astype(dtype, copy=False)
            return tensor if device is None else tensor.to_device(device)

        return self._apply(moved)

    def cpu(self) -> Self:
        """Moves all parameters and buffers to host memory. Returns the module."""
        return self.to("cpu")

    def cuda(self, device: int | str | None = None) -> Self:
        """Moves all parameters and buffers to a CUDA device. Returns the module."""
        return self.to(device if isinstance(device, str) else f"cuda:{device or 0}")

    def type(self, dst_type: DType) -> Self:
        """Converts all parameters and buffers to a dtype. Returns the module."""
        return self._apply(lambda tensor: tensor.astype(dst_type, copy=False))

    def float(self) -> Self:
        """Converts floating-point parameters and buffers to float32. Returns the module."""
        return self._floats(dtypes.float32)

    def double(self) -> Self:
        """Converts floating-point parameters and buffers to float64. Returns the module."""
        return self._floats(dtypes.float64)

    def half(self) -> Self:
        """Converts floating-point parameters and buffers to float16. Returns the module."""
        return self._floats(dtypes.float16)

    def bfloat16(self) -> Self:
        """Converts floating-point parameters and buffers to bfloat16. Returns the module."""
        return self._floats(dtypes.bfloat16)

    def _floats(self, dtype: DType) -> Self:
        return self._apply(
            lambda x: x.astype(dtype, copy=False) if x.dtype.kind in dtypes.FLOATING else x
        )


def _convert(tensor: Tensor, function: Callable[[Tensor], Tensor]) -> None:
    value = function(tensor.detach())
    gradient = tensor.grad
    if gradient is not None:
        tensor.grad = None
    tensor.data = value
    if gradient is not None:
        tensor.grad = function(gradient.detach())


def _target(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str | None, DType | None]:
    """The device and the dtype that the arguments of ``to()`` name."""
    given = {name: kwargs[name] for name in ("device", "dtype") if kwargs.get(name) is not None}
    unknown = kwargs.keys() - {"device", "dtype", "non_blocking", "copy", "memory_format"}
    for value in args:
        if isinstance(value, Tensor):
            given.update(device=value.device, dtype=value.dtype)
        elif isinstance(value, DType):
            given["dtype"] = value
        elif isinstance(value, str):
            given["device"] = value
        elif value is not None and not isinstance(value, bool):
            unknown = {repr(value)}
    if unknown:
        raise ArgumentError(
            f"to: expected a device, a dtype or a tensor, got {', '.join(sorted(unknown))}"
        )
    device, dtype = given.get("device"), given.get("dtype")
    if device is not None:
        _devices.number(device)
    if dtype is not None and (not isinstance(dtype, DType) or dtype.kind not in INEXACT):
        raise DTypeError(f"to: expected a floating-point or complex dtype, got {dtype}")
    return device, dtype
