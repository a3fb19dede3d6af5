"""The exceptions of torchffi, one for each error code of the C ABI.

Each is both a :class:`TorchError` and the matching builtin exception.
"""

from __future__ import annotations

from numpy.linalg import LinAlgError as _NumpyLinAlgError


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


class LinAlgError(TorchError, _NumpyLinAlgError):
    """A singular matrix, or an iteration that did not converge."""


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


# In the order of the codes in rt_torch.h, beginning with 1.
BY_CODE: tuple[type[TorchError], ...] = (
    InvalidArgumentError,
    ShapeError,
    DTypeError,
    AxisError,
    OutOfMemoryError,
    NotSupportedError,
    LinAlgError,
    HandleError,
    UnavailableError,
    InternalError,
)
