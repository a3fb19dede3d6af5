"""NumPy's answer for views, joining and indexing, and the table of all; see tests.fuzz.twins."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.fuzz.reductions import (
    CREATION_AND_REDUCTIONS,
    Axes,
    axes_of,
    axis_of,
    dtype_of,
    single_of,
)
from tests.fuzz.twins import (
    BINARY,
    IN_PLACE,
    UNARY,
    WHERE,
    Array,
    Loose,
    converted,
    promoted,
    refuse_unless,
)


def _reshape(tensor: Array, dims: Sequence[int], ndim: int) -> Any:
    known = math.prod(n for n in dims if n != -1)
    refuse_unless(all(n >= -1 for n in dims) and list(dims).count(-1) < 2)
    refuse_unless(known > 0 and tensor.size % known == 0 if -1 in dims else known == tensor.size)
    return tensor.reshape(dims)


def _permute(tensor: Array, axes: Sequence[int], naxes: int) -> Any:
    refuse_unless(naxes == tensor.ndim)
    return tensor.transpose(axes_of(axes, tensor.ndim))


def _transpose(tensor: Array, axis0: int, axis1: int) -> Any:
    first, second = axis_of(axis0, tensor.ndim), axis_of(axis1, tensor.ndim)
    return tensor.swapaxes(first, second) if tensor.ndim else tensor[...]


def _t(tensor: Array) -> Any:
    refuse_unless(tensor.ndim == 2)
    return tensor.T


def _matrix_transpose(tensor: Array) -> Any:
    refuse_unless(tensor.ndim >= 2)
    return tensor.swapaxes(-1, -2)


def _expand(tensor: Array, dims: Sequence[int], ndim: int) -> Any:
    more = ndim - tensor.ndim
    refuse_unless(more >= 0 and all(n >= 0 for n in dims[:more]))
    shape = [n if n != -1 else tensor.shape[i - more] for i, n in enumerate(dims)]
    refuse_unless(all(n >= 0 for n in shape))
    refuse_unless(all(old in (1, n) for old, n in zip(tensor.shape, shape[more:], strict=True)))
    strides = [0] * more + [
        0 if old == 1 and n != 1 else stride
        for old, n, stride in zip(tensor.shape, shape[more:], tensor.strides, strict=True)
    ]
    return np.lib.stride_tricks.as_strided(tensor, shape, strides)


def _unsqueeze(tensor: Array, axis: int) -> Any:
    return np.expand_dims(tensor, axis_of(axis, tensor.ndim + 1))


def _squeeze(tensor: Array, axis: int) -> Any:
    over = axis_of(axis, tensor.ndim)
    refuse_unless(tensor.ndim and tensor.shape[over] == 1)
    return np.squeeze(tensor, over)


def _flip(tensor: Array, axes: Axes, naxes: int) -> Any:
    return np.flip(tensor, axes_of(axes, tensor.ndim)).copy() if tensor.ndim else tensor.copy()


def _roll(tensor: Array, shifts: Sequence[int], nshifts: int, axes: Axes, naxes: int) -> Any:
    if axes is None:
        refuse_unless(nshifts == 1)
        return np.roll(tensor, shifts[0])
    refuse_unless(nshifts == naxes)
    if not tensor.ndim or not axes:
        return Loose(None, may_fail=True)
    return np.roll(tensor, shifts, [axis_of(axis, tensor.ndim) for axis in axes])


def _tile(tensor: Array, counts: Sequence[int], ncounts: int) -> Any:
    refuse_unless(all(n >= 0 for n in counts))
    return np.tile(tensor, counts) if ncounts else tensor.copy()


def _triangle(function: Callable[..., Any]) -> Callable[..., Any]:
    def twin(tensor: Array, diagonal: int) -> Any:
        refuse_unless(tensor.ndim >= 2)
        return function(tensor, diagonal)

    return twin


def _diagonal(tensor: Array, offset: int, axis0: int, axis1: int) -> Any:
    refuse_unless(tensor.ndim >= 2)
    first, second = axis_of(axis0, tensor.ndim), axis_of(axis1, tensor.ndim)
    refuse_unless(first != second)
    view = np.diagonal(tensor, offset, first, second)
    view.flags.writeable = True
    return view


def _select(tensor: Array, axis: int, index: int) -> Any:
    refuse_unless(tensor.ndim)
    over = axis_of(axis, tensor.ndim)
    refuse_unless(-tensor.shape[over] <= index < tensor.shape[over])
    return tensor[(slice(None),) * over + (index, ...)]


def _slice(tensor: Array, axis: int, start: int, stop: int, step: int) -> Any:
    refuse_unless(tensor.ndim)
    over = axis_of(axis, tensor.ndim)
    refuse_unless(step >= 1)
    return tensor[(slice(None),) * over + (slice(start, stop, step),)]


def _narrow(tensor: Array, axis: int, start: int, length: int) -> Any:
    refuse_unless(tensor.ndim)
    over = axis_of(axis, tensor.ndim)
    n = tensor.shape[over]
    refuse_unless(-n <= start <= n)
    first = start + n if start < 0 else start
    refuse_unless(0 <= length <= n - first)
    return tensor[(slice(None),) * over + (slice(first, first + length),)]


# ---- Joining, indexing, products


def _cat(tensors: Sequence[Array], count: int, axis: int) -> Any:
    ndim = tensors[0].ndim
    refuse_unless(ndim and all(x.ndim == ndim for x in tensors))
    over = axis_of(axis, ndim)
    rest = {x.shape[:over] + x.shape[over + 1 :] for x in tensors}
    refuse_unless(len(rest) == 1)
    return np.concatenate([x.astype(promoted(*tensors)) for x in tensors], over)


def _stack(tensors: Sequence[Array], count: int, axis: int) -> Any:
    over = axis_of(axis, tensors[0].ndim + 1)
    refuse_unless(len({x.shape for x in tensors}) == 1)
    return np.stack([x.astype(promoted(*tensors)) for x in tensors], over)


def _take(tensor: Array, indices: Array, axis: Axes) -> Any:
    refuse_unless(indices.dtype == "int64" and indices.ndim == 1)
    over = single_of(axis, tensor.ndim)
    n = tensor.shape[over]
    if tensor.size == 0:
        return Loose(None, may_fail=True)  # indices are not checked where there is nothing to take
    refuse_unless(np.all((indices >= -n) & (indices < n)))
    return np.take(tensor, indices, over)


def _key(tensor: Array, indices: Sequence[Array | None]) -> Any:
    """The key; refuses one that NumPy refuses."""
    refuse_unless(len(indices) <= max(tensor.ndim, 1))
    indices = [i.astype(bool) if i is not None and i.dtype == "uint8" else i for i in indices]
    refuse_unless(all(i is None or i.ndim or i.dtype.kind != "b" for i in indices))
    if any(i is not None and i.size == 0 for i in indices):
        return None, ()  # LibTorch checks less where there is nothing to select
    if not tensor.ndim and indices[0] is None:
        indices = []
    key = tuple(slice(None) if i is None else i for i in indices)
    refuse_unless(all(i is None or i.dtype in ("bool", "int32", "int64") for i in indices))
    try:
        return tensor[key], key
    except IndexError:
        refuse_unless(tensor.size == 0)
        return None, ()


def _index(tensor: Array, indices: Sequence[Array | None], count: int) -> Any:
    selected = _key(tensor, indices)[0]
    return Loose(None, may_fail=True) if selected is None else selected


def _index_put(tensor: Array, indices: Sequence[Array | None], count: int, values: Array) -> Any:
    selected, key = _key(tensor, indices)
    refuse_unless(values.dtype == tensor.dtype)
    result = tensor.copy()
    if selected is None or any(i is not None and i.dtype == "uint8" for i in indices):
        return Loose(result, may_fail=True)  # LibTorch fails for some masks of uint8
    if values.size == 1 and values.ndim > selected.ndim:
        return Loose(result, may_fail=True)  # taken as a number where the index is a mask
    try:
        result[key] = np.broadcast_to(values, selected.shape)
    except ValueError:
        refuse_unless(False)
    numbers = np.arange(tensor.size).reshape(tensor.shape)[key]
    return result if len(np.unique(numbers)) == numbers.size else Loose(result)


def _nonzero(tensor: Array) -> Any:
    if not tensor.ndim:
        return np.zeros((int(bool(tensor)), 0), "int64")
    return np.argwhere(tensor).astype("int64")


def _matmul(a: Array, b: Array) -> Any:
    refuse_unless(a.dtype == b.dtype and a.dtype.kind != "b" and a.ndim and b.ndim)
    try:
        return np.asarray(np.matmul(a, b))
    except ValueError:
        refuse_unless(False)


def _moveaxis(
    tensor: Array,
    source: Sequence[int],
    nsource: int,
    destination: Sequence[int],
    ndestination: int,
) -> Any:
    return np.moveaxis(tensor, axes_of(source, tensor.ndim), axes_of(destination, tensor.ndim))


def _export(tensor: Array, versioned: int, copied: int) -> Any:
    refuse_unless(versioned in (0, 1))
    return tensor[...]


def _isin(tensor: Array, among: Array) -> Any:
    if tensor.dtype.kind in "bc" or among.dtype.kind in "bc":
        return Loose(None, may_fail=True)
    dtype = promoted(tensor, among)
    return np.isin(tensor.astype(dtype), among.astype(dtype))


def _same(tensor: Array) -> Any:
    return tensor[...]


VIEWS_AND_COPIES: dict[str, Callable[..., Any]] = {
    "tensor_reshape": _reshape, "tensor_permute": _permute, "tensor_transpose": _transpose,
    "tensor_t": _t, "tensor_matrix_transpose": _matrix_transpose, "tensor_expand": _expand,
    "tensor_unsqueeze": _unsqueeze, "tensor_squeeze": _squeeze, "tensor_flip": _flip,
    "tensor_roll": _roll, "tensor_tile": _tile, "tensor_tril": _triangle(np.tril),
    "tensor_triu": _triangle(np.triu), "tensor_diagonal": _diagonal, "tensor_select": _select,
    "tensor_slice": _slice, "tensor_narrow": _narrow, "tensor_cat": _cat, "tensor_stack": _stack,
    "tensor_take": _take, "tensor_index": _index, "tensor_index_put_": _index_put,
    "tensor_nonzero": _nonzero, "tensor_matmul": _matmul, "tensor_where": WHERE,
    "tensor_alias": _same, "tensor_cpu": _same, "tensor_to_device": lambda tensor,
    device: tensor[...], "tensor_clone": lambda tensor: tensor.copy(order="K"),
    "tensor_contiguous": lambda tensor: tensor[...] if tensor.flags.c_contiguous else tensor.copy(),
    "tensor_to_dtype": lambda tensor,
    dtype: ( tensor[...] if tensor.dtype == dtype_of(dtype) else converted(tensor, dtype_of(dtype)) ),
    "tensor_astype": lambda tensor, dtype: converted(tensor, dtype_of(dtype)), "tensor_isin": _isin,
    "tensor_moveaxis": _moveaxis, "tensor_to_dlpack": _export, "call_one": lambda op, arguments,
    count, position: UNARY["relu"](arguments),
}  # fmt: skip
# By the name without rt_torch_.
TWINS: dict[str, Callable[..., Any]] = (
    CREATION_AND_REDUCTIONS
    | VIEWS_AND_COPIES
    | {
        name if name in ("relu", "sigmoid", "tanh") else f"tensor_{name}": twin
        for name, twin in (UNARY | BINARY | IN_PLACE).items()
    }
)
