"""Files mapped into memory, and tensors over their bytes."""

from __future__ import annotations

import errno
import mmap
import os
import stat
from collections.abc import Sequence

from torchffi._array.conversion import asarray
from torchffi._core.backends import FFI, default_backend
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import np
from torchffi._libtorch.loader import ffi
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, FileFormatError, NotSupportedError, TorchError

Path = str | os.PathLike[str]
MAX_NDIM = 64  # as rt_torch.h
# Without it the kernel refuses a file that is larger than the memory, because its pages may be written.
_NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0)


def path_text(path: object) -> str:
    """A path as text.

    Raises:
        TypeError: It is none.
    """
    if isinstance(path, (str, os.PathLike)):
        return os.fsdecode(path)
    raise DTypeError(
        f"expected the path of a file, got a {type(path).__name__}; files are mapped, so give the name, "
        "not an open file or its bytes"
    )


def map_file(path: Path) -> memoryview:
    """The bytes of a file, mapped copy-on-write, because LibTorch needs writable memory.

    Only pages that are touched are read, and writes do not reach the file. The mapping lives as long as
    a view of it. A file that another process truncates while it is mapped ends the process (SIGBUS).

    Raises:
        OSError: The file is missing or not readable, or it is a directory.
        FileFormatError: It is empty or not a regular file.
        TypeError: ``path`` is not a path.
    """
    name = path_text(path)
    # A pipe without a writer would block open() for ever.
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        if not stat.S_ISREG(status.st_mode):
            raise FileFormatError(f"{name}: not a regular file")
        if status.st_size == 0:
            raise FileFormatError(f"{name}: empty file")
        flags = mmap.MAP_PRIVATE | _NO_RESERVE
        return memoryview(mmap.mmap(descriptor, status.st_size, flags))
    finally:
        os.close(descriptor)


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
    shape, strides = checked_layout(len(data) // dtype.itemsize, shape, strides, offset, name)
    aligned = (address(data) + offset * dtype.itemsize) % dtype.itemsize == 0
    if 0 not in shape and aligned and default_backend() is FFI:
        return FFI.from_memory(memoryview(data), offset * dtype.itemsize, dtype, shape, strides)
    if 0 in shape:  # no bytes, so nothing to share
        strides, data, offset = c_order(shape), bytearray(), 0
    container = dtype.numpy or np.dtype(f"uint{8 * dtype.itemsize}")
    try:
        array = np.ndarray(
            shape, container, data, offset * dtype.itemsize, [s * dtype.itemsize for s in strides]
        )
    except (ValueError, OverflowError) as error:  # such as 2**62 times 0 elements
        raise FileFormatError(f"{name}: shape {shape}: {error}") from None
    found = asarray(array if array.flags.aligned else array.copy())
    if dtype.numpy is not None:
        return found
    try:
        return found.view(dtype)
    except (NotSupportedError, TorchError) as error:
        raise NotSupportedError(f"{name}: {dtype} needs LibTorch: {error}") from None


def address(data: memoryview | bytearray) -> int:
    """Where the bytes begin."""
    return int(ffi.cast("uintptr_t", ffi.from_buffer(data)))


def c_order(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides, in elements, of a shape without gaps."""
    strides, step = [], 1
    for length in reversed(shape):
        strides.append(step)
        step *= max(length, 1)
    return tuple(reversed(strides))


def checked_layout(
    available: int, shape: object, strides: object, offset: object, name: str
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shape and strides of a tensor inside of a number of elements.

    Raises:
        FileFormatError: They are not tuples or lists of integers, or a number is negative or too large.
    """
    if strides is None:
        strides = c_order(checked_shape(shape, name))
    dims, steps = checked_shape(shape, name), checked_shape(strides, name)
    if len(dims) != len(steps):
        raise FileFormatError(f"{name}: shape {dims} has other axes than strides {steps}")
    (first,) = checked_shape((offset,), name)
    if 0 not in dims:
        end = first + 1 + sum((n - 1) * step for n, step in zip(dims, steps, strict=True))
        if end > available:
            raise FileFormatError(
                f"{name}: shape {dims} with strides {steps} from element {first} needs {end} elements, "
                f"but the file has {available} for it"
            )
    return dims, steps


def checked_shape(shape: object, name: str) -> tuple[int, ...]:
    """A tuple or list of at most 64 integers from 0 to 2**63 - 1, as a tuple."""
    if type(shape) not in (tuple, list):
        raise FileFormatError(f"{name}: a shape is a {type(shape).__name__}, expected integers")
    assert isinstance(shape, (tuple, list))
    if len(shape) > MAX_NDIM:
        raise FileFormatError(f"{name}: {len(shape)} axes, expected at most {MAX_NDIM}")
    for n in shape:
        if type(n) is not int:  # bool is not a length
            raise FileFormatError(f"{name}: a shape has a {type(n).__name__}, expected integers")
        if not 0 <= n < 2**63:
            raise FileFormatError(
                f"{name}: a shape, stride or offset is {n!r:.40}, expected 0 to 2**63 - 1"
            )
    return tuple(shape)
