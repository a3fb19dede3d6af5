"""Tensors of nested lists of Python's numbers; on LibTorch without NumPy."""

from __future__ import annotations

from itertools import chain

from torchffi import dtypes
from torchffi._core import backends
from torchffi._core.backends import FFI, NUMPY, chosen_backend
from torchffi._core.dispatch import create
from torchffi._core.lifetimes import make
from torchffi._core.tensor import Tensor
from torchffi._core.tensor_numpy import hold
from torchffi._lazy_numpy import np
from torchffi._libtorch.c_numbers import C_TYPES, packed
from torchffi._libtorch.loader import ffi, lib
from torchffi._stdlib.typing import Any, Final
from torchffi.dtypes import DType

_from_data: Final = lib.rt_torch_tensor_from_data
DEFAULTS: Final[dict[type, DType]] = {
    bool: dtypes.bool,
    int: dtypes.default_int,
    float: dtypes.default_float,
    complex: dtypes.default_complex,
}
_SEQUENCES: Final = frozenset({list, tuple})
_RANKS: Final = [dtypes.BOOL, dtypes.INTEGER, dtypes.FLOATING, dtypes.COMPLEX]
# The types of numbers that a dtype takes as they are.
_ADMITTED: Final = {
    dtype: frozenset(list(DEFAULTS)[: 1 + next(i for i, k in enumerate(_RANKS) if dtype.kind in k)])
    for dtype in C_TYPES
}
_NONE: Final[frozenset[type]] = frozenset()
_FEW: Final = 32  # numbers: up to here Python finds the largest sooner than NumPy
_EXACT: Final = 2**53  # float64 has all integers up to here
NUMBERS: Final = frozenset(DEFAULTS)
TYPES: Final = _SEQUENCES | NUMBERS


def tensor(obj: Any, dtype: DType | None) -> Tensor | None:
    """A tensor of a number, or of nested lists and tuples of numbers, on the default backend.

    Args:
        obj: The numbers, none of a subclass of Python's types.
        dtype: The dtype; None for the default of the numbers' kind.

    Returns:
        The tensor; None for what :func:`torchffi.asarray` has to look at more closely: other objects,
        ragged lists, no numbers, and numbers that do not fit the dtype.
    """
    if dtype is None and (chosen_backend() or backends.default) is NUMPY:
        made = on_numpy(obj)
        if made is not None:
            return made
    found = _flat(obj)
    if found is None:
        return None
    values, shape, types = found
    if dtype is None:
        dtype = _default(types)
    elif not types <= _ADMITTED.get(dtype, _NONE):
        return None
    if int in types and dtype.kind not in dtypes.INTEGER:
        whole = values if types == {int} else [value for value in values if type(value) is int]
        if max(whole) > _EXACT or min(whole) < -_EXACT:
            return None
    try:
        array = packed(values, dtype)
    except OverflowError:
        return None
    data = ffi.buffer(array)
    if (chosen_backend() or backends.default) is FFI:
        kind = FFI.classes[dtype]
        made = make(kind, _from_data, array, len(data), shape, len(shape), dtype.code, -1)
        if made is not None:
            return made
    return create("from_bytes", dtype, data, shape, dtype, -1)


def _default(types: set[type]) -> DType:
    """The default dtype of numbers of these types, that of the highest."""
    if len(types) == 1:
        return DEFAULTS[next(iter(types))]
    return next(dtype for kind, dtype in reversed(DEFAULTS.items()) if kind in types)


def _flat(obj: Any) -> tuple[list[Any], tuple[int, ...], set[type]] | None:
    """The numbers in C order, their shape, and their types; None for what is no array of numbers."""
    if type(obj) in DEFAULTS:
        return [obj], (), {type(obj)}
    level: list[Any] = obj
    shape: tuple[int, ...] = (len(level),)
    first = [obj]  # of each level; a list that contains itself comes again
    while level:
        types = set(map(type, level))
        if types <= NUMBERS:
            return level, shape, types
        if not types <= _SEQUENCES:
            return None
        if any(level[0] is one for one in first):
            return None
        first.append(level[0])
        length = len(level[0])
        if len(level) > 1 and len(set(map(len, level))) > 1:
            return None
        shape = (*shape, length)
        level = list(chain.from_iterable(level))
    return None


# ---- On NumPy


def on_numpy(obj: Any) -> Tensor | None:
    """A tensor on NumPy of numbers with the default dtype of their kind.

    None for what needs a closer look: other objects, ragged lists, and large numbers, which may be
    integers that float64 does not hold.
    """
    try:
        dtype = DEFAULTS.get(type(obj))
        if dtype is not None:  # a number
            fits = dtype is dtypes.bool or abs(obj) <= _EXACT
            return hold(np.array(obj, dtype.numpy), NUMPY.classes[dtype]) if fits else None
        array = np.asarray(obj)
        dtype = _LETTERS[array.dtype.char]
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if dtype.kind in dtypes.INEXACT:
        if array.size and not _is_small(array):
            return None
        array = array.astype(dtype.numpy)
    return hold(array, NUMPY.classes[dtype])


def _is_small(values: np.ndarray[Any, Any]) -> bool:
    """Whether no number, or part of a complex one, is above ``_EXACT``. It may be False for NaN."""
    parts = values.view(np.float64)
    if parts.size <= _FEW:
        numbers = parts.reshape(-1).tolist()
        return bool(max(numbers) <= _EXACT and min(numbers) >= -_EXACT)
    largest, smallest = np.maximum.reduce(parts, None), np.minimum.reduce(parts, None)
    return bool(largest <= _EXACT and smallest >= -_EXACT)


# By the characters of NumPy's dtypes, those of Python's numbers.
_LETTERS: Final = {
    "?": dtypes.bool, "l": dtypes.int64, "d": dtypes.default_float, "D": dtypes.default_complex,
}  # fmt: skip
