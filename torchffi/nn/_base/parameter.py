"""Parameters of modules."""

from __future__ import annotations

from typing import Any

from torchffi._array.conversion import asarray
from torchffi._core import parameters
from torchffi._core.backends import FFI
from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError


class _ParameterType(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return parameters.is_parameter(value)


class Parameter(metaclass=_ParameterType):
    """A tensor that a module lists as its parameter when it is assigned to an attribute of it.

    ``Parameter(data)`` returns a :class:`~torchffi.Tensor` over the memory of ``data``, for which
    ``isinstance(x, Parameter)`` is true. On the NumPy backend, which has no gradients, it does not
    require them.

    Args:
        data: A tensor; an empty one if None.
        requires_grad: Whether gradients with respect to it are wanted.

    Raises:
        TypeError: For integers and bool, unless ``requires_grad`` is False.

    Source: torch.nn.Parameter.
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Any:
        """A new parameter."""
        if data is None:
            data = asarray([])
        if not isinstance(data, Tensor):
            raise ArgumentError(f"Parameter: expected a Tensor, got {type(data).__name__}")
        parameter = data.detach()
        if requires_grad and parameter._backend is FFI:
            parameter.requires_grad_()
        return parameters.register(parameter)
