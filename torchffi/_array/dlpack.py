"""DLPack: memory shared with other libraries, in both directions.

Source: Array API standard, "Data interchange mechanisms"; DLPack's "Python Specification".
"""

from __future__ import annotations

import enum
from typing import Any, Final

from torchffi import _devices, dtypes
from torchffi._core.backends import FFI, NUMPY, default_backend
from torchffi._core.tensor import Tensor
from torchffi._core.tensor_numpy import hold
from torchffi._libtorch import primitives as on_libtorch
from torchffi.errors import (
    DTypeError,
    InvalidArgumentError,
    ProtocolError,
    SharingError,
    UnavailableError,
)


class DeviceType(enum.IntEnum):
    """The device types of DLPack that torchffi uses."""

    CPU = 1
    CUDA = 2
    CUDA_HOST = 3


_CPU: Final = (DeviceType.CPU, 0)


def _device(number: int) -> tuple[DeviceType, int]:
    return _CPU if number < 0 else (DeviceType.CUDA, number)


def _plain(device: tuple[int, int]) -> tuple[int, int]:
    return int(device[0]), int(device[1])


def _pair(what: str, value: Any) -> tuple[int, int]:
    try:
        first, second = value
        return int(first), int(second)
    except (TypeError, ValueError):
        raise DTypeError(f"{what} is {value!r:.60}, expected two integers") from None


# ---- Export


def device_of(x: Tensor) -> tuple[DeviceType, int]:
    """The result of ``x.__dlpack_device__()``."""
    return _device(x._backend.primitives.device(x._data))


def _check_stream(stream: object, on_cuda: bool) -> None:
    if stream is None:
        return
    if not on_cuda:
        raise InvalidArgumentError(f"__dlpack__: stream is {stream!r}, expected None on the CPU")
    if not isinstance(stream, int) or isinstance(stream, bool) or stream < -1 or stream == 0:
        raise InvalidArgumentError(
            f"__dlpack__: stream is {stream!r}, expected None, -1, 1, 2 or the address of a stream"
        )


def _capsule(
    x: Tensor, version: tuple[int, int] | None, copy: bool | None, to_host: bool
) -> object:
    if x._backend is NUMPY:
        return NUMPY.primitives.to_dlpack(x._data, version, copy)
    copied = bool(to_host or copy)
    source = x.cpu() if to_host else x.clone() if copy else x
    return on_libtorch.to_dlpack(source._data, version is not None and version[0] >= 1, copied)


def export(
    x: Tensor,
    stream: int | None,
    max_version: tuple[int, int] | None,
    dl_device: tuple[int, int] | None,
    copy: bool | None,
) -> object:
    """The result of ``x.__dlpack__()``: see :meth:`torchffi.Tensor.__dlpack__`."""
    own = device_of(x)
    _check_stream(stream, own != _CPU)
    version = None if max_version is None else _pair("__dlpack__: max_version", max_version)
    target = own if dl_device is None else _pair("__dlpack__: dl_device", dl_device)
    if target not in (own, _CPU):
        raise SharingError(
            f"__dlpack__: dl_device is {target}, expected {_plain(own)}, where the tensor is, or (1, 0)"
        )
    if target != own and copy is False:
        raise SharingError("__dlpack__: moving to the CPU requires a copy, but copy=False")
    if own != _CPU and stream != -1:
        x._backend.primitives.synchronize(own[1])
    try:
        return _capsule(x, version, copy, target != own)
    except InvalidArgumentError as error:
        raise SharingError(f"__dlpack__: {str(error).removeprefix('to_dlpack: ')}") from None


# ---- Import


def _request(producer: Any, keywords: dict[str, Any]) -> tuple[object, set[str]]:
    """A capsule from the producer, and the names of the keywords that it supports.

    All keywords except ``stream`` came with version 2023.12 of the standard, and libraries added
    them one by one: drop one after the other until the call works.
    """
    for unknown in ("copy", "dl_device", "max_version"):
        if unknown in keywords:
            try:
                return producer.__dlpack__(**keywords), set(keywords)
            except TypeError:
                keywords = {name: value for name, value in keywords.items() if name != unknown}
    return producer.__dlpack__(**keywords), set(keywords)


_ON_NUMPY: Final = frozenset(NUMPY.classes.values())


def _numpy_version() -> tuple[int, int] | None:
    from torchffi._numpy.storage import DLPACK_VERSION  # NumPy is imported with it

    return DLPACK_VERSION


def from_dlpack(x: Any, /, *, device: str | None = None, copy: bool | None = None) -> Tensor:
    """A tensor that shares the memory of another library's array: writes to one show in the other.

    Args:
        x: An array or tensor of any library, torchffi included, with ``__dlpack__`` and
            ``__dlpack_device__``. The tensor keeps its memory alive.
        device: The device of the tensor, ``"cpu"`` or ``"cuda:0"``, ...; None for that of ``x``.
        copy: True always copies; False never copies, and raises if a copy is needed; None copies
            if needed: for another device, and for memory that LibTorch cannot share because it is
            read-only or has negative strides.

    Returns:
        A tensor of the same shape and dtype, on the current backend: see ``get_backend()``.
        On NumPy with ``copy=False`` it is read-only if the memory is.

    Raises:
        TypeError: For another object, or a dtype that torchffi or the backend does not have.
        BufferError: If a copy is needed and ``copy`` is False (it is a ValueError as well), or
            raised by the producer.
        UnavailableError: For memory of a device that the backend does not have.

    Source: Array API standard, "from_dlpack"; at::fromDLPack.
    """
    if not (hasattr(x, "__dlpack__") and hasattr(x, "__dlpack_device__")):
        raise ProtocolError(
            f"from_dlpack: expected an array with __dlpack__() and __dlpack_device__(), got "
            f"{type(x).__name__}; asarray() accepts other objects"
        )
    backend = default_backend()
    own = backend is NUMPY and type(x) in _ON_NUMPY and device is None and copy is None
    if own and x._data.flags.writeable:
        return hold(x._data[...], type(x))
    source = _pair("from_dlpack: __dlpack_device__()", x.__dlpack_device__())
    if source[0] == DeviceType.CUDA_HOST:
        source = _CPU
    target = source if device is None else _device(_devices.number(device))
    if backend is NUMPY and target != _CPU:
        raise UnavailableError(
            f"from_dlpack: the NumPy backend has no CUDA, and the tensor would be on DLPack device "
            f"{_plain(target)}; copy it with device='cpu'"
        )
    keywords: dict[str, Any] = {}
    if target == _CPU != source:
        keywords["dl_device"] = _plain(_CPU)
    elif source[0] == DeviceType.CUDA:
        keywords["stream"] = 1  # the legacy default stream, LibTorch's own
    if copy is not None:
        keywords["copy"] = copy
    version = _numpy_version() if backend is NUMPY else (1, 1)
    capsule, known = _request(x, {"max_version": version, **keywords} if version else keywords)
    try:
        if backend is NUMPY:
            array = NUMPY.primitives.from_dlpack(capsule, copy is not False)
            result = NUMPY.wrap(array, dtypes.by_numpy(array.dtype))
        else:
            result = FFI.from_dlpack(capsule, copy is not False)
    except InvalidArgumentError as error:
        if copy is False:
            raise SharingError(str(error)) from None
        raise
    moved = result if device is None else result.to_device(device)
    if copy is False and moved is not result:
        raise SharingError(f"from_dlpack: moving to {device} requires a copy, but copy=False")
    return moved.clone() if copy and moved is result and "copy" not in known else moved
