"""Files of torch.save, in the zip format and in the one before PyTorch 1.6: their values and memory.

Source: torch/serialization.py of PyTorch 0.4 to 2.13.
"""

from __future__ import annotations

import os
import struct
from typing import Any, Final

from torchffi._files import kinds
from torchffi._files.archive import Archive
from torchffi._files.checkpoints.names import ITEMSIZES, NAMES, Storage, StorageType
from torchffi._files.checkpoints.unpickle import Unpickler
from torchffi._files.kinds import MAGIC, File
from torchffi._files.mapped import Path, address
from torchffi._files.text import shown
from torchffi.errors import FileFormatError

_PROTOCOL: Final = 1001


class Checkpoint:
    """The values of a file, with its tensors as :class:`StoredTensor`, and the memory behind them."""

    tree: Any

    def __init__(self, path: Path) -> None:
        """Names the file for messages."""
        self.name = os.fsdecode(path)
        self._counts: dict[str, tuple[str, int]] = {}
        self._memory: dict[str, memoryview] = {}

    def error(self, message: str) -> FileFormatError:
        """An exception that names the file."""
        return FileFormatError(f"{self.name}: {message}")

    def memory(self, storage: Storage) -> memoryview:
        """The writable bytes of a storage, which its tensors share; copied only if unaligned."""
        whole = self._memory.get(storage.key)
        if whole is None:
            whole = self._memory[storage.key] = _aligned(self._stored(storage.key), storage.dtype)
        size = ITEMSIZES[storage.dtype]
        return whole[storage.start * size : (storage.start + storage.count) * size]

    @property
    def stored_bytes(self) -> int:
        """Bytes of all storages; tensors that share memory count once."""
        return sum(map(self._nbytes, self._counts))

    def _stored(self, key: str) -> memoryview:
        """The bytes of a storage in the file."""
        raise NotImplementedError

    def _storage(self, identifier: tuple[Any, ...]) -> Storage:
        """The storage of a persistent identifier: its type, key, location and number of elements."""
        tag, *rest = identifier
        if tag == "module":
            raise self.error("a whole model; only tensors are read: save its state_dict() instead")
        if tag != "storage" or not 4 <= len(rest) <= 5:
            raise self.error(f"the pickle refers to a {shown(tag)}, expected a storage")
        kind, key, _, count, *view = rest  # the location is the device, which is chosen on loading
        if type(kind) is not StorageType or type(key) is not str or type(count) is not int:
            raise self.error("the pickle refers to a storage without type, name and length")
        if not 0 <= count < 2**63:
            raise self.error(f"storage {shown(key)} has length {count}")
        if self._counts.setdefault(key, (kind.dtype, count)) != (kind.dtype, count):
            raise self.error(f"storage {shown(key)} has two dtypes or lengths")
        if not view or view[0] is None:
            return Storage(key, kind.dtype, 0, count)
        if type(view[0]) is not tuple or len(view[0]) != 3 or set(map(type, view[0][1:])) != {int}:
            raise self.error(f"storage {shown(key)} has a damaged view")
        _, start, length = view[0]
        if not 0 <= start <= start + length <= count:
            raise self.error(f"a view of storage {shown(key)} ends after it")
        return Storage(key, kind.dtype, start, length)

    def _nbytes(self, key: str) -> int:
        dtype, count = self._counts[key]
        return count * ITEMSIZES[dtype]


def _aligned(data: memoryview, dtype: str) -> memoryview:
    if not data:
        return memoryview(bytearray())
    # Storages without a type are "uint8" and hold any dtype; LibTorch needs 16 bytes for complex128.
    alignment = 8 if dtype == "uint8" else ITEMSIZES[dtype]
    # A bytearray comes from malloc(), which aligns to 16 bytes.
    return data if address(data) % alignment == 0 else memoryview(bytearray(data))


class ZipCheckpoint(Checkpoint):
    """A file of torch.save since PyTorch 1.6: ``data.pkl``, and a member for each storage."""

    def __init__(self, path: Path, archive: Archive) -> None:
        """Reads the values.

        Raises:
            FileFormatError: The file is damaged, of a big-endian machine, or holds more than data.
        """
        super().__init__(path)
        self._archive = archive
        order = archive.read("byteorder") if "byteorder" in archive else b"little"
        if order != b"little":
            raise self.error(f"the byte order is {shown(order)}, expected little: convert the file")
        pickled = memoryview(archive.read("data.pkl"))
        reader = Unpickler(pickled, 0, NAMES, self._storage, self.error)
        self.tree, end = reader.load()
        if end != len(pickled):
            raise self.error(f"data.pkl has {len(pickled) - end} bytes after the pickle")
        for key in self._counts:
            size = archive.size(f"data/{key}")
            if self._nbytes(key) > size:
                raise self.error(
                    f"storage {shown(key)} has {self._nbytes(key)} bytes, but the file has {size}"
                )

    def _stored(self, key: str) -> memoryview:
        return self._archive.view(f"data/{key}")[: self._nbytes(key)]


class LegacyCheckpoint(Checkpoint):
    """A file of torch.save before PyTorch 1.6: five pickles, and the storages behind them."""

    def __init__(self, path: Path, data: memoryview) -> None:
        """Reads the values, as :class:`ZipCheckpoint` does."""
        super().__init__(path)
        self._data = data
        magic, place = self._next(0)
        protocol, place = self._next(place)
        if magic != MAGIC or protocol != _PROTOCOL:
            raise self.error("not a file of torch.save, or of an unknown version")
        system, place = self._next(place)
        if type(system) is not dict or system.get("little_endian") is not True:
            raise self.error("the byte order is not little: convert the file")
        reader = Unpickler(data, place, NAMES, self._storage, self.error)
        self.tree, place = reader.load()
        keys, place = self._next(place)
        if type(keys) is not list or set(map(type, keys)) - {str}:
            raise self.error("the list of storages is damaged")
        self._places: dict[str, int] = {}
        for key in keys:
            if key not in self._counts or key in self._places:
                raise self.error(f"storage {shown(key)} belongs to no tensor, or is there twice")
            place = self._place(key, place)
        absent = self._counts.keys() - self._places.keys()
        if absent:
            raise self.error(f"storage {shown(min(absent))} is missing")

    def _place(self, key: str, place: int) -> int:
        """Notes where a storage begins; returns where it ends."""
        nbytes, left = self._nbytes(key), len(self._data) - place - 8
        if left < nbytes:
            raise self.error(
                f"truncated: storage {shown(key)} has {nbytes} bytes, the file {max(left, 0)} for it"
            )
        (count,) = struct.unpack_from("<q", self._data, place)
        if count != self._counts[key][1]:
            raise self.error(
                f"storage {shown(key)} has {count} elements, expected {self._counts[key][1]}"
            )
        self._places[key] = place + 8
        return place + 8 + nbytes

    def _next(self, place: int) -> tuple[Any, int]:
        """The value of a pickle that names nothing, and where it ends."""
        reader = Unpickler(self._data, place, {}, self._storage, self.error)
        return reader.load()

    def _stored(self, key: str) -> memoryview:
        return self._data[self._places[key] : self._places[key] + self._nbytes(key)]


def open_checkpoint(file: File) -> Checkpoint:
    """Opens a file of torch.save.

    Raises:
        FileFormatError: It is of another kind or damaged, or it holds more than data.
    """
    if file.kind is kinds.TORCH_SAVE and file.archive is not None:
        return ZipCheckpoint(file.path, file.archive)
    if file.kind is kinds.TORCH_SAVE_LEGACY:
        return LegacyCheckpoint(file.path, file.data)
    raise file.other_kind("torch.save")
