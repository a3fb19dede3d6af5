"""The exceptions of torchffi, one for each error code of the C ABI.

Each is both a :class:`TorchError` and the matching builtin exception.
"""

from __future__ import annotations

import sys

from torchffi._lazy_numpy import np
from torchffi._stdlib.typing import TYPE_CHECKING, Any


class TorchError(Exception):
    """Base of every exception that torchffi raises for a failed operation."""


class InvalidArgumentError(TorchError, ValueError):
    """An invalid value, length or combination of arguments."""


class ArgumentError(InvalidArgumentError, TypeError):
    """Arguments that do not match the schema of an operator."""


class UnknownOperatorError(InvalidArgumentError, AttributeError):
    """LibTorch has no operator of this name."""


class ShapeError(TorchError, ValueError):
    """Shapes that are incompatible with each other or with the operation."""


class DTypeError(TorchError, TypeError):
    """A dtype that the operation does not support, or dtypes without a common promotion."""


class AxisError(TorchError, IndexError):
    """An index or an axis out of range."""


class OutOfMemoryError(TorchError, MemoryError):
    """An allocation failed."""


class NotSupportedError(TorchError, NotImplementedError):
    """The backend has no kernel for this dtype or device."""


class SharingError(InvalidArgumentError, BufferError):
    """Memory that cannot be shared without a copy, and ``copy=False``."""


class ProtocolError(DTypeError, AttributeError):
    """An object that lacks the methods of a protocol, such as ``__dlpack__``."""


class FileFormatError(InvalidArgumentError):
    """A file that is damaged or of another kind; the message names the file and what is wrong."""


class HandleError(TorchError, RuntimeError):
    """Use of a tensor that has been freed."""


class UnavailableError(TorchError, RuntimeError):
    """LibTorch or CUDA is needed and not available, for instance in a forked child."""


class InternalError(TorchError, RuntimeError):
    """An internal assertion of LibTorch or of torchffi failed."""


# It is NumPy's as well, so it is made when it is needed first, and NumPy is imported with it.
if TYPE_CHECKING:

    class LinAlgError(TorchError, np.linalg.LinAlgError):
        """A singular matrix, or an iteration that did not converge."""


def __getattr__(name: str) -> Any:
    if name != "LinAlgError":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    text = "A singular matrix, or an iteration that did not converge."
    body = {"__doc__": text, "__module__": __name__}
    kind = type(name, (TorchError, np.linalg.LinAlgError), body)
    return globals().setdefault(name, kind)  # another thread may have made it


# In the order of the codes in rt_torch.h, beginning with 1.
BY_CODE: tuple[str, ...] = (
    "InvalidArgumentError",
    "ShapeError",
    "DTypeError",
    "AxisError",
    "OutOfMemoryError",
    "NotSupportedError",
    "LinAlgError",
    "HandleError",
    "UnavailableError",
    "InternalError",
)


def by_code(code: int) -> type[TorchError]:
    """The exception for an error code of the C ABI."""
    return getattr(sys.modules[__name__], BY_CODE[code - 1])  # type: ignore[no-any-return]
