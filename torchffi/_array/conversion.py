"""Tensors from existing values: arrays, buffers, scalars, nested sequences, bytes.

Source: Array API standard, "Creation Functions".
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial

from torchffi import _devices, dtypes
from torchffi._core import arguments, backends, sequences
from torchffi._core.arguments import astype
from torchffi._core.backends import FFI, NUMPY, chosen_backend
from torchffi._core.dispatch import create
from torchffi._core.lifetimes import speedups
from torchffi._core.tensor import Tensor
from torchffi._core.tensor_libtorch import kinds
from torchffi._core.tensor_numpy import by_numpy, hold
from torchffi._lazy_numpy import is_array, is_numpy, is_numpy_scalar, np
from torchffi._stdlib.typing import Any, Final, TypeVar
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, InvalidArgumentError

_ARRAYS: Final[set[type]] = set()  # numpy.ndarray, from the first array on
_Function = TypeVar("_Function", bound=Callable[..., Tensor])


def _in_c(values: frozenset[type], slow_path: _Function) -> _Function:
    """Adds a step in C that shares the memory of an array, or takes values of some types on NumPy."""
    if speedups is None:
        return slow_path
    known = _ARRAYS, vars(backends), NUMPY, by_numpy, FFI, kinds, values, sequences.on_numpy
    kind = speedups.setup_sharing()
    return kind(speedups, chosen_backend, known, slow_path)  # type: ignore[no-any-return]


@partial(_in_c, sequences.TYPES)
def asarray(
    obj: Any, /, *, dtype: DType | None = None, device: str | None = None, copy: bool | None = None
) -> Tensor:
    """A tensor from a tensor, an array, a scalar, or nested sequences.

    Args:
        obj: The values. The memory of another library's array is shared through DLPack, that of an
            object with Python's buffer protocol (bytearray, array.array, ...) through NumPy.
        dtype: If None, that of ``obj``; for Python scalars the default dtype of their kind.
        device: ``"cpu"``, ``"cuda:0"``, ...; None for the device of a tensor, else ``"cpu"``.
        copy: True always copies; False never copies, and raises if a copy is needed; None copies if
            needed: for another dtype or device, and for memory that is read-only or cannot be shared.

    Returns:
        A tensor.

    Raises:
        TypeError: For values that are not numbers.
        ValueError: For a value that does not fit an integer dtype, or if a copy is needed and
            ``copy`` is False.
    """
    if dtype is not None:
        dtype = dtypes.given("asarray", dtype, dtype)
    elif copy and device is None and type(obj) in _ARRAYS:
        try:
            if (chosen_backend() or backends.default) is NUMPY:
                return hold(np.array(obj), by_numpy[obj.dtype])
            return from_numpy(obj).clone()
        except (KeyError, DTypeError, InvalidArgumentError):
            pass  # another byte order or dtype, or it is read-only
    if type(obj) in sequences.TYPES and copy is not False:
        made = sequences.tensor(obj, dtype)
        if made is not None:
            return made if device is None else made.to_device(device)
    if not isinstance(obj, Tensor):
        obj = _of_buffer(obj, copy)
    if isinstance(obj, Tensor):
        result = obj
    elif is_array(obj):
        if not obj.flags.writeable:
            if copy is False:
                raise InvalidArgumentError(
                    "asarray: cannot share this memory: the array is read-only; use asarray(array) "
                    "to copy it"
                )
            obj = obj.copy()
        if copy is not False and not obj.dtype.isnative:
            obj = obj.astype(obj.dtype.newbyteorder("="))
        try:
            result = from_numpy(obj)
        except InvalidArgumentError:
            if copy is False:
                raise
            result = from_numpy(obj.copy())
    elif hasattr(obj, "__dlpack__"):
        from torchffi._array import dlpack  # few programs share memory by it

        result = dlpack.from_dlpack(obj, device=device, copy=False if copy is False else None)
    else:
        if copy is False:
            raise InvalidArgumentError(
                f"asarray: a {type(obj).__name__} must be copied, but copy=False"
            )
        with np.errstate(over="ignore"):  # values too large for float32 become inf
            result, copy = from_numpy(_array_of(obj, dtype)), None
    moved = result
    if dtype is not None:
        dtypes.check_conversion("asarray", result.dtype, dtype)
        moved = astype(result, dtype)
    if device is not None:
        moved = moved.to_device(device)
    if copy is False and moved is not result:
        raise InvalidArgumentError(
            "asarray: another dtype or device requires a copy, but copy=False"
        )
    return moved.clone() if copy and moved is result else moved


def _of_buffer(obj: Any, copy: bool | None) -> Any:
    """An array over the memory of an object with Python's buffer protocol; other objects unchanged."""
    if is_array(obj) or is_numpy_scalar(obj):
        return obj
    try:
        memory = memoryview(obj)  # most objects have none, and then NumPy is not needed
        array = np.asarray(memory)
    except TypeError:
        return obj
    except ValueError as error:
        raise InvalidArgumentError(f"asarray: {error}") from None
    return array if array.flags.writeable or copy is False else array.copy()


def _array_of(obj: object, dtype: DType | None) -> np.ndarray[Any, Any]:
    """Python values as an array of a dtype, or of the default dtype of their kind."""
    wanted = None if dtype is None else dtype.numpy or np.dtype(np.float32)
    values = _values(obj)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InvalidArgumentError(f"asarray: {error}") from None
    kind: str = array.dtype.kind
    if kind in "fO" and array.size:
        kind, array = _exact(values, array, wanted)
    if kind not in "biufc":
        raise DTypeError(f"asarray: cannot convert {obj!r:.60} to a tensor; expected numbers")
    if hasattr(obj, "__array__") and (dtype is None or not is_numpy_scalar(obj)):
        return np.array(array)
    if dtype is not None and wanted is not None and (wanted.kind == "c" or kind != "c"):
        if wanted.kind in "iu":
            return _integers(array, dtype)
        try:
            return np.array(array if kind in "iub" else values, wanted)
        except OverflowError:
            raise InvalidArgumentError(f"asarray: {obj!r:.60} does not fit into {dtype}") from None
    if array.size == 0 and array.dtype == np.float64:
        return array.astype(np.float32)
    default = {"b": np.bool_, "i": np.int64, "u": np.uint64, "f": np.float32, "c": np.complex64}
    return array.astype(default[kind])


def _exact(
    values: Any, array: np.ndarray[Any, Any], wanted: np.dtype[Any] | None
) -> tuple[str, np.ndarray[Any, Any]]:
    """The kind of the values, and an array of them in which integers are exact.

    NumPy makes float64 of int64 with uint64, and objects of integers of more than 64 bits.
    """
    first = values
    while isinstance(first, list):
        first = first[0]
    floats = np.asarray(first).dtype.kind == "f" and array.dtype.kind == "f"
    if floats and (wanted is None or wanted.kind not in "iu"):
        return "f", array
    objects = np.array(values, dtype=object)
    for place, value in enumerate(objects.flat):
        if isinstance(value, (np.generic, np.ndarray)):
            objects.flat[place] = value.item()
    kinds = set(map(type, objects.flat))
    if not kinds <= {bool, int, float, complex}:
        return array.dtype.kind, array
    if wanted is not None:
        return ("c" if complex in kinds else "f"), objects
    if float in kinds or array.dtype.kind == "O":
        return array.dtype.kind, array
    lowest, highest = objects.min(), objects.max()
    if lowest < 0 and highest >= 2**63:
        raise InvalidArgumentError(
            f"asarray: {lowest} and {highest} fit into no integer dtype together; expected dtype=..."
        )
    return "iu"[highest >= 2**63], objects.astype(np.uint64 if highest >= 2**63 else np.int64)


def _integers(array: np.ndarray[Any, Any], dtype: DType) -> np.ndarray[Any, Any]:
    """Numbers as integers of a dtype. ValueError if one does not fit; fractions are dropped."""
    if array.dtype.kind in "fO":
        whole = [arguments.fitting_integer("asarray", value, dtype) for value in array.flat]
        array = np.array(whole, dtype.numpy).reshape(array.shape)
    elif array.size:
        arguments.fitting_integer("asarray", int(array.min()), dtype)
        arguments.fitting_integer("asarray", int(array.max()), dtype)
    result: np.ndarray[Any, Any] = array.astype(dtype.numpy)
    return result


def _values(obj: Any, depth: int = 0) -> Any:
    """The object with tensors inside sequences replaced by their values."""
    if isinstance(obj, Tensor):
        return obj.tolist()
    if isinstance(obj, (list, tuple)):
        if depth > arguments.MAX_NDIM:  # a list may contain itself
            raise InvalidArgumentError(
                f"asarray: lists are nested more than {arguments.MAX_NDIM} deep"
            )
        if sequences.NUMBERS.issuperset(map(type, obj)):
            return list(obj)
        return [_values(element, depth + 1) for element in obj]
    return obj


@partial(_in_c, frozenset())
def from_numpy(array: np.ndarray[Any, Any], /) -> Tensor:
    """A tensor that shares the memory of an array: writes to one show in the other.

    Args:
        array: An array of a dtype that torchffi has, in native byte order. For LibTorch it must be
            writable and aligned and have no negative stride.

    Returns:
        A tensor of the same shape and dtype. It keeps the array's memory alive. On NumPy it is
        read-only if the array is.

    Raises:
        TypeError: For another object, or another dtype.
        ValueError: If LibTorch cannot use the memory; ``asarray(array)`` copies it.

    Source: at::from_blob.
    """
    if not is_array(array):
        raise DTypeError(f"from_numpy: expected a numpy.ndarray, got {type(array).__name__}")
    _ARRAYS.add(np.ndarray)
    dtypes.by_numpy(array.dtype)  # raises for unsupported dtypes
    try:
        return backends.default_backend().from_array(array)
    except BufferError as error:
        raise InvalidArgumentError(
            f"from_numpy: LibTorch cannot share this memory: {error}; use asarray(array) to copy it"
        ) from None


def from_bytes(
    data: bytes, shape: tuple[int, ...], dtype: str, device: str, requires_grad: bool = False
) -> Tensor:
    """A tensor from values in C order; restores a pickled tensor."""
    kind = dtypes.by_name(dtype)
    tensor = create("from_bytes", kind, data, tuple(shape), kind, _devices.number(device))
    return tensor.requires_grad_() if requires_grad else tensor


# ---- Keys of indices


def _is_array(key: Any) -> bool:
    """Whether a key is an array of another library. It is one also if it has a single element."""
    if isinstance(key, Tensor) or is_numpy_scalar(key):
        return False
    return hasattr(key, "__dlpack__") or hasattr(key, "__array__")


def prepared_key(key: Any) -> Any:
    """A key of an index as None, the ellipsis, a slice, an int, or a tensor of int64 or bool."""
    if key is None or key is Ellipsis or isinstance(key, slice):
        return key
    if isinstance(key, list):
        values = asarray(key)
        key = arguments.astype(values, dtypes.int64) if values.size == 0 else values
    elif isinstance(key, bool) or is_numpy(key, "bool_") or _is_array(key):
        key = asarray(key)
    if isinstance(key, Tensor):
        if key.dtype is dtypes.bool or key.dtype is dtypes.int64:
            return key
        if key.dtype.kind in dtypes.INTEGER:
            return arguments.indices("index", key)
        raise DTypeError(
            f"index: a {key.dtype} tensor is not a valid index; expected integers or bool"
        )
    try:
        return operator.index(key)
    except TypeError:
        raise DTypeError(
            f"index: {key!r:.60} is not a valid index; expected an int, a slice, ..., None, or a "
            "tensor of integers or bools"
        ) from None
