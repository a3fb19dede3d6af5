"""Computing gradients: ``backward()`` and ``grad()``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from torchffi._array.creation import zeros_like
from torchffi._core.backends import FFI
from torchffi._core.dispatch import named
from torchffi._core.lifetimes import make
from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi._stdlib.typing import Any, NoReturn
from torchffi.errors import ArgumentError, InvalidArgumentError, TorchError, UnavailableError

# Exceptions of functions in Python that LibTorch has called, until the call returns.
failures: list[BaseException] = []


def _sequence(name: str, value: Any) -> list[Tensor]:
    tensors = [value] if isinstance(value, Tensor) else list(value)
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise ArgumentError(f"{name}: expected tensors, got {type(tensor).__name__}")
        if tensor._backend is not FFI:
            raise UnavailableError(f"{name}: gradients need LibTorch, and a tensor is on NumPy")
    if not tensors:
        raise InvalidArgumentError(f"{name}: expected at least one tensor, got none")
    return tensors


def _initial(name: str, tensors: Sequence[Tensor], given: Any) -> list[Tensor | None]:
    """The gradients to begin with: a tensor or None for each tensor."""
    one = given is None or isinstance(given, Tensor)
    found = [given] * (len(tensors) if given is None else 1) if one else list(given)
    if len(found) != len(tensors):
        raise InvalidArgumentError(
            f"{name}: {len(found)} gradients for {len(tensors)} tensors, expected one for each"
        )
    for i, (tensor, gradient) in enumerate(zip(tensors, found, strict=True)):
        if gradient is not None:
            _sequence(name, [gradient])
        elif tensor.size != 1 or tensor.dtype.kind == "complex":
            raise InvalidArgumentError(
                f"{name}: tensor {i} has shape {tensor.shape} and dtype {tensor.dtype}; without a "
                "gradient to begin with, expected one real number, such as a loss"
            )
    return found


def _handles(tensors: Sequence[Tensor | None]) -> list[int]:
    return [0 if tensor is None else tensor._data for tensor in tensors]


def _reraise(name: str, error: TorchError) -> NoReturn:
    """Raises the exception of a function in Python, or else LibTorch's error."""
    if failures:
        raise failures.pop() from None
    raise named(name, error) from None


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Computes gradients of tensors and adds them up in the leaves that they were computed from.

    Args:
        tensors: Results of recorded operations, such as a loss.
        grad_tensors: For each tensor the gradient to begin with, of its shape; None for 1, if it has
            one element.
        retain_graph: Whether to keep what was recorded, for another call; None for ``create_graph``.
        create_graph: Whether to record this computation itself, for second derivatives.
        inputs: The tensors in which gradients are added up; None for all leaves.

    Raises:
        UnavailableError: On the NumPy backend.
        ValueError: If nothing was recorded, or what was recorded has been freed or overwritten.

    Source: torch::autograd::backward.
    """
    of = _sequence("backward", tensors)
    start = _initial("backward", of, grad_tensors)
    into = None if inputs is None else _handles(_sequence("backward: inputs", inputs))
    retain = create_graph if retain_graph is None else retain_graph
    try:
        gradients.backward(_handles(of), _handles(start), into, retain, create_graph)
    except TorchError as error:
        _reraise("backward", error)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """Computes gradients of tensors with respect to others, and adds nothing up.

    Args:
        outputs: Results of recorded operations.
        inputs: Tensors that require gradients.
        grad_outputs: As ``grad_tensors`` of :func:`backward`.
        retain_graph: Whether to keep what was recorded, for another call; None for ``create_graph``.
        create_graph: Whether to record this computation itself, for second derivatives.
        allow_unused: Whether the result may have None for an input that the outputs do not depend on;
            otherwise that is an error. None for ``materialize_grads``.
        materialize_grads: Whether it has zeros instead of None.

    Returns:
        A gradient for each input, of its shape and dtype.

    Raises:
        UnavailableError: On the NumPy backend.
        ValueError: If nothing was recorded, or what was recorded has been freed or overwritten.

    Source: torch::autograd::grad.
    """
    of, to = _sequence("grad: outputs", outputs), _sequence("grad: inputs", inputs)
    start = _initial("grad", of, grad_outputs)
    retain = create_graph if retain_graph is None else retain_graph
    unused = materialize_grads if allow_unused is None else allow_unused
    if materialize_grads and not unused:
        raise InvalidArgumentError("grad: materialize_grads needs allow_unused, which is False")
    makes = [partial(make, None)] * len(to)  # of their own dtypes, as in Tensor.grad
    given = _handles(of), _handles(start), _handles(to)
    try:
        found: list[Tensor | None] = gradients.grad_of(makes, *given, retain, create_graph, unused)
    except TorchError as error:
        _reraise("grad", error)
    if materialize_grads:
        found = [zeros_like(x) if g is None else g for g, x in zip(found, to, strict=True)]
    return tuple(found)
