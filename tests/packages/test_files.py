"""Files of other kinds, damaged ones, and those of other machines: one error that names the file."""

from __future__ import annotations

import random
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import torchffi as t
from tests.models.scripts import bits, quiet
from tests.packages.archives import rewritten
from tests.packages.test_models import load
from torchffi._export import archive as export_archive
from torchffi._inspect import inspect
from torchffi.errors import (
    FileFormatError,
    InvalidArgumentError,
    NotSupportedError,
    TorchError,
    UnavailableError,
)

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("ffi_backend")


@pytest.fixture(autouse=True)
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Where packages are unpacked; nothing is left there, whatever a test does."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    yield folder
    if folder.exists():
        assert [*folder.iterdir()] == []


def test_without_trust_it_is_refused(packages: Path) -> None:
    for trust in ({}, {"trust": False}, {"trust": "yes"}):
        with pytest.raises(
            InvalidArgumentError,
            match=r"cnn\.pt2: an AOTInductor package is native code, .*trust=True",
        ):
            t.inductor.aoti_load_package(packages / "cnn.pt2", **trust)
    with pytest.raises(FileNotFoundError):
        t.inductor.aoti_load_package("missing.pt2")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"missing\.pt2"):
        load(tmp_path / "missing.pt2")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)


def test_other_kinds(tmp_path: Path) -> None:
    class Model(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + 1

    torch.save({"x": torch.ones(2)}, tmp_path / "saved")
    script = quiet(lambda: torch.jit.trace(Model(), torch.ones(2)))
    quiet(lambda: torch.jit.save(script, str(tmp_path / "script")))
    torch.export.save(torch.export.export(Model(), (torch.ones(2),)), tmp_path / "exported.pt2")
    (tmp_path / "text").write_text("hello\n" * 100)
    (tmp_path / "empty").touch()
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("x/y", b"")
    for name, text in {
        "saved": "not an AOTInductor package, but a file of torch.save",
        "script": "not an AOTInductor package, but a TorchScript file",
        "exported.pt2": "not an AOTInductor package, but a program of torch.export",
        "zip": "not an AOTInductor package, but a zip archive of another kind",
        "text": "truncated or not a zip file",
        "empty": "empty file",
    }.items():
        with pytest.raises(FileFormatError, match=f"{tmp_path / name}: {text}"):
            load(tmp_path / name)


def test_a_package_in_the_place_of_a_program(packages: Path) -> None:
    with pytest.raises(
        FileFormatError,
        match=r"AOTInductor, expected torch\.export; torchffi\.inductor\.aoti_load_package",
    ):
        export_archive.read(packages / "cnn.pt2", "model")


def test_truncated_files(packages: Path, tmp_path: Path) -> None:
    data, path = (packages / "cnn.pt2").read_bytes(), tmp_path / "x.pt2"
    draw = random.Random(5)
    for length in (0, 1, 22, len(data) - 1, *(draw.randrange(len(data)) for _ in range(60))):
        path.write_bytes(data[:length])
        with pytest.raises(FileFormatError, match=str(path)):
            load(path)


def test_flipped_bits(packages: Path, tmp_path: Path) -> None:
    """What is used has checksums: a damaged file is refused, or only what is not used is damaged."""
    data, path = bytearray((packages / "cnn.pt2").read_bytes()), tmp_path / "x.pt2"
    x = t.ones((2, 3, 32, 32))
    expected, refused = bits(load(packages / "cnn.pt2")(x)), 0
    draw = random.Random(6)
    # Most bytes are of the library; the last are the zip directory.
    places = [draw.randrange(len(data)) for _ in range(100)]
    places += [draw.randrange(len(data) - 2000, len(data)) for _ in range(200)]
    for place in places:
        bit = 1 << draw.randrange(8)
        data[place] ^= bit
        path.write_bytes(data)
        data[place] ^= bit
        try:
            assert bits(load(path)(x)) == expected
        except TorchError as error:
            assert str(path) in str(error)
            assert isinstance(error, (FileFormatError, NotSupportedError))
            refused += 1
    assert refused > 150


def _replace(old: str, new: str) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert old.encode() in data
        return data.replace(old.encode(), new.encode())

    return change


_METADATA = ".wrapper_metadata.json"


@pytest.mark.parametrize(
    ("old", "new", "expected", "text"),
    [
        ('"cpu"', '"cuda"', UnavailableError, "compiled for the device cuda; only packages for the CPU"),
        ('"linux"', '"win32"', UnavailableError, "compiled for the platform win32; this is linux"),
        ('"x86_64"', '"aarch64"', UnavailableError, "compiled for the machine aarch64; this is x86_64"),
        ('"AVX512', '"AVX9', NotSupportedError, "whether this CPU has AVX9.* cannot be checked: set"),
        ("{", "[", FileFormatError, r"member '.*_metadata\.json': its header is not valid at byte 0"),
        ('"AOTI_DEVICE_KEY"', '"X"', UnavailableError, r"compiled for the device \(none\)"),
    ],
)  # fmt: skip
def test_metadata(
    packages: Path, tmp_path: Path, old: str, new: str, expected: type[Exception], text: str
) -> None:
    path = rewritten(packages / "cnn.pt2", tmp_path / "x.pt2", {_METADATA: _replace(old, new)})
    with pytest.raises(expected, match=rf"^{path}: .*{text}"):
        load(path)


def test_instruction_sets_of_other_machines(packages: Path, tmp_path: Path) -> None:
    """AMX_FP16 is of CPUs since 2024; one that has it runs the package."""
    change = {_METADATA: _replace('"AOTI_CPU_ISA": "', '"AOTI_CPU_ISA": "AMX_FP16 ')}
    path = rewritten(packages / "cnn.pt2", tmp_path / "x.pt2", change)
    runs = inspect(path)["facts"]["runs here"]
    if runs == ["yes"]:
        load(path)
    else:
        assert runs == ["no: it needs AMX_FP16, which this CPU does not have"]
        with pytest.raises(UnavailableError, match="this CPU does not have AMX_FP16"):
            load(path)


# ---- Libraries


def _compiled(folder: Path, code: str, *options: str) -> bytes:
    source, library = folder / "source.c", folder / "library"
    source.write_text(code)
    subprocess.run(["cc", *options, source, "-o", library], check=True)
    return library.read_bytes()


def _library(packages: Path) -> bytes:
    with zipfile.ZipFile(packages / "cnn.pt2") as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(".so")))


def _damaged_libraries(library: bytes, folder: Path) -> dict[str, tuple[bytes, str]]:
    return {
        "text": (b"#!/bin/sh\necho hello\n" * 20, r"wrapper\.so is not a shared library \(ELF\)"),
        "empty": (b"", r"wrapper\.so is not a shared library \(ELF\)"),
        "cut": (library[: len(library) // 2], r"wrapper\.so is truncated"),
        "header": (library[:70], r"wrapper\.so is truncated or damaged"),
        "aarch64": (library[:18] + b"\xb7\0" + library[20:], r"for another machine \(ELF machine 183"),
        "32 bits": (library[:4] + b"\1" + library[5:], "is not a 64-bit little-endian library"),
        "object": (_compiled(folder, "int x;", "-c"), "not a shared library, but another kind of ELF"),
        "other": (
            _compiled(folder, "int x;", "-shared", "-fPIC"),
            "symbol: AOTInductorModel.*another version of PyTorch",
        ),
        "undefined": (
            _compiled(folder, "void f(void); void g(void) { f(); }", "-shared", "-fPIC"),
            "undefined symbol: f",
        ),
    }  # fmt: skip


def test_damaged_libraries(packages: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.pt2"
    library = _library(packages)
    for kind, (data, text) in _damaged_libraries(library, tmp_path).items():
        rewritten(packages / "cnn.pt2", path, {".so": lambda _, data=data: data})
        with pytest.raises(FileFormatError, match=rf"^{path}: .*{text}"):
            load(path)
        assert kind


def test_missing_members(packages: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.pt2"
    for changes, text in (
        ({".so": None}, r"the model has no shared library \(\.so\), only its source: compile"),
        ({".so": None, ".wrapper.cpp": None}, r"the model has no shared library \(\.so\)$"),
        ({_METADATA: None}, r"member '.*\.wrapper_metadata\.json' is missing"),
    ):
        rewritten(packages / "cnn.pt2", path, changes)
        with pytest.raises(FileFormatError, match=rf"^{path}: {text}"):
            load(path)


def test_more_members(packages: Path, tmp_path: Path) -> None:
    path, model = tmp_path / "x.pt2", "data/aotinductor/model"
    for name, expected, text in (
        (f"{model}/other.so", NotSupportedError, r"several files that end with \.so"),
        (f"{model}/x_weights.blob", FileFormatError, ""),
        (
            f"{model}/../../../../x.so",
            FileFormatError,
            "is not directly in the folder of its model",
        ),
        (f"{model}/a/b.so", FileFormatError, "is not directly in the folder of its model"),
    ):
        rewritten(packages / "cnn.pt2", path, {}, {name: b"x"})
        with pytest.raises(expected, match=rf"^{path}: .*{text}"):
            load(path)


def test_a_source_of_another_model(packages: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packages / "nested.pt2") as archive:
        other = archive.read(next(n for n in archive.namelist() if n.endswith(".wrapper.cpp")))
    path = rewritten(packages / "cnn.pt2", tmp_path / "x.pt2", {".wrapper.cpp": lambda _: other})
    with pytest.raises(FileFormatError, match="its source is of another model: it has 2 inputs"):
        load(path)


def test_models_by_name(packages: Path, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"there is no model 'other'; its models are model$"):
        load(packages / "cnn.pt2", model_name="other")
    with pytest.raises(InvalidArgumentError, match="model is NULL or empty"):
        load(packages / "cnn.pt2", model_name="")
    for runners in (0, -1, 1025):
        with pytest.raises(InvalidArgumentError, match=f"runners is {runners}, expected 1 to 1024"):
            load(packages / "cnn.pt2", num_runners=runners)


def test_a_compressed_package(packages: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.pt2"
    rewritten(packages / "cnn.pt2", path, {}, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < (packages / "cnn.pt2").stat().st_size / 2
    x = t.ones((2, 3, 32, 32))
    assert bits(load(path)(x)) == bits(load(packages / "cnn.pt2")(x))


def test_a_folder_that_cannot_be_written(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/proc/missing")
    with pytest.raises(
        ValueError, match=r"cannot unpack to /proc/missing/torchffi-.*; TMPDIR chooses"
    ):
        load(packages / "cnn.pt2")
