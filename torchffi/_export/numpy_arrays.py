"""ATen operators on NumPy: elementwise functions, shapes, indexing and creation.

They have the arguments of the operators' schemas, and promote as PyTorch does, where the Array API
standard does not promote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Final

from torchffi import dtypes
from torchffi._array import (
    broadcasting,
    creation,
    elementwise,
    joining,
    linear_algebra,
    manipulation,
    ranges,
    searching,
    taking,
)
from torchffi._array.data_types import astype, result_type
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.nn import functional

Function = Callable[..., Any]
_RANK: Final = {
    "bool": 0, "unsigned integer": 1, "signed integer": 1, "floating point": 2, "complex": 3,
}  # fmt: skip


# ---- Promotion


def _common(a: Tensor, b: Tensor) -> DType:
    """PyTorch's result dtype: of the higher kind, and among equals of the one that has axes."""
    first, second = _RANK[a.dtype.kind], _RANK[b.dtype.kind]
    if first != second:
        return a.dtype if first > second else b.dtype
    if bool(a.ndim) != bool(b.ndim):
        return a.dtype if a.ndim else b.dtype
    return result_type(a.dtype, b.dtype)


def _promoted(a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands of one dtype; a number has a kind only."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        dtype = _common(a, b)
        return astype(a, dtype, copy=False), astype(b, dtype, copy=False)
    if isinstance(b, Tensor):
        return tuple(reversed(_promoted(b, a)))
    if isinstance(b, float) and _RANK[a.dtype.kind] < 2:
        return astype(a, dtypes.default_float), b
    if isinstance(b, int) and not isinstance(b, bool) and a.dtype is dtypes.bool:
        return astype(a, dtypes.default_int), b
    return a, b


def _binary(function: Function) -> Function:
    def binary(a: Any, b: Any, alpha: Any = 1) -> Any:
        return function(*_promoted(a, b if alpha == 1 else b * alpha))

    return binary


def _subtract_from(a: Any, b: Any, alpha: Any = 1) -> Any:
    return elementwise.subtract(*_promoted(b, a * alpha if alpha != 1 else a))


def _divide(a: Any, b: Any, *, rounding_mode: str | None = None) -> Any:
    if rounding_mode == "floor":
        return elementwise.floor_divide(*_promoted(a, b))
    quotient = elementwise.divide(*_promoted(a, b))
    return quotient if rounding_mode is None else elementwise.trunc(quotient)


# ---- Shapes


def _view(x: Tensor, shape: Sequence[int]) -> Tensor:
    return manipulation.reshape(x, tuple(shape))


def _flatten(x: Tensor, start: int = 0, end: int = -1) -> Tensor:
    if not x.ndim:
        return manipulation.reshape(x, (1,))
    start, end = start % x.ndim, end % x.ndim
    shape = (*x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :])
    return manipulation.reshape(x, shape)


def _transpose(x: Tensor, first: int, second: int) -> Tensor:
    axes = list(range(x.ndim))
    if axes:
        axes[first], axes[second] = axes[second], axes[first]
    return manipulation.permute_dims(x, tuple(axes))


def _expand(x: Tensor, shape: Sequence[int], *, implicit: bool = False) -> Tensor:
    own = (1,) * (len(shape) - x.ndim) + x.shape
    wanted = tuple(n if size == -1 else size for n, size in zip(own, shape, strict=True))
    return broadcasting.broadcast_to(x, wanted)


def _slice(
    x: Tensor, axis: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    return x[(slice(None),) * (axis % x.ndim) + (slice(start, end, step),)]


def _squeeze(x: Tensor, axes: int | Sequence[int] | None = None) -> Tensor:
    chosen = range(x.ndim) if axes is None else [axes] if isinstance(axes, int) else axes
    return manipulation.squeeze(x, tuple(a for a in chosen if x.shape[a] == 1))


def _split(x: Tensor, size: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    length = x.shape[axis]
    sizes = (
        [min(size, length - i) for i in range(0, length, size)] if isinstance(size, int) else size
    )
    at, parts = 0, []
    for one in sizes:
        parts.append(_slice(x, axis, at, at + one))
        at += one
    return parts


def _index(x: Tensor, indices: Sequence[Tensor | None]) -> Tensor:
    return x[tuple(slice(None) if one is None else one for one in indices)]


# ---- Creation and dtypes


def to(x: Tensor, dtype: DType | None = None, *rest: Any, **more: Any) -> Tensor:
    return x if dtype is None else astype(x, dtype, copy=False)


def _full(shape: Sequence[int], value: Any, *, dtype: DType | None = None, **more: Any) -> Tensor:
    return creation.full(tuple(shape), value, dtype=dtype)


def _filled(value: int) -> Function:
    def filled(shape: Sequence[int], *, dtype: DType | None = None, **more: Any) -> Tensor:
        return creation.full(tuple(shape), value, dtype=dtype or dtypes.default_float)

    return filled


def _filled_as(value: int | None) -> Function:
    """zeros_like() and the like, or new_zeros() with its shape."""

    def filled(x: Tensor, *given: Any, dtype: DType | None = None, **more: Any) -> Tensor:
        shape = tuple(given[0]) if given and isinstance(given[0], (list, tuple)) else x.shape
        fill = given[-1] if value is None else value
        return creation.full(shape, fill, dtype=dtype or x.dtype)

    return filled


def _arange(*limits: Any, dtype: DType | None = None, **more: Any) -> Tensor:
    return ranges.arange(*limits, dtype=dtype)


def _masked_fill(x: Tensor, mask: Tensor, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        value = astype(value, x.dtype)
    return searching.where(mask, value, x)


def _where(condition: Tensor, a: Any, b: Any) -> Tensor:
    return searching.where(condition, *_promoted(a, b))


def _in_place(function: Function) -> Function:
    def write(x: Tensor, *arguments: Any, **named: Any) -> Tensor:
        x[...] = astype(function(x, *arguments, **named), x.dtype)
        return x

    return write


def _copy(x: Tensor, value: Tensor, non_blocking: bool = False) -> Tensor:
    x[...] = value
    return x


def _identity(x: Tensor, *rest: Any, **more: Any) -> Tensor:
    return x


def _copied(x: Tensor, *rest: Any, **more: Any) -> Tensor:
    return elementwise.positive(x) if x.dtype is not dtypes.bool else astype(x, dtypes.bool)


def _each(names: str, function: Function) -> dict[str, Function]:
    return dict.fromkeys(names.split(), function)


_UNARY: Final = {
    "neg": "negative", "bitwise_not": "bitwise_invert",
    **{
        name: name
        for name in (
            "abs", "sin", "cos", "tan", "tanh", "sinh", "cosh", "asin", "acos", "atan", "exp", "expm1",
            "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "square", "reciprocal", "floor", "ceil",
            "trunc", "sign", "erf", "isnan", "isinf", "isfinite", "logical_not",
        )
    },
}  # fmt: skip
_BINARY: Final = {
    "maximum": "maximum", "minimum": "minimum", "max.other": "maximum", "min.other": "minimum",
    "atan2": "atan2", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_xor": "logical_xor", "pow.Tensor_Tensor": "pow", "pow.Tensor_Scalar": "pow",
    "pow.Scalar": "pow",
    "floor_divide": "floor_divide", "floor_divide.Scalar": "floor_divide",
    **{
        f"{name}.{overload}": function
        for name, function in (
            ("add", "add"), ("sub", "subtract"), ("mul", "multiply"), ("remainder", "remainder"),
            ("eq", "equal"), ("ne", "not_equal"), ("lt", "less"), ("le", "less_equal"),
            ("gt", "greater"), ("ge", "greater_equal"), ("bitwise_and", "bitwise_and"),
            ("bitwise_or", "bitwise_or"), ("bitwise_xor", "bitwise_xor"),
            ("__and__", "bitwise_and"), ("__or__", "bitwise_or"), ("__xor__", "bitwise_xor"),
        )
        for overload in ("Tensor", "Scalar")
    },
}  # fmt: skip
_DIVIDE: Final = "div.Tensor div.Scalar div.Tensor_mode div.Scalar_mode"
_ELEMENTWISE: Final[dict[str, Function]] = {
    **{name: getattr(elementwise, function) for name, function in _UNARY.items()},
    **{name: _binary(getattr(elementwise, function)) for name, function in _BINARY.items()},
    **_each("rsub.Tensor rsub.Scalar", _subtract_from),
    **_each(_DIVIDE, _divide),
    **_each("clamp clamp.Tensor clamp_min clamp_min.Tensor", elementwise.clip),
    **_each("clamp_max clamp_max.Tensor", lambda x, most: elementwise.clip(x, None, most)),
    **_each("where.self where.Scalar where.ScalarOther where.ScalarSelf", _where),
    **_each("masked_fill.Scalar masked_fill.Tensor", _masked_fill),
    "relu": functional.relu,
    "sigmoid": functional.sigmoid,
    "silu": functional.silu,
    "gelu": functional.gelu,
}
TABLE: Final[dict[str, Function]] = {
    **_ELEMENTWISE,
    # The name of an in-place operator has a _ after that of the operator.
    **{
        "_.".join(name.split(".")) if "." in name else f"{name}_": _in_place(function)
        for name, function in _ELEMENTWISE.items()
        if not name.startswith(("is", "where", "max", "min", "__", "rsub", "pow.Scalar"))
    },
    **_each("view reshape _unsafe_view", _view),
    "flatten.using_ints": _flatten,
    "transpose.int": _transpose,
    "t": lambda x: _transpose(x, 0, 1) if x.ndim == 2 else x,
    "permute": lambda x, axes: manipulation.permute_dims(x, tuple(a % x.ndim for a in axes)),
    "expand": _expand,
    "expand_as": lambda x, other: broadcasting.broadcast_to(x, other.shape),
    "unsqueeze": lambda x, axis: manipulation.expand_dims(x, axis=axis),
    **_each("squeeze squeeze.dim squeeze.dims", _squeeze),
    "slice.Tensor": _slice,
    "select.int": taking.select,
    "narrow": taking.narrow,
    "index.Tensor": _index,
    "index_select": lambda x, axis, indices: taking.take(x, indices, axis=axis),
    **_each("split.Tensor split.sizes split_with_sizes", _split),
    "chunk": lambda x, count, axis=0: _split(x, -(-x.shape[axis] // count), axis),
    "unbind.int": lambda x, axis=0: list(joining.unstack(x, axis=axis)),
    "cat": lambda xs, axis=0: joining.concat(xs, axis=axis),
    "stack": lambda xs, axis=0: joining.stack(xs, axis=axis),
    "tril": lambda x, diagonal=0: linear_algebra.tril(x, k=diagonal),
    "triu": lambda x, diagonal=0: linear_algebra.triu(x, k=diagonal),
    "repeat": lambda x, counts: joining.tile(x, tuple(counts)),
    **_each("contiguous alias detach detach_ lift_fresh", _identity),
    **_each("clone lift_fresh_copy", _copied),
    **_each("to.dtype to.dtype_layout _to_copy", to),
    "to.device": lambda x, device, dtype, *rest, **more: to(x, dtype),
    **_each("type_as to.other", lambda x, other, *rest, **more: to(x, other.dtype)),
    "full": _full,
    "zeros": _filled(0),
    "ones": _filled(1),
    "scalar_tensor": lambda value, **more: _filled(value)((), **more),
    **_each("zeros_like new_zeros", _filled_as(0)),
    **_each("ones_like new_ones", _filled_as(1)),
    **_each("full_like new_full", _filled_as(None)),
    **_each("arange arange.start arange.start_step", _arange),
    "copy_": _copy,
}
