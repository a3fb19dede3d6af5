"""Gradients that are in use, so that to read a gradient twice gives the same object, as in PyTorch.

LibTorch has no Python objects: each time that it is asked for a gradient, a new one is made. The table
has the last one of each tensor, weakly, so that it keeps no memory alive. LibTorch may have replaced the
gradient since, without a word, so that it is asked whether the last one still is the gradient.
"""

from __future__ import annotations

from weakref import ref

from torchffi._core.tensor import Tensor
from torchffi._libtorch.loader import lib
from torchffi._stdlib.typing import Final

_FEWEST: Final = 1024
# By the handle of the tensor, which is never used again, unlike its id(). Also read in C.
last: Final[dict[int, ref[Tensor]]] = {}
_most = _FEWEST  # entries, before those of gradients that are gone are removed
_is_grad: Final = lib.rt_torch_tensor_is_grad


def known(tensor: Tensor) -> Tensor | None:
    """The object in use for the gradient of a tensor; None if there is none."""
    entry = last.get(tensor._data)
    found = None if entry is None else entry()
    if found is None or not found._alive or _is_grad(tensor._data, found._data) != 1:
        return None
    return found


def remember(tensor: Tensor, gradient: Tensor) -> None:
    """Notes which object is the gradient of a tensor."""
    if len(last) >= _most:
        _remove_unused()
    last[tensor._data] = ref(gradient)


def _remove_unused() -> None:
    global _most
    for key, entry in list(last.items()):
        if entry() is None:
            last.pop(key, None)
    _most = max(_FEWEST, 2 * len(last))
