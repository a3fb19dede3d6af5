"""Python's numbers as arrays in C and back, and lists of them nested by a shape."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from torchffi import dtypes
from torchffi._libtorch.calls import check_status
from torchffi._libtorch.loader import ffi, lib
from torchffi._stdlib.typing import Any, Final
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
# The letters of these types in Python's buffer protocol; that of the parts of a complex number.
_LETTER_OF: Final = {
    "bool": "?", "int8_t": "b", "int16_t": "h", "int32_t": "i", "int64_t": "q", "uint8_t": "B",
    "uint16_t": "H", "uint32_t": "I", "uint64_t": "Q", "float": "f", "double": "d",
}  # fmt: skip
LETTERS: Final[dict[DType, Any]] = {dtype: _LETTER_OF[name] for dtype, name in C_TYPES.items()}


def packed(values: Sequence[Any], dtype: DType) -> Any:
    """Numbers as an array in C; those too large for a floating-point dtype become infinite.

    Raises:
        OverflowError: An integer does not fit.
        TypeError: A number is of a higher kind than the dtype.
    """
    if dtype.kind == "complex":
        values = [part for value in values for part in (value.real, value.imag)]
    return ffi.new(_ARRAYS[dtype], values)


# Free list of memory for the elements of small tensors, in C and as bytes.
_memory: Final[list[tuple[Any, memoryview]]] = []
_MOST_KEPT: Final = 1024  # bytes
_copy_to_host: Final = lib.rt_torch_tensor_copy_to_host


def _new_memory(nbytes: int) -> tuple[Any, memoryview]:
    memory = ffi.new("char[]", nbytes)
    return memory, memoryview(ffi.buffer(memory)).cast("B")


def lists(x: int, dtype: DType, shape: tuple[int, ...]) -> Any:
    """The elements of a tensor as lists of lists; the only one of the shape ``()``.

    Args:
        x: The handle.
        dtype: Its dtype, one of ``C_TYPES``.
        shape: Its shape.
    """
    nbytes = prod(shape) * dtype.itemsize
    try:
        memory = _memory.pop() if nbytes <= _MOST_KEPT else _new_memory(nbytes)
    except IndexError:
        memory = _new_memory(_MOST_KEPT)
    status = _copy_to_host(x, memory[0], nbytes)
    if status < 0:
        check_status(status)
    letter = LETTERS[dtype]
    if not nbytes:
        found: Any = _without_values(shape)
    elif dtype.kind != "complex":
        found = memory[1][:nbytes].cast(letter, shape).tolist()
    else:
        found = _complex_lists(memory[1][:nbytes].cast(letter).tolist(), shape)
    if nbytes <= _MOST_KEPT:
        _memory.append(memory)
    return found


def _complex_lists(parts: Sequence[float], shape: tuple[int, ...]) -> Any:
    values: list[Any] = list(map(complex, parts[::2], parts[1::2]))
    for length in shape[:0:-1]:
        values = [values[i : i + length] for i in range(0, len(values), length)]
    return values if shape else values[0]


def _without_values(shape: tuple[int, ...]) -> list[Any]:
    return [_without_values(shape[1:]) for _ in range(shape[0])]
