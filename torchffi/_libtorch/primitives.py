"""Primitives on LibTorch, through the C ABI. Raw data is a handle, an ``int``.

The first argument of a primitive that creates a tensor is ``make``, which calls a C function and returns
a tensor that owns the handle, or None on failure; so a handle is never without an owner. The operands
follow: handles, Python values and dtypes. Primitives whose arguments need no conversion are not defined
here: :func:`__getattr__` finds them in the binding.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from torchffi import dtypes
from torchffi._libtorch import capsules
from torchffi._libtorch.calls import c_function, c_shape, check_status
from torchffi._libtorch.loader import ffi, lib
from torchffi.dtypes import DType

Raw = int
Make = Callable[..., Any]


def __getattr__(name: str) -> Callable[..., Any]:
    """A primitive without conversions: the C function, or else an operator of ATen called by name."""
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


# ---- Creation


def _filled(name: str) -> Callable[[Make, tuple[int, ...], DType, int], Any]:
    function = getattr(lib, f"rt_torch_tensor_{name}")

    def primitive(make: Make, shape: tuple[int, ...], dtype: DType, device: int) -> Any:
        return make(function, c_shape(shape), len(shape), dtype.code, device)

    return primitive


empty, zeros, ones = _filled("empty"), _filled("zeros"), _filled("ones")
rand, randn = _filled("rand"), _filled("randn")


def _scalar(value: complex, dtype: DType) -> bytes:
    assert dtype.numpy is not None
    with np.errstate(over="ignore"):
        return np.asarray(value, dtype.numpy).tobytes().ljust(16, b"\0")


def full(make: Make, shape: tuple[int, ...], value: complex, dtype: DType, device: int) -> Any:
    exact = dtype if dtype.numpy is not None else dtypes.float32
    scalar = _scalar(value, exact)
    return make(
        lib.rt_torch_tensor_full, c_shape(shape), len(shape), scalar, exact.code, dtype.code, device
    )


def eye(make: Make, rows: int, columns: int, dtype: DType, device: int) -> Any:
    return make(lib.rt_torch_tensor_eye, rows, columns, dtype.code, device)


def arange(make: Make, start: float, stop: float, step: float, dtype: DType, device: int) -> Any:
    floats = sorted(type(value) is float for value in (start, stop, step))
    scalars = dtypes.float64 if floats[-1] else dtypes.int64
    first, last, by = (_scalar(value, scalars) for value in (start, stop, step))
    return make(lib.rt_torch_tensor_arange, first, last, by, scalars.code, dtype.code, device)


# ---- Host memory


def from_bytes(make: Make, data: bytes, shape: tuple[int, ...], dtype: DType, device: int) -> Any:
    memory = ffi.from_buffer(data)
    return make(
        lib.rt_torch_tensor_from_data,
        memory,
        len(data),
        c_shape(shape),
        len(shape),
        dtype.code,
        device,
    )


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


# The C type to read an element of each dtype. float16 and bfloat16 have none.
_C_TYPES = {
    "bool": "bool[16]",
    **{
        f"{sign}int{n}": f"{sign}int{n}_t[{128 // n}]"
        for sign in ("", "u")
        for n in (8, 16, 32, 64)
    },
    "float32": "float[4]",
    "float64": "double[2]",
    "complex64": "float[4]",
    "complex128": "double[2]",
}
_items = {dtypes.by_name(name): ffi.typeof(kind) for name, kind in _C_TYPES.items()}


def item(x: Raw, dtype: DType) -> Any:
    value = ffi.new(_items[dtype])
    check_status(lib.rt_torch_tensor_item(x, value))
    return complex(value[0], value[1]) if dtype.kind == "complex" else value[0]


# ---- Properties


_MAX_NDIM = lib.RT_TORCH_MAX_NDIM
_AXES = ffi.typeof(f"int64_t[{_MAX_NDIM}]")


def shape(x: Raw) -> tuple[int, ...]:
    dims = ffi.new(_AXES)
    return tuple(ffi.unpack(dims, check_status(lib.rt_torch_tensor_shape(x, dims, _MAX_NDIM))))


def strides(x: Raw) -> tuple[int, ...]:
    """In elements."""
    steps = ffi.new(_AXES)
    return tuple(ffi.unpack(steps, check_status(lib.rt_torch_tensor_strides(x, steps, _MAX_NDIM))))


def device(x: Raw) -> int:
    number = ffi.new("int64_t *")
    check_status(lib.rt_torch_tensor_device(x, number))
    return int(number[0])


def is_cuda(x: Raw) -> bool:
    return bool(check_status(lib.rt_torch_tensor_is_cuda(x)))


def to_dtype(make: Make, x: Raw, dtype: DType) -> Any:
    return make(lib.rt_torch_tensor_to_dtype, x, dtype.code)


# ---- Reductions; axes=None means all axes


def _axes(axes: Sequence[int] | None) -> tuple[Any, int]:
    return (ffi.NULL, 0) if axes is None else (axes, len(axes))


def sum(make: Make, x: Raw, axes: tuple[int, ...] | None, keepdims: bool, dtype: DType) -> Any:
    return make(lib.rt_torch_tensor_sum, x, *_axes(axes), keepdims, dtype.code)


def prod(make: Make, x: Raw, axes: tuple[int, ...] | None, keepdims: bool, dtype: DType) -> Any:
    return make(lib.rt_torch_tensor_prod, x, *_axes(axes), keepdims, dtype.code)


def mean(make: Make, x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    return make(lib.rt_torch_tensor_mean, x, *_axes(axes), keepdims)


def var(make: Make, x: Raw, axes: tuple[int, ...] | None, correction: float, keepdims: bool) -> Any:
    return make(lib.rt_torch_tensor_var, x, *_axes(axes), correction, keepdims)


def amax(make: Make, x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    return make(lib.rt_torch_tensor_amax, x, *_axes(axes), keepdims)


def amin(make: Make, x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    return make(lib.rt_torch_tensor_amin, x, *_axes(axes), keepdims)


def all(make: Make, x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    return make(lib.rt_torch_tensor_all, x, *_axes(axes), keepdims)


def any(make: Make, x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Any:
    return make(lib.rt_torch_tensor_any, x, *_axes(axes), keepdims)


def argmax(make: Make, x: Raw, axis: int | None, keepdims: bool) -> Any:
    return make(lib.rt_torch_tensor_argmax, x, ffi.NULL if axis is None else (axis,), keepdims)


def argmin(make: Make, x: Raw, axis: int | None, keepdims: bool) -> Any:
    return make(lib.rt_torch_tensor_argmin, x, ffi.NULL if axis is None else (axis,), keepdims)


# ---- Shape and order


def reshape(make: Make, x: Raw, shape: tuple[int, ...]) -> Any:
    return make(lib.rt_torch_tensor_reshape, x, c_shape(shape), len(shape))


def expand(make: Make, x: Raw, shape: tuple[int, ...]) -> Any:
    return make(lib.rt_torch_tensor_expand, x, c_shape(shape), len(shape))


def permute(make: Make, x: Raw, axes: tuple[int, ...]) -> Any:
    return make(lib.rt_torch_tensor_permute, x, c_shape(axes), len(axes))


def flip(make: Make, x: Raw, axes: tuple[int, ...]) -> Any:
    return make(lib.rt_torch_tensor_flip, x, axes, len(axes))


def cat(make: Make, tensors: Sequence[Raw], axis: int) -> Any:
    return make(lib.rt_torch_tensor_cat, tensors, len(tensors), axis)


def stack(make: Make, tensors: Sequence[Raw], axis: int) -> Any:
    return make(lib.rt_torch_tensor_stack, tensors, len(tensors), axis)


# ---- Indexing; the index None takes a whole axis


def index(make: Make, x: Raw, indices: Sequence[Raw | None]) -> Any:
    return make(lib.rt_torch_tensor_index, x, [i or 0 for i in indices], len(indices))


def index_put_(x: Raw, indices: Sequence[Raw | None], values: Raw) -> None:
    check_status(lib.rt_torch_tensor_index_put_(x, [i or 0 for i in indices], len(indices), values))


# ---- Layers


def layer_norm(
    make: Make, x: Raw, shape: tuple[int, ...], weight: Raw | None, bias: Raw | None, epsilon: float
) -> Any:
    return make(
        lib.rt_torch_layer_norm, x, c_shape(shape), len(shape), weight or 0, bias or 0, epsilon
    )


def linear(make: Make, x: Raw, weight: Raw, bias: Raw | None) -> Any:
    return make(lib.rt_torch_linear, x, weight, bias or 0)


def scaled_dot_product_attention(
    make: Make,
    query: Raw,
    key: Raw,
    value: Raw,
    mask: Raw | None,
    causal: bool,
    scale: float | None,
) -> Any:
    factor = ffi.NULL if scale is None else (scale,)
    return make(
        lib.rt_torch_scaled_dot_product_attention, query, key, value, mask or 0, causal, factor
    )
