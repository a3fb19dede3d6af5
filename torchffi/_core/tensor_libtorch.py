"""The LibTorch backend and its tensors, which own handles."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import ceil, floor, prod

from torchffi import _devices, dtypes
from torchffi._core import dtype_classes
from torchffi._core.host_memory import REQUIRES_GRAD, array_over, reason_against
from torchffi._core.lifetimes import (
    Kinds,
    Owner,
    borrow,
    borrow_memory,
    class_of_code,
    make,
    make_several,
    release,
)
from torchffi._core.tensor import Backend, Tensor
from torchffi._lazy_numpy import np
from torchffi._libtorch import gradients, primitives
from torchffi._libtorch.c_numbers import C_TYPES, lists
from torchffi._libtorch.calls import c_function, check_status, last_error, with_integers
from torchffi._libtorch.loader import lib
from torchffi._stdlib.typing import Any, Final
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError

_is_contiguous = lib.rt_torch_tensor_is_contiguous
_is_cuda = lib.rt_torch_tensor_is_cuda
_item_double = lib.rt_torch_tensor_item_double

# A double holds all integers nearer to 0 than this.
_EXACT: Final = 2.0**53
_SCALARS: Final[dict[str, type]] = {
    "bool": bool,
    "signed integer": int,
    "unsigned integer": int,
    "floating point": float,
}


class LibTorch(Backend):
    """The LibTorch backend. Raw data is a handle."""

    name = "ffi"
    primitives = primitives

    @with_integers
    def run(self, name: str, dtype: DType, raw: Sequence[Any]) -> Tensor:
        """Calls a primitive on raw data; returns its result as a tensor of a dtype."""
        tensor = getattr(primitives, name)(partial(make, self.classes[dtype]), *raw)
        if tensor is None:
            raise last_error()
        return tensor  # type: ignore[no-any-return]

    @with_integers
    def run_many(
        self, name: str, dtypes: Sequence[DType], raw: Sequence[Any]
    ) -> tuple[Tensor, ...]:
        """Calls a primitive with several results, whose dtypes come from LibTorch."""
        tensors: tuple[Tensor, ...] | None = make_several(tuple, c_function(name), *raw)
        if tensors is None:
            raise last_error()
        return tensors

    @with_integers
    def run_in_place(self, name: str, raw: Sequence[Any]) -> None:
        """Calls a primitive that overwrites its first operand."""
        getattr(primitives, name)(*raw)

    def from_dlpack(self, capsule: object, may_copy: bool) -> Tensor:
        """A tensor over the memory in a DLPack capsule, or over a copy if that is needed."""
        tensor: Tensor | None = primitives.from_dlpack(partial(make, None), capsule, may_copy)
        if tensor is None:
            raise last_error()
        return tensor

    def from_array(self, array: np.ndarray[Any, Any]) -> Tensor:
        """A tensor over an array's memory. BufferError if LibTorch cannot use the memory."""
        reason = reason_against(array)
        if reason:
            raise BufferError(reason)
        if not kinds:
            kinds.update(
                (dtype.numpy, (kind, dtype.code))
                for dtype, kind in self.classes.items()
                if dtype.numpy is not None
            )
        tensor: Tensor | None = borrow(array, kinds)
        if tensor is None:
            raise last_error()
        return tensor

    def from_memory(
        self,
        memory: memoryview,
        first: int,
        dtype: DType,
        shape: Sequence[int],
        strides: Sequence[int],
    ) -> Tensor:
        """A tensor over memory with Python's buffer protocol, which must be writable and aligned.

        Args:
            memory: The memory, which the tensor keeps alive.
            first: The first byte of the first element.
            dtype: The dtype.
            shape: The shape, with elements.
            strides: In elements.
        """
        last = sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
        nbytes = (last + 1) * dtype.itemsize
        kind = self.classes[dtype]
        tensor: Tensor | None = borrow_memory(
            memory, first, nbytes, shape, strides, kind, dtype.code
        )
        if tensor is None:
            raise last_error()
        return tensor


FFI: Final = LibTorch()


class _Layout:
    """The shape and the strides of a tensor, which it caches in place of its shape."""

    __slots__ = ("ndim", "shape", "size", "steps")

    def __init__(self, shape: tuple[int, ...], steps: tuple[int, ...]) -> None:
        self.shape: Final = shape
        self.steps: Final = steps  # not strides, which an array has in bytes
        self.ndim: Final = len(shape)
        self.size: Final = prod(shape)


class FFITensor(Owner, Tensor):
    """A tensor on LibTorch. Its data is a handle, which it owns."""

    __slots__ = ()
    _backend = FFI

    def _free(self) -> None:
        dtype_classes.mark_freed(self, release)

    def _invalidate(self) -> None:
        self._cached_view = None  # not deleted: the next deletion would raise, which is slow

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements along each axis."""
        try:
            view = self._cached_view
            return view if type(view) is tuple else view.shape
        except AttributeError:  # absent, or None
            shape = self._cached_view = primitives.shape(self._data)
            return shape

    # The next ones read the cache as shape does, without its frame.

    def dim(self) -> int:
        """Number of axes."""
        try:
            view = self._cached_view
            return len(view) if type(view) is tuple else view.ndim
        except AttributeError:
            return len(self.shape)

    ndim = property(dim, doc="Number of axes.")

    def numel(self) -> int:
        """Number of elements."""
        try:
            view = self._cached_view
            return prod(view) if type(view) is tuple else view.size
        except AttributeError:
            return prod(self.shape)

    nelement = numel
    size = property(numel, doc="Number of elements.")

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        try:
            view = self._cached_view
            return (prod(view) if type(view) is tuple else view.size) * self.itemsize
        except AttributeError:
            return prod(self.shape) * self.itemsize

    def numpy(self) -> np.ndarray[Any, Any]:
        """A NumPy array over the same memory, which it keeps alive.

        Raises:
            TypeError: For bfloat16, which NumPy does not have, and for CUDA memory.
            ValueError: For a tensor that requires gradients: use ``detach()`` first.
        """
        try:
            view: np.ndarray[Any, Any] = self._cached_view.view()
        except AttributeError:  # no array is cached yet
            self._cached_view = array = array_over(self._data, self._dtype, checked=True)
            view = array.view()
            return view
        if gradients.in_use and gradients.requires_grad(self._data):
            raise InvalidArgumentError(REQUIRES_GRAD)
        return view

    def _array_view(self) -> np.ndarray[Any, Any]:
        return array_over(self._data, self._dtype)

    @property
    def device(self) -> str:
        """The device of the elements: ``"cpu"``, ``"cuda:0"``, ..."""
        if _is_cuda(self._data) == 0:
            return "cpu"
        return _devices.name(primitives.device(self._data))

    def is_contiguous(self) -> bool:
        """Whether the elements are in C order without gaps."""
        flag = _is_contiguous(self._data)
        return flag == 1 if flag >= 0 else bool(check_status(flag))

    @property
    def strides(self) -> tuple[int, ...]:
        """Distance between neighbours along each axis, in elements."""
        view = None
        try:
            view = self._cached_view
            return view.steps  # type: ignore[no-any-return]
        except AttributeError:  # absent, or None, or only the shape, or an array
            steps = primitives.strides(self._data)
        if view is None or type(view) is tuple:
            self._cached_view = _Layout(self.shape, steps)
        return steps

    def is_cuda(self) -> bool:
        """Whether the elements are on a CUDA device."""
        flag = _is_cuda(self._data)
        return flag == 1 if flag >= 0 else bool(check_status(flag))

    def tolist(self) -> Any:
        """The values as nested lists of Python scalars."""
        dtype, shape = self._dtype, self.shape
        if dtype not in C_TYPES:
            return self.astype(dtypes.float32).tolist()
        return lists(self._data, dtype, shape)

    def item(self) -> Any:
        """The value of the only element, as a Python scalar. ValueError if there are more or fewer.

        Source: aten::item.
        """
        value: float = _item_double(self._data)
        if -_EXACT < value < _EXACT:
            number = _SCALARS[self._dtype.kind]
            return value if number is float else number(value)
        # A larger number, infinity or NaN; or NaN for a complex number and on failure.
        if self._dtype in (dtypes.float16, dtypes.bfloat16):  # C has no such types
            return FFI.run("to_dtype", dtypes.float32, (self._data, dtypes.float32.code)).item()
        return primitives.item(self._data, self._dtype)

    def __bool__(self) -> bool:
        value: float = _item_double(self._data)
        return value != 0.0 if value == value else Tensor.__bool__(self)

    def __int__(self) -> int:
        value: float = _item_double(self._data)
        return int(value) if -_EXACT < value < _EXACT else Tensor.__int__(self)

    def __float__(self) -> float:
        value: float = _item_double(self._data)
        return value if value == value else Tensor.__float__(self)

    def __complex__(self) -> complex:
        value: float = _item_double(self._data)
        return complex(value) if -_EXACT < value < _EXACT else Tensor.__complex__(self)

    def __index__(self) -> int:
        value: float = _item_double(self._data)
        exact = -_EXACT < value < _EXACT and type(self) in _INTEGERS
        return int(value) if exact else Tensor.__index__(self)

    def __floor__(self) -> int:
        value: float = _item_double(self._data)
        return floor(value) if -_EXACT < value < _EXACT else Tensor.__floor__(self)

    def __ceil__(self) -> int:
        value: float = _item_double(self._data)
        return ceil(value) if -_EXACT < value < _EXACT else Tensor.__ceil__(self)


FFI.classes = dtype_classes.of_dtypes(FFITensor)
_INTEGERS: Final = {kind for dtype, kind in FFI.classes.items() if dtype.kind in dtypes.INTEGER}
class_of_code.update((dtype.code, kind) for dtype, kind in FFI.classes.items())
# NumPy dtype -> tensor class and dtype code. Empty until the first array.
kinds: Final[Kinds] = {}
