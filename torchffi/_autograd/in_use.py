"""Gradients that are in use, so that to read a gradient twice gives the same object, as in PyTorch.

LibTorch has no Python objects: each time that it is asked for a gradient, a new one is made. The table
has the last one of each tensor, weakly, so that it keeps no memory alive. LibTorch may have replaced the
gradient since, without a word, so that the two are compared: one in use that has the same memory, shape
and strides is the same, for a new gradient has memory of its own.
"""

from __future__ import annotations

from typing import Any, Final
from weakref import ref

from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi.errors import TorchError

_FEWEST: Final = 1024
# By the handle of the tensor, which is never used again, unlike its id().
_last: Final[dict[int, ref[Tensor]]] = {}
_most = _FEWEST  # entries, before those of gradients that are gone are removed


def known(tensor: Tensor, gradient: Tensor) -> Tensor:
    """The object in use for the gradient of a tensor; else the given one, from now on."""
    key = tensor._data
    entry = _last.get(key)
    if entry is not None:
        last = entry()
        if last is not None and last._alive and _is_same(last, gradient):
            return last
    elif len(_last) >= _most:
        _remove_unused()
    _last[key] = ref(gradient)
    return gradient


def remember(tensor: Tensor, gradient: Tensor) -> None:
    """Notes which object is the gradient of a tensor."""
    if len(_last) >= _most:
        _remove_unused()
    _last[tensor._data] = ref(gradient)


def _remove_unused() -> None:
    global _most
    for key, entry in list(_last.items()):
        if entry() is None:
            _last.pop(key, None)
    _most = max(_FEWEST, 2 * len(_last))


_is_set_to: Any = None  # the operator, from the first use on


def _is_same(a: Tensor, b: Tensor) -> bool:
    global _is_set_to
    if type(a) is not type(b) or gradients.requires_grad(a._data) != gradients.requires_grad(
        b._data
    ):
        return False
    if _is_set_to is None:
        from torchffi._core.by_name.overloads import Overload  # most programs do not need it

        _is_set_to = Overload("aten::is_set_to")
    try:
        return bool(_is_set_to(a, b))
    except TorchError:  # sparse tensors, for example
        return False
