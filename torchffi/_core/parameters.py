"""Which tensors are parameters of modules.

A parameter is a tensor of the ordinary class, so that operations treat it as any other: the fast paths
compare classes. What makes it a parameter is an entry here, which goes with the tensor.
"""

from __future__ import annotations

from weakref import WeakValueDictionary

from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Any, Final

# id -> tensor. Weak, and by identity: tensors compare elementwise.
_parameters: Final[WeakValueDictionary[int, Tensor]] = WeakValueDictionary()


def register(tensor: Tensor) -> Tensor:
    """Makes a tensor a parameter. Returns it."""
    _parameters[id(tensor)] = tensor
    return tensor


def is_parameter(value: Any) -> bool:
    """Whether an object is a parameter."""
    return value is not None and _parameters.get(id(value)) is value
