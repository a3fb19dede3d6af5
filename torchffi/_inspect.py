"""The contents of a model file, without loading it: ``python -m torchffi inspect``."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from math import prod
from typing import Any, Final, NamedTuple

from torchffi import dtypes
from torchffi._export.archive import program_signature, program_tensors
from torchffi._files import aotinductor, kinds, torchscript
from torchffi._files.checkpoints.checkpoint import open_checkpoint
from torchffi._files.checkpoints.names import ITEMSIZES, StoredTensor, Unsupported
from torchffi._files.checkpoints.trees import Place, Walk
from torchffi._files.kinds import File, Kind, open_file
from torchffi._files.mapped import Path, checked_layout
from torchffi._files.safetensors.header import DTYPES
from torchffi._files.safetensors.reader import Shard, of_index
from torchffi._files.text import plain


class Row(NamedTuple):
    """A tensor of a file.

    Attributes:
        name: Its name, or the keys that lead to it.
        dtype: torchffi's name of the dtype, or PyTorch's if torchffi does not have it.
        shape: The shape.
        nbytes: Bytes of its elements.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int


class Contents(NamedTuple):
    """The tensors of a file, and other facts by name."""

    rows: list[Row]
    facts: dict[str, Any]


def _rows(shard: Shard) -> list[Row]:
    return [
        Row(name, DTYPES[entry.dtype][0], entry.shape, entry.end - entry.begin)
        for name, entry in shard.entries.items()
    ]


def _safetensors(file: File) -> Contents:
    shard = Shard(file)
    facts = {f"metadata {key}": value for key, value in (shard.metadata or {}).items()}
    return Contents(_rows(shard), facts)


def _index(file: File) -> Contents:
    of_tensor = of_index(file)
    shards = dict.fromkeys(of_tensor.values())
    rows = [row for shard in shards for row in _rows(shard) if of_tensor.get(row.name) is shard]
    return Contents(rows, {"shards": [os.path.basename(shard.name) for shard in shards]})


def _checkpoint(file: File) -> Contents:
    checkpoint = open_checkpoint(file)
    rows: list[Row] = []
    others: Counter[str] = Counter()

    def leaf(value: Any, place: Place) -> Any:
        if type(value) is StoredTensor:
            storage, size = value.storage, ITEMSIZES[value.dtype]
            if storage is not None:
                available = storage.count * ITEMSIZES[storage.dtype] // size
                where = f"{checkpoint.name}: {place}"
                checked_layout(available, value.shape, value.strides, value.offset, where)
            dtype = value.dtype if storage else f"{value.dtype} (meta)"
            nbytes = prod(value.shape) * size if storage else 0
            rows.append(Row(str(place), dtype, value.shape, nbytes))
        else:
            what = value.what if type(value) is Unsupported else type(value).__name__
            others[f"{what}, which torchffi does not have"] += type(value) is Unsupported
        return value

    Walk(leaf, checkpoint.error, each=True)(checkpoint.tree)
    facts: dict[str, Any] = {"stored": f"{checkpoint.stored_bytes:,} bytes of memory"}
    return Contents(rows, facts | {"holds": [f"{n} x {what}" for what, n in others.items() if n]})


def _programs(file: File) -> Contents:
    archive = file.archive
    assert archive is not None
    models = [
        name[len("models/") : -len(".json")]
        for name in archive
        if name.startswith("models/") and name.endswith(".json")
    ]
    rows = []
    signature: dict[str, Any] = {"inputs": [], "outputs": []}
    for model in models:
        prefix = "" if len(models) == 1 else f"{model}: "
        inputs, outputs = program_signature(archive, f"models/{model}.json")
        signature["inputs"] += [prefix + one for one in inputs]
        signature["outputs"] += [prefix + one for one in outputs]
        for kind in ("weights", "constants"):
            config = f"data/{kind}/{model}_{kind}_config.json"
            if config in archive:
                for name, dtype, shape in program_tensors(archive, config):
                    rows.append(Row(prefix + name, dtype, shape, prod(shape) * ITEMSIZES[dtype]))
    return Contents(rows, {"programs": models} | signature | _members(file).facts)


def _script(file: File) -> Contents:
    archive = file.archive
    assert archive is not None
    return Contents([], {"methods": torchscript.methods(archive)} | _members(file).facts)


def _compiled(file: File) -> Contents:
    archive = file.archive
    assert archive is not None
    rows: list[Row] = []
    facts: dict[str, Any] = {"models": [], "inputs": [], "outputs": [], "compiled for": []}
    facts["runs here"] = []
    models = [*aotinductor.models(archive)]
    for model in models:
        prefix = "" if len(models) == 1 else f"{plain(model.name)}: "
        facts["models"].append(plain(model.name))
        facts["inputs"] += [prefix + one for one in model.inputs]
        facts["outputs"] += [f"{prefix}{model.outputs}"] if model.outputs else []
        facts["compiled for"].append(prefix + model.target)
        facts["runs here"].append(prefix + (f"no: {model.obstacle}" if model.obstacle else "yes"))
        for name, dtype, shape in model.constants:
            rows.append(Row(prefix + name, dtype, shape, prod(shape) * ITEMSIZES.get(dtype, 0)))
    return Contents(rows, facts | _members(file).facts)


def _members(file: File) -> Contents:
    """The files in an archive whose tensors are not read yet."""
    archive = file.archive
    assert archive is not None
    nbytes: Counter[str] = Counter()
    for name in archive:
        top, slash, _ = name.partition("/")
        nbytes[top + slash] += archive.size(name)
    members = [f"{plain(name)} {size:,} bytes" for name, size in nbytes.items()]
    return Contents([], {"members": members})


# Kind -> what tells its contents.
CONTENTS: Final[dict[Kind, Callable[[File], Contents]]] = {
    kinds.SAFETENSORS: _safetensors,
    kinds.INDEX: _index,
    kinds.TORCH_SAVE: _checkpoint,
    kinds.TORCH_SAVE_LEGACY: _checkpoint,
    kinds.EXPORT: _programs,
    kinds.TORCHSCRIPT: _script,
    kinds.AOTINDUCTOR: _compiled,
    kinds.PACKAGE: _members,
}


def inspect(path: Path) -> dict[str, Any]:
    """The contents of a file, as values for JSON.

    Returns:
        ``file``, ``kind``, ``bytes``, ``needs``; other facts of the kind under ``facts``; ``tensors``, a
        list of ``name``, ``dtype``, ``shape`` and ``bytes``; and ``total``: ``tensors``, ``elements``
        and ``bytes``.

    Raises:
        OSError: The file is missing or not readable, or it is a directory.
        FileFormatError: It is damaged or of no kind that is known.
    """
    file = open_file(path)
    rows, facts = CONTENTS[file.kind](file)
    return {
        "file": os.fsdecode(path),
        "kind": file.kind.name,
        "bytes": len(file.data),
        "needs": _needs(file.kind, rows),
        "facts": {name: value for name, value in facts.items() if value},
        "tensors": [
            {"name": row.name, "dtype": row.dtype, "shape": list(row.shape), "bytes": row.nbytes}
            for row in rows
        ],
        "total": {
            "tensors": len(rows),
            "elements": sum(prod(row.shape) for row in rows),
            "bytes": sum(row.nbytes for row in rows),
        },
    }


def _needs(kind: Kind, rows: list[Row]) -> str:
    """The function that opens the file, and the backend that its dtypes need."""
    if not rows or kind is kinds.AOTINDUCTOR:
        return kind.opened
    both = {dtype.name for dtype in dtypes.ALL if dtype.in_numpy}
    known = {dtype.name for dtype in dtypes.ALL}
    foreign = Counter(row.dtype for row in rows if row.dtype not in known)
    if foreign:
        listed = ", ".join(f"{dtype} ({count} tensors)" for dtype, count in foreign.items())
        return f"{kind.opened}, but not {listed}"
    lacking = sorted({row.dtype for row in rows} - both)
    backend = f"on LibTorch (NumPy has no {lacking[0]})" if lacking else "on LibTorch or NumPy"
    return f"{kind.opened}, {backend}"


def as_text(found: dict[str, Any]) -> str:
    """The same as a table, with a line for the total."""
    path = found["file"]
    facts = [
        ("file", path if path.isprintable() else repr(path)),
        ("kind", found["kind"]),
        ("needs", found["needs"]),
        ("size", f"{found['bytes']:,} bytes"),
    ]
    for name, value in found["facts"].items():
        for number, part in enumerate(value if isinstance(value, list) else [value]):
            facts.append(("" if number else plain(name), plain(part)))
    width = max(len(name) for name, _ in facts)
    lines = [f"{name:{width}}  {value}" for name, value in facts]
    rows = [
        (plain(row["name"]), row["dtype"], str(tuple(row["shape"])), f"{row['bytes']:,}")
        for row in found["tensors"]
    ]
    if not rows:
        return "\n".join(lines)
    total = found["total"]
    count, elements = f"{total['tensors']:,} tensors", f"{total['elements']:,} elements"
    rows = [
        ("tensor", "dtype", "shape", "bytes"),
        *rows,
        (f"total: {count}", "", elements, f"{total['bytes']:,}"),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    table = [
        f"{name:{widths[0]}}  {dtype:{widths[1]}}  {shape:{widths[2]}}  {nbytes:>{widths[3]}}"
        for name, dtype, shape, nbytes in rows
    ]
    rule = "-" * len(table[0])
    return "\n".join([*lines, "", table[0], rule, *table[1:-1], rule, table[-1]])
