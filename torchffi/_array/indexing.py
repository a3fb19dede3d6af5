"""Indexing by integers, slices, the ellipsis, None, and tensors of integers or bools.

The rules are NumPy's. Integers, slices and None give views; a negative step and tensors give copies.

Source: Array API standard, "Indexing".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import accumulate

from torchffi import dtypes
from torchffi._array import broadcasting, manipulation
from torchffi._array.conversion import prepared_key
from torchffi._core import arguments
from torchffi._core.arguments import Scalar, is_scalar
from torchffi._core.backends import FFI, NUMPY
from torchffi._core.dispatch import run, run_in_place
from torchffi._core.lifetimes import make
from torchffi._core.operations import entries, in_place_entries, scalars
from torchffi._core.tensor import Tensor
from torchffi._libtorch.primitives import basic_index, basic_index_put_, key_tensors
from torchffi._stdlib.typing import Any
from torchffi.dtypes import ANY
from torchffi.errors import AxisError, DTypeError, InvalidArgumentError


def _width(key: Any) -> int:
    """The number of axes of the tensor that a key indexes."""
    if key is None or key is Ellipsis:
        return 0
    return key.ndim if isinstance(key, Tensor) and key.dtype is dtypes.bool else 1


def _complete(x: Tensor, key: Any) -> list[Any]:
    """The keys with the ellipsis expanded, so that every axis has one."""
    keys = [prepared_key(one) for one in (key if isinstance(key, tuple) else (key,))]
    dots = [i for i, one in enumerate(keys) if one is Ellipsis]
    if len(dots) > 1:
        raise AxisError("index: an index can only have a single ellipsis ('...')")
    missing = x.ndim - sum(_width(one) for one in keys)
    if missing < 0:
        raise AxisError(
            f"index: too many indices: {x.ndim - missing} axes are indexed, but shape {x.shape} has "
            f"only {x.ndim}"
        )
    at = dots[0] if dots else len(keys)
    return [*keys[:at], *[slice(None)] * missing, *keys[at + 1 :]]


def _check_bounds(index: int, axis: int, x: Tensor) -> None:
    length = x.shape[axis]
    if not -length <= index < length:
        raise AxisError(f"index: {index} is out of range for axis {axis} of shape {x.shape}")


def _resolve(x: Tensor, key: Any) -> tuple[Tensor, list[Tensor | None], tuple[int, ...]]:
    """The view by the integers, slices and None of a key; the tensors to index it with, one per axis;
    and the axes of the view that must be flipped, because their slices have negative steps.
    """
    keys = _complete(x, key)
    picks = any(isinstance(one, Tensor) for one in keys)
    indices: list[Tensor | None] = []
    flipped: list[int] = []
    view, axis = x, 0
    sources = accumulate(map(_width, keys), initial=0)  # the axis of x that each key indexes
    for one, source in zip(keys, sources, strict=False):
        if one is None:
            view = run("unsqueeze", x.dtype, view, axis)
        elif isinstance(one, slice):
            view, reverse = _sliced(view, axis, one, x.shape[source])
            flipped += [axis] if reverse else []
        elif not isinstance(one, Tensor):
            _check_bounds(one, source, x)
            if not picks:
                view = run("select", x.dtype, view, axis, one)
                continue
            # In a key with tensors an integer is an index tensor as well: they broadcast.
            indices.append(arguments.scalar_operand("index", one, dtypes.int64, x))
            axis += 1
            continue
        else:
            if one.ndim == 0 and one.dtype is dtypes.bool:
                view = run("unsqueeze", x.dtype, view, axis)
                one = manipulation.reshape(one, (1,))
            indices.append(_expand_empty_mask(one, view.shape[axis : axis + one.ndim]))
            axis += _width(one)
            continue
        indices.append(None)
        axis += 1
    return view, indices if picks else [], tuple(flipped)


def _expand_empty_mask(key: Tensor, sides: tuple[int, ...]) -> Tensor:
    """Expands an empty mask to the shape of the axes it indexes: NumPy allows the mismatch, ATen not."""
    if key.dtype is not dtypes.bool or 0 not in key.shape or key.shape == sides:
        return key
    if not all(n in (0, side) for n, side in zip(key.shape, sides, strict=True)):
        return key
    nothing = arguments.scalar_tensor("index", False, dtypes.bool, key)
    return broadcasting.broadcast_to(nothing, sides)


def _sliced(x: Tensor, axis: int, key: slice, length: int) -> tuple[Tensor, bool]:
    """The view by a slice, and whether the axis must be flipped because the step is negative.

    Args:
        x: The tensor.
        axis: The axis.
        key: The slice.
        length: The length of the axis.
    """
    try:
        start, stop, step = key.indices(length)
    except ValueError:
        raise InvalidArgumentError("index: slice step must not be 0") from None
    except TypeError:
        raise DTypeError(f"index: slice indices must be integers, got {key}") from None
    if step > 0:
        if (start, step) == (0, 1) and stop == length:
            return x, False
        return run("slice", x.dtype, x, axis, start, max(start, stop), step), False
    count = len(range(start, stop, step))
    first = start + (count - 1) * step if count else 0
    return run("slice", x.dtype, x, axis, first, start + 1 if count else 0, -step), count > 1


# ---- The fast path: on LibTorch all keys, on NumPy integers, slices, None and ellipses; or one tensor

_VIEWS: dict[type, Callable[..., Tensor | None]] = {}
_ASSIGNMENTS = in_place_entries("basic_index_put_", dtypes.ALL)
_INDEX, _INDEX_PUT = entries("index", ANY), in_place_entries("index_put_", dtypes.ALL)
# tensor class -> the classes of its index tensors
PICKS = {
    kind: {backend.classes[dtypes.int64], backend.classes[dtypes.bool]}
    for backend in (FFI, NUMPY)
    for kind in backend.classes.values()
}
for _kind in NUMPY.classes.values():
    _VIEWS[_kind] = partial(NUMPY.attempt, _kind, "basic_index")
key_tensors.update(FFI.classes[dtype] for dtype in (dtypes.bool, dtypes.int64))
for _kind in FFI.classes.values():
    _VIEWS[_kind] = partial(basic_index, partial(make, _kind))
    _ASSIGNMENTS[_kind] = basic_index_put_
# tensor class on LibTorch -> the types of keys that C takes
_KEYS = {kind: {int, slice, type(None), type(...), *PICKS[kind]} for kind in FFI.classes.values()}


def _prepared(kind: type, keys: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """The keys as C takes them, if some are of other types; None if none are, and on NumPy."""
    known = _KEYS.get(kind)
    if known is None or known.issuperset(map(type, keys)):
        return None
    return tuple(map(prepared_key, keys))


def getitem(x: Tensor, key: Any) -> Tensor:
    """``x[key]``.

    Raises:
        IndexError: For an index out of range, or more indices than axes.
        TypeError: For an invalid index.
    """
    kind = type(x)
    plain: Tensor | None
    try:
        if type(key) in PICKS[kind]:
            make, kind, call = _INDEX[kind]
            plain = make(kind, call, x._data, (key._data,), 1)
        else:
            if type(key) is list:
                return x[prepared_key(key)]
            keys = key if type(key) is tuple else (key,)
            if list in map(type, keys):
                return x[tuple(map(prepared_key, keys))]
            plain = _VIEWS[kind](x._data, keys)
            if plain is None and (prepared := _prepared(kind, keys)):
                plain = _VIEWS[kind](x._data, prepared)
    except (KeyError, OverflowError):  # a dtype that NumPy lacks, an index of more than 64 bits
        plain = None
    if plain is not None:
        return plain
    view, indices, flipped = _resolve(x, key)
    if flipped:
        view = run("flip", x.dtype, view, flipped)
    if indices:
        return run("index", x.dtype, view, indices)
    return run("alias", x.dtype, view) if view is x else view


def setitem(x: Tensor, key: Any, value: Tensor | Scalar) -> None:
    """``x[key] = value``: overwrites elements with the value, which broadcasts to them.

    Raises:
        IndexError: For an index out of range, or more indices than axes.
        TypeError: For an invalid index, or a value whose dtype does not fit that of x.
        ValueError: If the value does not broadcast.
    """
    kind, source = type(x), None
    if kind in PICKS:
        try:
            source = value if type(value) is kind else scalars[kind, type(value), value]
        except (KeyError, TypeError):
            source = None
    if source is not None and (source is value or value or str(value) != "-0.0"):
        if type(key) is list:
            key = prepared_key(key)
        if type(key) in PICKS[kind]:
            status = _INDEX_PUT[kind](x._data, (key._data,), 1, source._data)
        else:
            keys = key if type(key) is tuple else (key,)
            if list in map(type, keys):
                keys = tuple(map(prepared_key, keys))
            status = _ASSIGNMENTS[kind](x._data, keys, source._data)
            if status != 0 and (prepared := _prepared(kind, keys)):
                status = _ASSIGNMENTS[kind](x._data, prepared, source._data)
        if status == 0:
            return
    view, indices, flipped = _resolve(x, key)
    elements = _fitting(x, value)
    if not indices:
        if flipped:
            elements = run(
                "flip", x.dtype, broadcasting.broadcast_to(elements, view.shape), flipped
            )
        run_in_place("copy_", view, elements)
    elif flipped:
        whole = run("flip", x.dtype, view, flipped)
        run_in_place("index_put_", whole, indices, elements)
        run_in_place("copy_", view, run("flip", x.dtype, whole, flipped))
    else:
        run_in_place("index_put_", view, indices, elements)


def _fitting(x: Tensor, value: Tensor | Scalar) -> Tensor:
    """The value as a tensor of the dtype of x."""
    if is_scalar(value):
        dtype = arguments.scalar_dtype("index", value, x.dtype)
        if dtype is not x.dtype:
            raise DTypeError(f"index: {value!r} does not fit into a tensor of {x.dtype}")
        return arguments.scalar_operand("index", value, x.dtype, x)
    value = arguments.tensor("index", value)
    leading = next((i for i, n in enumerate(value.shape) if n != 1), value.ndim)
    if leading:  # leading axes of length 1 do not count, as in NumPy and PyTorch
        value = manipulation.reshape(value, value.shape[leading:])
    if dtypes.promote("index", x.dtype, value.dtype) is not x.dtype:
        raise DTypeError(f"index: {value.dtype} does not fit into a tensor of {x.dtype}")
    return arguments.astype(value, x.dtype)
