"""Indexing of tensors on NumPy, whose arrays have the same rules: most keys go to the array.

Other keys, and what NumPy refuses, are left to :mod:`torchffi._array.indexing`.
"""

from __future__ import annotations

import operator
from typing import Any

from torchffi._array import indexing
from torchffi._array.indexing import PICKS
from torchffi._core.arguments import Scalar
from torchffi._core.backends import NUMPY
from torchffi._core.tensor import Tensor
from torchffi.dtypes import FLOATING

_attempt, _overwrite = NUMPY.attempt, NUMPY.overwrite
_get, _set = operator.getitem, operator.setitem
_FLOATING = frozenset(kind for dtype, kind in NUMPY.classes.items() if dtype.kind in FLOATING)
_NUMBERS = frozenset({int, float})
_BASIC = frozenset({int, slice, type(None), type(...)})


def getitem(x: Tensor, key: Any) -> Tensor:
    """``x[key]`` on NumPy, which has the same rules. See :func:`indexing.getitem`."""
    kind, of = type(x), type(key)
    found = None
    if of is int:
        found = _attempt(kind, _get, x._data, (key, ...))  # a view, also of one element
    elif of is tuple:
        found = _attempt(kind, "basic_index", x._data, key)
        if found is None and kind in PICKS:
            tensors = PICKS[kind]
            keys = [one._data if type(one) in tensors else one for one in key]
            found = _attempt(kind, "pick", x._data, tuple(keys))
    elif of is slice and key.step is None:
        found = _attempt(kind, _get, x._data, key)
    elif key is None or key is ...:
        found = _attempt(kind, _get, x._data, (key, ...) if key is None else key)
    return indexing.getitem(x, key) if found is None else found


def setitem(x: Tensor, key: Any, value: Tensor | Scalar) -> None:
    """``x[key] = value`` on NumPy. See :func:`indexing.setitem`."""
    of, given, data = type(key), type(value), x._data
    status = -1
    if of in _BASIC or (of is tuple and _BASIC.issuperset(map(type, key))):
        if given is type(x):
            keys = key if of is tuple else (key,)
            status = _overwrite("basic_index_put_", data, keys, value._data)  # type: ignore[union-attr]
        # Elements of an expanded tensor share memory, which setitem() refuses.
        elif given in _NUMBERS and type(x) in _FLOATING and 0 not in data.strides:
            status = _overwrite(_set, data, key, value)
    elif given is type(x) and of in PICKS[given]:
        keys = (key._data,)
        status = _overwrite("index_put_", data, keys, 1, value._data)  # type: ignore[union-attr]
    if status != 0:
        indexing.setitem(x, key, value)
