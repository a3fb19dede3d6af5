"""A class of tensors for each dtype, so that no tensor stores its own, and one for when it was freed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from torchffi import dtypes
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import HandleError

_Tensor = TypeVar("_Tensor", bound=Tensor)

FREED: Final = "tensor has been freed, by tensor_free() or at the end of its 'with' block"
_freed: Final[dict[type[Tensor], type[Tensor]]] = {}


class Freed:
    """Mixed into a class of tensors: whatever needs the data is refused."""

    __slots__ = ()
    _alive = False

    @property
    def _data(self) -> Any:
        raise HandleError(FREED)

    @property
    def shape(self) -> tuple[int, ...]:
        """Refused."""
        raise HandleError(FREED)

    def _free(self) -> None:
        raise HandleError(FREED)


def of_dtypes(tensor: type[_Tensor]) -> dict[DType, type[_Tensor]]:
    """Makes a class of each dtype from the class of a backend's tensors."""
    made = {}
    for dtype in dtypes.ALL:
        name, inside = tensor.__name__, {"__slots__": (), "__module__": tensor.__module__}
        made[dtype] = type(name, (tensor,), {**inside, "_dtype": dtype})
        _freed[made[dtype]] = type(f"Freed{name}", (Freed, made[dtype]), inside)
    return made


def mark_freed(tensor: Tensor, release: Callable[[Any], bool]) -> None:
    """Makes a tensor one that was freed.

    Args:
        tensor: The tensor.
        release: Releases its data. False if that was done before.

    Raises:
        HandleError: If another thread was first.
    """
    # The class goes first: from then on others are refused, and find no tensor without data.
    tensor.__class__ = _freed.get(type(tensor), type(tensor))
    if not release(tensor):
        raise HandleError(FREED)
