"""Every kind of file given to every function that loads files: the error says which one reads it."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

import torchffi
from torchffi import FileFormatError

pytestmark = pytest.mark.usefixtures("ffi_backend")

LOADERS: dict[str, Callable[[Any], Any]] = {
    "torchffi.load_safetensors()": torchffi.load_safetensors,
    "torchffi.load()": torchffi.load,
    "torchffi.export.load()": torchffi.export.load,
    "torchffi.jit.load()": torchffi.jit.load,
}
# Kind -> the function that reads it, and its name in messages.
KINDS = {
    "safetensors": ("torchffi.load_safetensors()", "safetensors"),
    "zip": ("torchffi.load()", "torch.save, zip format"),
    "legacy": ("torchffi.load()", "torch.save, format before PyTorch 1.6"),
    "export": ("torchffi.export.load()", "torch.export"),
    "script": ("torchffi.jit.load()", "TorchScript"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, torch: Any) -> Path:
    """A file of each kind, written by PyTorch and safetensors."""
    folder = tmp_path_factory.mktemp("kinds")
    state, layer, x = {"w": torch.ones(2)}, torch.nn.Linear(2, 3), torch.ones(1, 2)
    save_file({"w": np.ones(2, np.float32)}, folder / "safetensors")
    torch.save(state, folder / "zip")
    torch.save(state, folder / "legacy", _use_new_zipfile_serialization=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(layer, (x,)), folder / "export")
        torch.jit.save(torch.jit.trace(layer, x), str(folder / "script"))
    return folder


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_error_names_the_function_that_reads_the_file(
    kind: str, loader: str, folder: Path
) -> None:
    right, name = KINDS[kind]
    if loader == right:
        LOADERS[loader](folder / kind)
        return
    with pytest.raises(FileFormatError) as error:
        LOADERS[loader](folder / kind)
    text = str(error.value)
    assert text.startswith(f"{folder / kind}: {name}, expected ") and right in text


@pytest.mark.parametrize("loader", LOADERS)
def test_paths_may_be_texts(loader: str, folder: Path) -> None:
    kind = next(kind for kind, (right, _) in KINDS.items() if right == loader)
    LOADERS[loader](str(folder / kind))


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"", "empty file"),
        (b"hello, this is text", "not a model file of a known kind"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"\x93NUMPY\x01\x00", "numpy.save"),
        (b"PK\3\4truncated", "truncated"),
    ],
)
def test_other_files_are_described(loader: str, start: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(start)
    with pytest.raises(FileFormatError, match=f"^{re.escape(str(path))}: .*{message}"):
        LOADERS[loader](path)


@pytest.mark.parametrize("loader", LOADERS)
def test_missing_files_and_folders_are_errors_of_the_system(loader: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="absent"):
        LOADERS[loader](tmp_path / "absent")
    if loader != "torchffi.load_safetensors()":  # takes a folder
        with pytest.raises(IsADirectoryError, match=re.escape(str(tmp_path))):
            LOADERS[loader](tmp_path)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("value", [b"PK\3\4", bytearray(4), None, 3, ["a"]])
def test_what_is_no_path_is_a_type_error(loader: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"expected .* path .*got a {type(value).__name__}"):
        LOADERS[loader](value)


def test_open_files(folder: Path) -> None:
    """A TorchScript module may come from one; the others are mapped, so they need a name."""
    with open(folder / "script", "rb") as file:
        assert torchffi.jit.load(file)(torchffi.ones((1, 2))).shape == (1, 3)
    for loader, kind in (("torchffi.load()", "zip"), ("torchffi.export.load()", "export")):
        with pytest.raises(TypeError, match="give the name"):
            LOADERS[loader](io.BytesIO((folder / kind).read_bytes()))
    with pytest.raises(TypeError, match="give the name"):
        torchffi.save({}, io.BytesIO())  # type: ignore[arg-type]
