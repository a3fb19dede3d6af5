"""Methods of tensors on NumPy that go to the array: views, and indexing, whose rules are the same.

Other keys, and what NumPy refuses, are left to :mod:`torchffi._array.indexing`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import partial

from torchffi._array import indexing
from torchffi._array.indexing import PICKS
from torchffi._aten.methods import at_first_use
from torchffi._core.arguments import Scalar
from torchffi._core.backends import NUMPY
from torchffi._core.operations import BINARY, TABLES, Entries, in_c
from torchffi._core.tensor import Tensor
from torchffi._core.tensor_numpy import NumpyTensor
from torchffi._lazy_numpy import np
from torchffi._libtorch.c_numbers import LETTERS
from torchffi._stdlib.typing import Any
from torchffi.dtypes import BOOL, COMPLEX, FLOATING, INEXACT, INTEGER, NUMERIC, REAL, int64, real_of
from torchffi.dtypes import bool as bool_

Method = Callable[..., Any]

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


def _with_arrays(x: Tensor, key: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """A key with arrays in place of tensors with axes; None for other keys, and for arrays over x."""
    tensors, data, keys = PICKS[type(x)], x._data, []
    for one in key:
        if type(one) in tensors:
            one = one._data
            if not one.ndim or np.may_share_memory(data, one):
                return None
        elif type(one) not in _BASIC:
            return None
        keys.append(one)
    return tuple(keys)


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
    elif of is tuple and given in _NUMBERS and type(x) in _FLOATING and 0 not in data.strides:
        keys = _with_arrays(x, key)
        status = -1 if keys is None else _overwrite(_set, data, keys, value)
    if status != 0:
        indexing.setitem(x, key, value)


# ---- Methods in C: one step from the method to the array

# Limits of integers: lengths, axes, and those of a matrix.
_LENGTHS, _AXES, _MATRIX = (-1, -1, 2**62), (-1, -64, 63), (0, 0, 0, 2)
_METHODS: tuple[tuple[Any, ...], ...] = (
    ("__getitem__", "g", None),
    ("__setitem__", "s", None),
    ("__len__", "l", None),
    ("dim", "r", ("ndim",)),
    ("ndimension", "r", ("ndim",)),
    ("item", "r", "item_of"),
    ("numel", "r", ("size",)),
    ("nelement", "r", ("size",)),
    ("__dlpack__", "r", "dlpack_of"),
    ("contiguous", "k", None),
    ("view", "w", "reshape_to", *_LENGTHS),
    ("reshape", "v", "reshape_to", *_LENGTHS),
    ("view_as", "w", "reshape_to", -3),
    ("reshape_as", "v", "reshape_to", -3),
    ("flatten", "v", ("reshape", -1, "ravel")),  # both return a view of a contiguous array
    ("ravel", "v", ("reshape", -1, "ravel")),
    ("unflatten", "v", "unflatten_to", -2, -64, 2**62),
    ("permute", "v", "permute_to", *_AXES),
    ("transpose", "v", "transpose", *_AXES),
    ("swapaxes", "v", "transpose", *_AXES),
    ("narrow", "a", None),
    ("select", "a", None),
    ("diagonal", "d", ("diagonal", 0, "diagonal")),  # NumPy's view is read-only
    ("squeeze", "v", "squeeze_to", *_AXES, -2),
    ("clone", "v", ("copy", "K", "copy")),
    ("unsqueeze", "v", "unsqueeze", *_AXES),
    ("t", "v", ("T",), *_MATRIX),
    ("new_zeros", "v", "zeros_as", -1, 0, 2**62),
    ("new_ones", "v", "ones_as", -1, 0, 2**62),
    ("copy_", "c", None),
    ("fill_", "f", None),
)
_PROPERTIES: tuple[tuple[Any, ...], ...] = (
    ("shape", "r", ("shape",)),
    ("ndim", "r", ("ndim",)),
    ("size", "r", ("size",)),
    ("nbytes", "r", ("nbytes",)),
    ("T", "v", ("T",), *_MATRIX),
    ("mT", "v", ("T",), *_MATRIX),
)
# Those of real tensors, and of complex ones, whose parts have another class.
_OF_REAL: tuple[tuple[Any, ...], ...] = (
    ("real", "i", None),
    ("H", "v", ("T",), *_MATRIX),
    ("mH", "v", ("T",), *_MATRIX),
)
_OF_COMPLEX: tuple[tuple[Any, ...], ...] = (
    ("real", "v", ("real",), 0, 0, 0, -1),
    ("imag", "v", ("imag",), 0, 0, 0, -1),
)
# Those of real tensors whose results are indices.
_INDEX_OF: tuple[tuple[Any, ...], ...] = (
    ("argmax", "v", "argmax_of", 0, 0, 0, -1),
    ("argmin", "v", "argmin_of", 0, 0, 0, -1),
    ("argsort", "v", "argsort_of", 0, 0, 0, -1),
)
# Those of vectors of integers.
_COUNT_OF: tuple[tuple[Any, ...], ...] = (("bincount", "v", "bincount_of", 0, 0, 0, 1),)
# Those of numbers, with tensors of the same class.
_OF_NUMERIC: tuple[tuple[Any, ...], ...] = (
    ("dot", "v", "dot_of", 1),
    ("vdot", "v", "vdot_of", 1),
)
# Those of floating-point numbers.
_OF_FLOATING: tuple[tuple[Any, ...], ...] = (
    ("norm", "v", "norm_of", 0, 0, 0, -1),
    ("exp2", "v", "exp2", 0, 0, 0, -1),
)
# Those of bools.
_OF_BOOL: tuple[tuple[Any, ...], ...] = (
    ("any", "v", "any_of", 0, 0, 0, -1),
    ("all", "v", "all_of", 0, 0, 0, -1),
)
# The conversions of the only element, and the kinds of dtypes that have them; what Python's numbers
# have in other kinds is left to the slow path.
_OF_ELEMENT: tuple[tuple[str, tuple[Any, ...], frozenset[str]], ...] = (
    ("item", (), NUMERIC | BOOL),
    ("__index__", (), INTEGER),
    ("__bool__", (bool,), NUMERIC | BOOL),
    ("__int__", (int,), REAL | BOOL),
    ("__float__", (float,), REAL | BOOL),
    ("__complex__", (complex,), NUMERIC | BOOL),
    ("__floor__", (math.floor,), FLOATING),
    ("__ceil__", (math.ceil,), FLOATING),
)
_OF_FLOATS = (
    "abs", "acos", "asin", "atan", "ceil", "cos", "cosh", "exp", "expm1", "floor", "log", "log10",
    "log1p", "log2", "neg", "reciprocal", "sin", "sinh", "sqrt", "square", "tan", "tanh", "trunc",
)  # fmt: skip
# What overwrites a tensor with the result of a primitive, and the kinds of dtypes for which a tensor of
# the same class takes no other way: NumPy writes there as it computes (o); it copies the result, because
# divisions of integers raise after they have written (p); or the primitive overwrites its operand (x).
_OVERWRITING: tuple[tuple[str, str, Any, int, frozenset[str]], ...] = (
    *((f"__i{name}__", "o", name, 1, NUMERIC) for name in ("add", "sub", "mul")),
    *((f"__i{name}__", "o", f"bitwise_{name}", 1, INTEGER | BOOL) for name in ("and", "or", "xor")),
    ("__itruediv__", "o", "div", 1, INEXACT),
    *((f"{name}_", "o", name, 1, REAL) for name in ("add", "sub", "mul")),
    ("div_", "o", "div", 1, FLOATING),
    *((f"{name}_", "o", name, 0, FLOATING) for name in _OF_FLOATS),
    *((name, "p", "whole_remainder", 1, INTEGER) for name in ("__imod__", "remainder_")),
    *((name, "p", "whole_floor_divide", 1, INTEGER) for name in ("__ifloordiv__", "floor_divide_")),
    ("relu_", "x", "relu_", 0, FLOATING),
    ("zero_", "x", ("fill", 0), 0, NUMERIC | BOOL),
)


# Methods of one and of two operands, and their operations: primitives, and public names.
_OF_ONE: dict[str, str] = {
    "bitwise_not": "bitwise_not",
    **{
        name: name
        for name in (
            "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "exp",
            "floor", "isfinite", "isinf", "isnan", "log", "log10", "log2", "logical_not", "neg",
            "reciprocal", "rsqrt", "sign", "signbit", "sin", "sinh", "sqrt", "square", "tan", "tanh",
            "trunc",
        )
    },
}  # fmt: skip
_OF_TWO: dict[str, str] = {
    "sub": "subtract", "mul": "multiply", "div": "divide", "eq": "equal", "ne": "not_equal",
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
    **{
        name: name
        for name in (
            "add", "atan2", "bitwise_and", "bitwise_or", "bitwise_xor", "divide", "floor_divide",
            "hypot", "logical_and", "logical_or", "logical_xor", "matmul", "maximum", "minimum",
            "multiply", "remainder", "subtract",
        )
    },
}  # fmt: skip


def _by_table(name: str, table: Entries, operands: int) -> None:
    """Makes a method look up its entry in a table before it takes arguments of other kinds."""
    setattr(NumpyTensor, name, in_c(table, operands, "n", getattr(NumpyTensor, name)))


def install(speedups: Any) -> None:
    """Replaces methods and properties of tensors on NumPy by those in C, which have the others as their
    slow paths.

    They call a function of the array or a primitive, with integers within limits or with tensors of the
    same class: see ``new_method()`` in ``_speedups_method_classes.c``.
    """
    classes = {
        kind: dtype.kind in FLOATING for dtype, kind in NUMPY.classes.items() if dtype.in_numpy
    }
    picks = {NUMPY.classes[int64]: True, NUMPY.classes[bool_]: False}
    types = speedups.setup_methods(classes, picks)
    method, attribute = (partial(one, speedups) for one in types)

    def give(to: Any, made: Any, table: tuple[tuple[Any, ...], ...], *of: Any) -> None:
        def set_(name: str, result: str, function: Any, *admitted: Any) -> None:
            setattr(to, name, made(result, function, getattr(to, name), *admitted, *of))

        for row in table:
            at_first_use.when_made(row[0], partial(set_, *row))

    give(NumpyTensor, method, _METHODS)
    for name, one in _OF_ONE.items():
        at_first_use.when_made(name, partial(_by_table, name, TABLES[one][0], 1))
    for name, two in _OF_TWO.items():
        at_first_use.when_made(name, partial(_by_table, name, BINARY[two].table, 2))
    give(NumpyTensor, attribute, _PROPERTIES)
    for kind in classes:
        dtype = kind._dtype
        if dtype.kind in BOOL:
            give(kind, method, _OF_BOOL, kind)
        if dtype.kind in NUMERIC:
            give(kind, method, _OF_NUMERIC)
        if dtype.kind in FLOATING:
            give(kind, method, _OF_FLOATING, kind)
        if dtype.kind in REAL:
            give(kind, method, _INDEX_OF, NUMPY.classes[int64])
        if dtype.kind in INTEGER:
            give(kind, method, _COUNT_OF, NUMPY.classes[int64])
        if dtype in LETTERS:
            letter = ord(LETTERS[dtype].upper() if dtype.kind in COMPLEX else LETTERS[dtype])
            of_it = (one for one in _OF_ELEMENT if dtype.kind in one[-1])
            give(kind, method, tuple((name, "e", (letter, *how)) for name, how, _ in of_it))
        chosen = (one for one in _OVERWRITING if dtype.kind in one[-1])
        give(kind, method, tuple(one[:-1] for one in chosen))
        if dtype.kind in COMPLEX:
            give(kind, attribute, _OF_COMPLEX, NUMPY.classes[real_of(dtype)])
        else:
            give(kind, attribute, _OF_REAL)
