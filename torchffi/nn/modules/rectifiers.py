"""Activations that leave positive numbers as they are, or nearly so."""

from __future__ import annotations

from torchffi._array.creation import empty
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.nn import functional, init
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter
from torchffi.nn.modules.layer import FunctionLayer


class ReLU(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.relu`, with its arguments. Source: torch.nn.ReLU."""

    _function = staticmethod(functional.relu)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class LeakyReLU(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.leaky_relu`, with its arguments.

    Source: torch.nn.LeakyReLU.
    """

    _function = staticmethod(functional.leaky_relu)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(negative_slope=negative_slope, inplace=inplace)


class ELU(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.elu`, with its arguments. Source: torch.nn.ELU."""

    _function = staticmethod(functional.elu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class CELU(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.celu`, with its arguments. Source: torch.nn.CELU."""

    _function = staticmethod(functional.celu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class SELU(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.selu`, with its arguments. Source: torch.nn.SELU."""

    _function = staticmethod(functional.selu)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class GELU(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.gelu`, with its arguments. Source: torch.nn.GELU."""

    _function = staticmethod(functional.gelu)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)


class SiLU(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.silu`, with its arguments. Source: torch.nn.SiLU."""

    _function = staticmethod(functional.silu)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Mish(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.mish`, with its arguments. Source: torch.nn.Mish."""

    _function = staticmethod(functional.mish)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Threshold(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.threshold`, with its arguments.

    Source: torch.nn.Threshold.
    """

    _function = staticmethod(functional.threshold)

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(threshold=threshold, value=value, inplace=inplace)


class PReLU(Module):
    """The layer of :func:`~torchffi.nn.functional.prelu`, whose slope is a parameter.

    Args:
        num_parameters: 1, or the number of channels, which is the length of axis 1 of the input.
        init: The first value of the slope.
        device: The device of the parameter, ``"cpu"`` if None.
        dtype: Its dtype, float32 if None.

    Attributes:
        weight: The slope, a parameter of shape (num_parameters,).

    Source: torch.nn.PReLU.
    """

    weight: Tensor

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(empty(num_parameters, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets the slope to its first value."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """The result, of the shape of the input."""
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """The number of slopes."""
        return f"num_parameters={self.num_parameters}"
