"""The functions that nodes of a program call: operators of LibTorch, arithmetic on sizes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final

from torchffi._core.by_name.overloads import Overload
from torchffi.errors import InvalidArgumentError, NotSupportedError

_SIZES: Final[dict[str, Callable[..., Any]]] = {
    "torch.ops.aten.sym_size.int": lambda tensor, axis: tensor.shape[axis],
    "torch.ops.aten.sym_stride.int": lambda tensor, axis: tensor.strides[axis],
    "torch.ops.aten.sym_numel.default": lambda tensor: tensor.size,
    "torch.ops.aten.sym_is_contiguous.default": lambda tensor, *_: tensor.is_contiguous(),
}
_ARITHMETIC: Final[dict[str, Callable[..., Any]]] = {
    **{
        f"_operator.{name}": getattr(operator, name)
        for name in (
            "add", "sub", "mul", "floordiv", "truediv", "mod", "neg", "pos", "pow", "and_", "or_",
            "xor", "invert", "lshift", "rshift", "ge", "gt", "le", "lt", "eq", "ne", "getitem",
        )
    },
    **{
        f"math.{name}": getattr(math, name)
        for name in (
            "ceil", "floor", "trunc", "sqrt", "cos", "cosh", "sin", "sinh", "tan", "tanh", "acos",
            "asin", "atan", "log2", "isinf", "isnan",
        )
    },
    "builtins.max": max,
    "builtins.min": min,
    "builtins.abs": abs,
    "builtins.round": round,
    "builtins.int": int,
    "builtins.float": float,
    "torch.sym_int": int,
    "torch.sym_float": float,
    "torch.sym_max": max,
    "torch.sym_min": min,
    "torch.sym_not": operator.not_,
    "torch.sym_ite": lambda condition, a, b: a if condition else b,
    "torch.sym_sum": sum,
    "torch.sym_sqrt": math.sqrt,
    "torch.sym_log2": math.log2,
    "torch.sym_fresh_size": int,
}  # fmt: skip


def _check_range(size: int, *, min: int | None = None, max: int | None = None) -> None:
    if not (0 if min is None else min) <= size <= (2**63 if max is None else max):
        raise InvalidArgumentError(f"size {size} is not between {min} and {max}")


# Conditions on sizes that depend on data.
_CHECKS: Final = {
    f"torch.ops.aten.{name}.default": _check_range
    for name in ("sym_constrain_range", "sym_constrain_range_for_size")
}
# They read or write a file, or reach other processes: a program has no need of them.
_REFUSED: Final = frozenset({"aten::from_file"})
_REFUSED_NAMESPACES: Final = (
    "c10d",
    "_c10d",
    "symm_mem",
    "_dtensor",
    "profiler",
    "rpc",
    "inductor",
)


_overloads: Final[dict[str, Overload]] = {}


class MissingError(Exception):
    """A target that torchffi does not have; the message is its name."""


def find(target: str) -> Callable[..., Any]:
    """The function of a target that is not a higher-order operator, on LibTorch.

    Args:
        target: Such as ``torch.ops.aten.add.Tensor`` or ``_operator.add``.

    Raises:
        MissingError: There is no such operator in this LibTorch.
        NotImplementedError: Programs from files may not call it.
    """
    found = _of_sizes(target)
    if found is not None:
        return found
    namespace, name, overload = _parts(target)
    shown = f"{namespace}::{name}" + f".{overload}" * (overload != "default")
    if f"{namespace}::{name}" in _REFUSED or namespace.startswith(_REFUSED_NAMESPACES):
        raise NotSupportedError(f"{shown}: programs from files may not call this operator")
    # Never by attributes: those of a module or an object would be callable from a file.
    if shown not in _overloads:
        try:
            _overloads[shown] = Overload(shown)
        except (InvalidArgumentError, NotSupportedError):  # unknown, or only for TorchScript
            raise MissingError(shown) from None
    return _overloads[shown]


def find_on_numpy(target: str) -> Callable[..., Any]:
    """As :func:`find`, on NumPy."""
    from torchffi._aten.numpy_table import TABLE

    found = _of_sizes(target)
    if found is not None:
        return found
    namespace, name, overload = _parts(target)
    full = name + f".{overload}" * (overload != "default")
    if namespace != "aten" or full not in TABLE:
        raise MissingError(f"{namespace}::{full}")
    return TABLE[full]


def _of_sizes(target: str) -> Callable[..., Any] | None:
    return _CHECKS.get(target) or _ARITHMETIC.get(target) or _SIZES.get(target)


def _parts(target: str) -> list[str]:
    parts = target.split(".")
    if parts[:2] != ["torch", "ops"] or len(parts) != 5:
        raise MissingError(target)
    return parts[2:]
