"""What a tensor is on NumPy: an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from torchffi import dtypes
from torchffi._core import backends, dtype_classes
from torchffi._core.arguments import Scalar
from torchffi._core.backends import NUMPY
from torchffi._core.tensor import Tensor
from torchffi._libtorch.loader import Holder, hold
from torchffi._numpy.quiet import quiet

if TYPE_CHECKING:
    from torchffi._core.tensor import Kinds

_ndarray = np.ndarray


class NumpyTensor(Holder, Tensor):
    """A tensor of NumPy. Its data is an array."""

    __slots__ = ()
    _backend = NUMPY

    def _free(self) -> None:
        dtype_classes.end(self, _drop)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements along each axis."""
        return self._data.shape  # type: ignore[no-any-return]


_slot: Any = Holder.__dict__["_data"]  # which a freed tensor's class hides


def _drop(tensor: Tensor) -> bool:
    try:
        _slot.__delete__(tensor)
    except AttributeError:
        return False
    return True


_classes = dtype_classes.of_dtypes(NumpyTensor)


def make(array: np.ndarray[Any, Any], kind: type[Tensor]) -> Tensor:
    """A tensor of a class over an array, which is converted if it has another dtype."""
    dtype = kind._dtype
    exact = array.dtype is dtype.numpy or array.dtype == dtype.numpy
    return hold(array if exact else array.astype(dtype.numpy), kind)


def over(array: np.ndarray[Any, Any], kinds: Kinds) -> Tensor:
    """A tensor over an array's own memory."""
    return make(
        array.view(np.ndarray), kinds[array.dtype][0]
    )  # a shape of its own, and no subclass


def _operator(name: str, of_arrays: Callable[..., Any]) -> Callable[..., Tensor]:
    """An operator that takes no detour where both operands are such tensors of one dtype.

    What is refused, and all else, takes the way of every operator, which also tells what is wrong.
    """
    of_any: Callable[..., Tensor] = getattr(Tensor, name)
    run = quiet()

    def operator(self: Tensor, other: Tensor | Scalar) -> Tensor:
        alike = type(self)
        if type(other) is not alike:
            return of_any(self, other)
        try:  # as quietly(), with what can only be used once at a time
            array = run(of_arrays, self._data, other._data)
        except Exception:
            return of_any(self, other)
        return hold(array if type(array) is _ndarray else np.asarray(array), alike)

    return operator


for _name, _of_arrays in (
    ("__add__", np.add),
    ("__sub__", np.subtract),
    ("__mul__", np.multiply),
    ("__matmul__", np.matmul),
):
    _made = _operator(_name, _of_arrays)
    for _dtype in _classes.keys() - {dtypes.bool}:
        setattr(_classes[_dtype], _name, _made)

backends.register(NUMPY, make, over, _classes)
