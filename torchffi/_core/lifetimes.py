"""Lifetimes of handles: a weak reference to each tensor, whose callback frees the handle.

All LibTorch tensors are created here. ``make(kind, function, *arguments)`` calls a C function and wraps
its handle in a new object of a class, :func:`make_several` does so for several handles,
``own(handle, kind)`` wraps a handle, and ``release(owner)`` frees the handle now.
``borrow(array, kinds)`` creates a tensor over an array's memory.

This is the reference implementation. ``torchffi._speedups`` does the same in C, where no signal handler
can run between a handle and its owner; it is used if it was built, unless ``TORCHFFI_SPEEDUPS=0`` is
set. Here an exception of a signal handler that comes between them leaves the handle, and its memory, to
the end of the process. Nothing is ever freed twice, or while it is in use.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import weakref
from collections.abc import Callable, Sequence
from types import MethodType

from torchffi._libtorch.loader import ffi, lib
from torchffi._stdlib.typing import Any, Final, TypeVar
from torchffi.errors import InvalidArgumentError

# The attributes of owners.
SLOTS: Final = ("_cached_view", "_data")


class Owner:
    """An object that owns a handle. Created by :func:`make` or :func:`own`.

    Attributes:
        _data: The handle. It is kept after it was freed: a handle is never reused.
        _cached_view: Cache: the shape, or an array over the data; absent until it is
            needed, None after a change.
    """

    __slots__ = ("__weakref__", *SLOTS)
    _data: int
    _cached_view: Any


_Owner = TypeVar("_Owner")

# dtype code -> tensor class, for make() and own() with the class None.
class_of_code: Final[dict[int, type[Any]]] = {}

# NumPy dtype -> tensor class and dtype code, for borrow().
Kinds = dict[Any, tuple[type[Any], int]]


# ---- Reference implementation


class Finalizer(weakref.ref[Any]):
    """Frees the handle of an owner when the owner is deallocated."""

    __slots__ = ("handle",)
    __init__ = object.__init__  # weakref's would parse the arguments again
    __hash__ = object.__hash__  # weakref's is the hash of the owner
    handle: int

    def __eq__(self, other: object) -> bool:
        return self is other


# Keeps the finalizers alive: one in a garbage cycle with its owner would be collected without a call.
_finalizers: Final[set[Finalizer]] = set()

# Global variables, because they cost less than attributes.
_free: Final = lib.torchffi_free
_drop_lenders: Final = lib.torchffi_drop_lenders
_allocate: Final[Any] = object.__new__
_forget: Final = _finalizers.discard
_keep: Final = _finalizers.add


def _finalize(finalizer: Finalizer) -> None:
    _forget(finalizer)
    _free(finalizer.handle)
    _drop_lenders()


def _make(
    kind: type[_Owner] | None, function: Callable[..., int], /, *arguments: Any
) -> _Owner | None:
    handle = function(*arguments)
    if type(handle) is not int or handle >> 63:  # out of range
        raise ValueError(f"expected a handle, got {handle!r}")
    if not handle:
        return None
    try:
        if kind is None:
            kind = class_of_code[lib.rt_torch_tensor_dtype(handle)]
        owner = _allocate(kind)
        owner._data = handle
        finalizer = Finalizer(owner, _finalize)
        finalizer.handle = handle
        _keep(finalizer)
    except BaseException as error:
        _free(handle)
        _drop_lenders()
        if isinstance(error, (TypeError, AttributeError)):
            raise TypeError(f"expected a subclass of {Owner}, got {kind!r}") from None
        raise
    return owner  # type: ignore[no-any-return]


def _own(handle: int, kind: type[_Owner] | None) -> _Owner:
    if type(handle) is not int or handle == 0:
        raise ValueError(f"expected a handle, got {handle!r}")
    return _make(kind, int, handle)  # type: ignore[return-value]


_MOST_RESULTS: Final = lib.TORCHFFI_MOST_RESULTS


def _make_several(
    collect: Callable[[list[Any]], Any], function: Callable[..., int], /, *arguments: Any
) -> Any:
    """As :func:`make`, for a C function with several results, whose last arguments are an array for the
    handles and its length.

    Args:
        collect: Makes the result from a list of tensors, None for handle 0; their dtypes tell the
            classes.
        function: The function; returns how many handles it has written, or -1.
        arguments: Its other arguments.
    """
    # Freed with the list until they have owners.
    list_ = ffi.new("int64_t[]", [_MOST_RESULTS, *[0] * _MOST_RESULTS])
    handles = ffi.gc(list_, lib.torchffi_free_list)
    count = function(*arguments, handles + 1, _MOST_RESULTS)
    if count < 0:
        return None
    owners: list[Any] = [_own(list_[i], None) if list_[i] else None for i in range(1, 1 + count)]
    ffi.gc(handles, None)
    return collect(owners)


def _borrow(array: Any, kinds: Kinds) -> Any:
    kind, code = kinds[array.dtype]
    structure = array.__array_struct__
    handle = ffi.gc(ffi.new("int64_t *"), lib.torchffi_free_at)  # until _own() takes it
    status = lib.torchffi_borrow(id(array), id(structure), code, handle)
    if status == -2:
        raise ValueError(f"expected a capsule as __array_struct__, got {structure!r:.60}")
    return _taken(status, handle, kind)


def _taken(status: int, handle: Any, kind: type[Any]) -> Any:
    """The owner of a handle that a call has left in a cell; None if the call failed."""
    if status <= 0:
        return None
    owner = own(handle[0], kind)
    handle[0] = 0
    return owner


def borrow_memory(
    memory: memoryview,
    first: int,
    nbytes: int,
    dims: Sequence[int],
    strides: Sequence[int],
    kind: type[Any],
    code: int,
) -> Any:
    """A tensor over the memory of an object with Python's buffer protocol, or None on failure.

    Args:
        memory: The memory, which the tensor keeps alive.
        first: The first byte of the first element.
        nbytes: Bytes from there to the end of the last element.
        dims, strides: The shape, and the strides in elements.
        kind: The class.
        code: The code of its dtype.
    """
    handle = ffi.gc(ffi.new("int64_t *"), lib.torchffi_free_at)  # until own() takes it
    data = ffi.from_buffer(memory) + first
    status = lib.torchffi_borrow_memory(
        id(memory), data, nbytes, dims, strides, len(dims), code, handle
    )
    return _taken(status, handle, kind)


def _borrowed_arrays() -> int:
    _drop_lenders()
    return int(lib.torchffi_borrowed_arrays())


# ---- Choice of the implementation


def addresses(*names: str) -> tuple[int, ...]:
    """The addresses of functions of the binding, which call through its table."""
    return tuple(int(ffi.cast("intptr_t", ffi.addressof(lib, name))) for name in names)


def _new_frame() -> tuple[Any, int, int]:
    """An array for the handles of several results, its address, and its length."""
    handles = ffi.new("int64_t[]", _MOST_RESULTS)
    return handles, int(ffi.cast("intptr_t", handles)), _MOST_RESULTS


def _in_c() -> tuple[Any, type[Any]]:
    """``torchffi._speedups``, None if it is disabled or was not built; and the class of owners."""
    wanted = os.environ.get("TORCHFFI_SPEEDUPS") or ""
    if wanted not in ("", "0", "1"):
        raise InvalidArgumentError(f"TORCHFFI_SPEEDUPS is {wanted!r}, expected 0 or 1")
    if wanted == "0":
        return None, Owner
    try:
        speedups: Any = importlib.import_module("torchffi._speedups")
    except ImportError:
        if wanted == "1":
            raise
        return None, Owner
    in_c: Any = speedups.setup(
        weakref.ref,
        MethodType,
        class_of_code,
        addresses(
            "torchffi_free_with_gil",
            "rt_torch_tensor_dtype",
            "torchffi_borrow_array",
            "torchffi_drop_lenders",
            "torchffi_borrowed_arrays",
        ),
        _new_frame,
    )
    return speedups, in_c


speedups, Owner = _in_c()  # type: ignore[misc]  # noqa: F811
own, make, borrow, borrowed_arrays = _own, _make, _borrow, _borrowed_arrays
make_several = _make_several
if speedups is not None:
    own, make, borrow = speedups.own, speedups.make, speedups.borrow
    borrowed_arrays, make_several = speedups.borrowed_arrays, speedups.make_several

_Function = TypeVar("_Function", bound=Callable[[], int])


def asking(name: str) -> Callable[[_Function], _Function]:
    """A decorator of a function without arguments: in C it asks one of the binding, by its address.

    Args:
        name: The function, which neither computes nor waits. The answers 1 and 0 of an ``int32_t`` are
            those of a flag, and the answers of an ``int64_t`` above 0 are numbers. After any other one
            the decorated function is called.
    """
    function = ffi.typeof(ffi.addressof(lib, name))
    is_flag = function.result.cname == "int32_t"

    def in_c(slow_path: _Function) -> _Function:
        if speedups is None:
            return slow_path
        made: _Function = speedups.setup_functions()(speedups, *addresses(name), is_flag, slow_path)
        return made

    return in_c


# Tensors alive at the end of the process are left to the operating system: freeing them would race with
# threads that still compute.
end: Final = lib.torchffi_end
atexit.register(end)


def implementation() -> str:
    """The implementation in use: ``"C"`` (the module ``torchffi._speedups``) or ``"Python"``."""
    return "Python" if speedups is None else "C"


_slot: Any = Owner.__dict__["_data"]  # the property of a freed tensor's class hides it


def release(owner: Owner) -> bool:
    """Frees the handle of an owner now. Returns False if it has been freed already."""
    done: bool = _free(_slot.__get__(owner)) == 0
    with contextlib.suppress(AttributeError):
        del owner._cached_view
    borrowed_arrays()
    return done
