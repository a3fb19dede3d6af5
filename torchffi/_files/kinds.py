"""The kinds of model files, recognised by their contents."""

from __future__ import annotations

from typing import Final, NamedTuple

from torchffi._files.archive import Archive
from torchffi._files.mapped import Path, map_file, path_text
from torchffi.errors import FileFormatError


class Kind(NamedTuple):
    """A kind of file.

    Attributes:
        name: As shown to users.
        opened: What opens it.
    """

    name: str
    opened: str


SAFETENSORS: Final = Kind("safetensors", "torchffi.load_safetensors() reads it")
INDEX: Final = Kind(
    "safetensors index", "torchffi.load_safetensors() reads it, with its shards next to it"
)
TORCH_SAVE: Final = Kind("torch.save, zip format", "torchffi.load() reads it")
TORCH_SAVE_LEGACY: Final = Kind("torch.save, format before PyTorch 1.6", "torchffi.load() reads it")
TORCHSCRIPT: Final = Kind("TorchScript", "torchffi.jit.load() runs it")
EXPORT: Final = Kind("torch.export", "torchffi.export.load() runs it")
AOTINDUCTOR: Final = Kind(
    "AOTInductor",
    "torchffi.inductor.aoti_load_package(..., trust=True) runs its native code, on LibTorch",
)
PACKAGE: Final = Kind("torch.package", "torch.package.PackageImporter runs it")

# Members by which zip archives are recognised, in this order; one that ends with "/" is a folder.
_MEMBERS: Final = (
    ("data/aotinductor/", AOTINDUCTOR),
    ("models/", EXPORT),
    ("serialized_exported_program.json", EXPORT),
    (".data/extern_modules", PACKAGE),
    ("constants.pkl", TORCHSCRIPT),
    ("data.pkl", TORCH_SAVE),
)
# LONG1 and the magic number, after the pickle protocol.
MAGIC: Final = 0x1950A86A20F9469CFC6C
_LEGACY_START: Final = b"\x8a\x0a" + MAGIC.to_bytes(10, "little")
_OTHERS: Final = (
    (0, b"version https://git-lfs", "a pointer of Git LFS: fetch the file with 'git lfs pull'"),
    (0, b"<", "a page of HTML or XML, perhaps instead of a download"),
    (0, b"\x1f\x8b", "a gzip file"),
    (0, b"\x93NUMPY", "a file of numpy.save()"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"GGUF", "a GGUF file"),
    (0, b"\x7fELF", "a shared library"),
    (257, b"ustar", "a tar archive, as of torch.save before PyTorch 0.1.10: save it again with PyTorch"),
    (0, b"\x80", "a Python pickle, but not of torch.save"),
)  # fmt: skip


class File(NamedTuple):
    """A file whose kind is known.

    Attributes:
        path: Where it is.
        kind: What it is.
        data: Its bytes.
        archive: Its members, if it is a zip archive.
    """

    path: Path
    kind: Kind
    data: memoryview
    archive: Archive | None

    def error(self, message: str) -> FileFormatError:
        """An exception that names the file."""
        return FileFormatError(f"{path_text(self.path)}: {message}")

    def other_kind(self, expected: str) -> FileFormatError:
        """An exception that says what opens a file of this kind."""
        return self.error(f"{self.kind.name}, expected {expected}; {self.kind.opened}")


def open_file(path: Path) -> File:
    """Maps a file and finds its kind.

    Raises:
        OSError: The file is missing or not readable, or it is a directory.
        FileFormatError: It is empty, damaged, or of no kind that is known.
    """
    data = map_file(path)
    start = bytes(data[:512])
    # First, because the length before the header can look like another kind; its upper half is 0.
    if start[4:9] == b"\0\0\0\0{":
        return File(path, SAFETENSORS, data, None)
    if start[:4] in (b"PK\3\4", b"PK\5\6"):
        archive = Archive(path, data)
        for member, kind in _MEMBERS:
            if member in archive or (
                member.endswith("/") and any(name.startswith(member) for name in archive)
            ):
                return File(path, kind, data, archive)
        raise archive.error("a zip archive, but not of PyTorch: it has no data.pkl")
    if start[2:14] == _LEGACY_START:
        return File(path, TORCH_SAVE_LEGACY, data, None)
    for place, magic, what in _OTHERS:
        if start[place : place + len(magic)] == magic:
            raise FileFormatError(f"{path_text(path)}: {what}")
    if path_text(path).endswith(".safetensors"):
        return File(path, SAFETENSORS, data, None)
    if start[:1] == b"{":
        return File(path, INDEX, data, None)
    raise FileFormatError(
        f"{path_text(path)}: not a model file of a known kind (safetensors, torch.save, torch.export, "
        "TorchScript, AOTInductor), or its beginning is damaged"
    )
