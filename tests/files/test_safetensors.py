"""safetensors: dtypes, parts of tensors, saving, and the shards of an index."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.files.compared import bits, bits_of_torch
from torchffi import dtypes
from torchffi.errors import HandleError, NotSupportedError

NAMES = tuple(dtype.name for dtype in dtypes.ALL if dtype is not dtypes.complex128)
FOREIGN = {
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "float8_e8m0fnu": "F8_E8M0",
    "float8_e4m3fnuz": "F8_E4M3FNUZ",
    "float8_e5m2fnuz": "F8_E5M2FNUZ",
}


def _tensors(torch: Any, names: tuple[str, ...]) -> dict[str, Any]:
    found = {}
    for name in names:
        dtype = getattr(torch, name)
        found[f"{name}.matrix"] = (torch.arange(15) - 5).reshape(3, 5).to(dtype)
        found[f"{name}.scalar"] = torch.tensor(1).to(dtype)
        found[f"{name}.empty"] = torch.empty(2, 0, dtype=dtype)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def test_every_dtype_of_the_library_is_read(backend: str, file: Path, torch: Any) -> None:
    from safetensors.torch import save_file

    names = tuple(name for name in NAMES if backend == "ffi" or name != "bfloat16")
    expected = _tensors(torch, names)
    save_file(expected, file, {"a": "b"})
    found = torchffi.load_safetensors(file)
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype.name == str(tensor.dtype).removeprefix("torch.")
        assert found[name].shape == tuple(tensor.shape)
        np.testing.assert_array_equal(bits(found[name]), bits_of_torch(tensor), name)


def test_every_dtype_is_written(backend: str, file: Path, torch: Any) -> None:
    from safetensors.torch import load_file

    names = tuple(name for name in NAMES if backend == "ffi" or name != "bfloat16")
    expected = _tensors(torch, names)
    tensors = {name: torchffi.from_dlpack(tensor) for name, tensor in expected.items()}
    assert {tensor.backend for tensor in tensors.values()} == {backend}
    torchffi.save_safetensors(tensors, file, {"note": "äöü"})
    found = load_file(file)
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype and found[name].shape == tensor.shape
        np.testing.assert_array_equal(bits_of_torch(found[name]), bits_of_torch(tensor), name)
    with torchffi.safe_open(file) as again:
        assert again.metadata() == {"note": "äöü"}


def test_bfloat16_needs_libtorch(file: Path, torch: Any) -> None:
    from safetensors.torch import save_file

    save_file({"layer.weight": torch.ones(2, dtype=torch.bfloat16), "other": torch.ones(3)}, file)
    with torchffi.use_backend("numpy"):
        with pytest.raises(NotSupportedError, match=r"'layer\.weight': bfloat16 needs LibTorch"):
            torchffi.load_safetensors(file)
        with torchffi.safe_open(file) as found:
            assert found.get_tensor("other").tolist() == [1, 1, 1]


@pytest.mark.parametrize("name", FOREIGN)
def test_a_dtype_that_torchffi_lacks_is_named(name: str, file: Path, torch: Any) -> None:
    from safetensors.torch import save_file

    save_file({"w": torch.ones(2).to(getattr(torch, name)), "v": torch.ones(2)}, file)
    message = rf"model\.safetensors: 'w': dtype {FOREIGN[name]} \({name}\) is not supported"
    with pytest.raises(NotSupportedError, match=message):
        torchffi.load_safetensors(file)
    with torchffi.safe_open(file) as found:
        assert found.get_slice("w").get_dtype() == FOREIGN[name]
        assert found.get_tensor("v").tolist() == [1, 1]


# ---- safe_open


def test_safe_open_has_the_methods_of_the_library(backend: str, file: Path, torch: Any) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    save_file(
        {"b": torch.arange(12.0).reshape(3, 4), "a": torch.ones(2).double()}, file, {"k": "v"}
    )
    with safe_open(file, "pt") as theirs, torchffi.safe_open(file) as ours:
        assert ours.keys() == theirs.keys()
        assert ours.offset_keys() == theirs.offset_keys()
        assert ours.metadata() == theirs.metadata()
        for name in theirs.keys():  # noqa: SIM118  (it has no __iter__)
            assert ours.get_tensor(name).tolist() == theirs.get_tensor(name).tolist()
            one, other = ours.get_slice(name), theirs.get_slice(name)
            assert one.get_shape() == other.get_shape() and one.get_dtype() == other.get_dtype()
        for key in (0, slice(1, 3), (slice(None), 2), (1, slice(None, None, 2)), ...):
            expected = theirs.get_slice("b")[key].tolist()
            assert ours.get_slice("b")[key].tolist() == expected, key
        with pytest.raises(ValueError, match=r"model\.safetensors: no tensor is named 'c'"):
            ours.get_tensor("c")
        with pytest.raises(ValueError, match="no tensor is named 'c'"):
            ours.get_slice("c")
        kept = ours.get_tensor("b")
    assert kept[2, 3].item() == 11
    with pytest.raises(HandleError, match=r"model\.safetensors: the file was closed"):
        ours.get_tensor("b")


def test_tensors_are_not_copied(backend: str, file: Path) -> None:
    torchffi.save_safetensors({"a": torchffi.zeros((1000,))}, file)
    with torchffi.safe_open(file) as found:
        one, other = found.get_tensor("a"), found.get_tensor("a")
    one += 1
    assert other.sum().item() == 1000
    assert torchffi.load_safetensors(file)["a"].sum().item() == 0


# ---- Saving


def test_strides_and_shared_memory_are_written_in_c_order(backend: str, file: Path) -> None:
    base = torchffi.arange(24.0, dtype=torchffi.float32).reshape(4, 6)
    expected = base.numpy().copy()
    tensors = {
        "base": base, "turned": base.T, "steps": base[::2, 1::3], "wide": base[:1].expand(3, 6),
        "back": torchffi.flip(base),
    }  # fmt: skip
    torchffi.save_safetensors(tensors, file)
    found = torchffi.load_safetensors(file)
    wanted = {
        "base": expected, "turned": expected.T, "steps": expected[::2, 1::3],
        "wide": np.broadcast_to(expected[:1], (3, 6)), "back": expected[::-1, ::-1],
    }  # fmt: skip
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name].numpy(), array)


def test_every_tensor_is_aligned(file: Path, backend: str) -> None:
    tensors = {
        f"{'n' * length}{dtype.name}": torchffi.ones((length,), dtype=dtype)
        for length in range(1, 6)
        for dtype in (dtypes.int8, dtypes.float64, dtypes.int16, dtypes.float32)
    }
    torchffi.save_safetensors(tensors, file)
    for tensor in torchffi.load_safetensors(file).values():
        assert tensor.numpy().flags.aligned


def test_what_cannot_be_saved_is_named_and_no_file_is_left(file: Path) -> None:
    one = torchffi.ones((2,))
    for tensors, metadata, error, message in (
        ({"a": np.ones(2)}, None, TypeError, "'a' is a ndarray, expected a Tensor"),
        ({3: one}, None, TypeError, "name: 3 is not a str"),
        ({"__metadata__": one}, None, ValueError, "cannot be named '__metadata__'"),
        ({"\udcff": one}, None, ValueError, "is not UTF-8 text"),
        ({"a": one}, {"b": 1}, TypeError, "metadata: 1 is not a str"),
        ({"c": one.astype(torchffi.complex128)}, None, NotImplementedError, "no complex128"),
    ):
        with pytest.raises(error, match=message):
            torchffi.save_safetensors(tensors, file, metadata)  # type: ignore[arg-type]
    assert os.listdir(file.parent) == []


@pytest.mark.parametrize("kind", ["safetensors", "torch.save"])
def test_a_file_is_written_whole_or_not_at_all(kind: str, tmp_path: Path, backend: str) -> None:
    def save(value: float, path: Path) -> None:
        tensor = torchffi.full((1000,), value)
        if kind == "safetensors":
            torchffi.save_safetensors({"a": tensor}, path)
        else:
            torchffi.save({"a": tensor}, path)

    load = torchffi.load_safetensors if kind == "safetensors" else torchffi.load
    path = tmp_path / "model"
    save(1, path)
    old = load(path)["a"]
    save(2, path)  # over a file that is in use
    assert old[0].item() == 1 and load(path)["a"][0].item() == 2
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    link = tmp_path / "link"
    link.symlink_to(path)
    save(3, link)
    assert link.is_symlink() and load(path)["a"][0].item() == 3
    with pytest.raises(FileNotFoundError, match="absent/model"):
        save(1, tmp_path / "absent" / "model")
    for special in (tmp_path, Path(os.devnull)):
        with pytest.raises(ValueError, match="not a regular file"):
            save(1, special)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    assert sorted(os.listdir(tmp_path)) == ["link", "model"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model"
    torchffi.save({"a": 1}, path)

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="No space left"):
        torchffi.save({"a": 2}, path)
    assert torchffi.load(path) == {"a": 1} and os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("value", [[torchffi.ones(2)], torchffi.ones(2), "file"])
def test_what_is_no_dict_is_a_type_error(value: Any, tmp_path: Path) -> None:
    message = rf"got a {type(value).__name__}, expected a dict .* \(tensors, path\)"
    with pytest.raises(TypeError, match=message):
        torchffi.save_safetensors(value, tmp_path / "x")
