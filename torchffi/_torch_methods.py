"""PyTorch's names for methods of Tensor, from one table.

Methods whose names the Array API standard gives another meaning are left out: ``size()``, and ``max()``,
``min()``, ``var()`` and ``std()`` with PyTorch's arguments. ``torchffi.ops.aten`` has these.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from torchffi import dtypes
from torchffi._array import broadcasting, data_types, elementwise, manipulation, searching
from torchffi._aten.methods import conversions, direct
from torchffi._aten.methods.by_name import by_name
from torchffi._aten.methods.conversions import one_sequence as one_sequence
from torchffi._aten.operators import Operator
from torchffi._core.argument_kinds import EACH, INTEGER, OPERAND, SHAPE_OF, constant
from torchffi._core.arguments import Scalar
from torchffi._core.fast_path import fast_path
from torchffi._core.operations import of_one
from torchffi._core.tensor import Tensor
from torchffi._stdlib.typing import Any, Final
from torchffi.dtypes import ANY
from torchffi.errors import ArgumentError, ShapeError

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

# ATen's operators by name.
_BY_NAME: Final = [
    "amax",
    "amin",
    "argsort",
    "bmm",
    "chunk",
    "clamp",
    "clamp_max",
    "clamp_min",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "diagonal",
    "dot",
    "expand_as",
    "fill_",
    "gather",
    "index_add",
    "index_add_",
    "index_copy_",
    "index_fill_",
    "index_select",
    "log_softmax",
    "logsumexp",
    "masked_fill",
    "masked_fill_",
    "masked_select",
    "mm",
    "movedim",
    "mv",
    "outer",
    "repeat_interleave",
    "scatter",
    "scatter_",
    "scatter_add",
    "scatter_add_",
    "softmax",
    "split",
    "tril",
    "triu",
    "unbind",
    "unflatten",
    "unfold",
    "div_",
    "mul_",
    "sub_",
    "add_",
    "clamp_",
    "copy_",
    "normal_",
    "uniform_",
    "zero_",
    "clip",
    "abs_",
    "exp_",
    "log_",
    "neg_",
    "relu_",
    "sigmoid_",
    "sqrt_",
    "tanh_",
]
# Those that return values and indices.
_PAIRS: Final = ("cummax", "cummin", "kthvalue", "mode", "sort", "topk")


def dim(self: Tensor) -> int:
    """Number of axes."""
    return len(self.shape)


def nelement(self: Tensor) -> int:
    """Number of elements."""
    return self.numel()


def element_size(self: Tensor) -> int:
    """Bytes of one element."""
    return self.itemsize


def ndimension(self: Tensor) -> int:
    """Number of axes."""
    return len(self.shape)


def stride(self: Tensor, dim: int | None = None) -> Any:
    """The strides in elements, or that of one axis."""
    return self.strides if dim is None else self.strides[dim]


def where(self: Tensor, condition: Tensor, other: Tensor | Scalar) -> Tensor:
    """The elements where the condition holds, and those of the other elsewhere. Source: aten::where."""
    return searching.where(condition, self, other)


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


@fast_path("reshape", ANY, x=OPERAND, shape=constant("(-1,), 1", in_c="INTS[-1], 1"))
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


@fast_path("view", ANY, x=OPERAND, other=SHAPE_OF)
def view_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor in the shape of another one, over the same memory. Source: aten::view_as."""
    return data_types.view(self, other.shape)


@fast_path("reshape", ANY, x=OPERAND, other=SHAPE_OF)
def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """The tensor in the shape of another one. Source: aten::reshape_as."""
    return manipulation.reshape(self, other.shape)


def broadcast_to(self: Tensor, *shape: Any) -> Tensor:
    """See :func:`torchffi.broadcast_to`."""
    return broadcasting.broadcast_to(self, tuple(one_sequence(shape)))


_OPERATORS: Final = {name: by_name(name) for name in _BY_NAME}


def _real(self: Tensor) -> Tensor:
    """The real part, a view; a real tensor itself. Source: aten::real."""
    return elementwise.real(self) if self.is_complex() else self


def _imag(self: Tensor) -> Tensor:
    """The imaginary part of a complex tensor, a view. Source: aten::imag."""
    return elementwise.imag(self)


def _adjoint(self: Tensor) -> Tensor:
    """The last two axes exchanged, and the elements conjugated. Source: aten::mH."""
    turned = manipulation.matrix_transpose(self)
    return elementwise.conj(turned) if self.is_complex() else turned


def _hermitian(self: Tensor) -> Tensor:
    """The conjugate transpose of a matrix. Source: aten::numpy_T."""
    if self.ndim not in (0, 2):
        raise ShapeError(
            f"H: expected a matrix, got shape {self.shape}; mH turns the last two axes"
        )
    return _adjoint(self) if self.ndim else self


PROPERTIES: Final = {
    "real": property(_real),
    "imag": property(_imag),
    "mH": property(_adjoint),
    "H": property(_hermitian),
}
METHODS: Final[dict[str, Method]] = {
    **{name: getattr(elementwise, name) for name in _ELEMENTWISE},
    **_RENAMED,
    **_OPERATORS,
    **direct.methods(_OPERATORS),
    **{name: by_name(name, "values indices") for name in _PAIRS},
    "t": of_one("t", ANY)(by_name("t")),
    **conversions.METHODS,
    **{
        one.__name__: one
        for one in (
            dim, unsqueeze, flatten, nelement, element_size, is_floating_point, is_complex, norm,
            repeat, flip, view_as, reshape_as, broadcast_to, ndimension, stride, where, ravel,
            swapaxes, tile,
        )
    },
}  # fmt: skip
