"""Files that are damaged, of another kind, or that do what a model should not do."""

from __future__ import annotations

import io
import os
import pickle
import random
import struct
import zipfile
from pathlib import Path

import pytest

import torchffi as t
from tests.models.scripts import Negative, rewritten, save
from tests.support import handles
from torchffi._libtorch.loader import ffi, lib
from torchffi.errors import FileFormatError, OutOfMemoryError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.usefixtures("ffi_backend")

Files = dict[str, Path]


def refused(path: Path, data: bytes) -> str:
    """The messages about a file, and about its bytes, which only the C code sees."""
    path.write_bytes(data)
    with pytest.raises(FileFormatError) as caught:
        t.jit.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    with pytest.raises(FileFormatError, match=r"^the data: ") as of_data:
        t.jit.load(io.BytesIO(data))
    return f"{caught.value}\n{of_data.value}"


def survives(path: Path, data: bytes) -> bool:
    """Whether a damaged file can be loaded; what fails must name the file."""
    path.write_bytes(data)
    try:
        t.jit.load(path).state_dict()
    except (FileFormatError, OutOfMemoryError) as error:
        assert str(path) in str(error)
        return False
    return True


def test_a_file_that_is_truncated(files: Files, tmp_path: Path) -> None:
    data = files["cnn"].read_bytes()
    for percent in range(100):
        refused(tmp_path / "x.pt", data[: len(data) * percent // 100])
    refused(tmp_path / "x.pt", data[:-1])


def test_files_of_other_kinds(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    assert "empty" in refused(path, b"")
    assert "not a zip file" in refused(path, b"x")
    assert "not a zip file" in refused(path, os.urandom(5000))
    assert "not a zip file" in refused(path, pickle.dumps({"a": 1}))
    out = io.BytesIO()
    torch.save({"a": torch.ones(2)}, out)
    assert "not a TorchScript file: it has no constants.pkl" in refused(path, out.getvalue())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("m/constants.pkl", b"\x80\x02).")
    refused(path, out.getvalue())


def test_paths_that_are_not_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        t.jit.load(tmp_path / "missing.pt")
    with pytest.raises(IsADirectoryError):
        t.jit.load(tmp_path)
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "missing.pt", tmp_path / "fifo", "/dev/zero"):
        assert lib.rt_torch_module_load(os.fsencode(path), -1, 0) == 0
        text = ffi.new("char[]", 4096)
        assert lib.rt_torch_last_error(text, 4096) == lib.RT_TORCH_INVALID_ARGUMENT
        assert ffi.string(text).decode().startswith(f"module_load: {path}: ")


def test_flipped_bits_in_headers(files: Files, tmp_path: Path) -> None:
    data = files["mlp"].read_bytes()
    marks = (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"PK\6\6", b"PK\6\7")
    starts = [at for at in range(len(data)) if data[at : at + 4] in marks]
    draw, before = random.Random(1), handles()
    failed = 0
    for _ in range(1000):
        damaged = bytearray(data)
        at = min(draw.choice(starts) + draw.randrange(46), len(data) - 1)
        damaged[at] = draw.choice([0, 255, damaged[at] ^ 1 << draw.randrange(8)])
        failed += not survives(tmp_path / "x.pt", bytes(damaged))
    assert failed > 200
    assert handles() == before


def test_damaged_pickles_and_code_with_the_right_checksum(files: Files, tmp_path: Path) -> None:
    with zipfile.ZipFile(files["mlp"]) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    draw = random.Random(2)
    changed = [name for name, _ in members if name.endswith((".pkl", ".py"))]
    failed = 0
    for _ in range(300):
        out, which = io.BytesIO(), draw.choice(changed)
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in members:
                damaged = bytearray(data)
                if name == which:
                    damaged[draw.randrange(len(data))] = draw.choice(b"\x80\x85\x87tbRhKq(\xff\0")
                archive.writestr(name, bytes(damaged))
        failed += not survives(tmp_path / "x.pt", out.getvalue())
    assert failed > 100


def test_flipped_bits_in_code_are_found_by_the_checksum(files: Files, tmp_path: Path) -> None:
    with zipfile.ZipFile(files["mlp"]) as archive:
        code = next(name for name in archive.namelist() if name.endswith(".py"))
        start = archive.getinfo(code).header_offset
    data = bytearray(files["mlp"].read_bytes())
    data[data.index(code.encode(), start) + len(code) + 200] ^= 1
    assert "checksum differs" in refused(tmp_path / "x.pt", bytes(data))


@pytest.mark.parametrize("size", [2**31, 2**62, 2**63 - 1, 2**64 - 1])
def test_impossible_sizes(files: Files, tmp_path: Path, size: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(files["mlp"]) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    data = bytearray(out.getvalue())
    entry = data.index(b"PK\1\2")
    name, extra = struct.unpack_from("<HH", data, entry + 28)
    field = struct.pack("<HHQQ", 1, 16, size, size)
    struct.pack_into("<IIHH", data, entry + 20, 2**32 - 1, 2**32 - 1, name, len(field) + extra)
    data[entry + 46 + name : entry + 46 + name] = field
    end = data.index(b"PK\5\6")
    struct.pack_into("<I", data, end + 12, struct.unpack_from("<I", data, end + 12)[0] + len(field))
    assert "ends after the end of the file" in refused(tmp_path / "x.pt", bytes(data))


def test_a_member_that_grows_without_end(files: Files, tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(files["mlp"]) as source:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(name, source.read(name))
        assert survives(tmp_path / "packed.pt", out.getvalue())
        with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as target:
            target.writestr(name.split("/")[0] + "/data/99", bytes(2**28))
    assert "at most 100 times" in refused(tmp_path / "x.pt", out.getvalue())


def test_bad_arguments_of_the_c_functions(files: Files) -> None:
    data = files["mlp"].read_bytes()
    memory = ffi.from_buffer(data)
    for arguments in (
        (ffi.NULL, 0, -1, 0), (ffi.NULL, 5, -1, 0), (memory, -1, -1, 0), (memory, -(2**63), -1, 0),
        (memory, len(data), -2, 0), (memory, len(data), -1, 2), (memory, 0, -1, 0),
    ):  # fmt: skip
        assert lib.rt_torch_module_load_data(*arguments) == 0
    for path in (ffi.NULL, b""):
        assert lib.rt_torch_module_load(path, -1, 0) == 0


# ---- What the code of a file may do

HARMLESS = "return torch.neg(x)"


@pytest.fixture(scope="module")
def negative(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("negative") / "negative.pt"
    return save(Negative(), path)


@pytest.mark.parametrize(
    "code",
    [
        'torch.save(x, "{0}")',
        'ops.aten.save(x, "{0}")',
        'getattr(torch, "save")(x, "{0}")',
        'getattr(torch, "sa" "\\166e")(x, "{0}")',
        'torch.\\\n    save(x, "{0}")',
        'x = torch.add(x, torch.sum(torch.from_file("{0}", True, 100, dtype=0)))',
    ],
)
def test_code_that_writes_a_file_is_refused(negative: Path, tmp_path: Path, code: str) -> None:
    written = tmp_path / "written"
    code = code.format(written)
    data = rewritten(negative, (HARMLESS, f"{code}\n    {HARMLESS}"))
    assert "an operator that reads or writes files" in refused(tmp_path / "x.pt", data)
    assert not written.exists()
    module = t.jit.load(io.BytesIO(data), trust=True)
    assert module(t.ones(2)).tolist() == [-1.0, -1.0]
    assert written.exists()  # so it was worth refusing


def test_code_that_runs_while_the_file_is_loaded_is_refused(negative: Path, tmp_path: Path) -> None:
    written = tmp_path / "written"
    default = f'torch.from_file("{written}", True, 100, dtype=0)'
    data = rewritten(negative, ("x: Tensor)", f"x: Tensor,\n    y: Tensor={default})"))
    refused(tmp_path / "x.pt", data)
    assert not written.exists()
    t.jit.load(io.BytesIO(data), trust=True)
    assert written.exists()


@pytest.mark.parametrize(
    "code", ["ops.c10d.barrier(x)", "ops._c10d_functional.wait_tensor(x)", "ops.mkldnn.data_ptr(x)"]
)
def test_connections_and_addresses_are_refused(negative: Path, tmp_path: Path, code: str) -> None:
    data = rewritten(negative, (HARMLESS, f"_0 = {code}\n    {HARMLESS}"))
    assert "opens connections" in refused(tmp_path / "x.pt", data)


def test_names_of_a_modules_own_are_not_mistaken(negative: Path, tmp_path: Path) -> None:
    text = 'save = "save, torch.save() and c10d"\n    _0 = (save, x)\n    '
    data = rewritten(negative, (HARMLESS, text + HARMLESS))
    assert t.jit.load(io.BytesIO(data))(t.ones(1)).tolist() == [-1.0]


def test_code_in_a_member_with_capitals_is_refused(negative: Path, tmp_path: Path) -> None:
    """LibTorch finds members whatever their case."""
    data = rewritten(negative, (HARMLESS, f'torch.save(x, "{tmp_path}/w")\n    {HARMLESS}'))
    changed = data.replace(b".py", b".PY")
    refused(tmp_path / "x.pt", changed)
