"""ATen operators on NumPy: reductions, products, layers, and the checks of a program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from torchffi import dtypes, linalg
from torchffi._array import (
    elementwise,
    joining,
    linear_algebra,
    searching,
    statistical,
    utility,
)
from torchffi._array.data_types import astype
from torchffi._aten import layers
from torchffi._aten.numpy_arrays import to
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import DTypeError, InvalidArgumentError, NotSupportedError, ShapeError

Function = Callable[..., Any]


# ---- Reductions


def _axes(x: Tensor, axes: Any) -> Any:
    return None if axes is None or axes == [] else axes if isinstance(axes, int) else tuple(axes)


def _total(function: Function) -> Function:
    def total(
        x: Tensor, axes: Any = None, keepdim: bool = False, *, dtype: DType | None = None
    ) -> Tensor:
        if dtype is not None:
            x = astype(x, dtype, copy=False)
        elif x.dtype.kind in ("bool", "unsigned integer", "signed integer"):
            x = astype(x, dtypes.int64, copy=False)
        return function(x, axis=_axes(x, axes), keepdims=keepdim)  # type: ignore[no-any-return]

    return total


def _over(function: Function) -> Function:
    def over(
        x: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: DType | None = None
    ) -> Tensor:
        return function(to(x, dtype), axis=_axes(x, dim), keepdims=keepdim)  # type: ignore[no-any-return]

    return over


def _vector_norm(
    x: Tensor, order: float = 2, axes: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    return linalg.vector_norm(to(x, dtype), axis=_axes(x, axes), keepdims=keepdim, ord=order)


def _spread(function: Function) -> Function:
    def spread(
        x: Tensor, axes: Any = None, *, correction: float | None = None, keepdim: bool = False
    ) -> Tensor:
        less = 1.0 if correction is None else float(correction)
        return function(x, axis=_axes(x, axes), correction=less, keepdims=keepdim)  # type: ignore[no-any-return]

    return spread


# ---- Layers


def _softmax(x: Tensor, dim: int, dtype: DType | bool | None = None) -> Tensor:
    return layers.softmax(to(x, dtype if isinstance(dtype, DType) else None), dim)


def _log_softmax(x: Tensor, dim: int, dtype: DType | bool | None = None) -> Tensor:
    return layers.log_softmax(to(x, dtype if isinstance(dtype, DType) else None), dim)


def _layer_norm(
    x: Tensor,
    shape: Sequence[int],
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    *_: Any,
) -> Tensor:
    return layers.layer_norm(x, tuple(shape), weight, bias, eps)


def _native_layer_norm(
    x: Tensor, shape: Sequence[int], weight: Any, bias: Any, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    axes = tuple(range(x.ndim - len(shape), x.ndim))
    mean = statistical.mean(x, axis=axes, keepdims=True)
    var = statistical.var(x, axis=axes, keepdims=True)
    return _layer_norm(x, shape, weight, bias, eps), mean, elementwise.rsqrt(var + eps)


def _attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    dropout: float = 0.0,
    causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    if dropout:
        raise NotSupportedError("attention with dropout needs LibTorch")
    if enable_gqa:  # several heads of queries for each head of keys and values
        heads = query.shape[-3]
        key, value = (joining.repeat(x, heads // x.shape[-3], axis=-3) for x in (key, value))
    return layers.scaled_dot_product_attention(
        query, key, value, mask, is_causal=causal, scale=scale
    )


def _embedding(weight: Tensor, indices: Tensor, *rest: Any) -> Tensor:
    return layers.embedding(weight, indices)


def _addmm(bias: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    return linear_algebra.addmm(bias, a, b, beta=beta, alpha=alpha)


def _baddbmm(bias: Tensor, a: Tensor, b: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    product = linear_algebra.matmul(a, b)
    return bias * beta + product * alpha if (beta, alpha) != (1, 1) else bias + product


def _check_metadata(
    x: Tensor, size: Any = None, stride: Any = None, dtype: DType | None = None, **more: Any
) -> None:
    if dtype is not None and x.dtype is not dtype:
        raise DTypeError(f"a tensor of the program has dtype {x.dtype}, expected {dtype}")
    if size is not None and x.shape != tuple(size):
        raise ShapeError(f"a tensor of the program has shape {x.shape}, expected {tuple(size)}")


def _check(condition: Any, message: str = "a condition of the program does not hold") -> None:
    if not bool(condition):
        raise InvalidArgumentError(message)


TABLE: Final[dict[str, Function]] = {
    "sum": _total(statistical.sum),
    "sum.dim_IntList": _total(statistical.sum),
    "prod": _total(statistical.prod),
    "prod.dim_int": _total(statistical.prod),
    "mean": _over(statistical.mean),
    "mean.dim": _over(statistical.mean),
    "amax": _over(statistical.max),
    "amin": _over(statistical.min),
    "max": _over(statistical.max),
    "min": _over(statistical.min),
    **{
        f"{name}{one}": _over(getattr(utility, name))
        for name in ("any", "all")
        for one in ("", ".dim", ".dims")
    },
    "argmax": _over(searching.argmax),
    "argmin": _over(searching.argmin),
    "var.correction": _spread(statistical.var),
    "std.correction": _spread(statistical.std),
    "linalg_vector_norm": _vector_norm,
    "cumsum": lambda x, dim, **more: statistical.cumulative_sum(x, axis=dim, **more),
    "matmul": linear_algebra.matmul,
    "mm": linear_algebra.matmul,
    "bmm": linear_algebra.matmul,
    "addmm": _addmm,
    "baddbmm": _baddbmm,
    "linear": layers.linear,
    "softmax.int": _softmax,
    "_softmax": _softmax,
    "log_softmax.int": _log_softmax,
    "_log_softmax": _log_softmax,
    "layer_norm": _layer_norm,
    "native_layer_norm": _native_layer_norm,
    "scaled_dot_product_attention": _attention,
    "embedding": _embedding,
    "_assert_tensor_metadata": _check_metadata,
    "_assert_scalar": _check,
    "_assert_async.msg": _check,
    "item": lambda x: x.item(),
    "_local_scalar_dense": lambda x: x.item(),
}
