"""Tensors of nested lists of Python's numbers, without NumPy."""

from __future__ import annotations

from itertools import chain
from typing import Any, Final

from torchffi import dtypes
from torchffi._core import backends
from torchffi._core.backends import FFI, chosen_backend
from torchffi._core.dispatch import create
from torchffi._core.lifetimes import make
from torchffi._core.tensor import Tensor
from torchffi._libtorch.c_numbers import C_TYPES, packed
from torchffi._libtorch.loader import ffi, lib
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
