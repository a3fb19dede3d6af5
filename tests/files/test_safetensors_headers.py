"""safetensors files that are valid, damaged, or no files: read as the safetensors library reads them."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import torchffi
from tests.support import examples
from torchffi.errors import FileFormatError

VALUES = np.array([1, -2, 3, 4], "<f4")


def entry(**changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **changes}


def write(
    path: Path, header: Any, values: bytes = VALUES.tobytes(), length: int | None = None
) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    path.write_bytes(size.to_bytes(8, "little") + text + values)
    return path


def error_of(path: Path) -> str:
    with pytest.raises(FileFormatError, match=f"^{re.escape(str(path))}: ") as caught:
        torchffi.load_safetensors(path)
    return str(caught.value).removeprefix(f"{path}: ")


def library_reads(path: Path) -> bool:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy"):
            return True
    except (SafetensorError, OSError):
        return False


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.safetensors"


def test_metadata_are_not_a_tensor(backend: str, file: Path) -> None:
    write(file, {"__metadata__": {"format": "pt"}, "a": entry()})
    found = torchffi.load_safetensors(file)
    assert found.keys() == {"a"} and found["a"].tolist() == VALUES.tolist()


def test_unaligned_values_are_read(backend: str, file: Path) -> None:
    for padding in range(4):
        write(file, json.dumps({"a": entry()}).encode() + b" " * padding)
        assert torchffi.load_safetensors(file)["a"].tolist() == VALUES.tolist()


def test_an_empty_tensor_and_a_scalar_are_read(backend: str, file: Path) -> None:
    header = {
        "a": entry(shape=[0, 3], data_offsets=[0, 0]),
        "b": entry(shape=[], data_offsets=[0, 4]),
    }
    found = torchffi.load_safetensors(write(file, header, VALUES[:1].tobytes()))
    assert found["a"].shape == (0, 3)
    assert found["b"].item() == 1


def test_a_file_without_tensors(backend: str, file: Path) -> None:
    assert torchffi.load_safetensors(write(file, {}, b"")) == {}
    with torchffi.safe_open(write(file, {"__metadata__": {"a": "b"}}, b"")) as found:
        assert found.keys() == [] and found.metadata() == {"a": "b"}


HEADERS: dict[str, Any] = {
    "huge offsets": {"a": entry(data_offsets=[2**63, 2**63 + 16])},
    "offsets beyond 64 bits": {"a": entry(data_offsets=[10**30, 10**30 + 16])},
    "negative offsets": {"a": entry(data_offsets=[-16, 0])},
    "reversed offsets": {"a": entry(data_offsets=[16, 0])},
    "one offset": {"a": entry(data_offsets=[0])},
    "three offsets": {"a": entry(data_offsets=[0, 16, 16])},
    "offsets that are floats": {"a": entry(data_offsets=[0.0, 16.0])},
    "overlap": {"a": entry(), "b": entry(shape=[2], data_offsets=[8, 16])},
    "the same bytes": {"a": entry(), "b": entry()},
    "gap": {"a": entry(shape=[1], data_offsets=[0, 4]), "b": entry(shape=[1], data_offsets=[12, 16])},
    "values beyond the last tensor": {"a": entry(shape=[3], data_offsets=[0, 12])},
    "truncated values": {"a": entry(shape=[5], data_offsets=[0, 20])},
    "another size": {"a": entry(shape=[5])},
    "huge shape": {"a": entry(shape=[2**62, 2**62])},
    "a size that wraps to 16 bytes": {"a": entry(shape=[2**62 + 1, 4])},
    "negative shape": {"a": entry(shape=[-4])},
    "bool shape": {"a": entry(shape=[True], data_offsets=[0, 4])},
    "unknown dtype": {"a": entry(dtype="FLOAT32")},
    "dtype in lower case": {"a": entry(dtype="f32")},
    "dtype that is no text": {"a": entry(dtype=3)},
    "no dtype": {"a": {"shape": [4], "data_offsets": [0, 16]}},
    "an entry that is no object": {"a": [1]},
    "metadata that are no text": {"__metadata__": {"x": 1}, "a": entry()},
    "metadata that are no dict": {"__metadata__": [1], "a": entry()},
    "list": [],
    "number": 3,
    "no text": b"\xff\xfe",
    "a name that is not UTF-8": b'{"\xff":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}',
    "a name with half a surrogate pair": json.dumps({"\ud800": entry()}).encode(),
    "metadata with half a surrogate pair": b'{"__metadata__":{"a":"\\ud800"}}',
    "empty": b"",
    "NaN": b'{"__metadata__":{},"a":NaN}',
    "nested without end": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "text behind the object": json.dumps({"a": entry()}).encode() + b"x",
}  # fmt: skip


@pytest.mark.parametrize("case", HEADERS)
def test_a_damaged_header_is_an_error(case: str, file: Path) -> None:
    write(file, HEADERS[case])
    assert not library_reads(file)
    assert len(error_of(file)) < 300


def test_messages_say_what_is_wrong(file: Path) -> None:
    def start(case: str) -> int:
        return 8 + len(json.dumps(HEADERS[case]))

    for case, message in {
        "gap": f"'b' follows a gap, at byte {start('gap') + 12}",
        "overlap": f"'b' overlaps the tensor before it, at byte {start('overlap') + 8}",
        "unknown dtype": "'a' has the unknown dtype 'FLOAT32'",
        "another size": "'a' has data_offsets 0 and 16, but shape [5] of F32 needs 20 bytes",
        "no dtype": "'a' does not have dtype, shape and data_offsets",
        "truncated values": f"truncated: the tensors end at byte {start('truncated values') + 20}, but "
        f"the file has {start('truncated values') + 16} bytes",
        "metadata that are no dict": "__metadata__ is not a dict of texts",
    }.items():
        assert error_of(write(file, HEADERS[case])) == message


def test_a_name_twice_is_an_error(file: Path) -> None:
    """The library takes the last; the format forbids it."""
    one = json.dumps(entry())
    write(file, f'{{"a":{one},"a":{one}}}'.encode())
    assert error_of(file) == "two entries of the header are named 'a'"


@pytest.mark.parametrize("length", [3, 1000, 2**40, 2**63 - 1, 2**64 - 1])
def test_a_wrong_length_of_the_header_is_an_error(length: int, file: Path) -> None:
    write(file, {"a": entry()}, length=length)
    assert not library_reads(file)
    assert error_of(file).startswith(("truncated or not a safetensors file", "damaged: the header"))


def test_too_many_axes_are_an_error(file: Path) -> None:
    assert "65 axes, expected at most 64" in error_of(write(file, {"a": entry(shape=[1] * 65)}))
    many = {"a": entry(shape=[2**62] * 100_000)}
    assert "100000 axes" in error_of(write(file, many))


def test_too_many_entries_are_an_error(file: Path) -> None:
    text = ",".join(f'"{i}":[]' for i in range(200_000))
    assert "more than 131072 entries" in error_of(write(file, b"{" + text.encode() + b"}"))


def test_a_path_that_is_no_file_is_an_error(tmp_path: Path) -> None:
    pipe, broken, empty = tmp_path / "pipe", tmp_path / "broken", tmp_path / "empty"
    os.mkfifo(pipe)
    broken.symlink_to(tmp_path / "absent")
    assert error_of(pipe) == "not a regular file"
    assert error_of(Path(os.devnull)) == "not a regular file"
    empty.touch()
    assert error_of(empty) == "empty file"
    for absent in (broken, tmp_path / "absent"):
        with pytest.raises(FileNotFoundError, match=re.escape(str(absent))):
            torchffi.load_safetensors(absent)
    with pytest.raises(NotADirectoryError):
        torchffi.load_safetensors(empty / "file")


def test_descriptors_are_closed(file: Path, tmp_path: Path) -> None:
    write(file, {"a": entry()})
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        torchffi.load_safetensors(file)
        for path in (tmp_path, Path(os.devnull)):
            with pytest.raises((FileFormatError, OSError)):
                torchffi.load(path)
    assert len(os.listdir("/proc/self/fd")) <= before + 1


# ---- Random headers, which the library must read alike

_NUMBERS = st.integers(-1, 5) | st.sampled_from([2**31, 2**62, 2**63, 2**64, 10**30])
_ENTRIES = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "I64", "U8", "BOOL", "F16", "C64", "F4", "X", ""]),
        "shape": st.lists(_NUMBERS, max_size=3),
        "data_offsets": st.lists(_NUMBERS | st.sampled_from([8, 16]), min_size=1, max_size=3),
    },
    optional={"extra": st.none()},
)
_ANY = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
_HEADERS = st.dictionaries(
    st.sampled_from(["a", "b", "__metadata__", "ä"]), _ENTRIES | _ANY, max_size=3
)


@given(header=_HEADERS, length=st.sampled_from([0, 1, 4, 16, 24]))
@settings(max_examples=examples(300), deadline=None)
def test_random_headers_are_read_as_by_the_library(header: dict[str, Any], length: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "x.safetensors", header, bytes(length))
        if library_reads(path):
            with torchffi.safe_open(path) as found:
                assert set(found.keys()) == header.keys() - {"__metadata__"}
                assert found.metadata() == header.get("__metadata__")
        else:
            error_of(path)


@st.composite
def _valid(draw: Any) -> tuple[dict[str, Any], bytes]:
    """A header of tensors in a random order, and their bytes."""
    sizes = {"F64": 8, "F32": 4, "I16": 2, "U8": 1, "BOOL": 1, "C64": 8}
    header, place = {}, 0
    for name in draw(st.lists(st.text(max_size=5), max_size=5, unique=True)):
        dtype = draw(st.sampled_from(sorted(sizes)))
        shape = draw(st.lists(st.integers(0, 3), max_size=4))
        nbytes = int(np.prod(shape, dtype=int)) * sizes[dtype]
        offsets = [place, place + nbytes]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
        place += nbytes
    header.pop("__metadata__", None)
    order = draw(st.permutations(list(header)))
    return {name: header[name] for name in order}, bytes(place)


def test_a_header_whose_length_looks_like_another_kind(backend: str, file: Path) -> None:
    """123 bytes begin with "{", 60 with "<", 128 as a pickle."""
    text = json.dumps({"a": entry()}, separators=(",", ":")).encode()
    for length in (123, 60, 128):
        for path in (file, file.with_name("model")):
            found = torchffi.load_safetensors(write(path, text.ljust(length)))
            assert found["a"].tolist() == VALUES.tolist()


@given(case=_valid())
@settings(max_examples=examples(200), deadline=None)
def test_random_valid_files_are_read(case: tuple[dict[str, Any], bytes]) -> None:
    header, values = case
    with tempfile.TemporaryDirectory() as folder, torchffi.use_backend("numpy"):
        path = write(Path(folder) / "x.safetensors", header, values)
        assert library_reads(path)
        found = torchffi.load_safetensors(path)
        assert {name: list(tensor.shape) for name, tensor in found.items()} == {
            name: value["shape"] for name, value in header.items()
        }
