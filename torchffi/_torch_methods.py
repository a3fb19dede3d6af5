"""PyTorch's names for methods of Tensor, from one table.

Methods whose names the Array API standard gives another meaning are left out: ``size()``, and ``max()``,
``min()``, ``var()`` and ``std()`` with PyTorch's arguments. ``torchffi.ops.aten`` has these.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from math import prod
from typing import Any, Final

from torchffi import dtypes
from torchffi._array import broadcasting, data_types, elementwise, manipulation
from torchffi._aten import conversion_methods, direct_methods
from torchffi._aten.conversion_methods import documented
from torchffi._aten.conversion_methods import one_sequence as one_sequence
from torchffi._aten.operators import Operator
from torchffi._core.argument_kinds import CONTIGUOUS, EACH, INTEGER, OPERAND, SHAPE_OF
from torchffi._core.backends import FFI
from torchffi._core.by_name.plans import Planned, types_of
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import of_one
from torchffi._core.tensor import Tensor
from torchffi.dtypes import ANY
from torchffi.errors import ArgumentError

Method = Callable[..., Any]

# Functions of the namespace with the same name and meaning.
_ELEMENTWISE: Final = (
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "bitwise_and", "bitwise_or",
    "bitwise_xor", "ceil", "conj", "copysign", "cos", "cosh", "erf", "exp", "expm1", "floor",
    "floor_divide", "hypot", "isfinite", "isinf", "isnan", "log", "log10", "log1p", "log2",
    "logaddexp", "logical_and", "logical_not", "logical_or", "logical_xor", "maximum", "minimum",
    "nextafter", "pow", "reciprocal", "remainder", "round", "rsqrt", "sign", "signbit", "sin",
    "sinh", "sqrt", "square", "tan", "trunc",
)  # fmt: skip
_RENAMED: Final[dict[str, Method]] = {
    "bitwise_not": elementwise.bitwise_invert, "div": elementwise.divide,
    "divide": elementwise.divide, "eq": elementwise.equal, "ge": elementwise.greater_equal,
    "gt": elementwise.greater, "le": elementwise.less_equal, "lt": elementwise.less,
    "multiply": elementwise.multiply, "ne": elementwise.not_equal, "neg": elementwise.negative,
    "sub": elementwise.subtract, "subtract": elementwise.subtract,
}  # fmt: skip

# ATen's operators by name: that of the overload on NumPy, if NumPy has one. Where there are two, the
# second one takes a number.
_BY_NAME: Final[dict[str, tuple[str, ...]]] = {
    "amax": ("amax",), "amin": ("amin",), "argsort": (), "bmm": ("bmm",), "chunk": ("chunk",),
    "clamp": ("clamp.Tensor", "clamp"), "clamp_max": ("clamp_max.Tensor", "clamp_max"),
    "clamp_min": ("clamp_min.Tensor", "clamp_min"), "cumprod": (), "cumsum": ("cumsum",),
    "diagonal": (), "dot": (), "expand_as": ("expand_as",), "fill_": (),
    "gather": (), "index_add": (), "index_add_": (), "index_copy_": (), "index_fill_": (),
    "index_select": ("index_select",), "log_softmax": ("log_softmax.int",), "logsumexp": (),
    "masked_fill": ("masked_fill.Tensor", "masked_fill.Scalar"), "masked_fill_": (),
    "masked_select": (), "mm": ("mm",), "movedim": (), "mv": (), "outer": (),
    "repeat_interleave": (), "scatter": (), "scatter_": (), "scatter_add": (), "scatter_add_": (),
    "softmax": ("softmax.int",), "split": ("split.Tensor", "split.Tensor"),
    "tril": ("tril",), "triu": ("triu",), "unbind": ("unbind.int",), "unflatten": ("unflatten.int",),
    "unfold": (),
    **{name: (f"{name}.Tensor", f"{name}.Scalar") for name in ("div_", "mul_", "sub_", "add_")},
    "clamp_": ("clamp_.Tensor", "clamp_"), "copy_": ("copy_",), "normal_": ("normal_",),
    "uniform_": ("uniform_",), "zero_": (),
    **{
        name: ()
        for name in (
            "addcdiv", "addcdiv_", "addcmul", "addcmul_", "allclose", "angle", "argwhere", "bincount",
            "count_nonzero", "det", "diag", "diff", "digamma", "erfc", "erfinv", "exp2",
            "fill_diagonal_", "fmod", "frac", "index_copy", "index_fill", "index_put_", "inner",
            "inverse", "isclose", "kron", "lerp", "lerp_", "lgamma", "logit", "masked_scatter",
            "multinomial", "nan_to_num", "quantile", "roll", "round_", "trace",
            "tril_", "triu_",
        )
    },
    "addmm": ("addmm",), "baddbmm": ("baddbmm",), "clip": ("clamp.Tensor", "clamp"),
    **{name: (f"{name}.Tensor", f"{name}.Scalar") for name in ("pow_", "remainder_")},
    **{name: (f"{name}.Tensor", name) for name in ("clamp_max_", "clamp_min_")},
    **{
        name: (name,)
        for name in ("ceil_", "cos_", "floor_", "reciprocal_", "rsqrt_", "sin_", "square_")
    },
    "abs_": ("abs_",), "exp_": ("exp_",), "log_": ("log_",), "neg_": ("neg_",), "relu_": ("relu_",),
    "sigmoid_": ("sigmoid_",), "sqrt_": ("sqrt_",), "tanh_": ("tanh_",),
}  # fmt: skip
# Those that return values and indices; median() only along an axis.
_PAIRS: Final = ("cummax", "cummin", "kthvalue", "median", "mode", "sort", "topk")


class _ByName(Planned):
    """A method that is an operator: on LibTorch by name, on NumPy by the table."""

    def __init__(self, name: str, on_numpy: tuple[str, ...]) -> None:
        super().__init__()
        self._name = name
        self._on_numpy = [Operator(name, overload) for overload in on_numpy or (name,)]

    def _call(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if arguments[0]._backend is FFI:
            from torchffi import ops  # slow to import, and few programs need it

            operator: Any = getattr(ops.aten, self._name)
        else:
            of_number = len(arguments) > 1 and not isinstance(arguments[1], Tensor)
            operator = self._on_numpy[-1 if of_number else 0]
        result = operator(*arguments, **named)
        several = self._name in _PAIRS and isinstance(result, tuple)
        collected = _pair(self._name) if several else None
        self._adopt_from(operator, types_of(arguments, named), collected)
        return collected(result) if collected else result


@cache
def _pair(name: str) -> Any:
    """Makes PyTorch's type for the results of one of ``_PAIRS`` from a tuple of them."""
    return partial(tuple.__new__, namedtuple(name, "values indices"))


def _by_name(name: str, on_numpy: tuple[str, ...]) -> Method:
    text = f"See ``torchffi.ops.aten.{name}``.\n\n    Source: aten::{name}.\n    "
    return documented(_ByName(name, on_numpy).method(), name, text)


def dim(self: Tensor) -> int:
    """Number of axes."""
    return len(self.shape)


def nelement(self: Tensor) -> int:
    """Number of elements."""
    return self.numel()


def element_size(self: Tensor) -> int:
    """Bytes of one element."""
    return self.itemsize


def is_floating_point(self: Tensor) -> bool:
    """Whether the dtype is a floating-point one."""
    return self._dtype.kind in dtypes.FLOATING


def is_complex(self: Tensor) -> bool:
    """Whether the dtype is a complex one."""
    return self._dtype.kind in dtypes.COMPLEX


def norm(
    self: Tensor, p: float | str | None = "fro", dim: Any = None, keepdim: bool = False
) -> Tensor:
    """The norm of all elements, or along axes: :func:`torchffi.linalg.vector_norm`.

    Args:
        p: The order; ``"fro"`` or None for 2.
        dim: An axis, or several; None for all elements.
        keepdim: Whether the axes stay, with one element.

    Source: aten::linalg_vector_norm.
    """
    from torchffi.linalg import vector_norm

    if isinstance(p, str) and p != "fro":
        raise ArgumentError(f"norm: p is {p!r}, expected a number or 'fro'; see linalg.matrix_norm")
    axis = tuple(dim) if isinstance(dim, list) else dim
    order = 2.0 if p is None or isinstance(p, str) else p
    return vector_norm(self, axis=axis, keepdims=keepdim, ord=order)


@fast_path("unsqueeze", ANY, x=OPERAND, dim=INTEGER)
def unsqueeze(self: Tensor, dim: int) -> Tensor:
    """A view with a new axis of length 1: :func:`torchffi.expand_dims`. Source: aten::unsqueeze."""
    return manipulation.expand_dims(self, axis=dim)


_FLATTEN: Final = Operator("flatten", "flatten.using_ints")


def flatten(self: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The tensor with the axes from ``start_dim`` to ``end_dim`` as one axis. Source: aten::flatten."""
    if start_dim == 0 and end_dim == -1:
        return self.reshape(-1)
    shape = self.shape
    if type(start_dim) is int and 0 < start_dim < len(shape) and end_dim == -1:
        return self.reshape((*shape[:start_dim], prod(shape[start_dim:])))
    found: Tensor = _FLATTEN(self, start_dim, end_dim)
    return found


def repeat(self: Tensor, *sizes: Any) -> Tensor:
    """The tensor several times along each axis: :func:`torchffi.tile`. Source: aten::repeat."""
    from torchffi._array.joining import tile

    return tile(self, tuple(one_sequence(sizes)))


def tile(self: Tensor, *dims: Any) -> Tensor:
    """See :func:`torchffi.tile`. The numbers may also be separate arguments."""
    from torchffi._array import joining

    return joining.tile(self, tuple(one_sequence(dims)))


def ravel(self: Tensor) -> Tensor:
    """The elements along one axis. Source: aten::ravel."""
    return self.reshape(-1)


def swapaxes(self: Tensor, axis0: int, axis1: int) -> Tensor:
    """A view with two axes exchanged. Source: aten::swapaxes."""
    return manipulation.swap_axes(self, axis0, axis1)


@fast_path("flip", ANY, x=OPERAND, dims=EACH.and_then("if not {0}_:\n    REFUSE"))
def flip(self: Tensor, *dims: Any) -> Tensor:
    """The elements in reverse order along the axes. Source: aten::flip."""
    return manipulation.flip(self, axis=tuple(one_sequence(dims)))


@fast_path("reshape", ANY, x=CONTIGUOUS, other=SHAPE_OF)
def view_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor in the shape of another one, over the same memory. Source: aten::view_as."""
    shape = other.shape
    return self.reshape(shape) if self.is_contiguous() else data_types.view(self, shape)


@fast_path("reshape", ANY, x=OPERAND, other=SHAPE_OF)
def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor in the shape of another one. Source: aten::reshape_as."""
    return manipulation.reshape(self, other.shape)


def broadcast_to(self: Tensor, *shape: Any) -> Tensor:
    """See :func:`torchffi.broadcast_to`."""
    return broadcasting.broadcast_to(self, tuple(one_sequence(shape)))


_OPERATORS: Final = {name: _by_name(name, on_numpy) for name, on_numpy in _BY_NAME.items()}
METHODS: Final[dict[str, Method]] = {
    **{name: getattr(elementwise, name) for name in _ELEMENTWISE},
    **_RENAMED,
    **_OPERATORS,
    **direct_methods.methods(_OPERATORS),
    **{name: _by_name(name, ()) for name in _PAIRS},
    "t": of_one("t", ANY)(_by_name("t", ("t",))),
    **conversion_methods.METHODS,
    **{
        one.__name__: one
        for one in (
            dim, unsqueeze, flatten, nelement, element_size, is_floating_point, is_complex, norm,
            repeat, flip, view_as, reshape_as, broadcast_to, ravel, swapaxes, tile,
        )
    },
}  # fmt: skip
