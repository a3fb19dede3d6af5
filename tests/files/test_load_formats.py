"""Variants of the formats of torch.save, and files that torchffi.load() refuses by name."""

from __future__ import annotations

import collections
import os
import pickle
import re
import struct
import warnings
from pathlib import Path
from typing import Any

import pytest

import torchffi
from tests.files.compared import same
from tests.files.conftest import FORMATS
from torchffi.errors import FileFormatError, NotSupportedError

# ---- Variants of the formats


@pytest.mark.parametrize("storage", FORMATS)
def test_a_storage_of_many_dtypes_is_aligned(storage: str, torch: Any, tmp_path: Path) -> None:
    """In the legacy format the places of the storages depend on the length of the pickle."""
    for length in range(16):
        value = {
            "x" * length: torch.arange(5, dtype=torch.float64),
            "z": torch.ones(3, dtype=torch.complex128),
        }
        path = tmp_path / "file.pt"
        torch.save(value, path, _use_new_zipfile_serialization=storage == "zip")
        found = torchffi.load(path)
        same(found, value)
        for name, tensor in found.items():
            assert tensor.numpy().flags.aligned, (length, name)


def test_a_compressed_archive(backend: str, torch: Any, tmp_path: Path) -> None:
    import zipfile

    value = {"a": torch.arange(5000.0), "b": torch.ones(3, dtype=torch.int8)}
    torch.save(value, tmp_path / "stored.pt")
    with (
        zipfile.ZipFile(tmp_path / "stored.pt") as old,
        zipfile.ZipFile(tmp_path / "packed.pt", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    same(torchffi.load(tmp_path / "packed.pt"), value)


def test_names_of_python_2(torch: Any, tmp_path: Path) -> None:
    """Python 2 wrote short strings, and an OrderedDict as a list of lists."""
    pickled = (
        b"\x80\x02ccollections\nOrderedDict\nq\x00]q\x01(]q\x02(U\x01aK\x01e]q\x03(T\x02\x00\x00\x00bcK\x02ee"
        b"\x85q\x04Rq\x05."
    )
    head = b"".join(
        pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    )
    path = tmp_path / "python2.pt"
    path.write_bytes(head + pickled + pickle.dumps([], 2))
    assert torchffi.load(path) == collections.OrderedDict([("a", 1), ("bc", 2)])


def test_views_of_storages_in_old_files(backend: str, torch: Any, tmp_path: Path) -> None:
    """PyTorch before 0.4 could store parts of a storage as storages."""
    torch.save(torch.arange(10.0)[2:4], tmp_path / "new.pt", _use_new_zipfile_serialization=False)
    data = (tmp_path / "new.pt").read_bytes()
    # numel 10, no view, BINPERSID, offset 2, shape (2,) -> a view of 4 elements from element 5, offset 1
    old = data.replace(b"K\x0aN", b"K\x0aU\x01vK\x05K\x04\x87")
    start = old.index(b"QK\x02K\x02")
    path = tmp_path / "old.pt"
    path.write_bytes(old[: start + 2] + b"\x01" + old[start + 3 :])
    expected = torch.load(path, weights_only=True)
    assert expected.tolist() == [6, 7]
    same(torchffi.load(path), expected)


def test_a_file_with_more_behind_the_storages(torch: Any, tmp_path: Path) -> None:
    """Several objects were saved to one file: the first is read, as by PyTorch."""
    path = tmp_path / "two.pt"
    with open(path, "wb") as file:
        for value in (1.0, 2.0):
            torch.save(torch.tensor(value), file, _use_new_zipfile_serialization=False)
    assert torchffi.load(path).item() == torch.load(path, weights_only=True).item() == 1


def test_the_byte_order_of_another_machine_is_refused(torch: Any, tmp_path: Path) -> None:
    import zipfile

    torch.save(torch.ones(2), tmp_path / "little.pt")
    with (
        zipfile.ZipFile(tmp_path / "little.pt") as old,
        zipfile.ZipFile(tmp_path / "big.pt", "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, b"big" if name.endswith("byteorder") else old.read(name))
    with pytest.raises(
        FileFormatError, match=r"big\.pt: the byte order is b'big', expected little"
    ):
        torchffi.load(tmp_path / "big.pt")
    torch.save(torch.ones(2), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    data = (tmp_path / "old.pt").read_bytes()
    assert b"little_endianq\x02\x88" in data
    (tmp_path / "old.pt").write_bytes(
        data.replace(b"little_endianq\x02\x88", b"little_endianq\x02\x89")
    )
    with pytest.raises(FileFormatError, match=r"old\.pt: the byte order is not little"):
        torchffi.load(tmp_path / "old.pt")


# ---- Tensors that torchffi does not have


def test_other_tensors_are_refused_by_name(stored: Any, torch: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = {
            "sparse tensor": torch.eye(3).to_sparse(),
            "quantized tensor": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8),
            "nested tensor": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)]),
            "meta device: it has a shape, but no values": torch.empty(2, device="meta"),
            "float8_e4m3fn is not supported; expected one of bool": torch.ones(2).to(
                torch.float8_e4m3fn
            ),
            "float8_e5m2 is not supported": torch.ones(2).to(torch.float8_e5m2),
            "complex32 is not supported": torch.ones(2).to(torch.complex32),
        }
    for what, tensor in cases.items():
        path = stored({"layer": {"weight": tensor}})
        with pytest.raises(NotSupportedError, match=what) as caught:
            torchffi.load(path)
        assert str(caught.value).startswith(f"{path}: layer.weight: ")
    path = stored({"layer": [torch.float8_e5m2]})
    with pytest.raises(NotSupportedError, match=r"layer\.0: dtype float8_e5m2 is not supported"):
        torchffi.load(path)


def test_a_storage_alone_is_refused(stored: Any, torch: Any) -> None:
    path = stored({"a": torch.ones(2).untyped_storage()})
    with pytest.raises(
        NotSupportedError, match="a: a storage without a tensor; save a tensor instead"
    ):
        torchffi.load(path)


def test_a_whole_model_is_refused(stored: Any, torch: Any) -> None:
    path = stored(torch.nn.Linear(2, 2))
    with pytest.raises(FileFormatError, match=r"save its state_dict\(\)") as caught:
        torchffi.load(path)
    assert str(caught.value).startswith(
        f"{path}: the pickle names 'torch.nn.modules.linear.Linear'"
    )


def test_another_pickle_protocol_is_named(torch: Any, tmp_path: Path) -> None:
    torch.save([torch.ones(2)], tmp_path / "four.pt", pickle_protocol=4)
    with pytest.raises(
        FileFormatError, match=r"four\.pt: the pickle has the instruction FRAME at byte 2"
    ):
        torchffi.load(tmp_path / "four.pt")


def test_a_tar_file_of_the_oldest_pytorch_is_named(tmp_path: Path) -> None:
    import tarfile

    with tarfile.open(tmp_path / "old.pt", "w") as archive:
        archive.add(__file__, "storages")
    with pytest.raises(FileFormatError, match=r"old\.pt: a tar archive, as of torch.save before"):
        torchffi.load(tmp_path / "old.pt")


def test_a_path_that_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / "absent"))):
        torchffi.load(tmp_path / "absent")
    with pytest.raises(IsADirectoryError, match=re.escape(str(tmp_path))):
        torchffi.load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileFormatError, match=r"pipe: not a regular file"):
        torchffi.load(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    with pytest.raises(FileFormatError, match=r"empty: empty file"):
        torchffi.load(tmp_path / "empty")


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"<!DOCTYPE html>\n<html>", "HTML"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\x93NUMPY\x01\x00", "numpy.save"),
        (b"GGUF\x03", "GGUF"),
        (b"\x7fELF", "shared library"),
        (pickle.dumps({"a": 1}), "a Python pickle, but not of torch.save"),
        (struct.pack("<Q", 2) + b"{}", "safetensors, expected torch.save"),
        (b"plain text", "not a model file of a known kind"),
    ],
)
def test_another_kind_of_file_is_named(start: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(start)
    with pytest.raises(FileFormatError, match=what) as caught:
        torchffi.load(path)
    assert str(caught.value).startswith(f"{path}: ")
