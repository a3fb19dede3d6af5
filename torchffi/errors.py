"""The exceptions of torchffi, one for each error code of the C ABI.

Each is both :class:`TorchError` and the builtin that Python code would expect.
"""

from __future__ import annotations

from numpy.linalg import LinAlgError as _NumpyLinAlgError


class TorchError(Exception):
    """Base of every exception that torchffi raises for a failed operation."""


class InvalidArgumentError(TorchError, ValueError):
    """A value, a length or a combination of arguments that the operation does not admit."""


class ArgumentError(InvalidArgumentError, TypeError):
    """Arguments that do not fit the schema of an operator."""


class UnknownOperatorError(InvalidArgumentError, AttributeError):
    """A name that no operator of LibTorch has."""


class ShapeError(TorchError, ValueError):
    """Shapes that do not fit each other or the operation."""


class DTypeError(TorchError, TypeError):
    """A dtype that the operation does not admit, or dtypes that do not mix."""


class AxisError(TorchError, IndexError):
    """An index or an axis out of range."""


class OutOfMemoryError(TorchError, MemoryError):
    """The allocator could not give the memory asked for."""


class NotSupportedError(TorchError, NotImplementedError):
    """The backend has no kernel for this dtype or device."""


class LinAlgError(TorchError, _NumpyLinAlgError):
    """A singular matrix, or an iteration that did not converge."""


class SharingError(InvalidArgumentError, BufferError):
    """Memory that cannot be shared as it is, where a copy was ruled out."""


class ProtocolError(DTypeError, AttributeError):
    """An object without the methods by which it would have to be read."""


class HandleError(TorchError, RuntimeError):
    """A tensor that was freed is used again."""


class UnavailableError(TorchError, RuntimeError):
    """LibTorch, CUDA or a forked child's LibTorch is needed and not there."""


class InternalError(TorchError, RuntimeError):
    """An internal assertion of LibTorch or of torchffi failed."""


# In the order of the codes in rt_torch.h: 1 is the first.
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
