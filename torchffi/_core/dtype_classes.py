"""One Tensor subclass per backend and dtype, and one for freed tensors of each.

So the dtype takes no space in a tensor, and ``type(a) is type(b)`` compares both backend and dtype.
Freeing a tensor replaces its class by the freed one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from torchffi import dtypes
from torchffi._core.tensor import Tensor
from torchffi._libtorch.loader import ffi
from torchffi._stdlib.typing import Any, Final, TypeVar
from torchffi.dtypes import DType
from torchffi.errors import HandleError

_Tensor = TypeVar("_Tensor", bound=Tensor)

FREED: Final = "tensor has been freed, by tensor_free() or at the end of its 'with' block"
NULL: Final = ffi.NULL
# The types of scalars that are passed as a double, which holds all integers up to _EXACT.
PASSED: Final = frozenset((int, float))
_EXACT: Final = 2**53
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


class Scalars(dict[tuple[type, type, Any], Tensor]):
    """Cache of scalar operands as tensors, by tensor class, type of the scalar, and value.

    A lookup of -0.0 also finds 0.0, so that callers check for it. ``scalars[key]`` makes what is not
    there yet, if one call does it: KeyError otherwise.
    """

    _MOST: Final = 256

    def __init__(
        self, classes: Mapping[DType, type[Tensor]], make: Callable[..., Any], full: Any
    ) -> None:
        """A cache that makes tensors of ``classes`` by the primitive ``full_real``."""
        super().__init__()
        self._make: Final = make
        self._full: Final = full
        # Tensor class and type of the scalar -> code of the dtype, and the least and the largest value
        # that are passed as a double. To float16 and bfloat16 the slow path rounds by way of float32.
        self._passed: Final[dict[tuple[type, type], tuple[int, float, float]]] = {}
        for dtype, kind in classes.items():
            if dtype.kind in dtypes.INTEGER:
                least, most = dtypes.limits(dtype)
                self._passed[kind, int] = dtype.code, max(least, -_EXACT), min(most, _EXACT)
            elif dtype.kind in dtypes.INEXACT and dtype.itemsize > 2:
                self._passed[kind, int] = dtype.code, -_EXACT, _EXACT
                self._passed[kind, float] = dtype.code, -inf, inf

    def keep(self, key: tuple[type, type, Any], tensor: Tensor) -> None:
        """Adds a tensor to the cache, which is cleared when it is full."""
        if len(self) >= self._MOST:
            self.clear()
        self[key] = tensor

    def made(self, key: tuple[type, type, Any]) -> Tensor | None:
        """The tensor for a key that is not there yet; None if it takes more than one call to make."""
        kind, type_, number = key
        passed = self._passed.get((kind, type_))
        if passed is None:
            return None
        code, least, most = passed
        if not least <= number <= most or (not number and str(number) == "-0.0"):
            return None
        tensor: Tensor | None = self._make(kind, self._full, NULL, 0, number, code, -1)
        if tensor is not None:
            self.keep(key, tensor)
        return tensor

    def operand(self, kind: type, number: float) -> Tensor | None:
        """The tensor for an int or a float; None for -0.0, and what takes more than one call to make."""
        if not number and str(number) == "-0.0":
            return None
        key = kind, type(number), number
        found = self.get(key)
        return self.made(key) if found is None else found

    def __missing__(self, key: tuple[type, type, Any]) -> Tensor:
        tensor = self.made(key)
        if tensor is None:
            raise KeyError(key)
        return tensor


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
