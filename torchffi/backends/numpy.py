"""Primitives on NumPy: what :mod:`torchffi.backends.ffi` does, on arrays. Raw data is an ndarray.

They are called under ``np.errstate(all="ignore")``: LibTorch's arithmetic is quiet as well.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from torchffi.backends import special
from torchffi.dtypes import DType
from torchffi.errors import (
    AxisError,
    InvalidArgumentError,
    NotSupportedError,
    OutOfMemoryError,
    ShapeError,
    TorchError,
    UnavailableError,
)

Raw = NDArray[Any]

# Primitives are called as in ATen; these builtins would be hidden by them.
_every, _some, _slice = builtins.all, builtins.any, builtins.slice
_generator = np.random.default_rng()


def failure(error: Exception) -> TorchError:
    """NumPy's exception as the one that LibTorch's backend would raise."""
    if isinstance(error, TorchError):
        return error
    for builtin, own in (
        (IndexError, AxisError),
        (MemoryError, OutOfMemoryError),
        (np.linalg.LinAlgError, InvalidArgumentError),
        (TypeError, NotSupportedError),
    ):
        if isinstance(error, builtin):
            return own(str(error))
    return InvalidArgumentError(str(error))


def seed(number: int) -> None:
    global _generator
    _generator = np.random.default_rng(number % 2**64)


# ---- Elementwise operators: NumPy's ufuncs, by the names of ATen

_UNARY: dict[str, Callable[..., Any]] = {
    "neg": np.negative, "abs": np.abs, "sign": np.sign, "square": np.square,
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2,
    "log10": np.log10, "sqrt": np.sqrt, "rsqrt": special.rsqrt, "sin": np.sin, "cos": np.cos,
    "tan": np.tan, "erf": special.erf, "floor": np.floor, "ceil": np.ceil, "round": np.round,
    "trunc": np.trunc, "isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite,
    "logical_not": np.logical_not, "bitwise_not": np.bitwise_not,
    "relu": special.relu, "sigmoid": special.sigmoid, "tanh": np.tanh, "silu": special.silu,
}  # fmt: skip

_BINARY: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.true_divide,
    "floor_divide": np.floor_divide, "remainder": np.remainder, "pow": np.power,
    "maximum": np.maximum, "minimum": np.minimum,
    "bitwise_and": np.bitwise_and, "bitwise_or": np.bitwise_or, "bitwise_xor": np.bitwise_xor,
    "bitwise_left_shift": np.left_shift, "bitwise_right_shift": np.right_shift,
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal,
}  # fmt: skip

_DIVISIONS = frozenset({"floor_divide", "remainder"})


def _unary(ufunc: Callable[..., Any]) -> Callable[..., Raw]:
    def primitive(x: Raw) -> Raw:
        return np.asarray(ufunc(x))

    return primitive


def _check_divisor(b: Raw) -> None:
    if b.dtype.kind in "iu" and not b.all():
        raise InvalidArgumentError("integer division by zero")


def _binary(name: str, ufunc: Callable[..., Any]) -> Callable[..., Raw]:
    divides = name in _DIVISIONS

    def primitive(a: Raw, b: Raw) -> Raw:
        if divides:
            _check_divisor(b)
        try:
            return np.asarray(ufunc(a, b))
        except ValueError as error:
            raise _no_broadcast(a, b, error) from None

    return primitive


def _check_writable(a: Raw) -> None:
    if a.size and _some(n > 1 and not s for n, s in zip(a.shape, a.strides, strict=True)):
        raise InvalidArgumentError(
            "more than one element of the tensor lies at one place in memory; clone() it first"
        )


def _in_place(name: str, ufunc: Callable[..., Any]) -> Callable[..., None]:
    divides = name in _DIVISIONS

    def primitive(a: Raw, b: Raw) -> None:
        _check_broadcast_to(b, a.shape)
        _check_writable(a)
        if divides:
            _check_divisor(b)
        ufunc(a, b, out=a)

    return primitive


def _no_broadcast(a: Raw, b: Raw, error: ValueError) -> TorchError:
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return ShapeError(f"shapes {a.shape} and {b.shape} do not broadcast")
    return InvalidArgumentError(str(error))


def _check_broadcast_to(value: Raw, shape: tuple[int, ...]) -> None:
    fits = value.ndim <= len(shape) and _every(
        n in (1, m) for n, m in zip(value.shape[::-1], shape[::-1], strict=False)
    )
    if not fits:
        raise ShapeError(f"shape {value.shape} does not broadcast to {shape}")


def __getattr__(name: str) -> Callable[..., Any]:
    """The elementwise primitive of this name, made at its first use."""
    if name in _UNARY:
        primitive: Callable[..., Any] = _unary(_UNARY[name])
    elif name in _BINARY:
        primitive = _binary(name, _BINARY[name])
    elif name.endswith("_") and name[:-1] in _BINARY:
        primitive = _in_place(name[:-1], _BINARY[name[:-1]])
    else:
        raise AttributeError(f"NumPy's backend has no primitive {name!r}")
    setattr(sys.modules[__name__], name, primitive)
    return primitive


def where(condition: Raw, a: Raw, b: Raw) -> Raw:
    try:
        return np.where(condition, a, b)
    except ValueError:
        shapes = f"{condition.shape}, {a.shape} and {b.shape}"
        raise ShapeError(f"shapes {shapes} do not broadcast") from None


def copy_(a: Raw, b: Raw) -> None:
    _check_broadcast_to(b, a.shape)
    _check_writable(a)
    np.copyto(a, b, casting="unsafe")


# ---- Creation; device is always -1, the CPU


def _check(dtype: DType, device: int) -> Any:
    if device >= 0:
        raise UnavailableError("the NumPy backend has no CUDA; use device='cpu'")
    if dtype.numpy is None:
        raise NotSupportedError(f"NumPy has no {dtype}; use float32, or the backend ffi")
    return dtype.numpy


def empty(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    return np.empty(shape, _check(dtype, device))


def zeros(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    return np.zeros(shape, _check(dtype, device))


def ones(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    return np.ones(shape, _check(dtype, device))


def full(shape: tuple[int, ...], value: complex, dtype: DType, device: int) -> Raw:
    with np.errstate(over="ignore"):  # also called on its own, for scalar operands
        return np.asarray(np.full(shape, value, _check(dtype, device)))


# The digits of each dtype's significand: more of them would round up to 1.
_DIGITS = {"float16": 11, "float32": 24}


def rand(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    kind = _check(dtype, device)
    part = np.dtype(f"f{kind.itemsize // 2}") if kind.kind == "c" else kind
    steps = 2.0 ** _DIGITS.get(part.name, 53)
    result = np.empty(shape, kind)
    for half in (result.real, result.imag) if kind.kind == "c" else (result,):
        half[...] = np.floor(_generator.random(shape) * steps) / steps
    return result


def randn(shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    kind = _check(dtype, device)
    draw = _generator.standard_normal
    if kind.kind == "c":  # unit variance over both parts, as LibTorch has it
        return np.asarray((draw(shape) + 1j * draw(shape)) * np.sqrt(0.5), kind)
    return np.asarray(draw(shape), kind)


def eye(rows: int, columns: int, dtype: DType, device: int) -> Raw:
    return np.eye(rows, columns, dtype=_check(dtype, device))


def arange(start: float, stop: float, step: float, dtype: DType, device: int) -> Raw:
    return np.asarray(np.arange(start, stop, step), _check(dtype, device))


# ---- Host memory


def from_bytes(data: bytes, shape: tuple[int, ...], dtype: DType, device: int) -> Raw:
    return np.array(np.frombuffer(data, _check(dtype, device)).reshape(shape))


def from_numpy(array: Raw) -> Raw:
    own: Raw = array.view(np.ndarray)  # a shape of its own, and no subclass
    return own


def numpy(x: Raw, dtype: DType) -> Raw:
    view: Raw = x.view()
    return view


def item(x: Raw, dtype: DType) -> Any:
    if x.size != 1:
        raise ShapeError(f"item: shape {x.shape} has {x.size} elements, expected exactly one")
    return x.item()


def to_bytes(x: Raw, nbytes: int) -> bytes:
    return x.tobytes()


# ---- What an array has, and how it is stored


def shape(x: Raw) -> tuple[int, ...]:
    return x.shape


def strides(x: Raw) -> tuple[int, ...]:
    return tuple(step // x.itemsize for step in x.strides)


def device(x: Raw) -> int:
    return -1


def is_cuda(x: Raw) -> bool:
    return False


def alias(x: Raw) -> Raw:
    return np.asarray(x.view())


def clone(x: Raw) -> Raw:
    return np.array(x)


def contiguous(x: Raw) -> Raw:
    return np.asarray(x, order="C")


def to_dtype(x: Raw, dtype: DType) -> Raw:
    return x.astype(_check(dtype, -1), copy=False)


def to_device(x: Raw, device: int) -> Raw:
    if device >= 0:
        raise UnavailableError("the NumPy backend has no CUDA; create the tensor on backend ffi")
    return x


# ---- Matrices


def _product(product: Callable[[Raw, Raw], Any], a: Raw, b: Raw) -> Raw:
    try:
        return np.asarray(product(a, b))
    except ValueError:
        raise ShapeError(f"shapes {a.shape} and {b.shape} do not fit a matrix product") from None


def matmul(a: Raw, b: Raw) -> Raw:
    return _product(np.matmul, a, b)


def addmm(bias: Raw, a: Raw, b: Raw, beta: float, alpha: float) -> Raw:
    for name, matrix in (("a", a), ("b", b)):
        if matrix.ndim != 2:
            raise ShapeError(f"{name} has shape {matrix.shape}, expected 2 axes")
    product = matmul(a, b)
    _check_broadcast_to(bias, product.shape)
    scaled = product * product.dtype.type(alpha)
    return scaled if beta == 0 else np.asarray(scaled + bias * bias.dtype.type(beta))


# ---- Reductions; axes is None for all of them


def sum(x: Raw, axes: tuple[int, ...] | None, keepdims: bool, dtype: DType) -> Raw:
    exact = _check(dtype, -1)
    return np.asarray(np.sum(x, axes, _wide(exact), keepdims=keepdims), exact)


def prod(x: Raw, axes: tuple[int, ...] | None, keepdims: bool, dtype: DType) -> Raw:
    return np.asarray(np.prod(x, axes, _check(dtype, -1), keepdims=keepdims))


def mean(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    total = np.sum(x, axes, _wide(x.dtype), keepdims=keepdims)
    return np.asarray(total / total.dtype.type(_count(x, axes)), x.dtype)


def var(x: Raw, axes: tuple[int, ...] | None, correction: float, keepdims: bool) -> Raw:
    wide = x.astype(_wide(x.dtype), copy=False)
    distance = np.abs(wide - mean(wide, axes, True)) ** 2
    total = np.sum(distance, axes, keepdims=keepdims)
    divisor = total.dtype.type(max(_count(x, axes) - correction, 0))
    return np.asarray(total / divisor, x.real.dtype)


def _wide(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """What to add up in: float16 would overflow."""
    return np.dtype(np.float32) if dtype == np.float16 else dtype


def _count(x: Raw, axes: tuple[int, ...] | None) -> int:
    return (
        x.size if axes is None else int(np.prod([x.shape[axis] for axis in axes], dtype=np.int64))
    )


def _check_not_empty(x: Raw, axes: tuple[int, ...] | None) -> None:
    if _count(x, axes) == 0:
        raise ShapeError(f"shape {x.shape} has no element along the axes")


def amax(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    _check_not_empty(x, axes)
    return np.asarray(np.max(x, axes, keepdims=keepdims))


def amin(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    _check_not_empty(x, axes)
    return np.asarray(np.min(x, axes, keepdims=keepdims))


def all(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    return np.asarray(np.all(x, axes, keepdims=keepdims))


def any(x: Raw, axes: tuple[int, ...] | None, keepdims: bool) -> Raw:
    return np.asarray(np.any(x, axes, keepdims=keepdims))


def argmax(x: Raw, axis: int | None, keepdims: bool) -> Raw:
    _check_not_empty(x, None if axis is None else (axis,))
    return np.asarray(np.argmax(x, axis, keepdims=keepdims), np.int64)


def argmin(x: Raw, axis: int | None, keepdims: bool) -> Raw:
    _check_not_empty(x, None if axis is None else (axis,))
    return np.asarray(np.argmin(x, axis, keepdims=keepdims), np.int64)


# ---- Shape and order


def reshape(x: Raw, shape: tuple[int, ...]) -> Raw:
    try:
        return x.reshape(shape)
    except ValueError:
        raise ShapeError(
            f"shape {x.shape} of {x.size} elements does not fit {tuple(shape)}"
        ) from None


def expand(x: Raw, shape: tuple[int, ...]) -> Raw:
    added = len(shape) - x.ndim
    whole = tuple(x.shape[i - added] if n == -1 and i >= added else n for i, n in enumerate(shape))
    _check_broadcast_to(x, whole)
    steps = [0] * added + [
        step if n == m else 0 for step, n, m in zip(x.strides, x.shape, whole[added:], strict=True)
    ]
    # np.broadcast_to() would make it read-only; LibTorch's may be written, element by element.
    return np.lib.stride_tricks.as_strided(x, whole, steps)


def permute(x: Raw, axes: tuple[int, ...]) -> Raw:
    return np.transpose(x, axes)


def unsqueeze(x: Raw, axis: int) -> Raw:
    return np.expand_dims(x, axis)


def squeeze(x: Raw, axis: int) -> Raw:
    return np.squeeze(x, axis)


def flip(x: Raw, axes: tuple[int, ...]) -> Raw:
    return np.array(np.flip(x, axes))


def _check_same_shape(arrays: Sequence[Raw], but: int | None) -> None:
    for array in arrays[1:]:
        a, b = list(arrays[0].shape), list(array.shape)
        if but is not None and len(a) == len(b):
            a[but] = b[but]
        if a != b:
            beside = "" if but is None else f" beside axis {but}"
            raise ShapeError(f"shapes {arrays[0].shape} and {array.shape} differ{beside}")


def cat(tensors: Sequence[Raw], axis: int) -> Raw:
    _check_same_shape(tensors, axis)
    return np.concatenate(tensors, axis)


def stack(tensors: Sequence[Raw], axis: int) -> Raw:
    _check_same_shape(tensors, None)
    return np.stack(tensors, axis)


# ---- Indexing; None stands for an axis taken whole


def select(x: Raw, axis: int, index: int) -> Raw:
    return x[(_slice(None),) * axis + (index, ...)]


def slice(x: Raw, axis: int, start: int, stop: int, step: int) -> Raw:
    return x[(_slice(None),) * axis + (_slice(start, stop, step),)]


def _key(indices: Sequence[Raw | None]) -> tuple[Any, ...]:
    return tuple(_slice(None) if index is None else index for index in indices)


def _check_indices(indices: Sequence[Raw | None]) -> None:
    shapes = [i.shape for i in indices if i is not None and i.dtype != np.bool_]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError(f"shapes {' and '.join(map(str, shapes))} do not broadcast") from None


def index(x: Raw, indices: Sequence[Raw | None]) -> Raw:
    _check_indices(indices)
    return np.asarray(x[_key(indices)])


def index_put_(x: Raw, indices: Sequence[Raw | None], values: Raw) -> None:
    _check_indices(indices)
    key = _key(indices)
    try:
        x[key] = values
    except ValueError:
        raise ShapeError(
            f"shape {values.shape} does not broadcast to {x[key].shape}, the elements picked"
        ) from None


def nonzero(x: Raw) -> Raw:
    return np.argwhere(x)


# ---- Layers


def gelu(x: Raw, approximate: bool) -> Raw:
    return special.gelu_tanh(x) if approximate else special.gelu(x)


def softmax(x: Raw, axis: int) -> Raw:
    return special.softmax(x, axis)


def log_softmax(x: Raw, axis: int) -> Raw:
    return special.log_softmax(x, axis)


def layer_norm(
    x: Raw, shape: tuple[int, ...], weight: Raw | None, bias: Raw | None, epsilon: float
) -> Raw:
    if not shape or x.shape[max(x.ndim - len(shape), 0) :] != shape:
        raise ShapeError(f"shape {x.shape} does not end in {shape}")
    for name, array in (("weight", weight), ("bias", bias)):
        if array is not None and array.shape != shape:
            raise ShapeError(f"{name} has shape {array.shape}, expected {shape}")
    return special.layer_norm(x, len(shape), weight, bias, epsilon)


def linear(x: Raw, weight: Raw, bias: Raw | None) -> Raw:
    if weight.ndim != 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected 2 axes")
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"bias has shape {bias.shape}, expected {weight.shape[:1]}")
    product = matmul(x, weight.T)
    return product if bias is None else product + bias


def embedding(weight: Raw, indices: Raw) -> Raw:
    if weight.ndim != 2:
        raise ShapeError(f"weight has shape {weight.shape}, expected 2 axes")
    if indices.size and not 0 <= indices.min() <= indices.max() < len(weight):
        raise AxisError(f"an index is outside of the table of {len(weight)} rows")
    return weight[indices]


def scaled_dot_product_attention(
    query: Raw, key: Raw, value: Raw, mask: Raw | None, causal: bool, scale: float | None
) -> Raw:
    same = query.ndim == key.ndim == value.ndim >= 2
    same = same and query.shape[:-2] == key.shape[:-2] == value.shape[:-2]
    if not (same and query.shape[-1] == key.shape[-1] and key.shape[-2] == value.shape[-2]):
        raise ShapeError(
            f"query {query.shape}, key {key.shape} and value {value.shape} "
            "are not (..., l, e), (..., s, e) and (..., s, v)"
        )
    if mask is not None:
        _check_broadcast_to(mask, (*query.shape[:-1], key.shape[-2]))
    return special.attention(query, key, value, mask, causal, scale)
