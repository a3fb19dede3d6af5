"""Files mapped into memory, and tensors over their bytes."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence

import numpy as np

from torchffi._array.conversion import asarray, from_numpy
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import FileFormatError, NotSupportedError, TorchError

Path = str | os.PathLike[str]
_MAX_NDIM = 64  # as rt_torch.h


def map_file(path: Path) -> memoryview:
    """The bytes of a file, mapped copy-on-write, because LibTorch needs writable memory.

    Only pages that are touched are read, and writes do not reach the file. The mapping lives as long as
    a view of it. A file that another process truncates while it is mapped ends the process (SIGBUS).

    Raises:
        OSError: The file is missing or not readable, or it is a directory.
        FileFormatError: It is empty or not a regular file.
    """
    name = os.fspath(path)
    # A pipe without a writer would block open() for ever.
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:  # raises IsADirectoryError
        status = os.fstat(descriptor)
        if not os.path.isfile(name):
            raise FileFormatError(f"{name}: not a regular file")
        if status.st_size == 0:
            raise FileFormatError(f"{name}: empty file")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))


def tensor(
    data: memoryview | bytearray,
    dtype: DType,
    shape: Sequence[int],
    strides: Sequence[int] | None = None,
    offset: int = 0,
    *,
    name: str,
) -> Tensor:
    """A tensor over bytes of a file, without a copy unless they are unaligned.

    Args:
        data: Writable bytes, little endian; the tensor keeps them alive.
        dtype: Any dtype; one that NumPy lacks only on LibTorch.
        shape: The shape.
        strides: In elements; None for C order.
        offset: The first element, counted in elements from the start of ``data``.
        name: Where the numbers come from, for messages: file and tensor.

    Raises:
        FileFormatError: The elements are not all inside ``data``, or shape or strides are not valid.
        NotImplementedError: The backend does not have the dtype.
    """
    shape = tuple(shape)
    strides = _c_order(shape) if strides is None else tuple(strides)
    _check(len(data) // dtype.itemsize, shape, strides, offset, name)
    if 0 in shape:  # no bytes, so nothing to share
        shape, strides, data, offset = shape, _c_order(shape), bytearray(), 0
    container = dtype.numpy or np.dtype(f"uint{8 * dtype.itemsize}")
    try:
        array = np.ndarray(
            shape, container, data, offset * dtype.itemsize, [s * dtype.itemsize for s in strides]
        )
    except (ValueError, OverflowError) as error:  # such as 2**62 times 0 elements
        raise FileFormatError(f"{name}: shape {shape}: {error}") from None
    found = from_numpy(array) if array.flags.aligned else asarray(array, copy=True)
    if dtype.numpy is not None:
        return found
    try:
        return found.view(dtype)
    except (NotSupportedError, TorchError) as error:
        raise NotSupportedError(f"{name}: {dtype} needs LibTorch: {error}") from None


def _c_order(shape: tuple[int, ...]) -> tuple[int, ...]:
    strides, step = [], 1
    for length in reversed(shape):
        strides.append(step)
        step *= max(length, 1)
    return tuple(reversed(strides))


def _check(
    available: int, shape: tuple[int, ...], strides: tuple[int, ...], offset: int, name: str
) -> None:
    numbers = (*shape, *strides, offset)
    if any(type(n) is not int for n in numbers) or len(shape) != len(strides):
        raise FileFormatError(f"{name}: shape {shape} and strides {strides} are not valid")
    if len(shape) > _MAX_NDIM:
        raise FileFormatError(f"{name}: {len(shape)} axes, expected at most {_MAX_NDIM}")
    if min(numbers) < 0:
        raise FileFormatError(
            f"{name}: negative number in shape {shape}, strides {strides} or offset {offset}"
        )
    if 0 in shape:
        return
    end = offset + 1 + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if end > available:
        raise FileFormatError(
            f"{name}: shape {shape} with strides {strides} from element {offset} needs {end} elements, "
            f"but the file has {available} for it"
        )
