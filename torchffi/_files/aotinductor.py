"""AOTInductor packages: what their models take, and whether this machine runs them. Nothing is run."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from torchffi._files.archive import Archive
from torchffi._files.text import plain
from torchffi.errors import FileFormatError

_FOLDER: Final = "data/aotinductor/"
_CHECK: Final = re.compile(r"static void check_input_(\d+)\((.*?)\n\}", re.DOTALL)
_DTYPE: Final = re.compile(r"_expected_dtype = aoti_torch_dtype_(\w+)\(\);")
_FIXED: Final = re.compile(r"if \((\d+) != \w+_size\[(\d+)\]\)")
_RANGE: Final = re.compile(r"if \(\w+_size\[(\d+)\] ([<>]) (\d+)\)")
_NAME: Final = re.compile(r"auto (\w+) = std::move\(inputs\[(\d+)\]\);")
_ASSERTED: Final = re.compile(r"assert_size_stride\((\w+), \{(.*?)\}, \{")
_SYMBOL: Final = re.compile(r"int64_t (\w+) = (\w+)_size\[(\d+)\];")
_CONSTANT: Final = re.compile(
    r"constants_info_\[(\d+)\]\.(dtype|shape|original_fqn|from_folded) = (.*?);"
)
_OUTPUT: Final = re.compile(r"outputs_info_\[\d+\]\.name = ")
_SUFFIX: Final = re.compile(r"(?<=\d)L+\b")
_MOST_AXES: Final = 64
_UNDESCRIBED: Final = "not described: the package has no source; unchecked=True runs it"
# The compiler's names of instruction sets -> the flags of /proc/cpuinfo.
_FLAGS: Final = {
    "AVX2": ("avx2", "fma"),
    "AVX512": ("avx512f", "avx512dq", "avx512vl", "avx512bw"),
    "AVX512_VNNI": ("avx512_vnni",),
    "AMX_TILE": ("amx_tile",),
    "AMX_FP16": ("amx_fp16",),
    "ASIMD": (),
    "NEON": (),
    "INVALID_VEC_ISA": (),
}


class Compiled(NamedTuple):
    """A model of a package.

    Attributes:
        name: Its name.
        inputs: Such as ``float32[s0, 64], s0 from 2 to 300``; empty if the package does not tell.
        outputs: The number of outputs; 0 if the package does not tell.
        constants: Name, dtype and shape of the weights and other constants.
        target: What it was compiled for.
        obstacle: Why this machine cannot run it; empty if nothing is known.
    """

    name: str
    inputs: list[str]
    outputs: int
    constants: list[tuple[str, str, tuple[int, ...]]]
    target: str
    obstacle: str


def models(archive: Archive) -> Iterator[Compiled]:
    """The models of a package.

    Raises:
        FileFormatError: It is damaged.
    """
    names = [name[len(_FOLDER) :] for name in archive if name.startswith(_FOLDER)]
    for model in dict.fromkeys(name.partition("/")[0] for name in names if "/" in name):
        prefix = f"{_FOLDER}{model}/"
        members = [name for name in archive if name.startswith(prefix)]
        libraries = [name for name in members if name.endswith(".so")]
        sources = [name for name in members if name.endswith(".wrapper.cpp")]
        stem = (libraries or sources or [prefix + "model"])[0].rpartition(".")[0]
        member = f"{stem}_metadata.json"
        metadata = _metadata(archive, member) if member in archive else {}
        text, inputs = "", [_UNDESCRIBED]
        if f"{stem}.cpp" in archive:
            text = archive.read(f"{stem}.cpp").decode("utf-8", "replace")
            inputs = _inputs(text)
        yield Compiled(
            model,
            inputs,
            len(_OUTPUT.findall(text)),
            [*_constants(text)],
            _target(metadata),
            _obstacle(metadata) if libraries else "it has no shared library (.so)",
        )


def _metadata(archive: Archive, member: str) -> Mapping[str, str]:
    try:
        found = json.loads(archive.read(member))
        return {str(name): str(value) for name, value in found.items()}
    except (ValueError, RecursionError, AttributeError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise archive.error(f"{member}: not the JSON of an object ({error})") from None


def _target(metadata: Mapping[str, str]) -> str:
    keys = ("AOTI_DEVICE_KEY", "AOTI_PLATFORM", "AOTI_MACHINE", "AOTI_CPU_ISA")
    return ", ".join(plain(metadata[key]) for key in keys if metadata.get(key))


def _obstacle(metadata: Mapping[str, str]) -> str:
    if not metadata:
        return "it has no metadata"
    device = metadata.get("AOTI_DEVICE_KEY", "")
    if device != "cpu":
        return f"it is for the device {plain(device)}; torchffi runs packages for the CPU"
    for key, here in (("AOTI_PLATFORM", sys.platform), ("AOTI_MACHINE", platform.machine())):
        if metadata.get(key, here) != here:
            return f"it is for {plain(metadata[key])}, and this is {here}"
    present = _cpu_flags()
    for name in metadata.get("AOTI_CPU_ISA", "").split():
        if name not in _FLAGS:
            return f"it needs {plain(name)}, which torchffi does not know"
        if present and not present.issuperset(_FLAGS[name]):
            return f"it needs {name}, which this CPU does not have"
    return ""


def _cpu_flags() -> frozenset[str]:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("flags"):
                    return frozenset(line.partition(":")[2].split())
    except OSError:
        pass
    return frozenset()


def _inputs(text: str) -> list[str]:
    names = {int(number): name for name, number in _NAME.findall(text)}
    asserted = {name: _list(sizes) for name, sizes in _ASSERTED.findall(text)}
    symbols = {(name, int(axis)): symbol for symbol, name, axis in _SYMBOL.findall(text)}
    found = []
    for number, body in _CHECK.findall(text):
        name, dtype = names.get(int(number), ""), _DTYPE.search(body)
        sizes = {int(axis): size for size, axis in _FIXED.findall(body)}
        limits: dict[int, dict[str, int]] = {}
        for axis, sign, limit in _RANGE.findall(body):
            limits.setdefault(int(axis), {})[sign] = int(limit)
        axes = min(max([*sizes, *limits], default=-1) + 1, _MOST_AXES)
        shape = [sizes.get(axis) or symbols.get((name, axis), "?") for axis in range(axes)]
        shape = asserted.get(name, shape)
        ranges = [
            f"{shape[axis]} {_between(limit)}"
            for axis, limit in sorted(limits.items())
            if axis < len(shape)
        ]
        shown = f"{dtype[1] if dtype else '?'}[{', '.join(shape)}]"
        found.append(plain("; ".join([shown, *ranges])))
    return found


def _between(limits: Mapping[str, int]) -> str:
    low, high = limits.get("<"), limits.get(">")
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"from {low} to {high}"


def _list(text: str) -> list[str]:
    return [_SUFFIX.sub("", part.strip()) for part in text.split(",") if part.strip()]


def _constants(text: str) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    found: dict[int, dict[str, str]] = {}
    for number, key, value in _CONSTANT.findall(text):
        found.setdefault(int(number), {})[key] = value
    for _, one in sorted(found.items()):
        if one.get("from_folded") == "true":
            continue
        shape = _list(one.get("shape", "{}").strip("{}"))
        dtype = one.get("dtype", "").removeprefix("cached_torch_dtype_")
        if all(size.isdigit() for size in shape) and len(shape) <= _MOST_AXES:
            yield one.get("original_fqn", "").strip('"'), dtype, tuple(map(int, shape))
