"""safetensors files, one or the shards of an index, opened without reading their tensors."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from types import TracebackType
from typing import TYPE_CHECKING, Any

from torchffi import _devices, dtypes
from torchffi._core.tensor import Tensor
from torchffi._files import kinds, mapped
from torchffi._files.kinds import File, open_file
from torchffi._files.mapped import Path
from torchffi._files.safetensors import header as format_
from torchffi._files.safetensors.header import DTYPES, Entry
from torchffi._files.text import shown
from torchffi.errors import (
    FileFormatError,
    HandleError,
    InvalidArgumentError,
    NotSupportedError,
)

if TYPE_CHECKING:
    from typing_extensions import Self

_INDEX_SUFFIX, _SUFFIX = ".safetensors.index.json", ".safetensors"


class Shard:
    """One safetensors file."""

    def __init__(self, file: File) -> None:
        """Checks the header.

        Raises:
            FileFormatError: It is damaged.
        """
        if file.kind is not kinds.SAFETENSORS:
            raise file.other_kind("safetensors")
        self.name = os.fsdecode(file.path)
        self._data = file.data
        self.entries, self.metadata = format_.parse(file.data, file.error)

    def tensor(self, name: str) -> Tensor:
        """A tensor over the mapped file."""
        entry = self.entries[name]
        where = f"{self.name}: {shown(name)}"
        kind, _ = DTYPES[entry.dtype]
        try:
            dtype = dtypes.by_name(kind)
        except KeyError:
            raise NotSupportedError(
                f"{where}: dtype {entry.dtype} ({kind}) is not supported"
            ) from None
        data = self._data[entry.begin : entry.end]
        return mapped.tensor(data, dtype, entry.shape, name=where)


def open_shards(path: Path) -> tuple[dict[str, Shard], dict[str, str] | None]:
    """The shard of each tensor of a safetensors file, an index or a folder; and the metadata.

    Raises:
        OSError: A file is missing or not readable.
        FileFormatError: A file is damaged or of another kind.
    """
    if os.path.isdir(path):
        path = _in_folder(mapped.path_text(path))
    file = open_file(path)
    if file.kind is not kinds.INDEX:
        shard = Shard(file)
        return dict.fromkeys(shard.entries, shard), shard.metadata
    return of_index(file), None


def _in_folder(folder: str) -> str:
    names = sorted(os.listdir(folder))
    for suffix in (_INDEX_SUFFIX, _SUFFIX):
        found = [name for name in names if name.endswith(suffix)]
        if len(found) == 1:
            return os.path.join(folder, found[0])
        if found:
            raise InvalidArgumentError(
                f"{folder}: {len(found)} files end with {suffix}; give the path of one of them"
            )
    raise FileFormatError(f"{folder}: no file in it ends with {_SUFFIX} or {_INDEX_SUFFIX}")


def of_index(file: File) -> dict[str, Shard]:
    """The shard of each tensor of an index, whose files are in its folder."""
    if len(file.data) > format_.MAX_HEADER:
        raise file.error(f"an index has {len(file.data)} bytes")
    index = format_.parse_json(bytes(file.data), file.error)
    places = index.get("weight_map")
    if type(places) is not dict or not all(type(name) is str for name in places.values()):
        raise file.error("not an index of safetensors: it has no weight_map of names to files")
    folder = os.path.dirname(os.fsdecode(file.path))
    shards: dict[str, Shard] = {}
    for name in dict.fromkeys(places.values()):
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or name[0] == "/" or "\\" in name or "\0" in name:
            raise file.error(f"shard {shown(name)} is outside the folder of the index")
        try:
            shards[name] = Shard(open_file(os.path.join(folder, name)))
        except FileNotFoundError as error:
            raise file.error(f"shard {shown(name)} is missing: {error.strerror}") from None
    for tensor, name in places.items():
        if tensor not in shards[name].entries:
            raise file.error(f"{shown(tensor)} is not in shard {shown(name)}")
    return {tensor: shards[name] for tensor, name in places.items()}


class Slice:
    """A tensor of a safetensors file that is not read yet; ``slice[...]`` reads a part of it."""

    def __init__(self, file: SafeOpen, name: str, entry: Entry) -> None:
        self._file, self._name, self._entry = file, name, entry

    def get_shape(self) -> list[int]:
        """The shape of the tensor."""
        return list(self._entry.shape)

    def get_dtype(self) -> str:
        """The dtype as the file names it, such as ``"F32"``."""
        return self._entry.dtype

    def __getitem__(self, key: Any) -> Tensor:
        """The part of the tensor that an index selects, as ``tensor[key]``."""
        return self._file._tensor(self._name, key)


class SafeOpen:
    """The tensors of a safetensors file, read on request."""

    def __init__(self, path: Path, device: str | None) -> None:
        _devices.number(device)
        self._name, self._device = mapped.path_text(path), device
        self._shards: dict[str, Shard] | None
        self._shards, self._metadata = open_shards(path)

    def _open(self) -> dict[str, Shard]:
        if self._shards is None:
            raise HandleError(f"{self._name}: the file was closed, by the end of 'with'")
        return self._shards

    def _tensor(self, name: str, key: Any = ...) -> Tensor:
        found = self._shard(name).tensor(name)
        # Moved after the selection, so that only the part is copied to the device.
        found = found if key is ... else found[key]
        return found if self._device is None else found.to_device(self._device)

    def _shard(self, name: str) -> Shard:
        try:
            return self._open()[name]
        except KeyError:
            raise InvalidArgumentError(f"{self._name}: no tensor is named {shown(name)}") from None

    def keys(self) -> list[str]:
        """The names of the tensors, sorted."""
        return sorted(self._open())

    def offset_keys(self) -> list[str]:
        """The names of the tensors in the order of their bytes."""
        found = self._open()
        order = {shard: number for number, shard in enumerate(dict.fromkeys(found.values()))}
        return sorted(found, key=lambda name: (order[found[name]], found[name].entries[name][2:]))

    def metadata(self) -> dict[str, str] | None:
        """The texts that were saved with the tensors; None without them, and for an index."""
        self._open()
        return self._metadata

    def get_tensor(self, name: str) -> Tensor:
        """A tensor over the mapped file.

        Raises:
            ValueError: No tensor has this name.
            NotImplementedError: The backend does not have its dtype.
        """
        return self._tensor(name)

    def get_slice(self, name: str) -> Slice:
        """A tensor to read a part of: ``get_slice(name)[:10]``."""
        return Slice(self, name, self._shard(name).entries[name])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the use of the file. Tensors stay valid: they keep its memory."""
        self._shards = None
