"""Primitives on NumPy arrays, as :mod:`torchffi._libtorch.primitives` names them. Raw data: ndarray.

They are called without floating-point warnings: see :mod:`torchffi._numpy.quiet`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from torchffi import errors
from torchffi._lazy_numpy import np
from torchffi._stdlib.typing import Any
from torchffi.errors import (
    AxisError,
    InvalidArgumentError,
    NotSupportedError,
    OutOfMemoryError,
    TorchError,
)


def as_torch_error(error: Exception) -> TorchError:
    """NumPy's exception as the one that the LibTorch backend would raise."""
    if isinstance(error, TorchError):
        return error
    for builtin, own in (
        (IndexError, AxisError),
        (MemoryError, OutOfMemoryError),
        (np.linalg.LinAlgError, errors.LinAlgError),
        (TypeError, NotSupportedError),
    ):
        if isinstance(error, builtin):
            return own(str(error))
    return InvalidArgumentError(str(error))


def ufunc(name: str) -> Callable[..., Any] | None:
    """The ufunc of a primitive that needs no check of its operands, or None."""
    from torchffi._numpy import elementwise

    return elementwise.UFUNCS.get(name)


def __getattr__(name: str) -> Callable[..., Any]:
    """The primitive of this name, found on first use."""
    from torchffi._numpy.chapters import CHAPTERS

    for chapter in CHAPTERS:
        primitive: Callable[..., Any] | None = getattr(chapter, name, None)
        if callable(primitive) and name[0] != "_":
            setattr(sys.modules[__name__], name, primitive)
            return primitive
    raise AttributeError(f"NumPy's backend has no primitive {name!r}")
