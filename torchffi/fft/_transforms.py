"""Factories for the Fourier transforms, which differ only in their primitive and the dtypes.

Each factory returns a function with its own name, signature and docstring.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol, SupportsIndex

from torchffi import dtypes
from torchffi._core import arguments
from torchffi._core.argument_kinds import (
    AXIS_OR_NONE,
    INTEGER,
    OPERAND,
    TUPLE_OR_NONE,
    either,
)
from torchffi._core.arguments import check_precise, integer, tensor
from torchffi._core.dispatch import pointer, run
from torchffi._core.fast_path import fast_path
from torchffi._core.tensor import Tensor
from torchffi.dtypes import COMPLEX, FLOATING, INEXACT, DType
from torchffi.errors import InvalidArgumentError, ShapeError

Norm = Literal["backward", "ortho", "forward"]

# In the order of their numbers in the C ABI.
_NORMS: Final[tuple[Norm, ...]] = ("backward", "ortho", "forward")
_NORM: Final = either(*_NORMS)


class Kind(NamedTuple):
    """What transforms have in common.

    Attributes:
        admitted: The kinds of dtypes that they support.
        result: The dtype of the result for an operand.
        halved: The side that has only n // 2 + 1 elements along the last axis, because the others are
            their conjugates: "operand", "result" or "" for neither.
    """

    admitted: frozenset[str]
    result: Callable[[DType], DType]
    halved: str


COMPLEX_TO_COMPLEX = Kind(INEXACT, dtypes.complex_of, "")
OF_REAL = Kind(FLOATING, dtypes.complex_of, "result")
TO_REAL = Kind(COMPLEX, dtypes.real_of, "operand")


def _lengths(
    name: str, kind: Kind, x: Tensor, given: Sequence[SupportsIndex | None], axes: tuple[int, ...]
) -> tuple[int, ...]:
    """The length of the transform along each axis; None means that of the operand."""
    lengths = []
    for i, (length, axis) in enumerate(zip(given, axes, strict=True)):
        own = x.shape[axis]
        if kind.halved == "operand" and i == len(axes) - 1:
            own = 2 * (own - 1)
        number = own if length is None else integer(name, "length", length)
        if length is None and own < 1:
            raise ShapeError(
                f"{name}: shape {x.shape} has too few elements along axis {axis} for a transform; "
                "pass its length"
            )
        if number < 1:
            raise InvalidArgumentError(f"{name}: length must be at least 1, got {number}")
        lengths.append(number)
    return tuple(lengths)


def _code(name: str, norm: object) -> int:
    """The number of a norm."""
    if norm not in _NORMS:
        raise InvalidArgumentError(
            f"{name}: norm is {norm!r:.60}, expected 'backward', 'ortho' or 'forward'"
        )
    return _NORMS.index(norm)


def _zeros(
    name: str, kind: Kind, x: Tensor, lengths: tuple[int, ...], axes: tuple[int, ...]
) -> Tensor:
    """The transform of no elements: MKL rejects an empty batch, and NumPy does not pad an empty axis."""
    shape = list(x.shape)
    for axis, length in zip(axes, lengths, strict=True):
        shape[axis] = length
    if kind.halved == "result":
        shape[axes[-1]] = lengths[-1] // 2 + 1
    dtype = kind.result(x.dtype)
    zero = arguments.scalar_tensor(name, 0, dtype, x)
    return run("expand", dtype, zero, tuple(shape)).clone()


def _operand(name: str, kind: Kind, x: Tensor) -> Tensor:
    x = tensor(name, x)
    check_precise(name, x.dtype, kind.admitted)
    return x


# ---- Factories


class OverOneAxis(Protocol):
    """A transform along an axis."""

    def __call__(
        self, x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
    ) -> Tensor:
        """Computes it."""
        ...


class OverAxes(Protocol):
    """A transform along several axes."""

    def __call__(
        self,
        x: Tensor,
        /,
        *,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = None,
        norm: Norm = "backward",
    ) -> Tensor:
        """Computes it."""
        ...


_DOC = """{summary}.

Args:
    x: A tensor of {dtypes}.
    {arguments}
    norm: ``"{unscaled}"`` for no factor, ``"{scaled}"`` for 1 / n, where n is the number of elements
        of the transform, ``"ortho"`` for 1 / sqrt(n).

Returns:
    A tensor of the {result} dtype of the same precision{halved}.

Raises:
    TypeError: If x is of another dtype.
    ValueError: If a length is less than 1, or for another norm.
    IndexError: If an axis is out of range.

Source: aten::{primitive}.
"""
_ONE = """n: The length of the transform; if None, {length}.
    axis: The axis."""
_SEVERAL = """s: The lengths of the transform, one for each axis; for -1 or None, {length}.
    axes: The axes; None for all. Required if s is given."""
_FULL = "the length of the axis"
_HALVED = "the length of the axis, or 2 * (m - 1) for the last axis, of length m"


def _documented(function: Any, name: str, kind: Kind, summary: str, inverse: bool) -> Any:
    function.__module__ = "torchffi.fft"
    function.__name__ = function.__qualname__ = name
    names = [d.name for d in dtypes.ALL if d.kind in kind.admitted and d.itemsize >= 4]
    template = _SEVERAL if name.endswith("n") else _ONE
    function.__doc__ = _DOC.format(
        summary=summary,
        dtypes=", ".join(names),
        arguments=template.format(length=_HALVED if kind.halved == "operand" else _FULL),
        unscaled="forward" if inverse else "backward",
        scaled="backward" if inverse else "forward",
        result="real" if kind is TO_REAL else "complex",
        halved=", with n // 2 + 1 elements along the last axis" if kind.halved == "result" else "",
        primitive=f"fft_{name}",
    )
    return function


def over_one_axis(name: str, summary: str, kind: Kind, *, inverse: bool = False) -> OverOneAxis:
    """A transform along an axis.

    Args:
        name: The function's name.
        summary: The first line of its docstring.
        kind: Its kind.
        inverse: Whether the default factor is 1 / n.
    """
    primitive = f"fft_{name}"

    @fast_path(
        primitive,
        kind.admitted,
        kind.result,
        x=OPERAND,
        n=AXIS_OR_NONE,
        axis=INTEGER,
        norm=_NORM,
    )
    def function(
        x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward"
    ) -> Tensor:
        x = _operand(name, kind, x)
        axes = (arguments.axis(name, axis, x),)
        lengths = _lengths(name, kind, x, (n,), axes)
        code = _code(name, norm)
        if x.size == 0:
            return _zeros(name, kind, x, lengths, axes)
        return run(primitive, kind.result(x.dtype), x, pointer(lengths[0]), axes[0], code)

    return _documented(function, name, kind, summary, inverse)  # type: ignore[no-any-return]


# LibTorch and NumPy would take lengths without axes.
_AXES = TUPLE_OR_NONE.and_then("if {0} is None and s is not None:\n    REFUSE")


def over_axes(name: str, summary: str, kind: Kind, *, inverse: bool = False) -> OverAxes:
    """A transform along several axes. Arguments are those of :func:`over_one_axis`."""
    primitive = f"fft_{name}"

    @fast_path(
        primitive,
        kind.admitted,
        kind.result,
        x=OPERAND,
        s=TUPLE_OR_NONE,
        axes=_AXES,
        norm=_NORM,
    )
    def function(
        x: Tensor,
        /,
        *,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = None,
        norm: Norm = "backward",
    ) -> Tensor:
        x = _operand(name, kind, x)
        if s is not None and axes is None:
            raise InvalidArgumentError(f"{name}: s requires axes")
        along = arguments.axes(name, None if axes is None else tuple(axes), x)
        given = [None] * len(along) if s is None else [None if n == -1 else n for n in s]
        if not along or len(given) != len(along):
            raise InvalidArgumentError(
                f"{name}: got {len(given)} lengths for {len(along)} axes; expected one per axis, and "
                "at least one"
            )
        lengths = _lengths(name, kind, x, given, along)
        code = _code(name, norm)
        if x.size == 0:
            return _zeros(name, kind, x, lengths, along)
        return run(primitive, kind.result(x.dtype), x, lengths, along, code)

    return _documented(function, name, kind, summary, inverse)  # type: ignore[no-any-return]
