"""The public class Tensor, and Backend. Subclasses are in ``tensor_libtorch`` and ``tensor_numpy``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from types import ModuleType

from torchffi import _devices, dtypes
from torchffi._lazy_numpy import np
from torchffi._stdlib.typing import TYPE_CHECKING, Any, ClassVar
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, InvalidArgumentError, ShapeError, TorchError

if TYPE_CHECKING:
    from typing_extensions import Self

    from torchffi._core.declarations import Methods
else:
    Methods = object  # they are declared for type checkers only


class Backend:
    """A backend: runs primitives on raw data (handles or arrays) and creates tensors.

    Attributes:
        name: ``"ffi"`` or ``"numpy"``.
        primitives: The module with the primitives.
        classes: The tensor class of each dtype.
    """

    name: str
    primitives: ModuleType
    classes: Mapping[DType, type[Tensor]]

    def run(self, name: str, dtype: DType, raw: Sequence[Any]) -> Tensor:
        """Calls a primitive on raw data; returns its result as a tensor of a dtype."""
        raise NotImplementedError

    def run_many(
        self, name: str, dtypes: Sequence[DType], raw: Sequence[Any]
    ) -> tuple[Tensor, ...]:
        """Calls a primitive with several results."""
        raise NotImplementedError

    def run_in_place(self, name: str, raw: Sequence[Any]) -> None:
        """Calls a primitive that overwrites its first operand."""
        raise NotImplementedError

    def from_array(self, array: np.ndarray[Any, Any]) -> Tensor:
        """A tensor over an array's memory. BufferError if the backend cannot use the memory."""
        raise NotImplementedError


class Tensor(Methods):
    """An array of numbers of one dtype, on one backend and device.

    Create one with :func:`torchffi.asarray`, :func:`torchffi.zeros`, :func:`torchffi.from_numpy`, ...
    The memory is freed with the last tensor, view or exported array over it.
    """

    __slots__ = ()
    __array_priority__ = 1000  # NumPy's operators then defer to Tensor's, which reject arrays
    _alive: ClassVar[bool] = True
    _backend: ClassVar[Backend]
    _data: Any  # the raw data, in a slot of the backend's subclass
    _dtype: ClassVar[DType]  # each dtype has its own subclass: see dtype_classes.py
    _code: ClassVar[int]  # that of the dtype

    def __init__(self) -> None:
        raise TypeError(
            "Tensor cannot be instantiated; use torchffi.asarray(), zeros(), from_numpy(), ..."
        )

    # ---- Properties

    @property
    def dtype(self) -> DType:
        """The dtype of the elements."""
        return self._dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements along each axis."""
        raise NotImplementedError

    def _invalidate(self) -> None:
        """Drops cached properties of the data, after the data has changed."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    def numel(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return prod(self.shape) * self._dtype.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        """Distance between neighbours along each axis, in elements."""
        return self._backend.primitives.strides(self._data)  # type: ignore[no-any-return]

    @property
    def device(self) -> str:
        """The device of the elements: ``"cpu"``, ``"cuda:0"``, ..."""
        return _devices.name(self._backend.primitives.device(self._data))

    @property
    def backend(self) -> str:
        """The backend of the tensor: ``"ffi"`` (LibTorch) or ``"numpy"``."""
        return self._backend.name

    def is_cuda(self) -> bool:
        """Whether the elements are on a CUDA device."""
        return self._backend.primitives.is_cuda(self._data)  # type: ignore[no-any-return]

    def is_contiguous(self) -> bool:
        """Whether the elements are in C order without gaps."""
        raise NotImplementedError

    # ---- Devices and conversion

    def to_device(self, device: str, /, *, stream: None = None) -> Tensor:
        """A copy on a device, ``"cpu"`` or ``"cuda:0"``, ...; self if it is on that device already.

        Args:
            device: The device.
            stream: Must be None: streams are not supported.

        Raises:
            UnavailableError: If the CUDA device is not available.
            ValueError: For another device or stream.

        Source: aten::to.device.
        """
        if stream is not None:
            raise InvalidArgumentError(f"to_device: stream is {stream!r}, expected None")
        if device == self.device or _devices.name(_devices.number(device)) == self.device:
            return self
        # No fallback to NumPy: the caller decides where the elements are.
        raw = self._data, _devices.number(device)
        try:
            return self._backend.run("to_device", self._dtype, raw)
        except TorchError as error:
            text = str(error).removeprefix("to_device: ")
            raise type(error)(f"to_device: {text}") from None

    def cpu(self) -> Tensor:
        """A copy in host memory; self if it is there already."""
        return self.to_device("cpu")

    def cuda(self, device_id: int = 0) -> Tensor:
        """A copy on a CUDA device. UnavailableError if the device is not available."""
        return self.to_device(f"cuda:{device_id}")

    def numpy(self) -> np.ndarray[Any, Any]:
        """A NumPy array over the same memory, which it keeps alive.

        Raises:
            TypeError: For bfloat16, which NumPy does not have, and for CUDA memory.
        """
        return self._array_view()

    def _array_view(self) -> np.ndarray[Any, Any]:
        """A new array over the same memory, which it keeps alive."""
        raise NotImplementedError

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> np.ndarray[Any, Any]:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise InvalidArgumentError(
                    f"converting {self._dtype} to {np.dtype(dtype)} requires a copy, but copy=False"
                )
            return array.astype(dtype)
        return array.copy() if copy else array

    def item(self) -> Any:
        """The value of the only element, as a Python scalar. ValueError if there are more or fewer.

        Source: aten::item.
        """
        return self._backend.primitives.item(self._data, self._dtype)

    def tolist(self) -> Any:
        """The values as nested lists of Python scalars."""
        raise NotImplementedError

    # ---- Python's protocols

    def _only(self, kind: str) -> Any:
        try:
            return self.item()
        except ShapeError:
            raise ShapeError(
                f"{kind}: shape {self.shape} has {self.size} elements, expected exactly one"
            ) from None

    def __bool__(self) -> bool:
        return bool(self._only("bool"))

    def __int__(self) -> int:
        return int(self._only("int"))

    def __float__(self) -> float:
        return float(self._only("float"))

    def __complex__(self) -> complex:
        return complex(self._only("complex"))

    def __index__(self) -> int:
        if self._dtype.kind not in dtypes.INTEGER:
            raise DTypeError(f"index: expected an integer tensor, got {self._dtype}")
        return int(self._only("index"))

    def __len__(self) -> int:
        if not self.shape:
            raise DTypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __copy__(self) -> Tensor:
        return self.clone()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._alive:
            self._free()

    __hash__ = object.__hash__  # by identity, because == is elementwise

    # ---- Freeing

    def _free(self) -> None:
        """Frees the memory now. HandleError if it has been freed already."""
        raise NotImplementedError
