"""Kinds of small valid model files, and ways to damage them.

To add a kind, add a line to KINDS: how to make a file, and how to read it. Neither may import torch: a
file that only PyTorch can make comes from a package or is made in a process of its own.
"""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np

import torchffi
from tests.files import pickles
from tests.files.compared import packaged
from tests.files.pickles import pickled, storage, tensor, text
from torchffi import Tensor
from torchffi.errors import FileFormatError


class Kind(NamedTuple):
    """A kind of file.

    Attributes:
        make: Writes a valid file into a folder; returns what is to be damaged and read.
        read: Reads it; the result is compared by :func:`digest`.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], Any]


def _tensors() -> dict[str, Tensor]:
    base = torchffi.asarray(np.arange(24, dtype=np.float32).reshape(4, 6))
    return {
        "layer.weight": base,
        "layer.bias": torchffi.asarray(np.arange(3, dtype=np.int64)),
        "mask": torchffi.asarray(np.array([True, False])),
        "half": torchffi.asarray(np.arange(5, dtype=np.float16)),
        "scalar": torchffi.asarray(np.array(3.5)),
        "empty": torchffi.asarray(np.empty((0, 2), np.uint8)),
    }


def safetensors(folder: Path) -> Path:
    torchffi.save_safetensors(_tensors(), folder / "x.safetensors", {"format": "pt"})
    return folder / "x.safetensors"


def index(folder: Path) -> Path:
    tensors = _tensors()
    names = sorted(tensors)
    for number, part in enumerate((names[:3], names[3:])):
        torchffi.save_safetensors(
            {name: tensors[name] for name in part}, folder / f"{number}.safetensors"
        )
    places = {name: f"{int(names.index(name) >= 3)}.safetensors" for name in names}
    path = folder / "x.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    return path


def torch_save(folder: Path) -> Path:
    tensors = _tensors()
    state = OrderedDict(tensors) | {"view": tensors["layer.weight"][1:, ::2]}
    value = {"state": state, "epoch": 3, "names": ["a", ("b", None)], "rate": 0.5, "bytes": b"ab"}
    torchffi.save(value, folder / "x.pt")
    return folder / "x.pt"


def torch_save_deflated(folder: Path) -> Path:
    path = torch_save(folder)
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    path.write_bytes(packed.getvalue())
    return path


def torch_save_legacy(folder: Path) -> Path:
    floats = storage(view=b"N")
    integers = storage(kind="torch\nLongStorage", key="1", view=b"N")
    items = text("w") + tensor(where=floats) + text("b") + tensor(where=integers)
    body = b"ccollections\nOrderedDict\n)R(" + items + text("epoch") + b"K\x03u"
    storages = struct.pack("<q4fq4q", 4, 1, 2, 3, 4, 4, 5, 6, 7, 8)
    return pickles.legacy(folder / "x.pt", pickled(body), ["0", "1"], storages)


_EXPORT = """
import sys, torch
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.arange(6.0).reshape(2, 3))
        self.register_buffer("bias", torch.ones(2))
    def forward(self, x):
        return torch.nn.functional.linear(x, self.weight, self.bias).relu()
torch.export.save(torch.export.export(Model(), (torch.ones(1, 3),)), sys.argv[1])
"""


def torch_export(folder: Path) -> Path:
    """Made by PyTorch, in a process of its own."""
    path = folder / "x.pt2"
    subprocess.run([sys.executable, "-W", "ignore", "-c", _EXPORT, path], check=True, cwd=folder)
    return path


def read_program(path: Path) -> Any:
    program = torchffi.export.load(path)
    return program.state_dict(), program.graph


_SCRIPT = """
import sys, torch
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 2)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
    def forward(self, x):
        self.steps.add_(1)
        return self.layer(x).relu() * self.steps
torch.jit.save(torch.jit.trace(Model(), torch.ones(1, 3)), sys.argv[1])
"""


def torchscript(folder: Path) -> Path:
    """Made by PyTorch, in a process of its own."""
    path = folder / "x.pt"
    subprocess.run([sys.executable, "-W", "ignore", "-c", _SCRIPT, path], check=True, cwd=folder)
    return path


def read_script(path: Path) -> Any:
    with torchffi.use_backend("ffi"):
        module = torchffi.jit.load(path)
        return module.state_dict(), [str(schema) for schema in module.methods()]


def read_in_c(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, by the functions of the C ABI."""
    from torchffi._core.lifetimes import make
    from torchffi._libtorch.calls import last_error
    from torchffi._libtorch.loader import ffi, lib

    file = lib.rt_torch_safetensors_open(bytes(path))
    if not file:
        raise FileFormatError(str(last_error()))
    found = {}
    text = ffi.new("char[]", 4096)
    try:
        for number in range(lib.rt_torch_safetensors_count(file)):
            lib.rt_torch_safetensors_name(file, number, text, 4096)
            name = ffi.string(text)
            tensor = make(None, lib.rt_torch_safetensors_tensor, file, name)
            if tensor is None:
                raise FileFormatError(f"{path}: {last_error()}")
            found[name.decode()] = tensor
    finally:
        lib.rt_torch_safetensors_free(file)
    return found


def from_package(package: str, name: str) -> Callable[[Path], Path]:
    """A file that PyTorch wrote."""

    def make(folder: Path) -> Path:
        path = folder / Path(name).name
        path.write_bytes(packaged(package, name).read_bytes())
        return path

    return make


KINDS: dict[str, Kind] = {
    "safetensors": Kind(safetensors, torchffi.load_safetensors),
    "safetensors index": Kind(index, torchffi.load_safetensors),
    "torch.save zip": Kind(torch_save, torchffi.load),
    "torch.save zip, deflated": Kind(torch_save_deflated, torchffi.load),
    "torch.save legacy": Kind(torch_save_legacy, torchffi.load),
    "torch.save legacy, PyTorch's": Kind(
        from_package("lpips", "weights/v0.1/alex.pth"), torchffi.load
    ),
    "torch.export": Kind(torch_export, read_program),
    "TorchScript": Kind(torchscript, read_script),
    "safetensors, in C": Kind(safetensors, read_in_c),
}


def digest(value: Any) -> Any:
    """A value that is equal for equal contents, bit for bit."""
    if isinstance(value, Tensor):
        array = np.ascontiguousarray(value.numpy())
        return value.dtype.name, value.shape, array.tobytes()
    if isinstance(value, dict):
        return [(digest(key), digest(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(digest, value)]
    return repr(value)


# ---- Damage

_NUMBERS = (0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)


def truncate(data: bytearray, random: Random) -> None:
    del data[random.randrange(len(data)) :]


def flip_one_bit(data: bytearray, random: Random) -> None:
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def flip_some_bits(data: bytearray, random: Random) -> None:
    for _ in range(random.randrange(2, 10)):
        flip_one_bit(data, random)


def set_bytes(data: bytearray, random: Random) -> None:
    place, length = random.randrange(len(data)), random.randrange(1, 9)
    value = random.choice([bytes(length), b"\xff" * length, random.randbytes(length)])
    data[place : place + length] = value


def set_number(data: bytearray, random: Random) -> None:
    place, length = random.randrange(len(data)), random.choice([2, 4, 8])
    number = random.choice(_NUMBERS) % 2 ** (8 * length)
    data[place : place + length] = number.to_bytes(length, "little")


def insert(data: bytearray, random: Random) -> None:
    place = random.randrange(len(data))
    data[place:place] = random.randbytes(random.randrange(1, 100))


def remove(data: bytearray, random: Random) -> None:
    place = random.randrange(len(data))
    del data[place : place + random.randrange(1, 100)]


def repeat(data: bytearray, random: Random) -> None:
    place, length = random.randrange(len(data)), random.randrange(1, 200)
    data[place:place] = data[place : place + length] * random.randrange(1, 5)


def move(data: bytearray, random: Random) -> None:
    place, length = random.randrange(len(data)), random.randrange(1, 200)
    part = data[place : place + length]
    del data[place : place + length]
    place = random.randrange(len(data) + 1)
    data[place:place] = part


def append(data: bytearray, random: Random) -> None:
    data += random.randbytes(random.randrange(1, 100))


def prepend(data: bytearray, random: Random) -> None:
    data[:0] = random.choice([b"PK\3\4", b"{", b"\x80\x02", bytes(8), random.randbytes(20)])


def change_a_digit(data: bytearray, random: Random) -> None:
    """In the JSON of a header, or a name."""
    digits = [place for place, byte in enumerate(data) if byte in b"0123456789"]
    if digits:
        place = random.choice(digits)
        data[place : place + 1] = random.choice(
            [b"9", b"0", b"-1", b"99999999999999999999", b"1e5", b'"']
        )


DAMAGES = (
    truncate, flip_one_bit, flip_some_bits, set_bytes, set_number, insert, remove, repeat, move, append,
    prepend, change_a_digit,
)  # fmt: skip


def damage(data: bytearray, random: Random) -> str:
    """Damages a file once, or sometimes twice; returns how."""
    chosen = random.choices(DAMAGES, k=random.choice([1, 1, 1, 2]))
    for one in chosen:
        if data:
            one(data, random)
    return ", ".join(one.__name__ for one in chosen)
