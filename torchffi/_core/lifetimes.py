"""Lifetimes of handles: a weak reference to each tensor, whose callback frees the handle when it goes.

Nothing else makes a tensor of LibTorch. ``make(kind, function, *arguments)`` calls a C function and
gives its handle to a new object of a class, ``own(handle, kind)`` is the second half of that, and
``release(owner)`` frees the handle now. ``borrow(array, kinds)`` makes a tensor over an array's memory.

This file is the reference. Where ``torchffi._speedups`` was built the same is done in C, and there no
signal can come between a handle and its owner. ``TORCHFFI_SPEEDUPS=0`` asks for the reference.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib
import itertools
import os
import weakref
from collections.abc import Callable
from typing import Any, Final, TypeVar

from torchffi._libtorch.loader import ffi, lib
from torchffi.errors import InvalidArgumentError


class Owner:
    """An object that owns a handle. Made by :func:`make` or :func:`own`.

    Attributes:
        _data: The handle. It stays when it was freed, for then it is BAD_HANDLE for ever.
        _cached_view: The shape of the data, or an array over it; absent until one is asked for.
    """

    __slots__ = ("__weakref__", "_cached_view", "_data")
    _data: int
    _cached_view: Any


_Owner = TypeVar("_Owner")

# The class of tensors of each dtype's code, for make() and own() of the class None.
class_of_code: Final[dict[int, type[Any]]] = {}

# The class of tensors and the dtype's code of an array's dtype, for borrow().
Kinds = dict[Any, tuple[type[Any], int]]


# ---- The reference


class Finalizer(weakref.ref[Any]):
    """Frees the handle of an owner when the owner goes."""

    __slots__ = ("handle",)
    __init__ = object.__init__  # a reference's own would take the arguments apart once more
    __hash__ = object.__hash__  # a reference's own is that of its owner
    handle: int

    def __eq__(self, other: object) -> bool:
        return self is other


# Keeps the finalizers: one that only its owner kept would be collected with it in a cycle, uncalled.
_finalizers: Final[set[Finalizer]] = set()
_lenders: Final[dict[int, Any]] = {}  # the arrays that LibTorch borrows, by a number
_numbers: Final = itertools.count(1)
_ended: Final[list[bool]] = []  # not empty once the process ends: then nothing is freed


def _free(handle: int, free: Any = lib.rt_torch_tensor_free, lenders: Any = _lenders) -> None:
    if not _ended:
        free(handle)
        if lenders:
            _drop_lenders()


def _drop_lenders() -> None:
    borrow = lib.torchffi_ended_borrows()
    while borrow:
        ended, borrow = borrow, borrow.next
        lender = _lenders.pop(int(ffi.cast("intptr_t", ended.lender)))
        lib.torchffi_forget_borrow(ended)
        del lender


def _finalize(
    finalizer: Finalizer,
    forget: Any = _finalizers.discard,
    free: Any = lib.rt_torch_tensor_free,
    ended: Any = _ended,
    lenders: Any = _lenders,
) -> None:
    forget(finalizer)
    if not ended:  # the same as _free(), without its frame
        free(finalizer.handle)
        if lenders:
            _drop_lenders()


_allocate: Final[Any] = object.__new__
_keep: Final = _finalizers.add


def _make(
    kind: type[_Owner] | None, function: Callable[..., int], /, *arguments: Any
) -> _Owner | None:
    handle = function(*arguments)
    if type(handle) is not int or not 0 <= handle < 2**63:
        raise ValueError(f"expected a handle, got {handle!r}")
    if not handle:
        return None
    try:
        owner = _allocate(kind or class_of_code[lib.rt_torch_tensor_dtype(handle)])
        owner._data = handle
        finalizer = Finalizer(owner, _finalize)
        finalizer.handle = handle
        _keep(finalizer)
    except BaseException as error:
        _free(handle)
        if isinstance(error, (TypeError, AttributeError)):
            raise TypeError(f"expected a subclass of {Owner}, got {kind!r}") from None
        raise
    return owner  # type: ignore[no-any-return]


def _own(handle: int, kind: type[_Owner] | None) -> _Owner:
    if type(handle) is not int or handle == 0:
        raise ValueError(f"expected a handle, got {handle!r}")
    return _make(kind, int, handle)  # type: ignore[return-value]


_capsule_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def _borrow(array: Any, kinds: Kinds) -> Any:
    kind, code = kinds[array.dtype]
    structure = array.__array_struct__
    address = ffi.cast("void *", _capsule_pointer(structure, None))
    key = next(_numbers)
    _lenders[key] = array
    handle = 0
    try:
        handle = lib.torchffi_borrow_array(address, code, ffi.cast("void *", key))
    finally:
        if handle <= 0:
            del _lenders[key]
    return _own(handle, kind) if handle > 0 else None


def _borrowed_arrays() -> int:
    _drop_lenders()
    return int(lib.torchffi_borrowed_arrays())


def _end() -> None:
    _ended.append(True)


# ---- Which of the two is in use


def _addresses(*names: str) -> tuple[int, ...]:
    return tuple(int(ffi.cast("intptr_t", ffi.addressof(lib, name))) for name in names)


def _in_c() -> Any:
    """The module ``torchffi._speedups``; None where it is not to be used, or was not built."""
    wanted = os.environ.get("TORCHFFI_SPEEDUPS") or ""
    if wanted not in ("", "0", "1"):
        raise InvalidArgumentError(f"TORCHFFI_SPEEDUPS is {wanted!r}, expected 0 or 1")
    if wanted == "0":
        return None
    try:
        speedups: Any = importlib.import_module("torchffi._speedups")
    except ImportError:
        if wanted == "1":
            raise
        return None
    speedups.setup(
        Owner,
        Owner.__dict__["_data"],
        Finalizer,
        Finalizer.__dict__["handle"],
        class_of_code,
        _addresses(
            "rt_torch_tensor_free",
            "rt_torch_tensor_dtype",
            "torchffi_borrow_array",
            "torchffi_ended_borrows",
            "torchffi_forget_borrow",
            "torchffi_borrowed_arrays",
        ),
    )
    return speedups


_speedups: Final = _in_c()
own, make, borrow, borrowed_arrays, end = (_own, _make, _borrow, _borrowed_arrays, _end)
if _speedups is not None:
    own, make, borrow = _speedups.own, _speedups.make, _speedups.borrow
    borrowed_arrays, end = _speedups.borrowed_arrays, _speedups.end

# What still lives at the end of the process is left to the operating system: freeing it would only
# race with threads that still compute.
atexit.register(end)


def implementation() -> str:
    """What frees handles here: ``"C"``, the module ``torchffi._speedups``, or ``"Python"``."""
    return "Python" if _speedups is None else "C"


_slot: Any = Owner.__dict__["_data"]  # which the class of a freed tensor hides


def release(owner: Owner) -> bool:
    """Frees the handle of an owner now. False if that was done before."""
    done: bool = lib.rt_torch_tensor_free(_slot.__get__(owner)) == 0
    with contextlib.suppress(AttributeError):
        del owner._cached_view
    borrowed_arrays()
    return done
