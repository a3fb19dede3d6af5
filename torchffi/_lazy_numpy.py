"""NumPy, imported when it is needed first: a computation on LibTorch does not need it.

To import NumPy takes longer than all of torchffi. Modules that programs on LibTorch use get it here.
"""

from __future__ import annotations

import sys
from types import ModuleType

from torchffi._stdlib.typing import TYPE_CHECKING, Any, Final, TypeGuard

if TYPE_CHECKING:
    import numpy as np
else:

    def _found(name: str) -> Any:
        import numpy

        value = getattr(numpy, name)
        setattr(np, name, value)
        return value

    np = ModuleType("numpy, from its first use on")
    np.__getattr__ = _found  # called for attributes that are not set yet

__all__ = ["is_array", "is_numpy", "is_numpy_scalar", "np"]


_imported: Final = sys.modules.get  # the value is None for a module that must not be imported


def is_array(value: object) -> TypeGuard[np.ndarray[Any, Any]]:
    """Whether the value is an array of NumPy: before the first import of NumPy nothing is."""
    return _imported("numpy") is not None and isinstance(value, np.ndarray)


def is_numpy_scalar(value: object) -> TypeGuard[np.generic]:
    """Whether the value is a scalar of NumPy."""
    return _imported("numpy") is not None and isinstance(value, np.generic)


def is_numpy(value: object, kind: str) -> bool:
    """Whether the value is of a class of NumPy, such as ``"bool_"`` or ``"dtype"``."""
    return _imported("numpy") is not None and isinstance(value, getattr(np, kind))
