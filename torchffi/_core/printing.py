"""A tensor as text: its repr, and formatted strings."""

from __future__ import annotations

from torchffi import dtypes
from torchffi._core.arguments import astype
from torchffi._core.parameters import is_parameter
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import np
from torchffi.errors import DTypeError

_SHOWN = 1000  # elements; of a larger tensor NumPy prints the edges only


def describe(x: Tensor) -> str:
    """Values, dtype, device and backend of a tensor, for ``repr()``."""
    if is_parameter(x):
        return f"Parameter containing:\n{_described(x)}"
    return _described(x)


def _described(x: Tensor) -> str:
    prefix = "Tensor("
    tail = f"dtype={x.dtype}, device={x.device!r}, backend={x.backend!r}{_history(x)}"
    layout = x._backend.primitives.layout_name(x._data)
    if layout != "strided":  # no values to read
        shape = "" if layout == "nested" else f", shape={x.shape}"
        return f"{prefix}<{layout}>{shape}, {tail})"
    host = x.cpu()
    if not x.dtype.in_numpy:
        host = astype(host, dtypes.float32)
    values = np.array2string(host._array_view(), separator=", ", prefix=prefix, threshold=_SHOWN)
    shape = f", shape={x.shape}" if x.size == 0 or x.size > _SHOWN else ""
    return f"{prefix}{values}{shape}, {tail})"


def _history(x: Tensor) -> str:
    """What a tensor that requires gradients shows of that."""
    if not x.requires_grad:
        return ""
    return ", requires_grad=True" if x.is_leaf else f", grad_fn={x.grad_fn!r}"


def formatted(x: Tensor, spec: str, /) -> str:
    """``format(x, spec)``: a 0-d tensor is formatted as its value.

    Raises:
        TypeError: For a tensor with axes, if ``spec`` is not empty.
    """
    if not x._alive and not spec:
        return repr(x)
    if x.ndim == 0:
        return format(x.item(), spec)
    if spec:
        raise DTypeError(
            f"format: shape {x.shape} has no format {spec!r}; only 0-d tensors take one"
        )
    return repr(x)
