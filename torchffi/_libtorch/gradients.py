"""Gradients through the C ABI. Tensors are handles.

A function that creates a tensor takes ``make``, of lifetimes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torchffi._libtorch.calls import check_status, last_error
from torchffi._libtorch.loader import ffi, lib
from torchffi._stdlib.typing import Any

Make = Callable[..., Any]

# Whether any tensor was ever asked to require gradients. Until then nothing need be checked.
in_use = False

# Bound once: an attribute lookup on `lib` costs as much as a third of such a call.
# Callers that are called often use them without the functions below: 1, 0, or -1 on failure.
asks_gradient, asks_leaf = lib.rt_torch_tensor_requires_grad, lib.rt_torch_tensor_is_leaf
asks_grad, gradient_of = lib.rt_torch_tensor_grad_state, lib.rt_torch_tensor_grad
asks_enabled, detach = lib.rt_torch_grad_enabled, lib.rt_torch_tensor_detach
set_requirement, set_enabled = lib.rt_torch_tensor_set_requires_grad, lib.rt_torch_set_grad_enabled

_LIST = ffi.typeof("int64_t[]")
_TEXT_BYTES = 256


def requires_grad(x: int) -> bool:
    """Whether operations on a tensor are recorded."""
    flag = asks_gradient(x)
    return flag == 1 if flag >= 0 else bool(check_status(flag))


def set_requires_grad(x: int, required: bool) -> None:
    """Makes a leaf require gradients, or not."""
    global in_use
    in_use = in_use or required
    check_status(set_requirement(x, required))


def is_leaf(x: int) -> bool:
    """Whether no recorded operation made the tensor."""
    flag = asks_leaf(x)
    return flag == 1 if flag >= 0 else bool(check_status(flag))


def node_of(x: int) -> str:
    """The name of the node that made the tensor; ``""`` for a leaf."""
    text = ffi.new("char[]", _TEXT_BYTES)
    check_status(lib.rt_torch_tensor_grad_fn(x, text, _TEXT_BYTES))
    return ffi.string(text).decode()  # type: ignore[no-any-return]


def version(x: int) -> int:
    """How often the memory of the tensor was written to."""
    return check_status(lib.rt_torch_tensor_version(x))


def made(tensor: Any) -> Any:
    """A result of ``make``. Raises the last error if there is none."""
    if tensor is None:
        raise last_error()
    return tensor


def set_data(x: int, data: int) -> None:
    """Gives a tensor the memory, shape and dtype of another one."""
    check_status(lib.rt_torch_tensor_set_data(x, data))


def grad(make: Make, x: int) -> Any:
    """The gradient of a tensor; None if it has none. Its dtype is another one if ``data`` was set."""
    return made(make(None, gradient_of, x)) if check_status(asks_grad(x)) == 1 else None


def set_grad(x: int, value: int) -> None:
    """Sets the gradient of a tensor; 0 removes it."""
    check_status(lib.rt_torch_tensor_set_grad(x, value))


def retain_grad(x: int) -> None:
    """Keeps the gradient of a tensor that is not a leaf."""
    check_status(lib.rt_torch_tensor_retain_grad(x))


def grad_enabled() -> bool:
    """Whether this thread records operations."""
    flag = asks_enabled()
    return flag == 1 if flag >= 0 else bool(check_status(flag))


def set_grad_enabled(enabled: bool) -> bool:
    """Makes this thread record operations, or not; returns what it was before."""
    return check_status(set_enabled(enabled)) == 1


def handles(given: Sequence[int] | None) -> Any:
    """An array of handles in C; NULL for None."""
    return ffi.NULL if given is None else ffi.new(_LIST, given)


def backward(
    tensors: Sequence[int],
    gradients: Sequence[int],
    inputs: Sequence[int] | None,
    retain_graph: bool,
    create_graph: bool,
) -> None:
    """Adds up gradients in leaves, or in ``inputs``."""
    check_status(
        lib.rt_torch_backward(
            handles(tensors),
            handles(gradients),
            len(tensors),
            handles(inputs),
            len(inputs or ()),
            retain_graph,
            create_graph,
        )
    )


def grad_of(
    makes: Sequence[Make],
    outputs: Sequence[int],
    gradients: Sequence[int],
    inputs: Sequence[int],
    retain_graph: bool,
    create_graph: bool,
    allow_unused: bool,
) -> list[Any]:
    """Gradients with respect to ``inputs``, each made by one of ``makes``; None where there is none."""
    # Freed with the list unless taken out of it, so that every handle has an owner at any time.
    found = ffi.gc(ffi.new(_LIST, [len(inputs), *[0] * len(inputs)]), lib.torchffi_free_list)
    check_status(
        lib.rt_torch_grad(
            handles(outputs),
            handles(gradients),
            len(outputs),
            handles(inputs),
            found + 1,
            len(inputs),
            retain_graph,
            create_graph,
            allow_unused,
        )
    )
    return taken(makes, found)


def taken(makes: Sequence[Make], found: Any) -> list[Any]:
    """The tensors of a list of handles, from its second element on."""
    return [make(lib.torchffi_take, found, i + 1) for i, make in enumerate(makes)]
