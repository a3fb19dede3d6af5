"""NumPy's answer for creation and reductions; see tests.fuzz.twins."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.fuzz.twins import DTYPES, Array, Loose, converted, refuse_unless

Axes = Sequence[int] | None


def dtype_of(code: int) -> np.dtype[Any]:
    refuse_unless(code in DTYPES)
    return DTYPES[code]


def axis_of(axis: int, ndim: int) -> int:
    refuse_unless(-ndim <= axis < ndim)
    return axis % ndim


def single_of(axis: Axes, ndim: int) -> int:
    """The axis at a pointer; NULL is the only one."""
    refuse_unless(axis is not None or ndim == 1)
    return 0 if axis is None else axis_of(axis[0], ndim)


def axes_of(axes: Axes, ndim: int) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(ndim))
    found = tuple(axis_of(axis, ndim) for axis in axes)
    refuse_unless(len(set(found)) == len(found))
    return found


# ---- Creation


def _sized(dims: Sequence[int], dtype: int) -> np.dtype[Any]:
    refuse_unless(all(n >= 0 for n in dims) and math.prod(n or 1 for n in dims) < 2**40)
    return dtype_of(dtype)


def _created(value: Any) -> Callable[..., Any]:
    def twin(dims: Sequence[int], ndim: int, dtype: int, device: int) -> Any:
        return np.full(dims, value, _sized(dims, dtype))

    return twin


def _empty(dims: Sequence[int], ndim: int, dtype: int, device: int) -> Any:
    return Loose(np.empty(dims, _sized(dims, dtype)))


def _random(dims: Sequence[int], ndim: int, dtype: int, device: int) -> Any:
    refuse_unless(_sized(dims, dtype).kind in "fc")
    return Loose(np.empty(dims, dtype_of(dtype)))


def _filled(dims: Sequence[int], ndim: int, value: float, dtype: int, device: int) -> Any:
    return _full(np.empty(dims, _sized(dims, dtype)), value, dtype)


def _full(tensor: Array, value: float, dtype: int) -> Any:
    kind = dtype_of(dtype)
    if kind.kind in "iu":
        limits = np.iinfo(kind)
        refuse_unless(value.is_integer() and limits.min <= value <= limits.max)
    if kind.kind == "b":
        return Loose(np.empty(tensor.shape, kind), may_fail=True)
    return np.full(tensor.shape, value, kind)


def _eye(rows: int, columns: int, dtype: int, device: int) -> Any:
    refuse_unless(rows >= 0 and columns >= 0)
    return np.eye(rows, columns, dtype=dtype_of(dtype))


def _from_data(data: Array, nbytes: int, dims: Any, ndim: int, dtype: int, device: int) -> Any:
    return data.copy()


# ---- Reductions


def _total(function: Callable[..., Any]) -> Callable[..., Any]:
    def twin(tensor: Array, axes: Axes, naxes: int, keepdim: int, dtype: int) -> Any:
        to = dtype_of(dtype)
        over = axes_of(axes, tensor.ndim)
        source = converted(tensor, to)
        if (
            isinstance(source, Loose)
            or (to.kind == "b")
            or (tensor.dtype.kind == "c") != (to.kind == "c")
        ):
            x = np.empty(tensor.shape, to)
            return Loose(np.sum(x, axis=over, keepdims=bool(keepdim), dtype=to), may_fail=True)
        answer = np.asarray(function(source, axis=over, keepdims=bool(keepdim), dtype=to))
        return Loose(answer) if _depends_on_order(function, source) else answer

    return twin


def _depends_on_order(function: Callable[..., Any], x: Array) -> bool:
    """Whether a total of some of the numbers can overflow: inf - inf and inf * 0 are NaN."""
    if x.dtype.kind not in "fc":
        return False
    limits = np.finfo(x.dtype)
    size = np.abs(x[np.isfinite(x)]) if function is np.sum else np.abs(x).ravel()
    with np.errstate(all="ignore"):
        if function is np.sum:
            return bool(size.sum(dtype="f8") >= limits.max)
        exponents = np.log2(size[np.isfinite(size) & (size > 0)].astype("f8"))
    up, down = exponents[exponents > 0].sum(), exponents[exponents < 0].sum()
    return bool(up >= limits.maxexp or down <= limits.minexp)


def _reduced(function: Callable[..., Any], kinds: str, full: bool = False) -> Callable[..., Any]:
    """``full`` if the function has no answer for no elements."""

    def twin(tensor: Array, axes: Axes, naxes: int, keepdim: int) -> Any:
        refuse_unless(tensor.dtype.kind in kinds)
        over = axes_of(axes, tensor.ndim)
        if full:
            refuse_unless(all(tensor.shape[axis] for axis in over))
        return np.asarray(function(tensor, axis=over, keepdims=bool(keepdim)))

    return twin


def _mean(x: Array, axis: Any, keepdims: bool) -> Any:
    return np.mean(
        x.astype("f8" if x.dtype.kind == "f" else "c16"), axis=axis, keepdims=keepdims
    ).astype(x.dtype)


def _moment(function: Callable[..., Any]) -> Callable[..., Any]:
    def twin(tensor: Array, axes: Axes, naxes: int, correction: float, keepdim: int) -> Any:
        refuse_unless(tensor.dtype.kind in "f" or tensor.dtype.kind == "c")
        over = axes_of(axes, tensor.ndim)
        real = tensor.real.dtype
        answer = np.asarray(np.sum(np.abs(tensor), axis=over, keepdims=bool(keepdim))).astype(real)
        count = math.prod(tensor.shape[axis] for axis in over)
        if tensor.dtype.kind == "c" or count <= correction or not np.all(np.isfinite(tensor)):
            return Loose(answer)
        wide = tensor.astype("f8")
        return np.asarray(
            function(wide, axis=over, keepdims=bool(keepdim), ddof=correction)
        ).astype(real)

    return twin


def _extreme(function: Callable[..., Any]) -> Callable[..., Any]:
    def twin(tensor: Array, axis: Axes, keepdim: int) -> Any:
        refuse_unless(tensor.dtype.kind != "c")
        over = None if axis is None else axis_of(axis[0], tensor.ndim)
        if tensor.dtype.kind == "b":
            return Loose(None, may_fail=True)
        refuse_unless(tensor.size if over is None or not tensor.ndim else tensor.shape[over])
        if not tensor.ndim:
            return np.zeros((), "int64")
        return np.asarray(function(tensor, axis=over, keepdims=bool(keepdim)))

    return twin


def _running(function: Callable[..., Any]) -> Callable[..., Any]:
    def twin(tensor: Array, axis: Axes, dtype: int) -> Any:
        to = dtype_of(dtype)
        over = single_of(axis, tensor.ndim)
        source = converted(tensor, to)
        if (
            isinstance(source, Loose)
            or to.kind == "b"
            or not tensor.ndim
            or (tensor.dtype.kind == "c") != (to.kind == "c")
        ):
            return Loose(np.empty(tensor.shape, to), may_fail=True)
        return function(source, axis=over, dtype=to)

    return twin


def _sort(tensor: Array, axis: int, descending: int) -> Any:
    over = axis_of(axis, tensor.ndim)
    if tensor.dtype.kind == "c":
        return Loose(None, may_fail=True)
    if not tensor.ndim:
        return tensor.copy()
    ordered = np.sort(tensor, axis=over, kind="stable")
    return np.flip(ordered, over).copy() if descending else ordered


def _argsort(tensor: Array, axis: int, descending: int) -> Any:
    over = axis_of(axis, tensor.ndim)
    if tensor.dtype.kind == "c":
        return Loose(None, may_fail=True)
    if not tensor.ndim:
        return np.zeros((), "int64")
    if not descending:
        return np.argsort(tensor, axis=over, kind="stable")
    back = np.flip(np.argsort(np.flip(tensor, over), axis=over, kind="stable"), over)
    return tensor.shape[over] - 1 - back


CREATION_AND_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "tensor_zeros": _created(0), "tensor_ones": _created(1), "tensor_empty": _empty,
    "tensor_rand": _random, "tensor_randn": _random, "tensor_full_real": _filled,
    "tensor_full_like": _full, "tensor_eye": _eye, "tensor_from_data": _from_data,
    "tensor_sum": _total(np.sum), "tensor_prod": _total(np.prod),
    "tensor_mean": _reduced(_mean, "fc"), "tensor_var": _moment(np.var),
    "tensor_std": _moment(np.std), "tensor_count_nonzero": _reduced(np.count_nonzero, "biufc"),
    "tensor_amax": _reduced(np.max, "biuf", full=True),
    "tensor_amin": _reduced(np.min, "biuf", full=True), "tensor_all": _reduced(np.all, "biufc"),
    "tensor_any": _reduced(np.any, "biufc"), "tensor_argmax": _extreme(np.argmax),
    "tensor_argmin": _extreme(np.argmin), "tensor_cumsum": _running(np.cumsum),
    "tensor_cumprod": _running(np.cumprod), "tensor_sort": _sort, "tensor_argsort": _argsort,
}  # fmt: skip
