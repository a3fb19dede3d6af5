"""torchffi.load() of what PyTorch's torch.save writes, in both formats."""

from __future__ import annotations

import collections
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torchffi
from tests.files.compared import same
from tests.support import settled
from torchffi import dtypes
from torchffi._files.checkpoints.checkpoint import open_checkpoint
from torchffi._files.checkpoints.load import _Loader
from torchffi._files.kinds import open_file
from torchffi.errors import NotSupportedError

SUPPORTED = tuple(dtype.name for dtype in dtypes.ALL)


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


def test_the_mapping_ends_with_the_last_tensor(backend: str, stored: Any, torch: Any) -> None:
    path = stored({"a": torch.zeros(1000), "b": torch.zeros(1000)})
    before = settled()
    found = torchffi.load(path)
    kept = found["a"][10:20]
    del found
    kept.sum()
    assert stored.format == "legacy" or str(path) in Path("/proc/self/maps").read_text()
    del kept
    assert settled() == before
    assert str(path) not in Path("/proc/self/maps").read_text()


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


def test_tensors_share_the_one_copy_of_a_device(stored: Any, torch: Any, ffi_backend: None) -> None:
    """With the CPU in place of the other device, which needs no hardware."""
    base = torch.arange(24.0).reshape(4, 6)
    path = stored({"base": base, "part": base[1:, ::2], "turned": base.T, "empty": base[:0]})
    loader = _Loader(open_checkpoint(open_file(path)), None)
    loader._device = "cpu"
    found = loader.load()
    same(found, torch.load(path, weights_only=True))
    found["base"][1, 2] = 100
    assert found["part"][0, 1].item() == found["turned"][2, 1].item() == 100


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


def test_a_hundred_containers_in_each_other(stored: Any) -> None:
    value: list[Any] = []
    for _ in range(100):
        value = [value]
    assert torchffi.load(stored(value)) == value
