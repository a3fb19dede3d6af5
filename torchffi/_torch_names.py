"""What to write instead of a name of PyTorch's namespace that torchffi's does not have.

The namespace is that of the Array API standard; methods of Tensor and ``nn.functional`` have PyTorch's
names.
"""

from __future__ import annotations

from typing import Final

from torchffi import _methods, dtypes
from torchffi._core.tensor import Tensor

# Functions of the standard with another name.
_STANDARD: Final = {
    "as_tensor": "asarray", "bitwise_not": "bitwise_invert", "cat": "concat", "clamp": "clip",
    "concatenate": "concat", "cumprod": "cumulative_prod", "cumsum": "cumulative_sum", "div": "divide",
    "eq": "equal", "gather": "take_along_axis", "ge": "greater_equal", "gt": "greater",
    "index_select": "take", "le": "less_equal", "lt": "less", "mm": "matmul", "movedim": "moveaxis",
    "mul": "multiply", "ne": "not_equal", "neg": "negative", "permute": "permute_dims",
    "sub": "subtract", "tensor": "asarray", "true_divide": "divide", "unbind": "unstack",
    "unsqueeze": "expand_dims",
}  # fmt: skip

_DTYPES: Final = {
    "cdouble": "complex128", "cfloat": "complex64", "double": "float64", "float": "float32",
    "half": "dtypes.float16", "int": "int32", "long": "int64", "short": "int16",
}  # fmt: skip


def instead_of(name: str) -> str:
    """What to write for a name, as the end of an error's text; ``""`` if nothing is known."""
    if name.startswith("_"):
        return ""
    if name in _STANDARD:
        return f"; the Array API standard's name is torchffi.{_STANDARD[name]}"
    if name in _DTYPES:
        return f"; the dtype is torchffi.{_DTYPES[name]}, the method x.{name}()"
    if hasattr(dtypes, name):
        return f"; it is torchffi.dtypes.{name}"
    if name in _methods._METHODS and hasattr(Tensor, name):
        return f"; it is a method: x.{name}(...)"
    from torchffi.nn import functional

    if hasattr(functional, name):
        return f"; it is torchffi.nn.functional.{name}"
    return _operator(name)


def _operator(name: str) -> str:
    """The operator of LibTorch with that name, if LibTorch is open."""
    from torchffi import ops
    from torchffi.errors import TorchError

    try:
        getattr(ops.aten, name)
    except (AttributeError, TorchError):
        return ""
    return f"; LibTorch's operator is torchffi.ops.aten.{name}"
