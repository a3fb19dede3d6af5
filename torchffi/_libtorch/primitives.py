"""Primitives on LibTorch, by way of the C ABI. Raw data is a handle, an ``int``.

A primitive takes handles, Python values and dtypes, and returns a new handle that the caller owns.
What needs no conversion at all is not written here: :func:`__getattr__` finds it in the binding.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from torchffi import dtypes
from torchffi._libtorch import capsules
from torchffi._libtorch.calls import done, failure, new, plain, sizes
from torchffi._libtorch.loader import Owner, ffi, lib, own
from torchffi.dtypes import DType
from torchffi.errors import DTypeError

Raw = int


def __getattr__(name: str) -> Callable[..., Any]:
    """The primitive that only passes handles and numbers on, or that has no function of its own."""
    call = plain(name)
    if call is None:
        from torchffi._libtorch import aten  # by the first one, for it takes a while

        return getattr(aten, name)  # type: ignore[no-any-return]
    failed = -1 if ffi.typeof(call).result.cname == "int32_t" else 0

    def primitive(*arguments: Any) -> int:
        result: int = call(*arguments)
        if result == failed:
            raise failure()
        return result

    setattr(sys.modules[__name__], name, primitive)
    return primitive


# ---- Creation


def _filled(name: str) -> Callable[[tuple[int, ...], DType, int], Raw]:
    function = getattr(lib, f"rt_torch_tensor_{name}")

    def primitive(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
        return new(function(sizes(shape), len(shape), dtype.code, device))

    return primitive


empty, zeros, ones = _filled("empty"), _filled("zeros"), _filled("ones")
rand, randn = _filled("rand"), _filled("randn")


def _scalar(value: complex, dtype: DType) -> bytes:
    assert dtype.numpy is not None
    with np.errstate(over="ignore"):
        return np.asarray(value, dtype.numpy).tobytes().ljust(16, b"\0")


def full(shape: tuple[int, ...], value: complex, dtype: DType, device: int) -> Raw:
    exact = dtype if dtype.numpy is not None else dtypes.float32
    scalar = _scalar(value, exact)
    return new(
        lib.rt_torch_tensor_full(sizes(shape), len(shape), scalar, exact.code, dtype.code, device)
    )


def eye(rows: int, columns: int, dtype: DType, device: int) -> Raw:
    return new(lib.rt_torch_tensor_eye(rows, columns, dtype.code, device))


def arange(start: float, stop: float, step: float, dtype: DType, device: int) -> Raw:
    floats = sorted(type(value) is float for value in (start, stop, step))
    scalars = dtypes.float64 if floats[-1] else dtypes.int64
    first, last, by = (_scalar(value, scalars) for value in (start, stop, step))
    return new(lib.rt_torch_tensor_arange(first, last, by, scalars.code, dtype.code, device))


# ---- Host memory


def from_bytes(data: bytes, shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    memory = ffi.from_buffer(data)
    return new(
        lib.rt_torch_tensor_from_data(
            memory, len(data), sizes(shape), len(shape), dtype.code, device
        )
    )


def to_bytes(x: Raw, nbytes: int) -> bytes:
    memory = ffi.new("char[]", nbytes)
    done(lib.rt_torch_tensor_copy_to_host(x, memory, nbytes))
    return bytes(ffi.buffer(memory, nbytes))


def to_dlpack(x: Raw, version: tuple[int, int] | None, copy: bool | None, to_host: bool) -> object:
    """A capsule over the tensor's memory, or over a copy of it that is the consumer's alone."""
    versioned = version is not None and version[0] >= 1
    fresh = 0
    if to_host or copy:
        fresh = new(lib.rt_torch_tensor_cpu(x) if to_host else lib.rt_torch_tensor_clone(x))
    try:
        managed = lib.rt_torch_tensor_to_dlpack(fresh or x, versioned, bool(fresh))
    finally:
        lib.rt_torch_tensor_free(fresh)
    if not managed:
        raise failure()
    return capsules.pack(managed, versioned)


def from_dlpack(
    ask: Callable[[tuple[int, int] | None], object], may_copy: bool
) -> tuple[Raw, DType]:
    """A handle over the memory in the capsule that ``ask`` gives for a version of DLPack."""

    def take(managed: Any, versioned: bool) -> Raw:
        return new(lib.rt_torch_tensor_from_dlpack(managed, versioned, may_copy))

    handle = capsules.unpack(ask((1, 1)), take)
    return handle, dtypes.by_code(lib.rt_torch_tensor_dtype(handle))


class _Memory(Owner):
    """A tensor's memory as NumPy takes it over."""

    __slots__ = ("__array_interface__",)
    __array_interface__: dict[str, Any]


_LAYOUT = ffi.typeof("int64_t[132]")  # 4 and twice the most axes


def numpy(x: Raw, dtype: DType) -> np.ndarray[Any, Any]:
    """An array over the tensor's memory, with a handle of its own, so that it outlives the tensor."""
    if dtype.numpy is None:
        raise DTypeError(
            f"NumPy has no {dtype}; convert with astype(torchffi.float32) before numpy()"
        )
    values = ffi.new(_LAYOUT)
    count = done(lib.rt_torch_tensor_layout(x, values, 132))
    address, place, _, ndim, *layout = ffi.unpack(values, count)
    if place >= 0:
        raise DTypeError("NumPy cannot see CUDA memory; copy with cpu() before numpy()")
    dims, size = layout[:ndim], dtype.itemsize
    if not address:
        return np.empty(dims, dtype.numpy)
    memory = own(new(lib.rt_torch_tensor_alias(x)), _Memory)
    memory.__array_interface__ = {
        "version": 3,
        "shape": tuple(dims),
        "strides": tuple([step * size for step in layout[ndim:]]),
        "typestr": dtype.numpy.str,
        "data": (address, False),
    }
    return np.asarray(memory)


# What an item of each dtype is read as; float16 has no type in C.
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
    kind = _items.get(dtype)
    if kind is None:
        wide = to_dtype(x, dtypes.float32)
        try:
            return item(wide, dtypes.float32)
        finally:
            lib.rt_torch_tensor_free(wide)
    value = ffi.new(kind)
    done(lib.rt_torch_tensor_item(x, value))
    return complex(value[0], value[1]) if dtype.kind == "complex" else value[0]


# ---- What a tensor has


_AXES = ffi.typeof("int64_t[64]")


def shape(x: Raw) -> tuple[int, ...]:
    dims = ffi.new(_AXES)
    return tuple(ffi.unpack(dims, done(lib.rt_torch_tensor_shape(x, dims, 64))))


def strides(x: Raw) -> tuple[int, ...]:
    """In elements."""
    steps = ffi.new(_AXES)
    return tuple(ffi.unpack(steps, done(lib.rt_torch_tensor_strides(x, steps, 64))))


def device(x: Raw) -> int:
    number = ffi.new("int64_t *")
    done(lib.rt_torch_tensor_device(x, number))
    return int(number[0])


def is_cuda(x: Raw) -> bool:
    return bool(done(lib.rt_torch_tensor_is_cuda(x)))


def to_dtype(x: Raw, dtype: DType) -> Raw:
    return new(lib.rt_torch_tensor_to_dtype(x, dtype.code))


# ---- Reductions; axes is None for all of them


def _axes(axes: Sequence[int] | None) -> tuple[Any, int]:
    return (ffi.NULL, 0) if axes is None else (axes, len(axes))


def sum(x: Raw, axes: tuple[int, ...] | None, keepdims: bool, dtype: DType) -> Raw:
    return new(lib.rt_torch_tensor_sum(x, *_axes(axes), keepdims, dtype.code))


def prod(x: Raw, axes: tuple[int, ...] | None, keepdims: bool, dtype: DType) -> Raw:
    return new(lib.rt_torch_tensor_prod(x, *_axes(axes), keepdims, dtype.code))


def mean(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    return new(lib.rt_torch_tensor_mean(x, *_axes(axes), keepdims))


def var(x: Raw, axes: tuple[int, ...] | None, correction: float, keepdims: bool) -> Raw:
    return new(lib.rt_torch_tensor_var(x, *_axes(axes), correction, keepdims))


def amax(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    return new(lib.rt_torch_tensor_amax(x, *_axes(axes), keepdims))


def amin(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    return new(lib.rt_torch_tensor_amin(x, *_axes(axes), keepdims))


def all(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    return new(lib.rt_torch_tensor_all(x, *_axes(axes), keepdims))


def any(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    return new(lib.rt_torch_tensor_any(x, *_axes(axes), keepdims))


def argmax(x: Raw, axis: int | None, keepdims: bool) -> Raw:
    return new(lib.rt_torch_tensor_argmax(x, ffi.NULL if axis is None else (axis,), keepdims))


def argmin(x: Raw, axis: int | None, keepdims: bool) -> Raw:
    return new(lib.rt_torch_tensor_argmin(x, ffi.NULL if axis is None else (axis,), keepdims))


# ---- Shape and order


def reshape(x: Raw, shape: tuple[int, ...]) -> Raw:
    return new(lib.rt_torch_tensor_reshape(x, sizes(shape), len(shape)))


def expand(x: Raw, shape: tuple[int, ...]) -> Raw:
    return new(lib.rt_torch_tensor_expand(x, sizes(shape), len(shape)))


def permute(x: Raw, axes: tuple[int, ...]) -> Raw:
    return new(lib.rt_torch_tensor_permute(x, sizes(axes), len(axes)))


def flip(x: Raw, axes: tuple[int, ...]) -> Raw:
    return new(lib.rt_torch_tensor_flip(x, axes, len(axes)))


def cat(tensors: Sequence[Raw], axis: int) -> Raw:
    return new(lib.rt_torch_tensor_cat(tensors, len(tensors), axis))


def stack(tensors: Sequence[Raw], axis: int) -> Raw:
    return new(lib.rt_torch_tensor_stack(tensors, len(tensors), axis))


# ---- Indexing; None stands for an axis taken whole


def index(x: Raw, indices: Sequence[Raw | None]) -> Raw:
    return new(lib.rt_torch_tensor_index(x, [i or 0 for i in indices], len(indices)))


def index_put_(x: Raw, indices: Sequence[Raw | None], values: Raw) -> None:
    done(lib.rt_torch_tensor_index_put_(x, [i or 0 for i in indices], len(indices), values))


# ---- Layers


def layer_norm(
    x: Raw, shape: tuple[int, ...], weight: Raw | None, bias: Raw | None, epsilon: float
) -> Raw:
    return new(
        lib.rt_torch_layer_norm(x, sizes(shape), len(shape), weight or 0, bias or 0, epsilon)
    )


def linear(x: Raw, weight: Raw, bias: Raw | None) -> Raw:
    return new(lib.rt_torch_linear(x, weight, bias or 0))


def scaled_dot_product_attention(
    query: Raw, key: Raw, value: Raw, mask: Raw | None, causal: bool, scale: float | None
) -> Raw:
    factor = ffi.NULL if scale is None else (scale,)
    return new(
        lib.rt_torch_scaled_dot_product_attention(query, key, value, mask or 0, causal, factor)
    )
