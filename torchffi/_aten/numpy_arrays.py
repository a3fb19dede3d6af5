"""ATen operators on NumPy, with the arguments of their schemas: shapes, indexing, creation, dtypes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from math import prod
from typing import Any, Final

import numpy as np

from torchffi import dtypes
from torchffi._array import (
    broadcasting,
    creation,
    elementwise,
    joining,
    linear_algebra,
    manipulation,
    ranges,
    taking,
)
from torchffi._array.data_types import astype
from torchffi._aten.numpy_calls import of_any
from torchffi._aten.numpy_elementwise import Function, each
from torchffi._aten.numpy_indexing import axis_of
from torchffi._core.backends import NUMPY
from torchffi._core.tensor import Tensor
from torchffi._numpy import linalg
from torchffi._numpy.checks import Raw
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError, ShapeError

# ---- Shapes


def _view(x: Tensor, shape: Sequence[int]) -> Tensor:
    return manipulation.reshape(x, tuple(shape))


def _flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    if not x.ndim:
        return manipulation.reshape(x, (1,))
    start, end = start_dim % x.ndim, end_dim % x.ndim
    shape = (*x.shape[:start], prod(x.shape[start : end + 1]), *x.shape[end + 1 :])
    return manipulation.reshape(x, shape)


def _unflatten(x: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    axis = dim % x.ndim
    return manipulation.reshape(x, (*x.shape[:axis], *sizes, *x.shape[axis + 1 :]))


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


def _split(x: Tensor, split_size: int | Sequence[int], dim: int = 0) -> list[Tensor]:
    size, axis = split_size, dim
    length = x.shape[axis]
    sizes = (
        [min(size, length - i) for i in range(0, length, size)] if isinstance(size, int) else size
    )
    before = (slice(None),) * (axis % x.ndim)
    ends = zip(sizes, accumulate(sizes), strict=True)
    keys = [(*before, slice(end - size, end)) for size, end in ends]
    return [x[key] for key in keys]


def _index(x: Tensor, indices: Sequence[Tensor | None]) -> Tensor:
    return x[tuple(slice(None) if one is None else one for one in indices)]


def _diagonal(x: Raw, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    return linalg.diagonal(x, offset, dim1, dim2)


def _diag(x: Raw, diagonal: int = 0) -> Any:
    return np.diag(x, diagonal)


def _trace(x: Raw) -> Any:
    if x.ndim != 2:
        raise ShapeError(f"expected a matrix, got shape {x.shape}")
    return np.asarray(np.trace(x, dtype=np.int64 if x.dtype.kind in "biu" else x.dtype))


def _roll(x: Tensor, shifts: Any, dims: Any = ()) -> Tensor:
    steps, axes = (v if isinstance(v, (list, tuple)) else (v,) for v in (shifts, dims))
    if len(steps) == 1 and len(axes) < 2:
        return manipulation.roll(x, steps[0], axis=axes[0] if axes else None)
    return manipulation.roll(x, tuple(steps), axis=tuple(axes) or None)


def _movedim(x: Tensor, source: Any, destination: Any) -> Tensor:
    both = [tuple(v) if isinstance(v, list) else v for v in (source, destination)]
    return manipulation.moveaxis(x, *both)


def _unfold(x: Raw, dimension: int, size: int, step: int) -> Any:
    axis = axis_of(x, dimension)
    if not x.ndim:
        x = x.reshape(1)
    if not 0 <= size <= x.shape[axis] or step < 1:
        raise InvalidArgumentError(
            f"size is {size} and step {step}, expected at most {x.shape[axis]} and at least 1"
        )
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis, writeable=True)
    return windows[(slice(None),) * axis + (slice(None, None, step),)]


def _tensor_split(x: Raw, sections: Any, dim: int = 0) -> list[Raw]:
    return np.array_split(x, sections, dim)


def _split_along(axis: int) -> Function:
    """hsplit() and the like; hsplit() splits the only axis if there is one."""

    def split(x: Raw, sections: Any) -> list[Raw]:
        return np.split(x, sections, min(axis, x.ndim - 1) if axis == 1 else axis)

    return split


def _repeat_interleave(
    x: Raw, repeats: Any, dim: int | None = None, output_size: Any = None
) -> Any:
    return np.repeat(x, repeats, dim)


def _rot90(x: Raw, k: int = 1, dims: Sequence[int] = (0, 1)) -> Any:
    return np.rot90(x, k, (dims[0], dims[1])).copy()


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


def _copy(x: Tensor, value: Tensor, non_blocking: bool = False) -> Tensor:
    if type(value) is not type(x) or NUMPY.overwrite("copy_", x._data, value._data) != 0:
        x[...] = value
    return x


def _identity(x: Tensor, *rest: Any, **more: Any) -> Tensor:
    return x


def _copied(x: Tensor, *rest: Any, **more: Any) -> Tensor:
    return elementwise.positive(x) if x.dtype is not dtypes.bool else astype(x, dtypes.bool)


_FLIP: Final = {"fliplr": 1, "flipud": 0}
_SPLIT: Final = {"hsplit": 1, "vsplit": 0, "dsplit": 2}
TABLE: Final[dict[str, Function]] = {
    **each("view reshape _unsafe_view", _view),
    "flatten.using_ints": _flatten,
    "unflatten.int": _unflatten,
    "flip": lambda x, axes: manipulation.flip(x, axis=tuple(axes)),
    "transpose.int": _transpose,
    "t": lambda x: _transpose(x, 0, 1) if x.ndim == 2 else x,
    "permute": lambda x, axes: manipulation.permute_dims(x, tuple(a % x.ndim for a in axes)),
    "expand": _expand,
    "expand_as": lambda x, other: broadcasting.broadcast_to(x, other.shape),
    "unsqueeze": lambda x, dim: manipulation.expand_dims(x, axis=dim),
    **each("squeeze squeeze.dim squeeze.dims", _squeeze),
    "slice.Tensor": _slice,
    "select.int": taking.select,
    "narrow": taking.narrow,
    "index.Tensor": _index,
    "index_select": lambda x, dim, index: taking.take(x, index, axis=dim),
    **each("split.Tensor split.sizes split_with_sizes", _split),
    "chunk": lambda x, chunks, dim=0: _split(x, -(-x.shape[dim] // chunks), dim),
    "unbind.int": lambda x, dim=0: list(joining.unstack(x, axis=dim)),
    "cat": lambda xs, axis=0: joining.concat(xs, axis=axis),
    "stack": lambda xs, axis=0: joining.stack(xs, axis=axis),
    "tril": lambda x, diagonal=0: linear_algebra.tril(x, k=diagonal),
    "triu": lambda x, diagonal=0: linear_algebra.triu(x, k=diagonal),
    "repeat": lambda x, counts: joining.tile(x, tuple(counts)),
    **each("contiguous alias detach detach_ lift_fresh", _identity),
    **each("clone lift_fresh_copy", _copied),
    **each("to.dtype to.dtype_layout _to_copy", to),
    "to.device": lambda x, device, dtype, *rest, **more: to(x, dtype),
    **each("type_as to.other", lambda x, other, *rest, **more: to(x, other.dtype)),
    "full": _full,
    "zeros": _filled(0),
    "ones": _filled(1),
    "scalar_tensor": lambda value, **more: _filled(value)((), **more),
    **each("zeros_like new_zeros", _filled_as(0)),
    **each("ones_like new_ones", _filled_as(1)),
    **each("full_like new_full", _filled_as(None)),
    **each("arange arange.start arange.start_step", _arange),
    "copy_": _copy,
    "diagonal": of_any(_diagonal),
    "diag": of_any(_diag),
    "trace": of_any(_trace, keeps_dtype=False),
    "roll": _roll,
    **dict.fromkeys(("movedim.int", "movedim.intlist"), _movedim),
    "unfold": of_any(_unfold),
    **dict.fromkeys(
        ("tensor_split.sections", "tensor_split.indices"), of_any(_tensor_split, keeps_dtype=False)
    ),
    **{
        f"{name}.{kind}": of_any(_split_along(axis), keeps_dtype=False)
        for name, axis in _SPLIT.items()
        for kind in ("int", "array")
    },
    **dict.fromkeys(
        ("repeat_interleave.self_int", "repeat_interleave.self_Tensor"), of_any(_repeat_interleave)
    ),
    "rot90": of_any(_rot90),
    **{
        n: partial(lambda x, axis: manipulation.flip(x, axis=axis), axis=a)
        for n, a in _FLIP.items()
    },
}
