"""The memory of tensors that are written to a file."""

from __future__ import annotations

from typing import Any

from torchffi import dtypes
from torchffi._core.host_memory import layout_of
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import np


class HostArrays:
    """Arrays over the memory of tensors, or over copies of memory of a CUDA device."""

    def __init__(self) -> None:
        self._copies: dict[tuple[object, ...], np.ndarray[Any, Any]] = {}

    def array(self, tensor: Tensor) -> np.ndarray[Any, Any]:
        """The elements; of bfloat16 as uint16. Equal tensors over the same CUDA memory share a copy."""
        if not tensor.is_cuda():
            return _host_array(tensor)
        key = tensor.dtype, *layout_of(tensor._data)
        if key not in self._copies:
            self._copies[key] = _host_array(tensor.cpu())
        return self._copies[key]


def _host_array(tensor: Tensor) -> np.ndarray[Any, Any]:
    return (tensor.view(dtypes.uint16) if tensor.dtype is dtypes.bfloat16 else tensor).numpy()


class _Bytes:
    """Memory from one address to another, kept by the arrays in it."""

    __slots__ = ("__array_interface__", "_keep")

    def __init__(self, begin: int, end: int, keep: object) -> None:
        self._keep = keep
        self.__array_interface__ = {
            "version": 3,
            "shape": (end - begin,),
            "typestr": "|u1",
            "data": (begin, True),
        }


class Extent:
    """Memory that tensors share: what the file stores once.

    Attributes:
        begin, end: Addresses.
        arrays: The arrays in it.
    """

    def __init__(self, begin: int, end: int, array: np.ndarray[Any, Any]) -> None:
        self.begin, self.end, self.arrays = begin, end, [array]

    def bytes(self) -> memoryview:
        """The memory."""
        if self.begin == self.end:
            return memoryview(b"")
        return np.asarray(_Bytes(self.begin, self.end, self.arrays)).data


def extent(array: np.ndarray[Any, Any]) -> Extent:
    """The memory from the first element of an array to the end of the last."""
    begin: int = array.ctypes.data
    if not array.size:
        return Extent(begin, begin, array)
    steps = [(n - 1) * step for n, step in zip(array.shape, array.strides, strict=True)]
    return Extent(begin, begin + sum(steps) + array.itemsize, array)


def merged(extents: list[Extent]) -> list[Extent]:
    """For each extent the memory that it shares with those that overlap it."""
    order = sorted(range(len(extents)), key=lambda i: (extents[i].begin, extents[i].end))
    result = list(extents)
    last: Extent | None = None
    for i in order:
        one = extents[i]
        if last is not None and one.begin < last.end and one.begin < one.end:
            last.end = max(last.end, one.end)
            last.arrays += one.arrays
            result[i] = last
        elif one.begin < one.end:
            last = one
    return result
