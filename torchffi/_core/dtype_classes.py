"""One Tensor subclass per backend and dtype, and one for freed tensors of each.

So the dtype takes no space in a tensor, and ``type(a) is type(b)`` compares both backend and dtype.
Freeing a tensor replaces its class by the freed one.
"""

from __future__ import annotations

from collections.abc import Callable

from torchffi import dtypes
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Any, Final, TypeVar
from torchffi.dtypes import DType
from torchffi.errors import HandleError

_Tensor = TypeVar("_Tensor", bound=Tensor)

FREED: Final = "tensor has been freed, by tensor_free() or at the end of its 'with' block"
_freed: Final[dict[type[Tensor], type[Tensor]]] = {}


class Freed:
    """Mixin of freed tensors: every access to the data raises HandleError."""

    __slots__ = ()
    _alive = False

    @property
    def _data(self) -> Any:
        raise HandleError(FREED)

    @property
    def shape(self) -> tuple[int, ...]:
        """Raises HandleError."""
        raise HandleError(FREED)

    def _free(self) -> None:
        raise HandleError(FREED)


def of_dtypes(tensor: type[_Tensor]) -> dict[DType, type[_Tensor]]:
    """Creates a subclass of a backend's tensor class for each dtype, named Tensor for error messages.

    The properties of the dtype are attributes of the class: to read them calls no function.
    """
    classes = {}
    for dtype in dtypes.ALL:
        body: dict[str, Any] = {"__slots__": (), "__module__": tensor.__module__, "_dtype": dtype}
        body |= {"dtype": dtype, "itemsize": dtype.itemsize, "_code": dtype.code}
        classes[dtype] = type("Tensor", (tensor,), body)
    return classes


def _freed_class(kind: type[Tensor]) -> type[Tensor]:
    """The class of freed tensors of a class, created at the first use; of a freed one, itself."""
    if issubclass(kind, Freed):
        return kind
    found = _freed.get(kind)
    if found is None:
        body = {"__slots__": (), "__module__": kind.__module__}
        found = _freed.setdefault(kind, type("Tensor", (Freed, kind), body))
    return found


def mark_freed(tensor: Tensor, release: Callable[[Any], bool]) -> None:
    """Frees a tensor.

    Args:
        tensor: The tensor.
        release: Releases its data; returns False if the data has been released already.

    Raises:
        HandleError: If another thread freed it first.
    """
    # Change the class before releasing: other threads then get HandleError, not a tensor without data.
    tensor.__class__ = _freed_class(type(tensor))
    if not release(tensor):
        raise HandleError(FREED)
