"""Attempts of primitives whose results need no check: views, and new arrays of a shape.

They take the arguments of ``NUMPY.attempt()``, as far as the primitives have them. The interpreter calls
one function in Python from another in half of the time that C needs.
"""

from __future__ import annotations

from collections.abc import Callable

from torchffi._lazy_numpy import np
from torchffi._numpy import primitives
from torchffi._stdlib.typing import Any, Final
from torchffi.dtypes import ANY, INTEGER

Attempt = Callable[..., Any]
# Makes a tensor of a class over an array.
Hold = Callable[[Any, Any], Any]

# How many arguments the primitives have that return views, or new arrays of the dtype of the class.
_VIEWS: Final = {
    "squeeze": 2, "unsqueeze": 2, "expand": 3, "permute": 3, "reshape": 3, "select": 3, "transpose": 3,
    "narrow": 4, "diagonal": 4, "rand": 4, "randn": 4, "arange_real": 5,
}  # fmt: skip
_NEW: Final = ("empty", "zeros")  # those of the same name in NumPy are in C
# In C: views along an axis, and functions of one argument and a dtype, which have other names.
_ALONG: Final = ("narrow", "select")
_TYPED: Final = {"astype": "typed_astype", "empty": "typed_empty", "zeros": "typed_zeros"}
# Divisions, which for operands that are integers have primitives of their own.
_DIVISIONS: Final = frozenset({"floor_divide", "floor_divide_", "remainder", "remainder_"})


def attempts(hold: Hold, speedups: Any) -> dict[str, Attempt]:
    """The attempts by primitive."""
    views = {2: _of_two, 3: _of_three, 4: _of_four, 5: _of_five}
    found = {
        **{name: views[count](name, hold) for name, count in _VIEWS.items()},
        **{name: _of_shape(name, hold) for name in _NEW},
    }
    if speedups is not None:
        found |= dict.fromkeys(_ALONG, speedups.attempt_along)
        found |= dict.fromkeys(_TYPED, speedups.attempt_typed)
    return found


def called(name: str, in_c: bool) -> dict[str, str]:
    """The primitives that an attempt calls for another one, by the kind of the operands' dtype."""
    found = dict.fromkeys(ANY, _TYPED.get(name, name) if in_c else name)
    return found | dict.fromkeys(INTEGER, f"whole_{name}") if name in _DIVISIONS else found


def _of_two(name: str, hold: Hold) -> Attempt:
    function: Any = None  # until the first call

    def attempt(kind: Any, _: str, a: Any, b: Any, /) -> Any:
        nonlocal function
        try:
            if function is None:
                function = getattr(primitives, name)
            return hold(function(a, b), kind)
        except Exception:  # as in NumPy.attempt()
            return None

    return attempt


def _of_three(name: str, hold: Hold) -> Attempt:
    function: Any = None

    def attempt(kind: Any, _: str, a: Any, b: Any, c: Any, /) -> Any:
        nonlocal function
        try:
            if function is None:
                function = getattr(primitives, name)
            return hold(function(a, b, c), kind)
        except Exception:
            return None

    return attempt


def _of_four(name: str, hold: Hold) -> Attempt:
    function: Any = None

    def attempt(kind: Any, _: str, a: Any, b: Any, c: Any, d: Any, /) -> Any:
        nonlocal function
        try:
            if function is None:
                function = getattr(primitives, name)
            return hold(function(a, b, c, d), kind)
        except Exception:
            return None

    return attempt


def _of_five(name: str, hold: Hold) -> Attempt:
    function: Any = None

    def attempt(kind: Any, _: str, a: Any, b: Any, c: Any, d: Any, e: Any, /) -> Any:
        nonlocal function
        try:
            if function is None:
                function = getattr(primitives, name)
            return hold(function(a, b, c, d, e), kind)
        except Exception:
            return None

    return attempt


def _of_shape(name: str, hold: Hold) -> Attempt:
    function: Any = None

    def attempt(kind: Any, _: str, dims: Any, ndim: int, dtype: int, device: int, /) -> Any:
        nonlocal function
        exact = kind._dtype.numpy
        if exact is None:  # NumPy does not have it
            return None
        try:
            if function is None:
                function = getattr(np, name)
            return hold(function(dims, exact), kind)
        except Exception:
            return None

    return attempt
