"""What a tensor has of gradients: the attributes and methods of Tensor for them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

from torchffi._autograd import compute, in_use
from torchffi._core.backends import FFI, NUMPY, numpy_reason
from torchffi._core.lifetimes import make
from torchffi._core.parameters import is_parameter, register
from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi._libtorch.gradients import asks_grad, asks_gradient, asks_leaf, set_requirement
from torchffi._libtorch.gradients import detach as _detach
from torchffi._stdlib.typing import Any, Final
from torchffi.dtypes import INEXACT
from torchffi.errors import ArgumentError, DTypeError, InvalidArgumentError, UnavailableError


def _need_libtorch(x: Tensor, name: str) -> None:
    if x._backend is not FFI:
        raise UnavailableError(
            f"{name}: gradients need LibTorch, and the tensor is on NumPy"
            + (f": {numpy_reason()}" if numpy_reason() else "")
        )


def requires_grad(self: Tensor) -> bool:
    """Whether operations on the tensor are recorded, so that gradients can be computed.

    Always False on NumPy. Source: at::Tensor::requires_grad.
    """
    flag = asks_gradient(self._data) if self._backend is FFI else 0
    return flag == 1 if flag >= 0 else gradients.requires_grad(self._data)


def set_requires_grad(self: Tensor, value: bool) -> None:
    """Sets ``requires_grad``: see :meth:`requires_grad_`."""
    requires_grad_(self, value)


def requires_grad_(self: Tensor, requires_grad: bool = True) -> Tensor:
    """Says that gradients with respect to the tensor are wanted, or are not.

    Args:
        requires_grad: Whether operations on it are to be recorded.

    Returns:
        The tensor itself.

    Raises:
        TypeError: For integers and bool, which have no gradients.
        UnavailableError: For True on the NumPy backend.
        ValueError: For False and the result of a recorded operation; ``detach()`` it.

    Source: at::Tensor::requires_grad_.
    """
    if requires_grad is False and self._backend is FFI and set_requirement(self._data, False) == 0:
        return self
    if not isinstance(requires_grad, bool):
        raise ArgumentError(f"requires_grad_: expected a bool, got {requires_grad!r}")
    if not requires_grad and self._backend is NUMPY:
        return self
    _need_libtorch(self, "requires_grad_")
    if requires_grad and self._dtype.kind not in INEXACT:
        raise DTypeError(
            f"requires_grad_: expected a floating-point or complex tensor, got {self._dtype}"
        )
    gradients.set_requires_grad(self._data, requires_grad)
    return self


def is_leaf(self: Tensor) -> bool:
    """Whether the tensor is a leaf: not the result of a recorded operation.

    Source: at::Tensor::is_leaf.
    """
    flag = asks_leaf(self._data) if self._backend is FFI else 1
    return flag == 1 if flag >= 0 else gradients.is_leaf(self._data)


class Node:
    """The recorded operation that made a tensor, as ``grad_fn``.

    Attributes:
        name: What LibTorch calls it, such as ``"AddBackward0"``.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        """What LibTorch calls it, such as ``"AddBackward0"``."""
        return self._name

    def __repr__(self) -> str:
        return f"<{self._name}>"


def grad_fn(self: Tensor) -> Node | None:
    """The recorded operation that made the tensor; None for a leaf. Source: at::Tensor::grad_fn."""
    if self._backend is NUMPY or asks_leaf(self._data) == 1:
        return None
    name = gradients.node_of(self._data)
    return Node(name) if name else None


def version(self: Tensor) -> int:
    """How often the memory was written to; 0 on NumPy. Source: at::Tensor::_version."""
    return 0 if self._backend is NUMPY else gradients.version(self._data)


def grad(self: Tensor) -> Tensor | None:
    """The gradient that ``backward()`` has added up; None if there is none. It can be set and deleted.

    Raises:
        TypeError, ValueError: When it is set to a tensor of another dtype, shape or device.

    Source: at::Tensor::grad.
    """
    state = 0 if self._backend is NUMPY else asks_grad(self._data)
    if state == 0:
        return None
    if state == 2:
        warnings.warn(
            "grad: the tensor is not a leaf, so backward() does not keep its gradient; call "
            "retain_grad() on it before",
            UserWarning,
            stacklevel=2,
        )
        return None
    gradient = in_use.known(self)
    if gradient is None:
        # Of its own dtype: that of the tensor may have changed since, by ``data``.
        gradient = make(None, gradients.gradient_of, self._data)
        in_use.remember(self, gradients.made(gradient) if gradient is None else gradient)
    return gradient


def set_grad(self: Tensor, value: Tensor | None) -> None:
    """Sets or removes the gradient."""
    if value is None:
        if self._backend is FFI:
            gradients.set_grad(self._data, 0)
        return
    _need_libtorch(self, "grad")
    if not isinstance(value, Tensor):
        raise ArgumentError(f"grad: expected a Tensor or None, got {type(value).__name__}")
    _need_libtorch(value, "grad")
    gradients.set_grad(self._data, value._data)
    in_use.remember(self, value)


def delete_grad(self: Tensor) -> None:
    """Removes the gradient."""
    set_grad(self, None)


def detach(self: Tensor) -> Tensor:
    """A tensor over the same memory, without a history: operations on it are not recorded.

    Source: aten::detach.
    """
    if self._backend is FFI:
        tensor: Tensor | None = make(type(self), _detach, self._data)
        return gradients.made(tensor) if tensor is None else tensor
    return NUMPY.wrap(self._array_view(), self._dtype)


def data(self: Tensor) -> Tensor:
    """The tensor without a history, over the same memory: what ``detach()`` returns.

    It can be set to a tensor of the same backend and layout. The tensor then has the memory, shape and
    dtype of that one, and stays the same object with the same gradient; nothing is recorded. No other
    thread may use the tensor meanwhile.

    Source: at::Tensor::data, at::Tensor::set_data.
    """
    if self._backend is FFI:  # as in detach()
        tensor: Tensor | None = make(type(self), _detach, self._data)
        return gradients.made(tensor) if tensor is None else tensor
    return detach(self)


def set_data(self: Tensor, value: Tensor) -> None:
    """Gives the tensor other values: see ``data``."""
    if not isinstance(value, Tensor):
        raise ArgumentError(f"data: expected a Tensor, got {type(value).__name__}")
    if value._backend is not self._backend:
        raise ArgumentError(
            f"data: expected a tensor of backend {self.backend!r}, got one of {value.backend!r}"
        )
    if self._backend is FFI:
        gradients.set_data(self._data, value._data)
    else:
        self._data = value._array_view()
    self._invalidate()
    self.__class__ = type(value)


def deepcopy(self: Tensor, memo: dict[int, Any], /) -> Tensor:
    """A copy that is a leaf, with a copy of the gradient.

    Raises:
        ValueError: For the result of a recorded operation, whose record cannot be copied.
    """
    mark: Callable[[Tensor], Tensor] = register if is_parameter(self) else _same
    if not requires_grad(self):
        return mark(self.clone())
    if not is_leaf(self):
        raise InvalidArgumentError(
            "deepcopy: the tensor was made by a recorded operation, which is not copied; detach() it "
            "first"
        )
    copy = requires_grad_(detach(self).clone())
    gradient = grad(self)
    if gradient is not None:
        set_grad(copy, detach(gradient).clone())
    return mark(copy)


def _same(x: Tensor) -> Tensor:
    return x


def retain_grad(self: Tensor) -> None:
    """Makes ``backward()`` keep the gradient of the tensor, although it is not a leaf.

    Raises:
        ValueError: If the tensor does not require gradients.

    Source: at::Tensor::retain_grad.
    """
    _need_libtorch(self, "retain_grad")
    gradients.retain_grad(self._data)


def backward(
    self: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Computes the gradient of the tensor and adds it up in the leaves that it was computed from.

    Args:
        gradient: The gradient to begin with, of the tensor's shape; None for 1, if it has one element.
        retain_graph: Whether to keep what was recorded, for another call; None for ``create_graph``.
        create_graph: Whether to record this computation itself, for second derivatives.
        inputs: The tensors in which gradients are added up; None for all leaves.

    Raises:
        UnavailableError: On the NumPy backend.
        ValueError: If nothing was recorded, or what was recorded has been freed or overwritten.

    Source: torch::autograd::backward.
    """
    compute.backward(self, gradient, retain_graph, create_graph, inputs)


def register_hook(self: Tensor, hook: Callable[[Tensor], Tensor | None]) -> Any:
    """Calls a function with the gradient of the tensor each time that one is computed.

    Args:
        hook: Takes the gradient; returns None, or a tensor that replaces it.

    Returns:
        An object whose ``remove()`` removes the hook.

    Raises:
        ValueError: If the tensor does not require gradients.

    Source: at::Tensor::register_hook.
    """
    from torchffi._autograd import callbacks  # few programs have hooks

    _need_libtorch(self, "register_hook")
    if not callable(hook):
        raise ArgumentError(f"register_hook: expected a function, got {hook!r}")
    if not gradients.requires_grad(self._data):
        raise InvalidArgumentError("register_hook: the tensor does not require gradients")
    return callbacks.add_hook(self, hook)


PROPERTIES: Final = {
    "requires_grad": property(requires_grad, set_requires_grad),
    "grad": property(grad, set_grad, delete_grad),
    "grad_fn": property(grad_fn),
    "data": property(data, set_data),
    "is_leaf": property(is_leaf),
    "_version": property(version),
}
METHODS: Final = {
    "__deepcopy__": deepcopy,
    **{one.__name__: one for one in (requires_grad_, detach, retain_grad, backward, register_hook)},
}
