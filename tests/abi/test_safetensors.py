"""rt_torch_safetensors_*: files that the safetensors library wrote, and damaged ones."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import examples
from torchffi import dtypes
from torchffi._libtorch.calls import last_error
from torchffi._libtorch.loader import ffi, lib

DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
    "complex64", "uint16", "uint32", "uint64",
)  # fmt: skip
SIZES = {"F32": 4, "I64": 8, "U8": 1, "F16": 2}


@pytest.fixture(autouse=True)
def _nothing_is_left(ffi_backend: None) -> Iterator[None]:
    before = lib.rt_torch_live_handles()
    yield
    assert lib.rt_torch_live_handles() == before


def text(function: Any, *arguments: Any) -> str:
    length = function(*arguments, ffi.NULL, 0)
    assert length >= 0, last_error()
    buffer = ffi.new("char[]", length + 1)
    assert function(*arguments, buffer, length + 1) == length
    return ffi.buffer(buffer, length)[:].decode()


def address(tensor: int) -> int:
    pointer = ffi.new("void **")
    assert lib.rt_torch_tensor_data(tensor, pointer) == 0, last_error()
    return int(ffi.cast("intptr_t", pointer[0]))


def values(tensor: int) -> bytes:
    itemsize = dtypes.by_code(lib.rt_torch_tensor_dtype(tensor)).itemsize
    nbytes = lib.rt_torch_tensor_numel(tensor) * itemsize
    memory = ffi.new("char[]", max(nbytes, 1))
    assert lib.rt_torch_tensor_copy_to_host(tensor, memory, nbytes) == 0, last_error()
    return ffi.buffer(memory, nbytes)[:]


def shape(tensor: int) -> tuple[int, ...]:
    dims = ffi.new("int64_t[64]")
    return tuple(dims[0 : lib.rt_torch_tensor_shape(tensor, dims, 64)])


def file_of(path: Path, header: Any, data: bytes) -> bytes:
    """The path of a file with a header, as the C function takes it."""
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + data)
    return bytes(path)


def entry(dtype: str, dims: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": dims, "data_offsets": [begin, end]}


def test_tensors_are_those_that_were_saved(tmp_path: Path) -> None:
    saved = {
        f"{name}/{'é☃𝄞' if i else ''}{i}": (torch.rand(dims) * 100).to(getattr(torch, name))
        for name in DTYPES
        for i, dims in enumerate([(2, 3), (), (0, 5), (4, 1, 2)])
    }
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(saved, path, {"format": "pt", 'quoted "\\\n': "\x7f☃"})
    file = lib.rt_torch_safetensors_open(bytes(path))
    assert file > 0, last_error()
    count = lib.rt_torch_safetensors_count(file)
    names = [text(lib.rt_torch_safetensors_name, file, i) for i in range(count)]
    assert sorted(names) == sorted(saved)
    handles = {name: lib.rt_torch_safetensors_tensor(file, name.encode()) for name in names}
    assert lib.rt_torch_safetensors_free(file) == 0
    for name, handle in handles.items():  # they outlive the file
        wanted = saved[name]
        assert handle > 0, last_error()
        assert shape(handle) == tuple(wanted.shape)
        assert values(handle) == wanted.contiguous().view(-1).view(torch.uint8).numpy().tobytes()
        assert lib.rt_torch_tensor_free(handle) == 0


def test_memory_is_the_mapped_file(tmp_path: Path) -> None:
    array = np.arange(1 << 20, dtype=np.float32)
    path = tmp_path / "model.safetensors"
    safetensors.numpy.save_file({"a": array}, path)
    file = lib.rt_torch_safetensors_open(bytes(path))
    first, second = (lib.rt_torch_safetensors_tensor(file, b"a") for _ in range(2))
    assert address(first) == address(second) != 0
    assert str(path) in Path("/proc/self/maps").read_text()
    ones = lib.rt_torch_tensor_ones(ffi.new("int64_t[1]", [1 << 20]), 1, lib.RT_TORCH_FLOAT32, -1)
    assert lib.rt_torch_tensor_add_(first, ones) == 0
    assert values(second) == (array + 1).tobytes()
    np.testing.assert_array_equal(safetensors.numpy.load_file(path)["a"], array)
    for handle in (first, second, ones):
        lib.rt_torch_tensor_free(handle)
    lib.rt_torch_safetensors_free(file)
    assert str(path) not in Path("/proc/self/maps").read_text()


def test_unaligned_values_are_copied(tmp_path: Path) -> None:
    header = json.dumps({"a": entry("F64", [2], 0, 16)}).encode()
    header += b" " * (1 + -len(header) % 8)  # the values begin at an odd address
    path = file_of(tmp_path / "odd", header, np.array([1.5, -2.0]).tobytes())
    file = lib.rt_torch_safetensors_open(path)
    tensor = lib.rt_torch_safetensors_tensor(file, b"a")
    assert values(tensor) == np.array([1.5, -2.0]).tobytes()
    assert address(tensor) % 8 == 0
    lib.rt_torch_tensor_free(tensor)
    lib.rt_torch_safetensors_free(file)


def test_handles_of_other_kinds_are_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a", {"a": entry("F32", [1], 0, 4)}, b"0000")
    file = lib.rt_torch_safetensors_open(path)
    tensor = lib.rt_torch_safetensors_tensor(file, b"a")
    assert lib.rt_torch_tensor_ndim(file) == -1
    assert lib.rt_torch_module_train(file, 0) == -1
    assert lib.rt_torch_safetensors_count(tensor) == -1
    assert lib.rt_torch_tensor_free(file) == -1
    assert lib.rt_torch_safetensors_free(tensor) == -1
    assert lib.rt_torch_safetensors_name(file, 1, ffi.NULL, 0) == -1
    assert lib.rt_torch_safetensors_tensor(file, b"b") == 0
    assert "no tensor named 'b'" in str(last_error())
    assert lib.rt_torch_tensor_free(tensor) == 0
    assert lib.rt_torch_safetensors_free(file) == 0
    assert lib.rt_torch_safetensors_free(file) == -1
    assert lib.rt_torch_safetensors_free(0) == 0


def test_small_floats_are_refused_by_name(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a", {"a": entry("F8_E4M3", [4], 0, 4)}, b"0000")
    file = lib.rt_torch_safetensors_open(path)
    assert lib.rt_torch_safetensors_tensor(file, b"a") == 0
    assert "a: dtype F8_E4M3 is not supported" in str(last_error())
    lib.rt_torch_safetensors_free(file)


WRONG: dict[str, tuple[Any, bytes, str]] = {
    "beyond the end": ({"a": entry("F32", [2], 0, 8)}, b"0000", "its tensors have 8 bytes"),
    "bytes left": ({"a": entry("F32", [1], 0, 4)}, b"00000", "its tensors have 4 bytes"),
    "a gap": (
        {"a": entry("U8", [1], 0, 1), "b": entry("U8", [1], 2, 3)}, b"000", "b: its bytes begin at 2",
    ),
    "overlapping": (
        {"a": entry("U8", [2], 0, 2), "b": entry("U8", [1], 1, 2)}, b"00", "b: its bytes begin",
    ),
    "end before begin": ({"a": entry("U8", [1], 1, 0)}, b"0", "a: its bytes begin at 1"),
    "size": ({"a": entry("F32", [3], 0, 4)}, b"0000", "4 bytes do not fit its shape"),
    "2^63": ({"a": entry("F32", [2**63], 0, 4)}, b"0000", "2^63 or more"),
    "2^64": ({"a": entry("F32", [2**64], 0, 4)}, b"0000", "a number below 2^64"),
    "overflow": ({"a": entry("F32", [2**33, 2**31], 0, 0)}, b"", "do not fit its shape"),
    "empty and huge": ({"a": entry("F32", [0, 2**62, 2**62], 0, 0)}, b"", "do not fit its shape"),
    "negative": ({"a": entry("F32", [-1], 0, 4)}, b"0000", "a whole number"),
    "a fraction": ({"a": entry("F32", [1.5], 0, 4)}, b"0000", "expected"),
    "dtype": ({"a": entry("F33", [1], 0, 4)}, b"0000", "dtype 'F33' is unknown"),
    "half a byte": ({"a": entry("F4", [1], 0, 0)}, b"", "do not fit its shape"),
    "three offsets": (
        {"a": {"dtype": "U8", "shape": [], "data_offsets": [0, 1, 2]}}, b"0", "has 3 numbers",
    ),
    "another key": ({"a": {**entry("U8", [1], 0, 1), "more": 1}}, b"0", "unknown key 'more'"),
    "no dtype": ({"a": {"shape": [1], "data_offsets": [0, 1]}}, b"0", "dtype '' is unknown"),
    "a list": ([1, 2], b"", "expected '{'"),
    "names twice": (
        b'{"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]},'
        b' "a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}',
        b"", "two tensors are named 'a'",
    ),
    "metadata": ({"__metadata__": {"a": 1}}, b"", "expected '\"'"),
    "not UTF-8": (b'{"\xff": {}}', b"", "UTF-8"),
    "a surrogate": (b'{"\\ud800": {}}', b"", "surrogate"),
    "a control character": (b'{"\n": {}}', b"", "UTF-8 text"),
    "more text": (b"{} x", b"", "expected its end"),
    "a NUL before a number": (
        b'{"a": {"dtype": "U8", "shape": [\0 0], "data_offsets": [0, 0]}}', b"", "a whole number",
    ),
    "a NUL at the end": (b"{}\0", b"", "expected its end"),
    "unfinished": (b'{"a": ', b"", "expected"),
    "65 axes": ({"a": entry("U8", [1] * 65, 0, 1)}, b"0", "more than 64 axes"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_damaged_headers_are_refused(case: str, tmp_path: Path) -> None:
    header, data, message = WRONG[case]
    path = file_of(tmp_path / "damaged", header, data)
    assert lib.rt_torch_safetensors_open(path) == 0
    error = str(last_error())
    assert path.decode() in error and message in error


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"1234567", "truncated or not"),
        (struct.pack("<Q", 2**63) + b"{}", "truncated or not"),
        (struct.pack("<Q", 3) + b"{}", "truncated or not"),
        (b"PK\3\4" + bytes(100), "truncated or not"),
    ],
)
def test_other_files_are_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(content)
    assert lib.rt_torch_safetensors_open(bytes(tmp_path / "other")) == 0
    assert message in str(last_error())


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for path, message in (
        (tmp_path / "absent", "No such file"),
        (tmp_path, "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
    ):
        assert lib.rt_torch_safetensors_open(bytes(path)) == 0
        assert str(last_error()).endswith(message) or message in str(last_error())
    assert lib.rt_torch_safetensors_open(ffi.NULL) == 0
    assert lib.rt_torch_safetensors_open(b"") == 0


@settings(max_examples=examples(300), deadline=None)
@given(st.data())
def test_a_changed_byte_gives_an_error_or_a_valid_file(data: st.DataObject) -> None:
    """The library, which is written in Rust, and this one take the same headers."""
    import tempfile

    header = json.dumps(
        {
            "__metadata__": {"k": "v"},
            "w": entry("F32", [2, 3], 0, 24),
            "i": entry("I64", [2], 24, 40),
            "e": entry("F16", [0, 4], 40, 40),
        }
    ).encode()
    changed = bytearray(struct.pack("<Q", len(header)) + header + bytes(40))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, 7 + len(header)))
        changed[at] = data.draw(
            st.one_of(st.integers(0, 255), st.sampled_from(list(b'0123456789{}[]",: ')))
        )
    with tempfile.NamedTemporaryFile() as target:
        target.write(changed)
        target.flush()
        file = lib.rt_torch_safetensors_open(target.name.encode())
        if file == 0:
            return  # what it refuses more than the library does is tested above
        names = [
            text(lib.rt_torch_safetensors_name, file, i)
            for i in range(lib.rt_torch_safetensors_count(file))
        ]
        with safetensors.safe_open(target.name, "numpy") as reference:
            assert sorted(names) == sorted(reference.keys())
        for name in names:
            handle = lib.rt_torch_safetensors_tensor(file, name.encode())
            if handle:
                values(handle)
                lib.rt_torch_tensor_free(handle)
        lib.rt_torch_safetensors_free(file)
