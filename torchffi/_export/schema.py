"""Values of the schema of torch.export, major version 8: unions, dtypes, devices, numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from torchffi import dtypes
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, NotSupportedError

MAJOR: Final = 8
# The largest minor version that was tried; a later one adds fields, which change no known one.
MINOR: Final = 20

_DTYPES: Final = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32",
    8: "float64", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16",
    28: "uint16", 34: "uint32", 35: "uint64",
}  # fmt: skip
_OTHER_DTYPES: Final = {
    9: "complex32", 29: "float8_e4m3fn", 30: "float8_e5m2", 31: "float8_e4m3fnuz",
    32: "float8_e5m2fnuz", 33: "float8_e8m0fnu",
}  # fmt: skip
_LAYOUTS: Final = {
    1: "sparse_coo", 2: "sparse_csr", 3: "sparse_csc", 4: "sparse_bsr", 5: "sparse_bsc",
    6: "_mkldnn", 7: "strided",
}  # fmt: skip
_MEMORY_FORMATS: Final = {
    1: "contiguous_format", 2: "channels_last", 3: "channels_last_3d", 4: "preserve_format",
}  # fmt: skip
_FLOATS: Final = {"Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": float("nan")}


def only(union: Mapping[str, Any]) -> tuple[str, Any]:
    """The field of a union that is set, and its value.

    Raises:
        ValueError: There is not exactly one.
    """
    fields = [(name, value) for name, value in union.items() if value is not None]
    if len(fields) != 1:
        raise ValueError(f"a union has {len(fields)} fields, expected 1: {sorted(union)}")
    return fields[0]


def dtype(code: int) -> DType:
    """The dtype with a code of the schema, which is not that of the C ABI.

    Raises:
        TypeError: torchffi does not have it.
    """
    name = _DTYPES.get(code)
    if name is None:
        raise DTypeError(f"dtype {_OTHER_DTYPES.get(code, code)} is not supported")
    return dtypes.by_name(name)


def dtype_name(code: int) -> str:
    """The name of the dtype with a code of the schema, also if torchffi does not have it."""
    return _DTYPES.get(code) or _OTHER_DTYPES[code]


def layout(code: int) -> str:
    """The name of a layout."""
    return _LAYOUTS[code]


def memory_format(code: int) -> str:
    """The name of a memory format."""
    return _MEMORY_FORMATS[code]


def device(value: Mapping[str, Any]) -> str:
    """The name of a device, such as ``cuda:0``."""
    index = value.get("index")
    return str(value["type"]) if index is None else f"{value['type']}:{int(index)}"


def number(value: Any) -> float:
    """A floating-point number; JSON has infinities and NaN as strings."""
    return _FLOATS[value] if isinstance(value, str) else float(value)


_PLAIN: Final[dict[str, Callable[[Any], Any]]] = {
    "as_none": lambda value: None,
    "as_int": int,
    "as_ints": lambda value: [int(one) for one in value],
    "as_int_lists": lambda value: [[int(one) for one in inner] for inner in value],
    "as_float": number,
    "as_floats": lambda value: [number(one) for one in value],
    "as_float_lists": lambda value: [[number(one) for one in inner] for inner in value],
    "as_bool": bool,
    "as_bools": lambda value: [bool(one) for one in value],
    "as_string": str,
    "as_strings": lambda value: [str(one) for one in value],
    "as_complex": lambda value: complex(number(value["real"]), number(value["imag"])),
    "as_scalar_type": dtype,
    "as_layout": layout,
    "as_memory_format": memory_format,
    "as_device": device,
}


def is_plain(kind: str) -> bool:
    """Whether an argument of this kind is a constant."""
    return kind in _PLAIN


def plain(kind: str, value: Any) -> Any:
    """The value of a constant argument.

    Raises:
        NotImplementedError: The kind is unknown.
    """
    try:
        convert = _PLAIN[kind]
    except KeyError:
        raise NotSupportedError(f"arguments of the kind {kind} are not supported") from None
    return convert(value)
