"""ATen operators on NumPy: elements by indices and masks, and in order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from torchffi._array import manipulation, searching, sorting
from torchffi._aten.numpy_calls import Function, in_place, of_any
from torchffi._core.tensor import Tensor
from torchffi._numpy.checks import Raw
from torchffi._numpy.special import are_places
from torchffi.errors import AxisError, InvalidArgumentError, ShapeError

Key = tuple[Any, ...]

# ---- Places along one axis


def axis_of(x: Raw, dim: int) -> int:
    """The axis as a number from 0 on; a 0-d array has one for indices."""
    axes = max(x.ndim, 1)
    if not -axes <= dim < axes:
        raise AxisError(f"axis {dim} is out of range for shape {x.shape}")
    return dim % axes


def _check_places(index: Raw, length: int) -> None:
    if index.dtype.kind != "i":
        raise InvalidArgumentError(f"the index has dtype {index.dtype}, expected int64")
    if not are_places(index, length):
        raise AxisError(f"an index is out of range for length {length}")


def _places(x: Raw, dim: int, index: Raw) -> Key:
    """The key of the elements that gather() reads: along other axes, index may be shorter than x."""
    axis = axis_of(x, dim)
    if index.ndim != x.ndim or any(
        n > m for i, (n, m) in enumerate(zip(index.shape, x.shape, strict=True)) if i != axis
    ):
        raise ShapeError(f"the index has shape {index.shape} for an input of shape {x.shape}")
    _check_places(index, x.shape[axis])
    key = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    key[axis] = index
    return tuple(key)


def _gather(x: Raw, dim: int, index: Raw, sparse_grad: bool = False) -> Any:
    if not x.ndim or not index.ndim:
        own, flat = np.atleast_1d(x), np.atleast_1d(index)
        return _gather(own, dim, flat).reshape(index.shape)
    return np.asarray(x[_places(x, dim, index)])


_REDUCE: Final[dict[str | None, Any]] = {"add": np.add, "multiply": np.multiply}


def _scatter(x: Raw, dim: int, index: Raw, source: Any, reduce: str | None = None) -> Any:
    """A copy of x with elements of source, or a number, at the places."""
    if not x.ndim or not index.ndim:
        own, flat = np.atleast_1d(x), np.atleast_1d(index)
        given = np.atleast_1d(source) if isinstance(source, np.ndarray) else source
        return _scatter(own, dim, flat, given, reduce).reshape(x.shape)
    key, result = _places(x, dim, index), x.copy()
    if isinstance(source, np.ndarray):
        if source.dtype != x.dtype:
            raise InvalidArgumentError(f"the source has dtype {source.dtype}, expected {x.dtype}")
        if any(n > m for n, m in zip(index.shape, source.shape, strict=True)):
            raise ShapeError(f"the index has shape {index.shape} for a source of {source.shape}")
        source = source[tuple(slice(n) for n in index.shape)]
    if reduce is None:
        result[key] = source
    elif reduce in _REDUCE:
        _REDUCE[reduce].at(result, key, np.asarray(source).astype(x.dtype))
    else:
        raise InvalidArgumentError(f"reduce is {reduce!r}, expected 'add' or 'multiply'")
    return result


def _along(x: Raw, dim: int, index: Raw) -> Key:
    """The key of the slices along an axis."""
    axis = axis_of(x, dim)
    if index.ndim > 1:
        raise ShapeError(f"the index has shape {index.shape}, expected one axis")
    _check_places(index, x.shape[axis])
    return (*(slice(None),) * axis, index.reshape(-1))


def _index_add(x: Raw, dim: int, index: Raw, source: Raw, alpha: Any = 1) -> Any:
    result = x.copy()
    key: Any = _along(x, dim, index)
    np.add.at(result, key, source if alpha == 1 else source * alpha)
    return result


def _index_set(x: Raw, dim: int, index: Raw, source: Any) -> Any:
    result = x.copy()
    result[_along(x, dim, index)] = source
    return result


def _index_put(
    x: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool = False
) -> Tensor:
    key = tuple(slice(None) if one is None else one for one in indices)
    if not accumulate:
        x[key] = values
        return x
    raw: Any = tuple(one._array_view() if isinstance(one, Tensor) else one for one in key)
    np.add.at(x._data, raw, values._array_view())
    return x


def _take(x: Raw, index: Raw) -> Any:
    flat = x.reshape(-1)
    _check_places(np.where(index < 0, index + flat.size, index), flat.size)
    return np.asarray(flat[index])


def _take_along(x: Raw, index: Raw, dim: int | None = None) -> Any:
    if dim is None:
        return np.take_along_axis(x.reshape(-1), index.reshape(-1), 0)
    axis = axis_of(x, dim)
    rest = [1 if i == axis else n for i, n in enumerate(x.shape)]
    others = [1 if i == axis else n for i, n in enumerate(index.shape)]
    common = np.broadcast_shapes(tuple(rest), tuple(others))
    length = x.shape[axis], index.shape[axis]
    own, wanted = (tuple(n if i == axis else m for i, m in enumerate(common)) for n in length)
    _check_places(np.where(index < 0, index + length[0], index), length[0])
    return np.take_along_axis(np.broadcast_to(x, own), np.broadcast_to(index, wanted), axis)


# ---- Masks and whole tensors


def _masked_select(x: Raw, mask: Raw) -> Any:
    if mask.dtype.kind != "b":
        raise InvalidArgumentError(f"the mask has dtype {mask.dtype}, expected bool")
    whole, chosen = np.broadcast_arrays(x, mask)
    return np.asarray(whole[chosen])


def _masked_scatter(x: Raw, mask: Raw, source: Raw) -> Any:
    whole, chosen = np.broadcast_arrays(x, mask)
    result, count = whole.copy(), int(np.count_nonzero(chosen))
    if source.size < count:
        raise InvalidArgumentError(f"the source has {source.size} elements for {count} places")
    result[chosen] = source.reshape(-1)[:count]
    return result


def _fill(x: Raw, value: Any) -> Any:
    return np.full_like(x, value)


def _fill_diagonal(x: Raw, value: Any, wrap: bool = False) -> Any:
    result = x.copy()
    np.fill_diagonal(result, value, wrap)
    return result


# ---- Order


def _sort(x: Tensor, dim: int = -1, descending: bool = False, **_: Any) -> tuple[Tensor, Tensor]:
    places = _argsort(x, dim, descending)
    if not x.ndim:
        return manipulation.reshape(x, ()), places
    return _GATHER(x, dim, places), places


def _argsort(x: Tensor, dim: int = -1, descending: bool = False, **_: Any) -> Tensor:
    if not x.ndim:
        return searching.argmax(manipulation.reshape(x, (1,))) * 0
    return sorting.argsort(x, axis=dim, descending=descending)


def _stable(function: Function) -> Function:
    def of(
        x: Tensor, *, stable: bool | None = None, dim: int = -1, descending: bool = False
    ) -> Any:
        return function(x, dim, descending)

    return of


def _topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    if not x.ndim:
        return _sort(x)
    places = sorting.argsort(x, axis=dim, descending=largest)
    if not 0 <= k <= x.shape[dim]:
        raise InvalidArgumentError(f"k is {k}, expected 0 to {x.shape[dim]}")
    first = places[(slice(None),) * (dim % x.ndim) + (slice(k),)]
    return _GATHER(x, dim, first), first


def kthvalue(x: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Tensor, Tensor]:
    if not 1 <= k <= (x.shape[dim] if x.ndim else 1):
        raise InvalidArgumentError(f"k is {k}, expected 1 to {x.shape[dim] if x.ndim else 1}")
    values, places = _sort(x, dim)
    if not x.ndim:
        return values, places
    key = (slice(None),) * (dim % x.ndim) + (slice(k - 1, k) if keepdim else k - 1,)
    return values[key], places[key]


def _running(best: Any) -> Function:
    """cummax() and cummin(), which tell the last place of the best element so far."""

    def running(x: Raw, dim: int) -> tuple[Raw, Raw]:
        axis = axis_of(x, dim)
        if not x.ndim:
            return x.copy(), np.zeros((), np.int64)
        values = best.accumulate(x, axis)
        steps = np.arange(x.shape[axis]).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
        found = (x == values) | (x != x)
        return values, np.maximum.accumulate(np.where(found, steps, 0), axis)

    return running


_GATHER: Final = of_any(_gather)
_NEW: Final[dict[str, Function]] = {
    **dict.fromkeys(("scatter.src", "scatter.value", "scatter.reduce"), of_any(_scatter)),
    "scatter.value_reduce": of_any(_scatter),
    "scatter_add": of_any(partial(_scatter, reduce="add")),
    "index_add": of_any(_index_add),
    **dict.fromkeys(("index_fill.int_Scalar", "index_fill.int_Tensor"), of_any(_index_set)),
    "index_copy": of_any(_index_set),
    "masked_scatter": of_any(_masked_scatter),
}
TABLE: Final[dict[str, Function]] = {
    **_NEW,
    **{
        f"{name.partition('.')[0]}_{name[len(name.partition('.')[0]) :]}": in_place(function)
        for name, function in _NEW.items()
    },
    "gather": _GATHER,
    "index_put_": _index_put,
    "index_put": lambda x, *arguments, **named: _index_put(
        manipulation.reshape(x, x.shape, copy=True), *arguments, **named
    ),
    "take": of_any(_take),
    "take_along_dim": of_any(_take_along),
    "masked_select": of_any(_masked_select),
    **dict.fromkeys(("fill_.Scalar", "fill_.Tensor"), in_place(of_any(_fill, mixes=True))),
    "zero_": in_place(of_any(np.zeros_like)),
    "fill_diagonal_": in_place(of_any(_fill_diagonal)),
    **dict.fromkeys(("nonzero", "argwhere"), of_any(np.argwhere, keeps_dtype=False)),
    "sort": _sort,
    "sort.stable": _stable(_sort),
    "argsort": _argsort,
    "argsort.stable": _stable(_argsort),
    "topk": _topk,
    "kthvalue": kthvalue,
    "cummax": of_any(_running(np.maximum)),
    "cummin": of_any(_running(np.minimum)),
}
