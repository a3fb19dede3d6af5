"""torchffi.load() of what PyTorch's torch.save writes, in both formats."""

from __future__ import annotations

import collections
import io
import pickle
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.files.compared import same
from torchffi import dtypes
from torchffi.errors import FileFormatError, NotSupportedError

FORMATS = ("zip", "legacy")
SUPPORTED = tuple(dtype.name for dtype in dtypes.ALL)


@pytest.fixture(params=FORMATS)
def stored(request: pytest.FixtureRequest, tmp_path: Path, torch: Any) -> Any:
    """Saves an object with PyTorch in one of the formats; gives the path."""

    def store(value: object) -> Path:
        path = tmp_path / f"{request.param}.pt"
        torch.save(value, path, _use_new_zipfile_serialization=request.param == "zip")
        return path

    store.format = request.param  # type: ignore[attr-defined]
    return store


def _values(torch: Any, name: str, *shape: int) -> Any:
    count = int(np.prod(shape))
    return (torch.arange(count) - count // 3).reshape(shape).to(getattr(torch, name))


@pytest.mark.parametrize("name", SUPPORTED)
def test_every_dtype(name: str, backend: str, stored: Any, torch: Any) -> None:
    if stored.format == "legacy" and name in ("uint16", "uint32", "uint64"):
        pytest.skip("PyTorch does not write it")
    value = [_values(torch, name, *shape) for shape in ((3, 5), (), (0, 4))]
    path = stored(value)
    if name == "bfloat16" and backend == "numpy":
        with pytest.raises(NotSupportedError, match=r"0: bfloat16 needs LibTorch"):
            torchffi.load(path)
    else:
        same(torchffi.load(path), torch.load(path, weights_only=True))


def test_special_values_keep_their_bits(backend: str, stored: Any, torch: Any) -> None:
    special = torch.tensor([float("nan"), -float("nan"), float("inf"), -0.0, 1e-45, 3e38])
    path = stored({"a": special, "b": special.double(), "c": torch.complex(special, -special)})
    same(torchffi.load(path), torch.load(path, weights_only=True))


@pytest.mark.parametrize("name", ["float32", "complex128", "int8"])
def test_views_keep_strides_and_share_memory(
    name: str, backend: str, stored: Any, torch: Any
) -> None:
    base = _values(torch, name, 6, 8)
    views = {
        "base": base,
        "row": base[3],
        "column": base[:, 2],
        "steps": base[1::2, ::3],
        "turned": base.T,
        "wide": base[0:1].expand(5, 8),
        "same": base.view(-1),
    }
    path = stored(views)
    found = torchffi.load(path)
    same(found, torch.load(path, weights_only=True))
    found["base"][3, 2] = 100
    for view in (found["row"][2], found["column"][3], found["turned"][2, 3], found["same"][26]):
        assert view.item() == 100
    assert np.shares_memory(found["base"].numpy(), found["steps"].numpy())


def test_tied_weights_are_one_memory(backend: str, stored: Any, torch: Any) -> None:
    layer = torch.nn.Linear(4, 4)
    tied = torch.nn.Sequential(layer, torch.nn.ReLU(), layer)
    tied[2].weight = layer.weight
    found = torchffi.load(stored(tied.state_dict()))
    same(found, tied.state_dict())
    found["0.weight"][1, 1] = 7
    assert found["2.weight"][1, 1].item() == 7


def test_one_object_stays_one_object(stored: Any, torch: Any) -> None:
    tensor, items = torch.ones(2), [1, 2]
    found = torchffi.load(stored({"a": tensor, "b": tensor, "c": items, "d": (items, tensor)}))
    assert found["a"] is found["b"] is found["d"][1]
    assert found["c"] is found["d"][0]


def test_writing_does_not_reach_the_file(backend: str, stored: Any, torch: Any) -> None:
    path = stored(torch.zeros(1000))
    before = path.read_bytes()
    found = torchffi.load(path)
    found += 1
    assert path.read_bytes() == before
    assert torchffi.load(path).sum().item() == 0


def test_containers_and_numbers(backend: str, stored: Any, torch: Any) -> None:
    value = {
        "numbers": [0, -1, 255, 256, 65536, -(2**31), 2**31, 2**63, -(2**200), 1.5, float("inf")],
        "others": (None, True, False, "", "äöü 東京", b"\x00\xff", bytearray(b"ab"), 1 - 2j),
        3: {"nested": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], {}]},
        (1, "a"): {1, "b", None},
        "ordered": collections.OrderedDict([("z", 1), ("a", torch.ones(2))]),
        "counter": collections.Counter("abba"),
        "size": torch.Size([2, 3]),
        "empty size": torch.Size([]),
        "dtype": torch.bfloat16,
        "device": torch.device("cuda:1"),
        "cpu": torch.device("cpu"),
        "parameter": torch.nn.Parameter(torch.ones(3)),
        "buffer": torch.nn.Buffer(torch.ones(3)),
        "long": "x" * 100_000,
        "many": list(range(3000)),
    }
    path = stored(value)
    same(torchffi.load(path), torch.load(path, weights_only=True))


def test_empty_bytes(stored: Any) -> None:
    """torch.load(weights_only=True) refuses them, because protocol 2 writes a call of bytes."""
    assert torchffi.load(stored([b"", bytearray()])) == [b"", bytearray()]


def test_a_layout_is_its_name(stored: Any, torch: Any) -> None:
    assert torchffi.load(stored([torch.strided])) == ["torch.strided"]


def test_a_state_dict_keeps_its_metadata(stored: Any, torch: Any) -> None:
    expected = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.Linear(3, 2)).state_dict()
    found = torchffi.load(stored(expected))
    assert found._metadata == expected._metadata and found._metadata[""]["version"] == 1


@pytest.mark.parametrize(
    "name", ["SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "LBFGS", "RAdam", "Adamax"]
)
def test_the_state_of_an_optimizer(name: str, backend: str, stored: Any, torch: Any) -> None:
    model = torch.nn.Linear(3, 2)
    arguments = {"momentum": 0.9} if name == "SGD" else {}
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=0.1, **arguments)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (model(torch.ones(4, 3)) ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)
    states = {"optimizer": optimizer, "scheduler": scheduler, "model": model}
    value = {name: one.state_dict() for name, one in states.items()}
    path = stored(value | {"epoch": 3, "random": torch.get_rng_state()})
    same(torchffi.load(path), torch.load(path, weights_only=True))


@pytest.mark.parametrize("name", ["complex64", "complex128"])
def test_conjugated_and_negated_tensors(name: str, backend: str, stored: Any, torch: Any) -> None:
    base = torch.tensor([1 + 2j, 3 - 4j], dtype=getattr(torch, name))
    negated = base.conj().imag  # a view that negates when it is read
    assert base.conj().is_conj() and negated.is_neg()
    assert torchffi.load(stored(base.conj())).tolist() == [1 - 2j, 3 + 4j]
    assert torchffi.load(stored(negated)).tolist() == [-2, 4]


def test_a_tensor_with_attributes(stored: Any, torch: Any) -> None:
    tensor, parameter = torch.ones(2), torch.nn.Parameter(torch.ones(3))
    tensor.note, parameter.note = "dropped", "dropped"
    found = torchffi.load(stored([tensor, parameter]))
    assert [one.shape for one in found] == [(2,), (3,)]


def test_a_cuda_tensor_comes_to_the_cpu(tmp_path: Path, torch: Any) -> None:
    """As a machine with a GPU saves it: only the location differs."""
    buffer = io.BytesIO()
    torch.save(torch.arange(3.0), buffer, _use_new_zipfile_serialization=False)
    path = tmp_path / "cuda.pt"
    path.write_bytes(buffer.getvalue().replace(b"X\3\0\0\0cpu", b"X\6\0\0\0cuda:0"))
    found = torchffi.load(path)
    assert found.tolist() == [0, 1, 2] and found.device == "cpu"


def test_a_device_is_checked_first(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="device is 'tpu', expected 'cpu' or 'cuda:0'"):
        torchffi.load(tmp_path / "absent", device="tpu")
    with pytest.raises(FileNotFoundError, match="absent"):
        torchffi.load(tmp_path / "absent", device="cpu")


def test_loading_to_cuda_shares_memory_there(stored: Any, torch: Any, ffi_backend: None) -> None:
    if not torchffi.torch_cuda_available():
        path = stored(torch.ones(2))
        with pytest.raises(torchffi.UnavailableError):
            torchffi.load(path, device="cuda")
        pytest.skip("CUDA is not available")
    base = torch.arange(12.0).reshape(3, 4)
    found = torchffi.load(stored({"base": base, "row": base[1], "turned": base.T}), device="cuda:0")
    assert {tensor.device for tensor in found.values()} == {"cuda:0"}
    found["base"][1, 2] = 100
    assert found["row"][2].item() == found["turned"][2, 1].item() == 100


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
        (struct.pack("<Q", 2) + b"{}", "safetensors, expected a file of torch.save"),
        (b"plain text", "not a model file of a known kind"),
    ],
)
def test_another_kind_of_file_is_named(start: bytes, what: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(start)
    with pytest.raises(FileFormatError, match=what) as caught:
        torchffi.load(path)
    assert str(caught.value).startswith(f"{path}: ")
