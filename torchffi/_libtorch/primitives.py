"""Primitives on LibTorch, through the C ABI. Raw data is a handle, an ``int``.

The first argument of a primitive that creates a tensor is ``make``, which calls a C function and
returns a tensor that owns the handle, or None on failure; so a handle is never without an owner. The
arguments of the C function follow. Primitives whose arguments need no conversion are not defined here:
:func:`__getattr__` finds them in the binding.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from torchffi import dtypes
from torchffi._libtorch import capsules
from torchffi._libtorch.c_numbers import C_TYPES, packed
from torchffi._libtorch.calls import c_function, check_status
from torchffi._libtorch.loader import ffi, lib
from torchffi._stdlib.typing import Any, Final
from torchffi.dtypes import DType

Raw = int
Make = Callable[..., Any]


def __getattr__(name: str) -> Callable[..., Any]:
    """A primitive without conversions: the C function, or else an operator of ATen called by name."""
    if name.startswith("__"):  # the import system looks for __path__
        raise AttributeError(name)
    call = c_function(name)
    if call is None:
        from torchffi._libtorch import aten  # imported late, because it takes long

        return getattr(aten, name)  # type: ignore[no-any-return]
    if ffi.typeof(call).result.cname == "int32_t":

        def primitive(*arguments: Any) -> Any:
            return check_status(call(*arguments))

    else:

        def primitive(*arguments: Any) -> Any:
            make, *operands = arguments
            return make(call, *operands)

    setattr(sys.modules[__name__], name, primitive)
    return primitive


# ---- Scalars, passed as 16 bytes

# 16 bytes that begin with an element.
_items = {dtype: ffi.typeof(f"{name}[{16 // ffi.sizeof(name)}]") for dtype, name in C_TYPES.items()}
_PYTHON: dict[str, Callable[[Any], Any]] = {
    "bool": bool, "signed integer": int, "unsigned integer": int, "floating point": float,
    "complex": complex,
}  # fmt: skip


def _scalar(value: complex, dtype: DType) -> bytes:
    """The bytes of a scalar; a number too large for a floating-point dtype becomes infinite."""
    number = _PYTHON[dtype.kind](value)
    return bytes(ffi.buffer(packed([number], dtype))).ljust(16, b"\0")


def full(make: Make, dims: Any, ndim: int, value: complex, dtype: int, device: int) -> Any:
    given = dtypes.by_code(dtype)
    exact = given if given in _items else dtypes.float32
    scalar = _scalar(value, exact)
    return make(lib.rt_torch_tensor_full, dims, ndim, scalar, exact.code, dtype, device)


def arange(make: Make, start: float, stop: float, step: float, dtype: int, device: int) -> Any:
    floats = float in (type(start), type(stop), type(step))
    scalars = dtypes.float64 if floats else dtypes.int64
    first, last, by = (_scalar(value, scalars) for value in (start, stop, step))
    return make(lib.rt_torch_tensor_arange, first, last, by, scalars.code, dtype, device)


# ---- Host memory


def from_bytes(make: Make, data: bytes, dims: Any, ndim: int, dtype: int, device: int) -> Any:
    memory = ffi.from_buffer(data)
    return make(lib.rt_torch_tensor_from_data, memory, len(data), dims, ndim, dtype, device)


def to_bytes(x: Raw, nbytes: int) -> bytes:
    memory = ffi.new("char[]", nbytes)
    check_status(lib.rt_torch_tensor_copy_to_host(x, memory, nbytes))
    return bytes(ffi.buffer(memory, nbytes))


def to_dlpack(x: Raw, versioned: bool, copied: bool) -> object:
    """A capsule over the tensor's memory. ``copied`` sets DLPack's flag that it is a copy."""
    return capsules.pack(x, versioned, copied)


def from_dlpack(make: Make, capsule: object, may_copy: bool) -> Any:
    """A tensor over the memory in a capsule."""
    return capsules.unpack(make, capsule, may_copy)


def item(x: Raw, dtype: DType) -> Any:
    value = ffi.new(_items[dtype])
    check_status(lib.rt_torch_tensor_item(x, value))
    return complex(value[0], value[1]) if dtype.kind == "complex" else value[0]


# ---- Properties


_MAX_NDIM = lib.RT_TORCH_MAX_NDIM
_AXES = ffi.typeof(f"int64_t[{_MAX_NDIM}]")
_shape, _strides, _unpack = lib.rt_torch_tensor_shape, lib.rt_torch_tensor_strides, ffi.unpack
# Free list of arrays with an integer for each axis: a new one costs as much as the call.
_axes: list[Any] = []


def shape(x: Raw) -> tuple[int, ...]:
    try:
        dims = _axes.pop()
    except IndexError:
        dims = ffi.new(_AXES)
    count = _shape(x, dims, _MAX_NDIM)
    found = tuple(_unpack(dims, count if count >= 0 else check_status(count)))
    _axes.append(dims)
    return found


def strides(x: Raw) -> tuple[int, ...]:
    """In elements."""
    try:
        steps = _axes.pop()
    except IndexError:
        steps = ffi.new(_AXES)
    count = _strides(x, steps, _MAX_NDIM)
    found = tuple(_unpack(steps, count if count >= 0 else check_status(count)))
    _axes.append(steps)
    return found


def device(x: Raw) -> int:
    number = ffi.new("int64_t *")
    check_status(lib.rt_torch_tensor_device(x, number))
    return int(number[0])


def layout_name(x: Raw) -> str:
    text = ffi.new("char[]", 64)
    check_status(lib.rt_torch_tensor_layout_name(x, text, 64))
    return str(ffi.string(text).decode())


def is_cuda(x: Raw) -> bool:
    return bool(check_status(lib.rt_torch_tensor_is_cuda(x)))


# ---- Indexing

_LAST = 2**63 - 1
_Slice = slice  # __getattr__() binds the primitive slice to that name
_basic_index, _basic_index_put = (
    lib.rt_torch_tensor_basic_index,
    lib.rt_torch_tensor_basic_index_put_,
)
_NEW_AXIS = (lib.RT_TORCH_KEY_NEW_AXIS, 0, 0, 0)
_ELLIPSIS = (lib.RT_TORCH_KEY_ELLIPSIS, 0, 0, 0)


# The classes of tensors that may be keys: of integers, and masks. torchffi/_array/indexing.py adds them.
key_tensors: Final[set[type]] = set()


def _key_integers(keys: tuple[Any, ...]) -> list[int] | None:
    """Integers, slices with positive steps, None, ellipses and tensors as in C; None for other keys."""
    integers: list[int] = []
    for key in keys:
        if type(key) is int:
            integers += (lib.RT_TORCH_KEY_INDEX, key, 0, 0)
        elif type(key) is _Slice:
            start, stop, step = key.start, key.stop, key.step
            start = 0 if start is None else start
            stop = _LAST if stop is None else stop
            step = 1 if step is None else step
            if not (type(start) is type(stop) is type(step) is int) or step < 1:
                return None
            integers += (lib.RT_TORCH_KEY_SLICE, start, stop, step)
        elif key is None or key is Ellipsis:
            integers += _NEW_AXIS if key is None else _ELLIPSIS
        elif type(key) in key_tensors:
            integers += (lib.RT_TORCH_KEY_TENSOR, key._data, 0, 0)
        else:
            return None
    return integers


def basic_index(make: Make, x: Raw, keys: tuple[Any, ...]) -> Any:
    """What such keys select; None for other keys, and on failure."""
    integers = _key_integers(keys)
    try:
        return None if integers is None else make(_basic_index, x, integers, len(keys))
    except OverflowError:
        return None


def basic_index_put_(x: Raw, keys: tuple[Any, ...], values: Raw) -> int:
    """Overwrites what such keys select; returns 0, or -1 on failure or for other keys."""
    integers = _key_integers(keys)
    try:
        return -1 if integers is None else int(_basic_index_put(x, integers, len(keys), values))
    except OverflowError:
        return -1
