"""Python's numbers as arrays in C and back, and lists of them nested by a shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from torchffi import dtypes
from torchffi._libtorch.loader import ffi
from torchffi.dtypes import DType

# The C type of an element of each dtype; a complex number is two of them. C has none for float16 and
# bfloat16.
C_TYPES: Final = {
    dtypes.bool: "bool",
    **{dtype: f"{dtype.name}_t" for dtype in dtypes.ALL if dtype.kind in dtypes.INTEGER},
    dtypes.float32: "float",
    dtypes.float64: "double",
    dtypes.complex64: "float",
    dtypes.complex128: "double",
}
_ARRAYS: Final = {dtype: ffi.typeof(f"{name}[]") for dtype, name in C_TYPES.items()}
# The letters of these types in Python's buffer protocol.
_LETTER_OF: Final = {
    "bool": "?", "int8_t": "b", "int16_t": "h", "int32_t": "i", "int64_t": "q", "uint8_t": "B",
    "uint16_t": "H", "uint32_t": "I", "uint64_t": "Q", "float": "f", "double": "d",
}  # fmt: skip
_LETTERS: Final[dict[DType, Any]] = {dtype: _LETTER_OF[name] for dtype, name in C_TYPES.items()}


def packed(values: Sequence[Any], dtype: DType) -> Any:
    """Numbers as an array in C; those too large for a floating-point dtype become infinite.

    Raises:
        OverflowError: An integer does not fit.
        TypeError: A number is of a higher kind than the dtype.
    """
    if dtype.kind == "complex":
        values = [part for value in values for part in (value.real, value.imag)]
    return ffi.new(_ARRAYS[dtype], values)


def lists(memory: bytearray, dtype: DType, shape: tuple[int, ...]) -> Any:
    """Numbers in C order as lists of lists; the only number of the shape ``()``."""
    if not memory:
        return _without_values(shape)
    letter = _LETTERS[dtype]
    if dtype.kind != "complex":
        return memoryview(memory).cast(letter, shape).tolist()
    parts = memoryview(memory).cast(letter).tolist()
    values: list[Any] = list(map(complex, parts[::2], parts[1::2]))
    for length in shape[:0:-1]:
        values = [values[i : i + length] for i in range(0, len(values), length)]
    return values if shape else values[0]


def _without_values(shape: tuple[int, ...]) -> list[Any]:
    return [_without_values(shape[1:]) for _ in range(shape[0])]
