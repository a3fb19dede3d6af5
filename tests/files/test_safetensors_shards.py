"""The shards of an index of safetensors files, and folders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import torchffi
from torchffi.errors import FileFormatError


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    """The index of two shards in a folder."""
    folder = tmp_path / "model"
    folder.mkdir()
    ones, twos = torchffi.ones((2, 3)), torchffi.full((4,), 2.0)
    torchffi.save_safetensors({"a": ones, "unused": ones}, folder / "model-1-of-2.safetensors")
    torchffi.save_safetensors({"b": twos, "c": ones}, folder / "model-2-of-2.safetensors")
    index = folder / "model.safetensors.index.json"
    places = {"c": 2, "a": 1, "b": 2}
    weights = {name: f"model-{number}-of-2.safetensors" for name, number in places.items()}
    index.write_text(json.dumps({"metadata": {"total_size": 40}, "weight_map": weights}))
    return index


def test_the_shards_of_an_index(backend: str, sharded: Path) -> None:
    for path in (sharded, sharded.parent, str(sharded.parent)):
        found = torchffi.load_safetensors(path)
        assert {name: tensor.tolist() for name, tensor in found.items()} == {
            "a": [[1, 1, 1]] * 2, "b": [2] * 4, "c": [[1, 1, 1]] * 2,
        }  # fmt: skip
    with torchffi.safe_open(sharded) as file:
        assert file.keys() == ["a", "b", "c"] and file.metadata() is None
        assert file.get_slice("b")[1:].tolist() == [2, 2, 2]


def test_a_folder_with_one_file(backend: str, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    torchffi.save_safetensors({"a": torchffi.ones((2,))}, file)
    assert torchffi.load_safetensors(file.parent).keys() == {"a"}
    torchffi.save_safetensors({"a": torchffi.ones((2,))}, file.with_name("other.safetensors"))
    with pytest.raises(ValueError, match=r"2 files end with \.safetensors; give the path of one"):
        torchffi.load_safetensors(file.parent)


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"no file in it ends with \.safetensors"):
        torchffi.load_safetensors(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["../model-1-of-2.safetensors", "/etc/passwd", "a/../../x", "..", "", "a\\..\\b", "x\0y"],
)
def test_a_shard_outside_the_folder_is_an_error(name: str, sharded: Path) -> None:
    sharded.write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(FileFormatError, match="is outside the folder of the index"):
        torchffi.load_safetensors(sharded)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ({}, "it has no weight_map"),
        ({"weight_map": []}, "it has no weight_map"),
        ({"weight_map": {"a": 3}}, "it has no weight_map"),
        ({"weight_map": {"a": "absent.safetensors"}}, "shard 'absent.safetensors' is missing"),
        ({"weight_map": {"z": "model-1-of-2.safetensors"}}, "'z' is not in shard 'model-1-of-2"),
        (
            {"weight_map": {"a": "model.safetensors.index.json"}},
            "safetensors index, expected safetensors",
        ),
    ],
)
def test_a_damaged_index_is_an_error(index: Any, message: str, sharded: Path) -> None:
    sharded.write_text(json.dumps(index))
    with pytest.raises(FileFormatError, match=message):
        torchffi.load_safetensors(sharded)


def test_a_damaged_shard_is_named(sharded: Path) -> None:
    shard = sharded.with_name("model-2-of-2.safetensors")
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(FileFormatError, match=r"model-2-of-2\.safetensors: truncated"):
        torchffi.load_safetensors(sharded)


def test_an_index_that_is_not_json_is_an_error(sharded: Path) -> None:
    text = sharded.read_text()
    for length in range(1, len(text)):
        sharded.write_text(text[:length])
        with pytest.raises(FileFormatError, match=r"index\.json: "):
            torchffi.load_safetensors(sharded)
