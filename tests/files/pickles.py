"""Pickles and archives of torch.save made by hand, to be refused."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path

_MAGIC = 0x1950A86A20F9469CFC6C


def legacy(
    path: Path, pickled: bytes, keys: list[str] | None = None, storages: bytes = b""
) -> Path:
    """A file in the format before PyTorch 1.6."""
    head = (_MAGIC, 1001, {"protocol_version": 1001, "little_endian": True})
    parts = [pickle.dumps(value, 2) for value in head]
    path.write_bytes(b"".join([*parts, pickled, pickle.dumps(keys or [], 2), storages]))
    return path


def zipped(path: Path, pickled: bytes, members: dict[str, bytes] | None = None) -> Path:
    """A file in the zip format."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for name, data in ({"data/0": bytes(16)} | (members or {})).items():
            archive.writestr(f"archive/{name}", data)
    path.write_bytes(buffer.getvalue())
    return path


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def storage(
    kind: str = "torch\nFloatStorage",
    key: str = "0",
    count: bytes = b"K\x04",
    view: bytes = b"",
) -> bytes:
    """The persistent identifier of a storage of 4 floats; in the old format with a view or None."""
    parts = [text("storage"), f"c{kind}\n".encode(), text(key), text("cpu"), count, view]
    return b"(" + b"".join(parts) + b"tQ"


def tensor(
    where: bytes | None = None,
    offset: bytes = b"K\x00",
    shape: bytes = b"K\x04\x85",
    strides: bytes = b"K\x01\x85",
    function: str = "_rebuild_tensor_v2",
) -> bytes:
    """A tensor of 4 floats."""
    arguments = (where or storage()) + offset + shape + strides + b"\x89N"
    return f"ctorch._utils\n{function}\n".encode() + b"(" + arguments + b"tR"


def pickled(body: bytes) -> bytes:
    return b"\x80\x02" + body + b"."
