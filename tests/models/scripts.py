"""TorchScript files for the tests, made by PyTorch, and the same values for PyTorch and for torchffi.

The classes have no postponed annotations, because TorchScript reads them.
"""
# ruff: noqa: UP006, UP007, UP035, UP045  (TorchScript knows these spellings)

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import numpy as np
import torch
from torch import Tensor, nn

import torchffi


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 4))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Cnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.pool, self.head = nn.AdaptiveAvgPool2d(2), nn.Linear(32, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(torch.relu(self.norm(self.conv(x)))).flatten(1))


class Point(NamedTuple):
    x: Tensor
    scale: float


class Values(nn.Module):
    """Methods with every kind of argument and result."""

    @torch.jit.export
    def steps(self, x: Tensor, limit: float = 10.0) -> Tensor:
        count = 0
        while bool(x.sum() < limit) and count < 50:
            x = x * 2 + 1 if count % 2 == 0 else x + 3
            count += 1
        return x

    @torch.jit.export
    def several(self, x: Tensor) -> Tuple[Tensor, Dict[str, Tensor], List[Tensor], int]:
        return x + 1, {"double": x * 2, "b": -x}, [x, x[0], x.sum()], x.size(0)

    @torch.jit.export
    def plain(
        self, x: Tensor, name: str = "a, b", k: int = 2, flag: bool = False, z: complex = 1j
    ) -> Tuple[Tensor, str, int, bool, float, complex, Optional[int]]:
        return x * k, name + "!", k * 3, not flag, k / 2, z * 2, None

    @torch.jit.export
    def nested(
        self,
        a: Dict[str, List[Tuple[Tensor, int]]],
        b: Optional[Dict[int, float]] = None,
    ) -> Dict[str, List[Tuple[int, Tensor]]]:
        out: Dict[str, List[Tuple[int, Tensor]]] = {}
        for name, pairs in a.items():
            turned: List[Tuple[int, Tensor]] = []
            for x, i in pairs:
                turned.append((i, x + i))
            out[name] = turned
        if b is not None:
            for i, y in b.items():
                out[str(i)] = [(i, torch.full([2], y))]
        return out

    @torch.jit.export
    def lists(
        self,
        i: List[int],
        f: List[float],
        b: List[bool],
        s: List[str],
        x: List[Optional[Tensor]],
    ) -> Tuple[List[int], List[float], List[bool], List[str], List[Optional[int]]]:
        sizes: List[Optional[int]] = []
        for one in x:
            sizes.append(None if one is None else one.numel())
        return i[::-1], f[::-1], b[::-1], s[::-1], sizes

    @torch.jit.export
    def point(self, p: Point) -> Point:
        return Point(p.x * p.scale, p.scale + 1)

    @torch.jit.export
    def either(self, x: Union[int, str, List[int]]) -> str:
        if isinstance(x, int):
            return "int"
        if isinstance(x, str):
            return x
        return "list of " + str(len(x))

    @torch.jit.export
    def anything(self, x: Any) -> Any:
        return x

    @torch.jit.export
    def empty(
        self, a: List[Tensor], b: Dict[str, int], c: Tuple[()]
    ) -> Tuple[List[Tensor], Dict[str, int]]:
        return a, b

    @torch.jit.export
    def by_name(self, x: Tensor, *, power: int, offset: float) -> Tensor:
        return x**power + offset

    @torch.jit.export
    def made(self, device: torch.device, dtype: int) -> Tuple[Tensor, torch.device]:
        return torch.ones([2], device=device, dtype=dtype), device

    def forward(self, x: Tensor) -> Tensor:
        return x


class Counter(nn.Module):
    """A module that changes itself: a buffer in place, and two attributes."""

    total: Tensor
    seen: List[int]

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("total", torch.zeros(3))
        self.last = torch.zeros(3)
        self.calls = 0
        self.seen = torch.jit.annotate(List[int], [])

    def forward(self, x: Tensor) -> Tuple[Tensor, int, List[int]]:
        self.total += x
        self.last = x * 2
        self.calls += 1
        self.seen.append(self.calls)
        return self.total + self.last, self.calls, self.seen

    @torch.jit.export
    def reset(self) -> None:
        self.total.zero_()
        self.calls = 0
        self.seen.clear()


class Failing(nn.Module):
    def forward(self, kind: str, x: Tensor) -> Tensor:
        if kind == "value":
            raise ValueError("the value is wrong")
        if kind == "index":
            raise IndexError("the index is wrong")
        if kind == "type":
            raise TypeError("the type is wrong")
        if kind == "missing":
            raise NotImplementedError("this is missing")
        if kind == "assert":
            assert x.numel() > 1000, "too few"
        if kind == "shape":
            return x @ x.new_ones([17, 3])
        if kind == "memory":
            return x.new_ones([1 << 40, 1024])
        if kind == "warn":
            warnings.warn("a warning", stacklevel=2)
        return x[torch.tensor([99])]


class Negative(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.neg(x)


class Transposed(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.t_().add_(1)


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(16, 8, 2, bidirectional=True, batch_first=True)

    def forward(self, x: Tensor) -> Tuple[Tensor, Tuple[Tensor, Tensor]]:
        return self.lstm(x)


class Double(nn.Module):
    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = nn.Parameter(
            torch.arange(12).reshape(3, 4).to(dtype), dtype.is_floating_point
        )

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.weight + x.sum()).to(self.weight.dtype)


def quiet(call: Callable[[], Any]) -> Any:
    """The result of a call of torch.jit, which is deprecated and warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()


def save(module: nn.Module, path: Path, training: bool = False) -> Path:
    """Writes a scripted module to a file."""
    scripted = quiet(lambda: torch.jit.script(module.train(training)))
    quiet(lambda: torch.jit.save(scripted, str(path)))
    return path


def reference(path: Path) -> Any:
    """The module of a file in PyTorch."""
    return quiet(lambda: torch.jit.load(str(path)))


def rewritten(path: Path, *changes: tuple[str, str]) -> bytes:
    """A file with other code."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename.endswith(".py"):
                text = data.decode()
                for old, new in changes:
                    assert old in text
                    text = text.replace(old, new)
                data = text.encode()
            if not member.filename.endswith(".debug_pkl"):
                target.writestr(member.filename, data)
    return out.getvalue()


def to_torch(value: Any) -> Any:
    """The same value for PyTorch."""
    if isinstance(value, torchffi.Tensor):
        if value.dtype == torchffi.dtypes.bfloat16:
            return torch.from_numpy(value.astype(torchffi.float32).numpy()).bfloat16()
        return torch.from_numpy(value.numpy().copy())
    if isinstance(value, Point):
        return Point(*map(to_torch, value))
    if isinstance(value, (list, tuple)):
        return type(value)(map(to_torch, value))
    if isinstance(value, dict):
        return {to_torch(key): to_torch(one) for key, one in value.items()}
    return value


def bits(value: Any) -> Any:
    """A value with its tensors as dtype, shape and bytes, for comparison."""
    if isinstance(value, torch.Tensor):
        name, shape = str(value.dtype).removeprefix("torch."), tuple(value.shape)
        as_bytes = value.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        return "tensor", name, shape, as_bytes
    if isinstance(value, torchffi.Tensor):
        plain = value if value.dtype.numpy is not None else value.view(torchffi.uint16)
        array = np.ascontiguousarray(plain.numpy())
        return "tensor", str(value.dtype), value.shape, array.tobytes()
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        return "tuple", names, [bits(one) for one in value]
    if isinstance(value, list):
        return [bits(one) for one in value]
    if isinstance(value, dict):
        return {key: bits(one) for key, one in value.items()}
    return type(value), value
