"""Tensors of a file of torch.save."""

from __future__ import annotations

from typing import Any

from torchffi import _devices, dtypes
from torchffi._core.tensor import Tensor
from torchffi._files import mapped
from torchffi._files.checkpoints.checkpoint import Checkpoint, open_checkpoint
from torchffi._files.checkpoints.names import (
    ITEMSIZES,
    DTypeName,
    Storage,
    StoredTensor,
    Unsupported,
)
from torchffi._files.checkpoints.trees import Place, Walk
from torchffi._files.kinds import open_file
from torchffi._files.mapped import Path
from torchffi.errors import NotSupportedError


def load(path: Path, device: str | None = None) -> Any:
    """See :func:`torchffi.serialization.load`."""
    _devices.number(device)  # refuses an unknown device before the file is read
    return _Loader(open_checkpoint(open_file(path)), device).load()


class _Loader:
    """Makes the tensors of a checkpoint."""

    def __init__(self, checkpoint: Checkpoint, device: str | None) -> None:
        self._checkpoint = checkpoint
        self._device = None if device in (None, "cpu") else device
        self._moved: dict[tuple[str, int, str], Tensor] = {}

    def load(self) -> Any:
        return Walk(self._leaf, self._checkpoint.error)(self._checkpoint.tree)

    def _refused(self, place: Place, what: str) -> NotSupportedError:
        return NotSupportedError(f"{self._checkpoint.name}: {place}: {what}")

    def _leaf(self, value: Any, place: Place) -> object:
        if type(value) is StoredTensor:
            return self._tensor(value, place)
        if type(value) is Unsupported:
            raise self._refused(place, f"a {value.what}, which torchffi does not have")
        if type(value) is DTypeName:
            return self._dtype(value.name, place)
        if type(value) is Storage:
            raise self._refused(place, "a storage without a tensor; save a tensor instead")
        raise self._checkpoint.error(f"{place}: a {type(value).__name__} is not a value")

    def _dtype(self, name: str, place: Place) -> dtypes.DType:
        try:
            return dtypes.by_name(name)
        except KeyError:
            known = ", ".join(dtype.name for dtype in dtypes.ALL)
            raise self._refused(
                place, f"dtype {name} is not supported; expected one of {known}"
            ) from None

    def _tensor(self, stored: StoredTensor, place: Place) -> Tensor:
        dtype = self._dtype(stored.dtype, place)
        storage = stored.storage
        if storage is None:
            raise self._refused(place, "on the meta device: it has a shape, but no values")
        found = mapped.tensor(
            self._checkpoint.memory(storage),
            dtype,
            stored.shape,
            stored.strides,
            stored.offset,
            name=f"{self._checkpoint.name}: {place}",
        )
        if self._device is not None:
            found = self._on_device(found, stored, storage, dtype)
        if "conj" in stored.flags:
            from torchffi._array.elementwise import conj

            found = conj(found)
        return -found if "neg" in stored.flags else found

    def _on_device(
        self, found: Tensor, stored: StoredTensor, storage: Storage, dtype: dtypes.DType
    ) -> Tensor:
        """A view of the storage's one copy on the device, so that tensors share memory there too."""
        from torchffi import ops

        assert self._device is not None
        if found.backend == "numpy" or not found.size:
            return found.to_device(self._device)
        key = storage.key, storage.start, stored.dtype
        base = self._moved.get(key)
        if base is None:
            count = storage.count * ITEMSIZES[storage.dtype] // dtype.itemsize
            whole = mapped.tensor(
                self._checkpoint.memory(storage), dtype, (count,), name=self._checkpoint.name
            )
            base = self._moved[key] = whole.to_device(self._device)
        return ops.aten.as_strided(base, stored.shape, stored.strides, stored.offset)  # type: ignore[no-any-return]
