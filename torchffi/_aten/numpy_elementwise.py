"""ATen operators on NumPy: elementwise functions.

They promote as PyTorch does, where the Array API standard does not promote.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from torchffi import dtypes
from torchffi._array import elementwise, searching
from torchffi._array.data_types import astype, result_type
from torchffi._aten import layers
from torchffi._aten.numpy_in_place import in_place_name, overwriting
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType

Function = Callable[..., Any]
_RANK: Final = {
    "bool": 0, "unsigned integer": 1, "signed integer": 1, "floating point": 2, "complex": 3,
}  # fmt: skip
_INTEGER: Final = 1


# ---- Promotion


def _common(a: Tensor, b: Tensor) -> DType:
    """PyTorch's result dtype: of the higher kind, and among equals of the one that has axes."""
    first, second = _RANK[a.dtype.kind], _RANK[b.dtype.kind]
    if first != second:
        return a.dtype if first > second else b.dtype
    if bool(a.ndim) != bool(b.ndim):
        return a.dtype if a.ndim else b.dtype
    return result_type(a.dtype, b.dtype)


def promoted(a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands of one dtype; a number has a kind only."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        dtype = _common(a, b)
        return astype(a, dtype, copy=False), astype(b, dtype, copy=False)
    if isinstance(b, Tensor):
        return tuple(reversed(promoted(b, a)))
    if isinstance(b, float) and _RANK[a.dtype.kind] < 2:
        return astype(a, dtypes.default_float), b
    if isinstance(b, int) and not isinstance(b, bool) and a.dtype is dtypes.bool:
        return astype(a, dtypes.default_int), b
    return a, b


def _binary(function: Function) -> Function:
    def binary(a: Any, b: Any, alpha: Any = 1) -> Any:
        return function(*promoted(a, b if alpha == 1 else b * alpha))

    return binary


def _subtract_from(a: Any, b: Any, alpha: Any = 1) -> Any:
    return elementwise.subtract(*promoted(b, a * alpha if alpha != 1 else a))


def _divide(a: Any, b: Any, *, rounding_mode: str | None = None) -> Any:
    a, b = promoted(a, b)
    if rounding_mode == "floor":
        return elementwise.floor_divide(a, b)
    if rounding_mode is None:
        return elementwise.divide(a, b)
    if _RANK[a.dtype.kind] == _INTEGER:
        below = elementwise.floor_divide(a, b)
        inexact = elementwise.not_equal(below * b, a)
        return below + astype(inexact & elementwise.less(below, 0), below.dtype)
    return elementwise.trunc(elementwise.divide(a, b))


def _masked_fill(x: Tensor, mask: Tensor, value: Any) -> Tensor:
    if isinstance(value, Tensor):
        value = astype(value, x.dtype)
    return searching.where(mask, value, x)


def _where(condition: Tensor, a: Any, b: Any) -> Tensor:
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        a, b = promoted(a, b)
    return searching.where(condition, a, b)


def each(names: str, function: Function) -> dict[str, Function]:
    return dict.fromkeys(names.split(), function)


_UNARY: Final = {
    "neg": "negative", "bitwise_not": "bitwise_invert",
    **{
        name: name
        for name in (
            "abs", "sin", "cos", "tan", "tanh", "sinh", "cosh", "asin", "acos", "atan", "asinh",
            "acosh", "atanh", "exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt",
            "square", "reciprocal", "floor", "ceil", "trunc", "sign", "erf", "isnan", "isinf",
            "isfinite", "logical_not",
        )
    },
}  # fmt: skip
_BINARY: Final = {
    "maximum": "maximum", "minimum": "minimum", "max.other": "maximum", "min.other": "minimum",
    "atan2": "atan2", "logical_and": "logical_and", "logical_or": "logical_or",
    "logical_xor": "logical_xor", "pow.Tensor_Tensor": "pow", "pow.Tensor_Scalar": "pow",
    "pow.Scalar": "pow",
    "floor_divide": "floor_divide", "floor_divide.Scalar": "floor_divide",
    **{
        f"{name}.{overload}": function
        for name, function in (
            ("add", "add"), ("sub", "subtract"), ("mul", "multiply"), ("remainder", "remainder"),
            ("eq", "equal"), ("ne", "not_equal"), ("lt", "less"), ("le", "less_equal"),
            ("gt", "greater"), ("ge", "greater_equal"), ("bitwise_and", "bitwise_and"),
            ("bitwise_or", "bitwise_or"), ("bitwise_xor", "bitwise_xor"),
            ("__and__", "bitwise_and"), ("__or__", "bitwise_or"), ("__xor__", "bitwise_xor"),
        )
        for overload in ("Tensor", "Scalar")
    },
}  # fmt: skip
# In-place operators that have another overload than the operator.
_IN_PLACE: Final = {
    "floor_divide": "floor_divide_.Tensor",
    "pow.Tensor_Tensor": "pow_.Tensor",
    "pow.Tensor_Scalar": "pow_.Scalar",
}


_DIVIDE: Final = "div.Tensor div.Scalar div.Tensor_mode div.Scalar_mode"
_ELEMENTWISE: Final[dict[str, Function]] = {
    **{name: getattr(elementwise, function) for name, function in _UNARY.items()},
    **{name: _binary(getattr(elementwise, function)) for name, function in _BINARY.items()},
    **each("rsub.Tensor rsub.Scalar", _subtract_from),
    **each(_DIVIDE, _divide),
    **each("clamp clamp.Tensor clamp_min clamp_min.Tensor", elementwise.clip),
    **each("clamp_max clamp_max.Tensor", lambda x, most: elementwise.clip(x, None, most)),
    **each("where.self where.Scalar where.ScalarOther where.ScalarSelf", _where),
    **each("masked_fill.Scalar masked_fill.Tensor", _masked_fill),
    "relu": layers.relu,
    "sigmoid": layers.sigmoid,
    "silu": layers.silu,
    "gelu": layers.gelu,
}
TABLE: Final[dict[str, Function]] = {
    **_ELEMENTWISE,
    **{
        _IN_PLACE.get(name, in_place_name(name)): overwriting(name.partition(".")[0], function)
        for name, function in _ELEMENTWISE.items()
        if not name.startswith(("is", "where", "max", "mask", "min", "__", "rsub", "pow.Scalar"))
    },
}
