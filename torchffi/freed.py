"""What is left of a tensor after :func:`torchffi.tensor_free`."""

from __future__ import annotations

from typing import Any

from torchffi.errors import HandleError
from torchffi.tensor import Tensor

FREED = "the tensor was freed"


class Freed:
    """Stands before a class of tensors: all that asks for the data is refused."""

    __slots__ = ()
    _alive = False

    @property
    def _data(self) -> Any:
        raise HandleError(FREED)

    @property
    def shape(self) -> tuple[int, ...]:
        """Refused like all else."""
        raise HandleError(FREED)

    def _free(self) -> None:
        raise HandleError(FREED)


def end(tensor: Tensor, freed: type[Tensor]) -> None:
    """Takes the data off a tensor. HandleError if another thread was first."""
    try:
        del tensor._data
    except AttributeError:
        raise HandleError(FREED) from None
    tensor._forget()
    tensor.__class__ = freed
