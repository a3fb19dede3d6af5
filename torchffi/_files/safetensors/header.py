"""The header of a safetensors file: checked, and written.

Read here and not by the safetensors library: the library checks a header, but does not give the places
of the tensors, so it would be parsed twice, from a file that may change in between; and NumPy has no
bfloat16. The tests compare what both accept.

Source: https://github.com/huggingface/safetensors, "Format".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import prod
from typing import Any, Final, NamedTuple

from torchffi._files.mapped import checked_shape
from torchffi._files.text import shown
from torchffi.errors import TorchError

MAX_HEADER = 100_000_000  # the library's limit
MAX_TENSORS = 1 << 17
METADATA = "__metadata__"
# Name in the file -> torchffi's name of the dtype, and bits of an element.
DTYPES: Final[dict[str, tuple[str, int]]] = {
    "BOOL": ("bool", 8), "U8": ("uint8", 8), "I8": ("int8", 8), "U16": ("uint16", 16),
    "I16": ("int16", 16), "F16": ("float16", 16), "BF16": ("bfloat16", 16), "U32": ("uint32", 32),
    "I32": ("int32", 32), "F32": ("float32", 32), "C64": ("complex64", 64), "U64": ("uint64", 64),
    "I64": ("int64", 64), "F64": ("float64", 64),
    # torchffi does not have these.
    "F4": ("float4_e2m1fn_x2", 4), "F6_E2M3": ("float6_e2m3", 6), "F6_E3M2": ("float6_e3m2", 6),
    "F8_E4M3": ("float8_e4m3fn", 8), "F8_E5M2": ("float8_e5m2", 8), "F8_E8M0": ("float8_e8m0fnu", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8), "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
}  # fmt: skip
NAMES: Final = {name: short for short, (name, _) in DTYPES.items()}


class Entry(NamedTuple):
    """A tensor in the file.

    Attributes:
        dtype: Its dtype as in the file, such as ``"F32"``.
        shape: Its shape.
        begin, end: Where its bytes are, counted from the start of the file.
    """

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def parse(
    data: memoryview, error: Callable[[str], Exception]
) -> tuple[dict[str, Entry], dict[str, str] | None]:
    """The tensors of a file, in the order of their bytes, and its metadata.

    Args:
        data: The whole file.
        error: Makes the exception from a message.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(MAX_HEADER, len(data) - 8):
        raise error(
            f"truncated or not a safetensors file (the header has {length} bytes, the file {len(data)})"
        )
    header = parse_json(bytes(data[8 : 8 + length]), error)
    metadata = header.pop(METADATA, None)
    if metadata is not None and not _is_texts(metadata):
        raise error(f"{METADATA} is not a dict of texts")
    entries = {name: _entry(name, value, 8 + length, error) for name, value in header.items()}
    entries = dict(sorted(entries.items(), key=lambda item: item[1][2:]))
    place = 8 + length
    for name, entry in entries.items():
        if entry.begin != place:
            what = "overlaps the tensor before it" if entry.begin < place else "follows a gap"
            raise error(f"{shown(name)} {what}, at byte {entry.begin}")
        place = entry.end
    if place != len(data):
        what = "truncated" if place > len(data) else "damaged"
        raise error(f"{what}: the tensors end at byte {place}, but the file has {len(data)} bytes")
    return entries, metadata


def parse_json(text: bytes, error: Callable[[str], Exception]) -> dict[str, Any]:
    """A JSON object without repeated names, NaN, infinity and halves of surrogate pairs."""
    objects = 0

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal objects
        objects += 1
        found = dict(pairs)
        for pair in pairs:
            for text in pair:
                if type(text) is str:
                    text.encode()  # refuses half a surrogate pair
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise error(f"two entries of the header are named {shown(twice)}")
        if max(objects, len(found)) > MAX_TENSORS + 1:
            raise error(f"the header has more than {MAX_TENSORS} entries")
        return found

    def refuse(name: str) -> float:
        raise ValueError(f"{name} is not JSON")

    try:
        found = json.loads(text.decode(), object_pairs_hook=unique, parse_constant=refuse)
    except TorchError:
        raise
    except (ValueError, RecursionError) as why:
        raise error(f"damaged: the header is not JSON ({why!s:.100})") from None
    if type(found) is not dict or text[:1] != b"{":
        raise error("damaged: the header is not a JSON object")
    return found


def _is_texts(metadata: object) -> bool:
    return type(metadata) is dict and all(type(value) is str for value in metadata.values())


def _entry(name: str, value: Any, start: int, error: Callable[[str], Exception]) -> Entry:
    label = shown(name)
    if type(value) is not dict or not {"dtype", "shape", "data_offsets"} <= value.keys():
        raise error(f"{label} does not have dtype, shape and data_offsets")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if type(dtype) is not str or dtype not in DTYPES:
        raise error(f"{label} has the unknown dtype {shown(dtype)}")
    if type(shape) is not list or type(offsets) is not list or len(offsets) != 2:
        raise error(f"{label}: shape or data_offsets is damaged")
    dims = checked_shape(shape, str(error(label)))
    begin, end = checked_shape(offsets, str(error(label)))
    bits = prod(dims) * DTYPES[dtype][1]
    if begin > end or (end - begin) * 8 != bits:
        raise error(
            f"{label} has data_offsets {begin} and {end}, but shape {list(dims)} of {dtype} needs "
            f"{bits // 8} bytes"
        )
    return Entry(dtype, dims, start + begin, start + end)


def build(tensors: Mapping[str, tuple[str, tuple[int, ...], int]], metadata: object) -> bytes:
    """The header, with its length before it, of tensors that follow it in this order.

    Args:
        tensors: Name -> dtype as in the file, shape and bytes.
        metadata: A dict of texts, or None.
    """
    header: dict[str, Any] = {} if metadata is None else {METADATA: metadata}
    place = 0
    for name, (dtype, shape, nbytes) in tensors.items():
        offsets = [place, place + nbytes]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": offsets}
        place += nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the tensors are aligned
    return len(text).to_bytes(8, "little") + text
