"""Archives of torch.export: the program's JSON, and its weights over the mapped file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from torchffi._core.tensor import Tensor
from torchffi._export import schema, text
from torchffi._files import kinds, mapped
from torchffi._files.archive import Archive
from torchffi._files.kinds import File, open_file
from torchffi._files.mapped import Path
from torchffi.errors import DTypeError, FileFormatError, NotSupportedError, TorchError

# What a damaged file can cause where its parts are read; each becomes an error that names the file.
DAMAGE: Final = (
    KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError,
)  # fmt: skip


class Stored(NamedTuple):
    """What an archive holds."""

    path: str
    program: Mapping[str, Any]
    tensors: dict[str, Tensor]  # parameters, buffers and constants by name
    parameters: frozenset[str]


def read(path: Path, model: str) -> Stored:
    """Reads an archive.

    Args:
        path: The file.
        model: The name of the program in it.

    Raises:
        OSError: It cannot be read.
        FileFormatError: It is damaged, or of another kind.
        NotImplementedError: It is of another version, or has a tensor that torchffi does not support.
    """
    file = open_file(path)
    archive, member = file.archive, f"models/{model}.json"
    if archive is None or member not in archive:
        raise _other_kind(file, member)
    if archive.read("archive_format").strip() != b"pt2":
        raise archive.error("archive_format is not pt2")
    if "byteorder" in archive and archive.read("byteorder").strip() != b"little":
        raise archive.error("its numbers are big-endian, expected little-endian")
    program = _json(archive, member)
    try:
        major, minor = program["schema_version"]["major"], program["schema_version"]["minor"]
    except DAMAGE as error:
        raise archive.error(f"{member}: no schema_version ({error!r})") from None
    if major != schema.MAJOR:
        raise NotSupportedError(
            f"{archive.name}: schema version {major}.{minor}, expected {schema.MAJOR}: export the model "
            "again with PyTorch 2.8 to 2.13"
        )
    tensors: dict[str, Tensor] = {}
    parameters = set()
    for kind in ("weights", "constants"):
        config = f"data/{kind}/{model}_{kind}_config.json"
        if config not in archive:
            continue
        for name, entry in _entries(archive, config):
            tensors[name] = _tensor(archive, f"data/{kind}/", name, entry)
            if entry.get("is_param"):
                parameters.add(name)
    return Stored(archive.name, program, tensors, frozenset(parameters))


def _other_kind(file: File, member: str) -> FileFormatError:
    names = [] if file.archive is None else sorted(file.archive)
    programs = [name[7:-5] for name in names if name.startswith("models/") and name[-5:] == ".json"]
    if programs:
        return file.error(f"{member} is missing; its programs are {', '.join(programs[:20])}")
    if file.kind is not kinds.EXPORT:
        return file.other_kind("torch.export")
    return file.error("saved by PyTorch before 2.8; load it there, and save it with 2.8 or later")


def _json(archive: Archive, member: str) -> Any:
    try:
        found = json.loads(archive.read(member))
    except (ValueError, RecursionError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise archive.error(f"{member}: not JSON ({error})") from None
    if not isinstance(found, dict):
        raise archive.error(f"{member}: expected an object")
    return found


def _entries(archive: Archive, config: str) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        return [
            (str(name), dict(entry)) for name, entry in _json(archive, config)["config"].items()
        ]
    except DAMAGE as error:
        if isinstance(error, FileFormatError):
            raise
        raise archive.error(f"{config}: {error!r}") from None


def program_signature(archive: Archive, member: str) -> tuple[list[str], list[str]]:
    """What a program takes and returns, such as ``x: float32[s0, 4]``.

    Args:
        archive: The archive.
        member: Its JSON.

    Raises:
        FileFormatError: It is damaged.
    """
    try:
        module = _json(archive, member)["graph_module"]
        return text.signature(module["graph"], module["signature"])
    except TorchError:
        raise
    except DAMAGE as error:
        raise archive.error(f"{member}: {error!r}") from None


def program_tensors(archive: Archive, config: str) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Name, dtype and shape of the tensors that a member lists; pickled objects are left out."""
    for name, entry in _entries(archive, config):
        try:
            meta = entry["tensor_meta"]
            if not entry["use_pickle"] and meta is not None:
                shape = mapped.checked_shape([_fixed(one) for one in meta["sizes"]], archive.name)
                yield name, schema.dtype_name(meta["dtype"]), shape
        except DAMAGE as error:
            if isinstance(error, FileFormatError):
                raise
            raise archive.error(f"{name}: its entry is damaged ({error!r})") from None


def _tensor(archive: Archive, folder: str, name: str, entry: Mapping[str, Any]) -> Tensor:
    shown = f"{archive.name}: {name}"
    try:
        meta = entry["tensor_meta"]
        if entry["use_pickle"] or meta is None:
            raise NotSupportedError(f"{shown}: a pickled object; only plain tensors are supported")
        shape, strides = ([_fixed(one) for one in meta[key]] for key in ("sizes", "strides"))
        if schema.layout(meta["layout"]) != "strided":
            raise NotSupportedError(
                f"{shown}: layout {schema.layout(meta['layout'])} is not supported"
            )
        dtype, offset = schema.dtype(meta["dtype"]), _fixed(meta["storage_offset"])
        data = bytearray() if 0 in shape else archive.view(folder + str(entry["path_name"]))
    except (DTypeError, NotSupportedError) as error:
        raise NotSupportedError(f"{shown}: {error}".replace(f"{shown}: {shown}", shown)) from None
    except DAMAGE as error:
        if isinstance(error, FileFormatError):
            raise
        raise archive.error(f"{name}: its entry is damaged ({error!r})") from None
    return mapped.tensor(data, dtype, shape, strides, offset, name=shown)


def _fixed(size: Mapping[str, Any]) -> int:
    kind, value = schema.only(size)
    if kind != "as_int" or type(value) is not int:
        raise ValueError(f"expected a number, got {size}")
    return value
