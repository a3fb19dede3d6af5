"""Writes files that torch.load reads."""

from __future__ import annotations

from typing import Any

from torchffi._core.tensor import Tensor
from torchffi._files import memory, zip_writer
from torchffi._files.atomic import replacing
from torchffi._files.checkpoints.pickle_writer import Pickler, StoredAs
from torchffi._files.checkpoints.trees import Place
from torchffi._files.mapped import Path
from torchffi._files.memory import Extent
from torchffi._lazy_numpy import np
from torchffi.errors import InvalidArgumentError, TorchError

_NOWHERE = StoredAs("", 0, 0, (), ())


class _Memory:
    """The memory of all tensors of a value, each part of it once."""

    def __init__(self) -> None:
        self._tensors: dict[int, int] = {}  # id -> position in the lists
        self._seen: list[tuple[Tensor, Place]] = []
        self._extents: list[Extent] = []
        self._host = memory.HostArrays()
        self._arrays: list[np.ndarray[Any, Any]] = []
        self._begins: list[int] = []
        self._shared: list[Extent] = []
        self._keys: dict[int, str] = {}

    def note(self, tensor: Tensor, place: Place) -> StoredAs:
        """Takes note of a tensor; where it goes is known only when all are."""
        if id(tensor) not in self._tensors:
            try:
                array = self._host.array(tensor)
            except TorchError as error:
                raise type(error)(f"save: {place}: {error}") from None
            if min(array.strides, default=0) < 0 or not array.flags.aligned:
                array = array.copy()
            self._tensors[id(tensor)] = len(self._seen)
            self._seen.append((tensor, place))
            self._extents.append(memory.extent(array))
        return _NOWHERE

    def arrange(self) -> list[Extent]:
        """The parts to store, in the order of their keys ``"0"``, ``"1"``, ..."""
        # Before they are merged, which changes them.
        self._arrays = [extent.arrays[0] for extent in self._extents]
        self._begins = [extent.begin for extent in self._extents]
        self._shared = memory.merged(self._extents)
        found = dict.fromkeys(self._shared)
        self._keys = {id(extent): str(number) for number, extent in enumerate(found)}
        first: dict[int, tuple[Tensor, Place]] = {}
        for (tensor, place), extent, begin in zip(
            self._seen, self._shared, self._begins, strict=True
        ):
            other, where = first.setdefault(id(extent), (tensor, place))
            if other.dtype is not tensor.dtype or (begin - extent.begin) % tensor.itemsize:
                raise InvalidArgumentError(
                    f"save: {where} and {place} share memory as {other.dtype} and {tensor.dtype}, which "
                    "the format cannot express; save a copy of one"
                )
        return list(found)

    def stored(self, tensor: Tensor, place: Place) -> StoredAs:
        """The place of a tensor in the file."""
        number = self._tensors[id(tensor)]
        array, extent, size = self._arrays[number], self._shared[number], tensor.itemsize
        return StoredAs(
            self._keys[id(extent)],
            (extent.end - extent.begin) // size,
            (self._begins[number] - extent.begin) // size,
            array.shape,
            tuple(step // size for step in array.strides),
        )


def save(obj: object, path: Path) -> None:
    """See :func:`torchffi.serialization.save`."""
    found = _Memory()
    Pickler(found.note).dump(obj)  # refuses what cannot be saved before the file is opened
    extents = found.arrange()
    pickled = Pickler(found.stored).dump(obj)
    members: list[tuple[str, bytes | memoryview[Any]]] = [
        ("data.pkl", pickled),
        ("byteorder", b"little"),
        *((f"data/{number}", extent.bytes()) for number, extent in enumerate(extents)),
        ("version", b"3\n"),
    ]
    with replacing(path) as file:
        zip_writer.write(file, "archive", members)
