"""Methods with PyTorch's names and arguments whose operators have a function in rt_torch.h.

On LibTorch they call it; on NumPy, its primitive where that is what the operator by name comes to. Other
calls are left to that operator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps

from torchffi import dtypes
from torchffi._core.argument_kinds import (
    AXES,
    FLAG,
    INTEGER,
    INTEGERS,
    OPERAND,
    SAME,
    SHAPE_OF,
    Kind,
    constant,
)
from torchffi._core.backends import FFI
from torchffi._core.by_name.results import LIBTORCH_CLASSES
from torchffi._core.dtype_classes import PASSED
from torchffi._core.fast_path import fast_path, written
from torchffi._core.operations import (
    Decorator,
    Result,
    Several,
    entries,
    in_c,
    in_place_entries,
    scalars,
)
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Any, Final
from torchffi.dtypes import ALL, ANY, FLOATING, INEXACT, NUMERIC, REAL, DType, int64

Method = Callable[..., Any]
# An integer that C takes by a pointer.
_POINTED: Final = Kind(INTEGER.lines, "({0},)", in_c="INTS[{0}]")
# Axes of ATen: none are all, as in C.
_DIMS: Final = AXES._replace(lines=AXES.lines.replace("is tuple and {0}:", "is tuple:")).and_then(
    "if {0} is None:\n    REFUSE"
)
_SAME_DTYPE: Final = constant("kind._code")


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

    @fast_path("cumsum", INEXACT, x=OPERAND, dim=_POINTED, to=_SAME_DTYPE)
    def cumsum(self: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
        return by_name["cumsum"](self, dim, dtype=dtype)  # type: ignore[no-any-return]

    @fast_path("cumprod", INEXACT, x=OPERAND, dim=_POINTED, to=_SAME_DTYPE)
    def cumprod(self: Tensor, dim: int, *, dtype: DType | None = None) -> Tensor:
        return by_name["cumprod"](self, dim, dtype=dtype)  # type: ignore[no-any-return]

    @_direct("count_nonzero", ANY, int64, x=OPERAND, dim=AXES, keepdim=constant("0"))
    def count_nonzero(self: Tensor, dim: Any = None) -> Tensor:
        return by_name["count_nonzero"](self, dim)  # type: ignore[no-any-return]

    @fast_path("amax", REAL, x=OPERAND, dim=_DIMS, keepdim=FLAG)
    def amax(self: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
        return by_name["amax"](self, *_dims(dim), keepdim=keepdim)  # type: ignore[no-any-return]

    @fast_path("amin", REAL, x=OPERAND, dim=_DIMS, keepdim=FLAG)
    def amin(self: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
        return by_name["amin"](self, *_dims(dim), keepdim=keepdim)  # type: ignore[no-any-return]

    @fast_path("moveaxis", ANY, x=OPERAND, source=INTEGERS, destination=INTEGERS)
    def movedim(self: Tensor, source: Any, destination: Any) -> Tensor:
        return by_name["movedim"](self, source, destination)  # type: ignore[no-any-return]

    @_direct("dot", NUMERIC, x=OPERAND, tensor=SAME)
    def dot(self: Tensor, tensor: Tensor) -> Tensor:
        return by_name["dot"](self, tensor)  # type: ignore[no-any-return]

    @_direct("mv", NUMERIC, x=OPERAND, vec=SAME)
    def mv(self: Tensor, vec: Tensor) -> Tensor:
        return by_name["mv"](self, vec)  # type: ignore[no-any-return]

    @_direct("mm", NUMERIC, x=OPERAND, mat2=SAME)
    def mm(self: Tensor, mat2: Tensor) -> Tensor:
        return by_name["mm"](self, mat2)  # type: ignore[no-any-return]

    @_direct("outer", ANY, x=OPERAND, vec2=SAME)
    def outer(self: Tensor, vec2: Tensor) -> Tensor:
        return by_name["outer"](self, vec2)  # type: ignore[no-any-return]

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
        count_nonzero,
        amax,
        amin,
        movedim,
        dot,
        mv,
        mm,
        outer,
    )
    for one in found:
        name = one.__name__
        one.__doc__, one.__qualname__ = by_name[name].__doc__, f"Tensor.{name}"
    written_to = {name: _in_place(name, by_name[name]) for name in _IN_PLACE}
    return {**{one.__name__: one for one in found}, **written_to}


_IN_PLACE: Final = ("add_", "copy_", "div_", "mul_", "sub_")


def _in_place(name: str, by_name: Method) -> Method:
    """The method that overwrites a tensor; by the C function with a number or a tensor of its class."""
    table = in_place_entries(name, ALL)
    overwrites = {kind: table[kind] for kind in LIBTORCH_CLASSES & table.keys()}
    # A number is rounded to the dtype first, which changes results in 16 bits.
    short = {FFI.classes[dtype] for dtype in (dtypes.float16, dtypes.bfloat16)}
    with_numbers = {kind: overwrites[kind] for kind in overwrites.keys() - short}

    @wraps(by_name)
    def method(self: Any, /, *arguments: Any, **named: Any) -> Any:
        kind = type(self)
        overwrite = overwrites.get(kind)
        if overwrite is not None and len(arguments) == 1 and not named:
            (operand,) = arguments
            if type(operand) in PASSED and kind in with_numbers:
                operand = scalars.operand(kind, operand)
            if type(operand) is kind and overwrite(self._data, operand._data) == 0:
                return self
        return by_name(self, *arguments, **named)

    return in_c(with_numbers, 2, "i", method)


def _dims(dim: Any) -> tuple[Any, ...]:
    """The argument, unless it is that of all axes, which NumPy takes for none."""
    return () if type(dim) is tuple and not dim else (dim,)


def _given(dtype: DType | None) -> tuple[DType, ...]:
    return () if dtype is None else (dtype,)
