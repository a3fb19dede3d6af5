"""Activations with bounded, shifted or normalized results."""

from __future__ import annotations

import warnings
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.errors import InvalidArgumentError
from torchffi.nn import functional
from torchffi.nn.modules.layer import FunctionLayer


class Hardtanh(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.hardtanh`, with its arguments.

    ``min_value`` and ``max_value`` are former names of ``min_val`` and ``max_val``.

    Raises:
        ValueError: If max_val is not greater than min_val.

    Source: torch.nn.Hardtanh.
    """

    _function = staticmethod(functional.hardtanh)

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        for name, value in (("min_value", min_value), ("max_value", max_value)):
            if value is not None:
                message = f"{name} is deprecated: use {name.replace('value', 'val')}"
                warnings.warn(message, FutureWarning, stacklevel=2)
        min_val = min_val if min_value is None else min_value
        max_val = max_val if max_value is None else max_value
        if not max_val > min_val:
            raise InvalidArgumentError(
                f"Hardtanh: max_val is {max_val}, expected more than min_val, {min_val}"
            )
        super().__init__(min_val=min_val, max_val=max_val, inplace=inplace)


class ReLU6(Hardtanh):
    """The layer of :func:`~torchffi.nn.functional.relu6`, with its arguments. Source: torch.nn.ReLU6."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """``inplace`` where it is true."""
        return "inplace=True" if self.inplace else ""


class Hardsigmoid(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.hardsigmoid`, with its arguments.

    Source: torch.nn.Hardsigmoid.
    """

    _function = staticmethod(functional.hardsigmoid)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)

    def extra_repr(self) -> str:
        """Nothing."""
        return ""


class Hardswish(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.hardswish`, with its arguments.

    Source: torch.nn.Hardswish.
    """

    _function = staticmethod(functional.hardswish)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)

    def extra_repr(self) -> str:
        """Nothing."""
        return ""


class Hardshrink(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.hardshrink`, with its arguments.

    Source: torch.nn.Hardshrink.
    """

    _function = staticmethod(functional.hardshrink)

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)

    def extra_repr(self) -> str:
        """The distance."""
        return str(self.lambd)


class Softshrink(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.softshrink`, with its arguments.

    Source: torch.nn.Softshrink.
    """

    _function = staticmethod(functional.softshrink)

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)

    def extra_repr(self) -> str:
        """The distance."""
        return str(self.lambd)


class Softplus(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.softplus`, with its arguments.

    Source: torch.nn.Softplus.
    """

    _function = staticmethod(functional.softplus)

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta=beta, threshold=threshold)


class GLU(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.glu`, with its arguments. Source: torch.nn.GLU."""

    _function = staticmethod(functional.glu)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim=dim)


class LogSigmoid(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.logsigmoid`, with its arguments.

    Source: torch.nn.LogSigmoid.
    """

    _function = staticmethod(functional.logsigmoid)


class Sigmoid(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.sigmoid`, with its arguments.

    Source: torch.nn.Sigmoid.
    """

    _function = staticmethod(functional.sigmoid)


class Softsign(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.softsign`, with its arguments.

    Source: torch.nn.Softsign.
    """

    _function = staticmethod(functional.softsign)


class Tanh(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.tanh`, with its arguments. Source: torch.nn.Tanh."""

    _function = staticmethod(functional.tanh)


class Tanhshrink(FunctionLayer):
    """The layer of :func:`~torchffi.nn.functional.tanhshrink`, with its arguments.

    Source: torch.nn.Tanhshrink.
    """

    _function = staticmethod(functional.tanhshrink)


class _AlongAxis(FunctionLayer):
    """A layer whose function works along an axis."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)

    def forward(self, input: Tensor) -> Any:
        """The result, of the shape of the input."""
        if self.dim is not None:
            return self._function(input, self.dim)
        dim = 0 if input.ndim in (0, 1, 3) else 1
        message = f"{self._get_name()}: dim is not given, {dim} is used: give dim=..."
        warnings.warn(message, UserWarning, stacklevel=3)
        return self._function(input, dim)


class LogSoftmax(_AlongAxis):
    """The layer of :func:`~torchffi.nn.functional.log_softmax`, with its arguments.

    Source: torch.nn.LogSoftmax.
    """

    _function = staticmethod(functional.log_softmax)


class Softmax(_AlongAxis):
    """The layer of :func:`~torchffi.nn.functional.softmax`, with its arguments.

    Source: torch.nn.Softmax.
    """

    _function = staticmethod(functional.softmax)


class Softmin(_AlongAxis):
    """The layer of :func:`~torchffi.nn.functional.softmin`, with its arguments.

    Source: torch.nn.Softmin.
    """

    _function = staticmethod(functional.softmin)
