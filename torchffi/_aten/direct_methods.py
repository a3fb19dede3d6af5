"""Methods with PyTorch's names and arguments whose operators have a function in rt_torch.h.

On LibTorch they call it. Other calls, and those on NumPy, are left to the operator by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final

from torchffi._core.argument_kinds import (
    AXES,
    FLAG,
    INTEGER,
    INTEGERS,
    OPERAND,
    SHAPE_OF,
    Kind,
    constant,
)
from torchffi._core.by_name.results import LIBTORCH_CLASSES
from torchffi._core.fast_path import written
from torchffi._core.lifetimes import make
from torchffi._core.operations import Decorator, Result, Several, entries, in_place_entries
from torchffi._core.tensor import Tensor
from torchffi._libtorch import gradients
from torchffi._libtorch.calls import INTS
from torchffi._libtorch.loader import lib
from torchffi.dtypes import ALL, ANY, FLOATING, INEXACT, REAL, DType

Method = Callable[..., Any]
_MOST: Final = 2**62
_slice: Final = lib.rt_torch_tensor_slice
_reshape: Final = lib.rt_torch_tensor_reshape
_is_contiguous: Final = lib.rt_torch_tensor_is_contiguous
# An integer that C takes by a pointer.
_POINTED: Final = Kind(INTEGER.lines, "({0},)", in_c="INTS[{0}]")
# Axes of ATen: none are all, as in C.
_DIMS: Final = AXES._replace(lines=AXES.lines.replace("is tuple and {0}:", "is tuple:")).and_then(
    "if {0} is None:\n    REFUSE"
)
_SAME_DTYPE: Final = constant("kind._dtype.code")


def _direct(
    primitive: str, admitted: Iterable[str], result: Result = None, /, **kinds: Kind
) -> Decorator:
    """As :func:`fast_path`, on LibTorch alone."""
    table = entries(primitive, admitted, result)
    return written({kind: table[kind] for kind in LIBTORCH_CLASSES & table.keys()}, kinds)


def methods(by_name: dict[str, Method]) -> dict[str, Method]:
    """The methods.

    Args:
        by_name: The operators by name.
    """

    @_direct("softmax", FLOATING, x=OPERAND, dim=INTEGER)
    def softmax(self: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
        return by_name["softmax"](self, dim, *_given(dtype))  # type: ignore[no-any-return]

    @_direct("log_softmax", FLOATING, x=OPERAND, dim=INTEGER)
    def log_softmax(self: Tensor, dim: int, dtype: DType | None = None) -> Tensor:
        return by_name["log_softmax"](self, dim, *_given(dtype))  # type: ignore[no-any-return]

    @_direct("tril", ANY, x=OPERAND, diagonal=INTEGER)
    def tril(self: Tensor, diagonal: int = 0) -> Tensor:
        return by_name["tril"](self, diagonal)  # type: ignore[no-any-return]

    @_direct("triu", ANY, x=OPERAND, diagonal=INTEGER)
    def triu(self: Tensor, diagonal: int = 0) -> Tensor:
        return by_name["triu"](self, diagonal)  # type: ignore[no-any-return]

    @_direct("diagonal", ANY, x=OPERAND, offset=INTEGER, dim1=INTEGER, dim2=INTEGER)
    def diagonal(self: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
        return by_name["diagonal"](self, offset, dim1, dim2)  # type: ignore[no-any-return]

    @_direct("expand", ANY, x=OPERAND, other=SHAPE_OF)
    def expand_as(self: Tensor, other: Tensor) -> Tensor:
        return by_name["expand_as"](self, other)  # type: ignore[no-any-return]

    @_direct("unbind", ANY, Several(list), x=OPERAND, dim=INTEGER)
    def unbind(self: Tensor, dim: int = 0) -> list[Tensor]:
        return by_name["unbind"](self, dim)  # type: ignore[no-any-return]

    @_direct("cumsum", INEXACT, x=OPERAND, dim=_POINTED, to=_SAME_DTYPE)
    def cumsum(self: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
        return by_name["cumsum"](self, dim, dtype=dtype)  # type: ignore[no-any-return]

    @_direct("cumprod", INEXACT, x=OPERAND, dim=_POINTED, to=_SAME_DTYPE)
    def cumprod(self: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
        return by_name["cumprod"](self, dim, dtype=dtype)  # type: ignore[no-any-return]

    @_direct("amax", REAL, x=OPERAND, dim=_DIMS, keepdim=FLAG)
    def amax(self: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
        return by_name["amax"](self, *_dims(dim), keepdim=keepdim)  # type: ignore[no-any-return]

    @_direct("amin", REAL, x=OPERAND, dim=_DIMS, keepdim=FLAG)
    def amin(self: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
        return by_name["amin"](self, *_dims(dim), keepdim=keepdim)  # type: ignore[no-any-return]

    @_direct("moveaxis", ANY, x=OPERAND, source=INTEGERS, destination=INTEGERS)
    def movedim(self: Tensor, source: Any, destination: Any) -> Tensor:
        return by_name["movedim"](self, source, destination)  # type: ignore[no-any-return]

    def chunk(self: Tensor, chunks: int, dim: int = 0) -> Any:
        if (
            type(self) in LIBTORCH_CLASSES
            and type(chunks) is type(dim) is int
            and 0 < chunks <= _MOST
        ):
            shape = self.shape
            length = shape[dim] if -len(shape) <= dim < len(shape) else 0
            parts = _parts(self, length, -(-length // chunks), dim)
            if parts is not None:
                return parts
        return by_name["chunk"](self, chunks, dim)

    def split(self: Tensor, split_size: Any, dim: int = 0) -> Any:
        if type(self) in LIBTORCH_CLASSES and type(split_size) is type(dim) is int:
            shape = self.shape
            length = shape[dim] if -len(shape) <= dim < len(shape) else 0
            parts = _parts(self, length, split_size, dim)
            if parts is not None:
                return parts
        return by_name["split"](self, split_size, dim)

    def unflatten(self: Tensor, dim: int, sizes: Any) -> Tensor:
        kind = type(self)
        wanted = _unflattened(self.shape, dim, sizes) if kind in LIBTORCH_CLASSES else None
        if wanted is not None and _is_contiguous(self._data) == 1:
            tensor: Tensor | None = make(kind, _reshape, self._data, INTS[wanted], len(wanted))
            if tensor is not None:
                return tensor
        return by_name["unflatten"](self, dim, sizes)  # type: ignore[no-any-return]

    found = (
        softmax,
        log_softmax,
        tril,
        triu,
        diagonal,
        expand_as,
        unbind,
        cumsum,
        cumprod,
        amax,
        amin,
        movedim,
        chunk,
        split,
        unflatten,
    )
    for one in found:
        name = one.__name__
        one.__doc__, one.__qualname__ = by_name[name].__doc__, f"Tensor.{name}"
    written_to = {name: _in_place(name, by_name[name]) for name in _IN_PLACE}
    return {**{one.__name__: one for one in found}, **written_to}


_IN_PLACE: Final = ("add_", "copy_", "div_", "mul_", "sub_")


def _in_place(name: str, by_name: Method) -> Method:
    """The method that overwrites a tensor; with another tensor of its class by the C function."""
    table = in_place_entries(name, ALL)
    overwrites = {kind: table[kind] for kind in LIBTORCH_CLASSES & table.keys()}

    @wraps(by_name)
    def method(self: Any, /, *arguments: Any, **named: Any) -> Any:
        overwrite = overwrites.get(type(self))
        if overwrite is not None and len(arguments) == 1 and not named:
            (other,) = arguments
            if type(other) is type(self) and overwrite(self._data, other._data) == 0:
                return self
        return by_name(self, *arguments, **named)

    return method


def _parts(x: Tensor, length: int, size: int, dim: int) -> list[Any] | None:
    """Views of a length along an axis; None for what the operator does."""
    if (
        not 0 < size <= _MOST
        or length < 1
        or (gradients.in_use and gradients.asks_gradient(x._data) != 0)
    ):
        return None  # a recorded operation is one with several results
    kind, data = type(x), x._data
    parts = []
    for start in range(0, length, size):
        part = make(kind, _slice, data, dim, start, start + size, 1)
        if part is None:
            return None
        parts.append(part)
    return parts


def _unflattened(shape: tuple[int, ...], dim: int, sizes: Any) -> tuple[int, ...] | None:
    """The shape with several axes in place of one, maybe with a -1; None for what the operator does."""
    if type(dim) is not int or type(sizes) is not tuple or not -len(shape) <= dim < len(shape):
        return None
    if 0 in shape or not sizes:  # reshape() would not see that they do not fit
        return None
    for size in sizes:
        if type(size) is not int:
            return None
    place = dim if dim >= 0 else dim + len(shape)
    return shape[:place] + sizes + shape[place + 1 :]


def _dims(dim: Any) -> tuple[Any, ...]:
    """The argument, unless it is that of all axes, which NumPy takes for none."""
    return () if type(dim) is tuple and not dim else (dim,)


def _given(dtype: DType | None) -> tuple[DType, ...]:
    return () if dtype is None else (dtype,)
