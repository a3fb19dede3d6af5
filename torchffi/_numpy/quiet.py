"""NumPy without floating-point warnings, as LibTorch gives none.

``np.errstate`` takes three times as long as adding two small arrays. From NumPy 2 on the state belongs
to the context, and running a function in a prepared context is cheap. Contexts come from a free list,
one for each call in progress: a context cannot be entered twice, and a finalizer may compute during a
call.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context

from torchffi._lazy_numpy import np
from torchffi._stdlib.typing import Any, Final

# Primitives that move elements and compute nothing, or whose computations cause no warnings: NumPy
# clears the flags of those that compare.
WITHOUT_WARNINGS: Final = frozenset({
    "alias", "all_of", "any_of", "arange_real", "argmax", "argmax_of", "argmin", "argmin_of",
    "argsort_of", "basic_index", "basic_index_put_", "bincount_of", "bitwise_and", "bitwise_not",
    "bitwise_or", "bitwise_xor", "broadcast_tensors", "cat", "ceil", "clone", "conj", "contiguous",
    "copysign", "count_nonzero", "diagonal", "dlpack_of", "empty", "eq", "expand", "flip", "floor",
    "ge", "gt", "imag", "index", "index_put_", "isfinite", "isinf", "isnan", "item_of", "le",
    "logical_and", "logical_not", "logical_or", "logical_xor", "lt", "matrix_transpose", "maximum",
    "minimum", "moveaxis", "narrow", "ne", "neg", "nonzero", "ones", "ones_as", "permute",
    "permute_to", "pick", "rand", "real", "reshape", "reshape_to", "select", "signbit", "slice",
    "squeeze", "squeeze_to", "stack", "t", "take", "transpose", "trunc", "typed_empty",
    "typed_zeros", "unbind", "unflatten_to", "unsqueeze", "view", "where", "zeros", "zeros_as",
})  # fmt: skip

# Divisions of integers, which raise for zeros.
WHOLE: Final = frozenset({"whole_floor_divide", "whole_remainder"})

Run = Callable[..., Any]


def _in_context(divide: Any = "ignore") -> Run:
    context = Context()
    context.run(np.seterr, all="ignore", divide=divide)
    return context.run


def _in_errstate(divide: Any = "ignore") -> Run:
    """For NumPy 1, whose state belongs to the thread."""

    def run(function: Callable[..., Any], *arguments: Any) -> Any:
        with np.errstate(all="ignore", divide=divide):
            return function(*arguments)

    return run


def new_runner(divide: Any = "ignore") -> Run:
    """A function that calls another one without warnings, not reentrant."""
    return (_in_errstate if np.__version__.startswith("1.") else _in_context)(divide)


_free_runners: Final[list[Run]] = []
_free_strict_runners: Final[list[Run]] = []


def quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls the function without floating-point warnings."""
    try:
        run = _free_runners.pop()
    except IndexError:
        run = new_runner()
    try:
        return run(function, *arguments)
    finally:
        _free_runners.append(run)


def dividing(function: Callable[..., Any], *arguments: Any) -> Any:
    """The same; FloatingPointError for a division by zero, also of integers."""
    try:
        run = _free_strict_runners.pop()
    except IndexError:
        run = new_runner("raise")
    try:
        return run(function, *arguments)
    finally:
        _free_strict_runners.append(run)
