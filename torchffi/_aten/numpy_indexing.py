"""ATen operators on NumPy: elements by indices and masks, and in order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np

from torchffi._array import manipulation, searching, sorting
from torchffi._aten.numpy_calls import Function, of_any
from torchffi._aten.numpy_in_place import in_place_name, writing, written_copy
from torchffi._core.tensor import Tensor
from torchffi._numpy.checks import Raw
from torchffi._numpy.indexing import nonzero
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


def _grid(shape: tuple[int, ...]) -> Key:
    """The key of all elements of an array: for each axis its indices, which broadcast."""
    return tuple(
        [
            np.arange(n).reshape([-1 if i == axis else 1 for i in range(len(shape))])
            for axis, n in enumerate(shape)
        ]
    )


_kept_grid: Final = lru_cache(64)(_grid)
_FEW: Final = 2**10  # indices: larger keys are not kept


def _places(x: Raw, dim: int, index: Raw) -> Key:
    """The key of the elements that gather() reads: along other axes, index may be shorter than x."""
    axis, own, shape = axis_of(x, dim), x.shape, index.shape
    if shape != own and (
        len(shape) != len(own)
        or any(n > m for i, (n, m) in enumerate(zip(shape, own, strict=True)) if i != axis)
    ):
        raise ShapeError(f"the index has shape {index.shape} for an input of shape {x.shape}")
    _check_places(index, own[axis])
    grid = (_kept_grid if sum(shape) <= _FEW else _grid)(shape)
    return (*grid[:axis], index, *grid[axis + 1 :])


def _gather(x: Raw, dim: int, index: Raw, sparse_grad: bool = False) -> Any:
    if not x.ndim or not index.ndim:
        own, flat = np.atleast_1d(x), np.atleast_1d(index)
        return _gather(own, dim, flat).reshape(index.shape)
    return np.asarray(x[_places(x, dim, index)])


_REDUCE: Final[dict[str | None, Any]] = {"add": np.add, "multiply": np.multiply}


def _scatter(x: Raw, dim: int, index: Raw, source: Any, reduce: str | None = None) -> None:
    """Writes elements of source, or a number, to the places."""
    if not x.ndim or not index.ndim:
        x, index = np.atleast_1d(x), np.atleast_1d(index)
        source = np.atleast_1d(source) if isinstance(source, np.ndarray) else source
    key = _places(x, dim, index)
    if isinstance(source, np.ndarray):
        if source.dtype != x.dtype:
            raise InvalidArgumentError(f"the source has dtype {source.dtype}, expected {x.dtype}")
        if source.shape != index.shape:
            if any(n > m for n, m in zip(index.shape, source.shape, strict=True)):
                raise ShapeError(
                    f"the index has shape {index.shape} for a source of {source.shape}"
                )
            source = source[tuple(slice(n) for n in index.shape)]
    if reduce is None:
        x[key] = source
    elif reduce in _REDUCE:
        _REDUCE[reduce].at(x, key, np.asarray(source).astype(x.dtype))
    else:
        raise InvalidArgumentError(f"reduce is {reduce!r}, expected 'add' or 'multiply'")


def _along(x: Raw, dim: int, index: Raw) -> Key:
    """The key of the slices along an axis."""
    axis = axis_of(x, dim)
    if index.ndim > 1:
        raise ShapeError(f"the index has shape {index.shape}, expected one axis")
    _check_places(index, x.shape[axis])
    return (*(slice(None),) * axis, index.reshape(-1))


def _index_add(x: Raw, dim: int, index: Raw, source: Raw, alpha: Any = 1) -> None:
    key: Any = _along(x, dim, index)
    np.add.at(x, key, source if alpha == 1 else source * alpha)


def _index_set(x: Raw, dim: int, index: Raw, source: Any) -> None:
    x[_along(x, dim, index)] = source


def _index_put(
    x: Raw, indices: Sequence[Raw | None], values: Raw, accumulate: bool = False
) -> None:
    if values.dtype != x.dtype:
        raise InvalidArgumentError(f"the values have dtype {values.dtype}, expected {x.dtype}")
    key: Any = tuple(slice(None) if one is None else one for one in indices)
    if accumulate:
        np.add.at(x, key, values)
    else:
        x[key] = values


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


def _check_mask(mask: Raw) -> None:
    if mask.dtype.kind != "b":
        raise InvalidArgumentError(f"the mask has dtype {mask.dtype}, expected bool")


def _masked_select(x: Raw, mask: Raw) -> Any:
    _check_mask(mask)
    if x.shape != mask.shape:
        x, mask = np.broadcast_arrays(x, mask)
    return x[mask]


def _masked_fill(x: Raw, mask: Raw, value: Any) -> None:
    _check_mask(mask)
    np.copyto(x, value, where=mask)


def _masked_scatter(x: Raw, mask: Raw, source: Raw) -> None:
    _check_mask(mask)
    chosen = np.broadcast_to(mask, x.shape)
    count = int(np.count_nonzero(chosen))
    if source.size < count:
        raise InvalidArgumentError(f"the source has {source.size} elements for {count} places")
    x[chosen] = source.reshape(-1)[:count]


def _fill(x: Raw, value: Any) -> None:
    if isinstance(value, np.ndarray):
        if value.ndim:
            raise ShapeError(f"the value has shape {value.shape}, expected ()")
        np.copyto(x, value, casting="unsafe")
    else:
        x[...] = value


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
_WRITE: Final[dict[str, Function]] = {
    **dict.fromkeys(("scatter.src", "scatter.value", "scatter.reduce"), _scatter),
    "scatter.value_reduce": _scatter,
    "scatter_add": partial(_scatter, reduce="add"),
    "index_add": _index_add,
    **dict.fromkeys(("index_fill.int_Scalar", "index_fill.int_Tensor"), _index_set),
    "index_copy": _index_set,
    "index_put": _index_put,
    "masked_scatter": _masked_scatter,
}
TABLE: Final[dict[str, Function]] = {
    **{name: written_copy(function) for name, function in _WRITE.items()},
    **{in_place_name(name): writing(function) for name, function in _WRITE.items()},
    **dict.fromkeys(("masked_fill_.Scalar", "masked_fill_.Tensor"), writing(_masked_fill)),
    **dict.fromkeys(("fill_.Scalar", "fill_.Tensor"), writing(_fill)),
    "zero_": writing(partial(_fill, value=0)),
    "fill_diagonal_": writing(np.fill_diagonal),
    "gather": _GATHER,
    "take": of_any(_take),
    "take_along_dim": of_any(_take_along),
    "masked_select": of_any(_masked_select),
    **dict.fromkeys(("nonzero", "argwhere"), of_any(nonzero, keeps_dtype=False)),
    "sort": _sort,
    "sort.stable": _stable(_sort),
    "argsort": _argsort,
    "argsort.stable": _stable(_argsort),
    "topk": _topk,
    "kthvalue": kthvalue,
    "cummax": of_any(_running(np.maximum)),
    "cummin": of_any(_running(np.minimum)),
}
