"""The weights of the sentence encoder: safetensors files that are valid, damaged, or no files."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from examples.minilm.weights import ModelError, Weights

VALUES = np.array([1, -2, 3, 4], "<f4")


def _entry(**changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **changes}


def _file(
    folder: Path, header: Any, values: bytes = VALUES.tobytes(), length: int | None = None
) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path = folder / "model.safetensors"
    size = len(text) if length is None else length
    path.write_bytes(size.to_bytes(8, "little") + text + values)
    return path


def _error(path: Path) -> str:
    with pytest.raises(ModelError, match=f"^{re.escape(str(path))}: ") as caught:
        Weights(path)
    return str(caught.value).removeprefix(f"{path}: ")


def test_metadata_are_not_a_weight(backend: str, tmp_path: Path) -> None:
    weights = Weights(_file(tmp_path, {"__metadata__": {"format": "pt"}, "a": _entry()}))
    assert weights.take("a", 4).tolist() == VALUES.tolist()
    with pytest.raises(ModelError, match="no weight __metadata__"):
        weights.take("__metadata__", 4)


def test_unaligned_values_are_read(backend: str, tmp_path: Path) -> None:
    for padding in range(4):
        header = json.dumps({"a": _entry()}).encode() + b" " * padding
        assert Weights(_file(tmp_path, header)).take("a", 4).tolist() == VALUES.tolist()


def test_an_empty_weight_and_a_scalar_are_read(backend: str, tmp_path: Path) -> None:
    header = {
        "a": _entry(shape=[0, 3], data_offsets=[0, 0]),
        "b": _entry(shape=[], data_offsets=[0, 4]),
    }
    weights = Weights(_file(tmp_path, header, VALUES[:1].tobytes()))
    assert weights.take("a", 0, 3).shape == (0, 3)
    assert weights.take("b").item() == 1


HEADERS: dict[str, Any] = {
    "huge offsets": {"a": _entry(data_offsets=[2**63, 2**63 + 16])},
    "offsets beyond 64 bits": {"a": _entry(data_offsets=[10**30, 10**30 + 16])},
    "negative offsets": {"a": _entry(data_offsets=[-16, 0])},
    "reversed offsets": {"a": _entry(data_offsets=[16, 0])},
    "one offset": {"a": _entry(data_offsets=[0])},
    "overlap": {"a": _entry(), "b": _entry(shape=[2], data_offsets=[8, 16])},
    "gap": {"a": _entry(shape=[1], data_offsets=[0, 4]), "b": _entry(shape=[1], data_offsets=[12, 16])},
    "values beyond the last weight": {"a": _entry(shape=[3], data_offsets=[0, 12])},
    "truncated values": {"a": _entry(shape=[5], data_offsets=[0, 20])},
    "another size": {"a": _entry(shape=[5])},
    "huge shape": {"a": _entry(shape=[2**62, 2**62])},
    "negative shape": {"a": _entry(shape=[-4])},
    "unknown dtype": {"a": _entry(dtype="FLOAT32")},
    "dtype in lower case": {"a": _entry(dtype="f32")},
    "dtype that is no text": {"a": _entry(dtype=3)},
    "no dtype": {"a": {"shape": [4], "data_offsets": [0, 16]}},
    "metadata that are no text": {"__metadata__": {"x": 1}, "a": _entry()},
    "metadata that are no dict": {"__metadata__": [1], "a": _entry()},
    "list": [],
    "no text": b"\xff\xfe",
    "empty": b"",
}  # fmt: skip


@pytest.mark.parametrize("case", HEADERS)
def test_a_damaged_header_is_an_error(case: str, tmp_path: Path) -> None:
    error = _error(_file(tmp_path, HEADERS[case]))
    assert error.startswith("truncated or not a safetensors file (")
    assert error.endswith("; copy or download it again")


@pytest.mark.parametrize("length", [3, 1000, 2**40, 2**63 - 1, 2**64 - 1])
def test_a_wrong_length_of_the_header_is_an_error(length: int, tmp_path: Path) -> None:
    assert "truncated or not a safetensors" in _error(
        _file(tmp_path, {"a": _entry()}, length=length)
    )


@pytest.mark.parametrize("dtype", ["F16", "BF16", "I16"])
def test_another_dtype_is_an_error(dtype: str, backend: str, tmp_path: Path) -> None:
    path = _file(tmp_path, {"a": _entry(dtype=dtype, shape=[8])})
    with pytest.raises(ModelError, match=rf"a is {dtype} \(8,\), expected F32 \(8,\)"):
        Weights(path).take("a", 8)


def test_a_path_that_is_no_file_is_an_error(tmp_path: Path) -> None:
    assert _error(tmp_path) == "a directory; expected a safetensors file"
    pipe, broken = tmp_path / "pipe", tmp_path / "broken"
    os.mkfifo(pipe)
    broken.symlink_to(tmp_path / "absent")
    assert _error(pipe) == "not a regular file; expected a safetensors file"
    assert _error(Path(os.devnull)) == "not a regular file; expected a safetensors file"
    for absent in (broken, tmp_path / "absent", tmp_path / "absent" / "file"):
        assert _error(absent).lower().startswith("no such file")
