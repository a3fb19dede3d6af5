"""torchffi.save(): files that PyTorch's torch.load(weights_only=True) reads, and zipfile."""

from __future__ import annotations

import os
import pickletools
import zipfile
from collections import Counter, OrderedDict, defaultdict, namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.files.compared import same
from torchffi import dtypes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "x.pt"


def read_by_torch(torch: Any, file: Path) -> Any:
    """With and without mapping, which need the same."""
    found = torch.load(file, weights_only=True)
    same(torchffi.load(file), torch.load(file, weights_only=True, mmap=True))
    return found


@pytest.mark.parametrize("name", [dtype.name for dtype in dtypes.ALL])
def test_every_dtype(name: str, backend: str, file: Path, torch: Any) -> None:
    if name == "bfloat16" and backend == "numpy":
        pytest.skip("NumPy has no bfloat16")
    dtype = dtypes.by_name(name)
    values = [
        torchffi.arange(-2, 10).reshape(3, 4).astype(dtype),
        torchffi.asarray(1).astype(dtype),
        torchffi.empty((2, 0), dtype=dtype),
    ]
    assert {value.backend for value in values} == {backend}
    torchffi.save(values, file)
    found = read_by_torch(torch, file)
    same(values, found)
    same(torchffi.load(file), found)


def test_values_are_those_that_were_saved(backend: str, file: Path, torch: Any) -> None:
    array = np.random.default_rng(0).normal(size=(50, 3))
    array[0] = np.nan, np.inf, -0.0
    torchffi.save({"a": torchffi.asarray(array), "b": torchffi.asarray(array > 0)}, file)
    found = read_by_torch(torch, file)
    np.testing.assert_array_equal(found["a"].numpy().view("u8"), array.view("u8"))
    np.testing.assert_array_equal(found["b"].numpy(), array > 0)


def test_views_share_memory_and_keep_strides(backend: str, file: Path, torch: Any) -> None:
    base = torchffi.arange(48.0).reshape(6, 8)
    views = {
        "base": base, "row": base[3], "column": base[:, 2], "steps": base[1::2, ::3],
        "turned": base.T, "wide": base[0:1].expand(5, 8), "base again": base,
    }  # fmt: skip
    torchffi.save(views, file)
    found = read_by_torch(torch, file)
    for name, view in views.items():
        assert found[name].stride() == view.strides
        np.testing.assert_array_equal(found[name].numpy(), view.numpy())
    assert found["row"].storage_offset() == 24 and found["steps"].storage_offset() == 8
    found["base"][3, 2] = 100
    assert found["row"][2] == found["column"][3] == found["turned"][2, 3] == 100
    assert found["base"] is found["base again"]
    with zipfile.ZipFile(file) as archive:
        assert [i.file_size for i in archive.infolist() if "/data/" in i.filename] == [48 * 4]


def test_overlapping_parts_without_their_base(backend: str, file: Path, torch: Any) -> None:
    """Only the bytes that the tensors span are stored."""
    base = torchffi.zeros((1000,), dtype=torchffi.float64)
    parts = [base[100:110], base[105:115], base[500:501], base[114:116]]
    torchffi.save(parts, file)
    found = read_by_torch(torch, file)
    found[0][7] = 1
    found[1][9] = 2
    assert found[1][2] == 1 and found[3][0] == 2 and found[2] == 0
    with zipfile.ZipFile(file) as archive:
        assert [i.file_size for i in archive.infolist() if "/data/" in i.filename] == [128, 8]


def test_backwards_views_are_copied(numpy_backend: None, file: Path, torch: Any) -> None:
    array = np.arange(6.0)
    torchffi.save([torchffi.from_numpy(array[::-2]), torchffi.from_numpy(array)], file)
    assert [one.tolist() for one in read_by_torch(torch, file)] == [[5, 3, 1], [0, 1, 2, 3, 4, 5]]


def test_unaligned_arrays_are_copied(numpy_backend: None, file: Path, torch: Any) -> None:
    array = np.frombuffer(bytearray(33), "f8", 4, 1)
    torchffi.save([torchffi.from_numpy(array)], file)
    assert read_by_torch(torch, file)[0].tolist() == [0] * 4


def test_tensors_of_both_backends_over_one_memory(
    ffi_backend: None, file: Path, torch: Any
) -> None:
    array = np.arange(6.0)
    with torchffi.use_backend("numpy"):
        one = torchffi.from_numpy(array)
    torchffi.save({"numpy": one, "ffi": torchffi.from_numpy(array)}, file)
    found = read_by_torch(torch, file)
    found["numpy"][0] = 7
    assert found["ffi"][0] == 7


def test_memory_of_two_dtypes_is_refused(backend: str, file: Path) -> None:
    array = np.zeros(4, np.complex64)
    one, other = torchffi.from_numpy(array), torchffi.from_numpy(array.view(np.float32)[1:])
    with pytest.raises(ValueError, match=r"a and b\.0 share memory as complex64 and float32"):
        torchffi.save({"a": one, "b": [other]}, file)
    assert not file.exists()


def test_cuda_tensors_are_saved_from_the_cpu(file: Path, torch: Any, ffi_backend: None) -> None:
    if not torchffi.torch_cuda_available():
        pytest.skip("CUDA is not available")
    tensor = torchffi.arange(3.0).cuda()
    torchffi.save([tensor, tensor[:], tensor[1:]], file)
    found = read_by_torch(torch, file)
    assert [one.tolist() for one in found] == [[0, 1, 2], [0, 1, 2], [1, 2]]
    assert {str(one.device) for one in found} == {"cpu"}
    assert found[0].data_ptr() == found[1].data_ptr()


def test_containers_and_numbers(file: Path, torch: Any) -> None:
    shared = [1, 2]
    value = {
        "numbers": [0, -1, 255, 256, 65536, -(2**31), 2**31, 2**63, -(2**200), 2**2000, 1.5, -0.0],
        "others": (
            None,
            True,
            False,
            "",
            "äöü 東京 \ud800",
            b"",
            b"\0\xff",
            bytearray(b"ab"),
            1 - 2j,
        ),
        3: {"nested": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}, set()]},
        (1, "a"): {1, "b", None},
        None: True,
        1.5: False,
        "ordered": OrderedDict([("z", 1), ("a", torchffi.ones((2,)))]),
        "dtypes": [*dtypes.ALL],
        "shared": (shared, shared),
        "many": list(range(3000)),
        "long": "x" * 100_000,
    }
    torchffi.save(value, file)
    found = read_by_torch(torch, file)
    assert found["shared"][0] is found["shared"][1]
    assert str(found["numbers"][-1]) == "-0.0"
    assert found["dtypes"] == [getattr(torch, dtype.name) for dtype in dtypes.ALL]
    for name in ("numbers", "others", 3, (1, "a"), None, 1.5, "many", "long"):
        assert found[name] == value[name] and type(found[name]) is type(value[name])
    same(torchffi.load(file), found)


def test_a_state_dict_keeps_its_metadata(file: Path, torch: Any) -> None:
    module = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 2))
    torch.save(module.state_dict(), file)
    found = torchffi.load(file)
    torchffi.save(found, file)
    again = read_by_torch(torch, file)
    assert again._metadata == module.state_dict()._metadata
    module.load_state_dict(again)


def test_the_state_of_an_optimizer_comes_back(file: Path, torch: Any) -> None:
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    expected = optimizer.state_dict()
    torch.save(expected, file)
    torchffi.save(torchffi.load(file), file)
    found = read_by_torch(torch, file)
    optimizer.load_state_dict(found)
    assert found["param_groups"] == expected["param_groups"]
    for key, state in expected["state"].items():
        for name, tensor in state.items():
            assert torch.equal(found["state"][key][name], tensor)


class Text(str):
    """A subclass, whose class torch.load does not know."""


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (np.ones(2), r"numpy\.ndarray"), (np.float64(1), r"numpy\.float64"), (object(), "object"),
        (Text("a"), "Text"), (Point(1, 2), "Point"), (defaultdict(list), "defaultdict"),
        (Counter("a"), "Counter"), (frozenset({1}), "frozenset"), (range(3), "range"), (len, "builtin"),
        (Path(), "PosixPath"),
    ],
)  # fmt: skip
def test_another_type_is_refused_by_its_place(value: object, what: str, file: Path) -> None:
    with pytest.raises(TypeError, match=rf"save: model\.1\.w: cannot save a .*{what}"):
        torchffi.save({"model": [0, {"w": value}]}, file)
    assert os.listdir(file.parent) == []


def test_what_the_format_cannot_hold_is_refused(file: Path) -> None:
    loop: list[Any] = []
    loop.append(loop)
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]
    for value, message in (
        (2**5000, "an integer has 626 bytes, expected at most 255"),
        ({(1, frozenset()): 1}, "cannot save a builtins.frozenset"),
        ({dtypes.float32: 1}, "a key is a DType, expected text or a number"),
        (deep, "nested more than 100 deep"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            torchffi.save(value, file)
    torchffi.save({"a": 1}, file)
    with pytest.raises(ValueError, match="contains itself"):
        torchffi.save([loop], file)
    assert torchffi.load(file) == {"a": 1}


def test_a_freed_tensor_is_refused(file: Path, backend: str) -> None:
    tensor = torchffi.ones((2,))
    torchffi.tensor_free(tensor)
    with pytest.raises(torchffi.HandleError, match=r"save: w: .*freed"):
        torchffi.save({"w": tensor}, file)


# ---- The archive


def test_the_archive_is_laid_out_as_pytorchs(file: Path, torch: Any) -> None:
    torchffi.save({"a": torchffi.ones((3,)), "b": torchffi.zeros((0,)), "c": "x" * 100}, file)
    data = file.read_bytes()
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        names = [member.filename for member in archive.infolist()]
        assert names == [
            "archive/data.pkl", "archive/byteorder", "archive/data/0", "archive/data/1",
            "archive/version",
        ]  # fmt: skip
        for member in archive.infolist():
            header = data[member.header_offset :][:30]
            lengths = header[26] + 256 * header[27] + header[28] + 256 * header[29]
            assert (member.header_offset + 30 + lengths) % 64 == 0
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
        pickled = archive.read("archive/data.pkl")
    opcodes = {opcode.name for opcode, _, _ in pickletools.genops(pickled)}
    assert max(opcode.proto for opcode, _, _ in pickletools.genops(pickled)) == 2
    assert "REDUCE" in opcodes and "BINPERSID" in opcodes


def test_the_same_value_gives_the_same_bytes(file: Path) -> None:
    value = {"a": torchffi.ones((3,)), "b": [1, 2]}
    torchffi.save(value, file)
    first = file.read_bytes()
    torchffi.save(value, file)
    assert file.read_bytes() == first
