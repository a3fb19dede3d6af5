"""What cdef/ builds: cffi's module of rt_torch.h, and the objects that hold data (cdef/owner.c)."""

from typing import Any, TypeVar

import numpy as np

_Kind = TypeVar("_Kind")  # a subclass of Holder for hold(), of Owner for the others

ffi: Any
lib: Any

class Holder:
    """Holds the data of a tensor."""

    _data: Any

class Owner:
    """Owns a handle, which is freed when the owner goes."""

    _data: Any
    _seen: Any
    def _release(self) -> bool: ...

def hold(data: object, kind: type[_Kind], /) -> _Kind: ...
def own(handle: int, kind: type[_Kind], /) -> _Kind: ...
def borrow(
    array: np.ndarray[Any, Any], kinds: dict[np.dtype[Any], tuple[type[_Kind], int]], /
) -> _Kind | None: ...
def lent() -> int: ...
def end() -> None: ...
