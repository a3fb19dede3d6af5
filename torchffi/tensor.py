"""The tensor: the public class. Each backend has its own: ``tensor_ffi``, ``tensor_numpy``."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from torchffi import (
    broadcasting,
    data_types,
    devices,
    dlpack,
    dtypes,
    elementwise,
    indexing,
    inspection,
    interchange,
    manipulation,
    nn,
    printing,
    products,
    searching,
    statistical,
    utility,
)
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, HandleError, InvalidArgumentError, ShapeError, TorchError
from torchffi.operands import Axis, Scalar
from torchffi.operators import Operators
from torchffi.routing import Backend, run

if TYPE_CHECKING:
    from typing_extensions import Self


def _one_sequence(arguments: tuple[Any, ...]) -> Any:
    """Numbers that stand one by one, or in one sequence."""
    together = len(arguments) == 1 and isinstance(arguments[0], (tuple, list))
    return arguments[0] if together else arguments


class Tensor(Operators):
    """An array of numbers of one dtype, on one backend and device.

    Make one with :func:`torchffi.asarray`, :func:`torchffi.zeros`, :func:`torchffi.from_numpy`, ...
    Its memory goes when the last tensor, view or exported array over it does.
    """

    __slots__ = ()
    __array_priority__ = 1000  # NumPy's operators leave the work to ours, which refuse arrays
    _alive: ClassVar[bool] = True
    _backend: ClassVar[Backend]
    _data: Any  # raw data of the backend: each one's tensors have a place for it
    _dtype: ClassVar[DType]  # each has a class of its own: see classes.py

    def __init__(self) -> None:
        raise TypeError("make a tensor with torchffi.asarray(), zeros(), from_numpy(), ...")

    # ---- What it has

    @property
    def dtype(self) -> DType:
        """Dtype of the elements."""
        return self._dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements along each axis."""
        raise NotImplementedError

    def _forget(self) -> None:
        """Lets go of what was found out about the data, which has changed."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        count = 1
        for n in self.shape:
            count *= n
        return count

    def numel(self) -> int:
        """Number of elements."""
        return self.size

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        """Distance between neighbours along each axis, in elements."""
        return self._backend.primitives.strides(self._data)  # type: ignore[no-any-return]

    @property
    def device(self) -> str:
        """Where the elements are: ``"cpu"``, ``"cuda:0"``, ..."""
        return devices.name(self._backend.primitives.device(self._data))

    @property
    def backend(self) -> str:
        """What computes with it: ``"ffi"`` (LibTorch) or ``"numpy"``."""
        return self._backend.name

    def is_cuda(self) -> bool:
        """Whether the elements are on a CUDA device."""
        return self._backend.primitives.is_cuda(self._data)  # type: ignore[no-any-return]

    def is_contiguous(self) -> bool:
        """Whether the elements lie in C order without gaps."""
        expected = 1
        for n, step in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if n != 1 and step != expected:
                return self.size == 0
            expected *= n
        return True

    @property
    def T(self) -> Tensor:
        """The transposed matrix, a view. ValueError unless there are two axes."""
        if self.ndim != 2:
            raise ShapeError(f"T: shape {self.shape}, expected 2 axes; see mT")
        return manipulation.matrix_transpose(self)

    @property
    def mT(self) -> Tensor:
        """The matrices over the last two axes transposed, a view."""
        return manipulation.matrix_transpose(self)

    # ---- Where it is, and as what

    def to_device(self, device: str, /, *, stream: None = None) -> Tensor:
        """The elements on a device, ``"cpu"`` or ``"cuda:0"``, ...; itself if they are there.

        Args:
            device: The device.
            stream: None: there is no choice of streams.

        Raises:
            UnavailableError: For a CUDA device where there is none.
            ValueError: For something else.

        Source: aten::to.device.
        """
        if stream is not None:
            raise InvalidArgumentError(f"to_device: stream is {stream!r}, expected None")
        if devices.name(devices.number(device)) == self.device:
            return self
        # Never falls back: where the elements are is the caller's decision.
        try:
            raw = self._backend.primitives.to_device(self._data, devices.number(device))
        except TorchError as error:
            text = str(error).removeprefix("to_device: ")
            raise type(error)(f"to_device: {text}") from None
        return self._backend.wrap(raw, self._dtype)

    def cpu(self) -> Tensor:
        """The elements in host memory; itself if they are there."""
        return self.to_device("cpu")

    def cuda(self, device_id: int = 0) -> Tensor:
        """The elements on a CUDA device. UnavailableError where there is none."""
        return self.to_device(f"cuda:{device_id}")

    def __array_namespace__(self, /, *, api_version: str | None = None) -> ModuleType:
        """The module torchffi, whose functions take this tensor. ValueError for an unknown version."""
        return inspection.namespace(api_version)

    def astype(self, dtype: DType, /, *, copy: bool = True) -> Tensor:
        """The elements converted to a dtype: see :func:`torchffi.astype`."""
        return data_types.astype(self, dtype, copy=copy)

    def clone(self) -> Tensor:
        """A copy with memory of its own. Source: aten::clone."""
        return run("clone", self._dtype, self)

    def contiguous(self) -> Tensor:
        """The elements in C order without gaps; itself if they are. Source: aten::contiguous."""
        return self if self.is_contiguous() else run("contiguous", self._dtype, self)

    def numpy(self) -> np.ndarray[Any, Any]:
        """A NumPy array over the same memory, which it keeps alive.

        Raises:
            TypeError: For bfloat16, which NumPy does not have, and for CUDA memory.
        """
        return self._fresh_array()

    def _fresh_array(self) -> np.ndarray[Any, Any]:
        return self._backend.primitives.numpy(self._data, self._dtype)  # type: ignore[no-any-return]

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> np.ndarray[Any, Any]:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise InvalidArgumentError(f"another dtype than {self._dtype} needs a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(
        self,
        *,
        stream: int | None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> object:
        """The memory for another library: what its ``from_dlpack()`` calls.

        Args:
            stream: None on the CPU. On CUDA the stream the consumer works on, as the standard
                numbers them; unless it is -1, all that the device has still to do is waited for.
            max_version: The newest version of DLPack that the consumer knows: a versioned capsule
                from (1, 0) on.
            dl_device: Where the consumer wants it: None or ``__dlpack_device__()`` for where the
                tensor is, (1, 0) for the CPU.
            copy: True always copies; False never does, and raises where it would have to; None
                copies where it has to.

        Returns:
            A capsule, ``"dltensor_versioned"`` or ``"dltensor"``, which keeps the memory alive.

        Raises:
            BufferError: For another device, or if a copy is needed and ``copy`` is False.
            ValueError: For a stream that is none.

        Source: Array API standard; at::toDLPackVersioned, at::toDLPack.
        """
        return dlpack.export(self, stream, max_version, dl_device, copy)

    def __dlpack_device__(self) -> tuple[dlpack.DeviceType, int]:
        """DLPack's device type and number: (1, 0) for the CPU, (2, n) for CUDA device n."""
        return dlpack.device_of(self)

    def item(self) -> Any:
        """The value of the only element, as a Python scalar. ValueError if there are more or fewer.

        Source: aten::item.
        """
        return self._backend.primitives.item(self._data, self._dtype)

    def tolist(self) -> Any:
        """The values as nested lists of Python scalars."""
        host = self if self._dtype.numpy is not None else self.astype(dtypes.float32)
        return host.cpu()._fresh_array().tolist()

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
            raise DTypeError(f"index: dtype {self._dtype} is not integer")
        return int(self._only("index"))

    def __len__(self) -> int:
        if not self.shape:
            raise DTypeError("len: a tensor of no axes has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Scalar) -> bool:
        return bool(utility.any(elementwise.equal(self, value)))

    def __getitem__(self, key: Any) -> Tensor:
        return indexing.getitem(self, key)

    def __setitem__(self, key: Any, value: Tensor | Scalar) -> None:
        indexing.setitem(self, key, value)

    def __repr__(self) -> str:
        try:
            return printing.describe(self)
        except HandleError:
            return "Tensor(<freed>)"

    def __copy__(self) -> Tensor:
        return self.clone()

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        return self.clone()

    def __reduce__(self) -> tuple[Any, ...]:
        raw = self._backend.primitives.to_bytes(self._data, self.nbytes)
        return interchange.from_bytes, (raw, self.shape, self._dtype.name, self.device)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._alive:
            self._free()

    # ---- The end

    def _free(self) -> None:
        """Lets go of the memory now. HandleError if that was done before."""
        raise NotImplementedError

    # ---- Functions as methods

    def add(self, other: Tensor | Scalar) -> Tensor:
        """Self + other."""
        return elementwise.add(self, other)

    def mul(self, other: Tensor | Scalar) -> Tensor:
        """Self * other."""
        return elementwise.multiply(self, other)

    def matmul(self, other: Tensor) -> Tensor:
        """Self @ other."""
        return products.matmul(self, other)

    def relu(self) -> Tensor:
        """max(self, 0)."""
        return nn.relu(self)

    def sigmoid(self) -> Tensor:
        """1 / (1 + exp(-self))."""
        return nn.sigmoid(self)

    def tanh(self) -> Tensor:
        """Hyperbolic tangent."""
        return elementwise.tanh(self)

    def sum(
        self, axis: Axis = None, *, dtype: DType | None = None, keepdims: bool = False
    ) -> Tensor:
        """See :func:`torchffi.sum`."""
        return statistical.sum(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def prod(
        self, axis: Axis = None, *, dtype: DType | None = None, keepdims: bool = False
    ) -> Tensor:
        """See :func:`torchffi.prod`."""
        return statistical.prod(self, axis=axis, dtype=dtype, keepdims=keepdims)

    def mean(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`torchffi.mean`."""
        return statistical.mean(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Axis = None, *, correction: float = 0.0, keepdims: bool = False) -> Tensor:
        """See :func:`torchffi.var`."""
        return statistical.var(self, axis=axis, correction=correction, keepdims=keepdims)

    def std(self, axis: Axis = None, *, correction: float = 0.0, keepdims: bool = False) -> Tensor:
        """See :func:`torchffi.std`."""
        return statistical.std(self, axis=axis, correction=correction, keepdims=keepdims)

    def max(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`torchffi.max`."""
        return statistical.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`torchffi.min`."""
        return statistical.min(self, axis=axis, keepdims=keepdims)

    def all(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`torchffi.all`."""
        return utility.all(self, axis=axis, keepdims=keepdims)

    def any(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`torchffi.any`."""
        return utility.any(self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`torchffi.argmax`."""
        return searching.argmax(self, axis=axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """See :func:`torchffi.argmin`."""
        return searching.argmin(self, axis=axis, keepdims=keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        """See :func:`torchffi.reshape`. The dimensions may also stand one by one."""
        return manipulation.reshape(self, _one_sequence(shape))

    def permute(self, *axes: Any) -> Tensor:
        """See :func:`torchffi.permute_dims`. The axes may also stand one by one."""
        return manipulation.permute_dims(self, _one_sequence(axes))

    def transpose(self, axis1: int, axis2: int) -> Tensor:
        """A view with two axes exchanged."""
        return manipulation.swap_axes(self, axis1, axis2)

    def expand(self, *shape: Any) -> Tensor:
        """See :func:`torchffi.broadcast_to`. The dimensions may also stand one by one."""
        return broadcasting.broadcast_to(self, _one_sequence(shape))

    def squeeze(self, axis: int | tuple[int, ...]) -> Tensor:
        """See :func:`torchffi.squeeze`."""
        return manipulation.squeeze(self, axis)

    def narrow(self, axis: int, start: int, length: int) -> Tensor:
        """See :func:`torchffi.narrow`."""
        return manipulation.narrow(self, axis, start, length)
