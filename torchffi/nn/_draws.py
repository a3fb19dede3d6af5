"""Random values of new parameters that take more than one draw or a decomposition.

Source: the ATen operators named at each function.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final, TypeVar

from torchffi._array import creation, elementwise, searching, sorting, utility
from torchffi._array.manipulation import reshape
from torchffi._autograd.modes import set_mode
from torchffi._core import arguments
from torchffi._core.backends import FFI, NUMPY, default_backend
from torchffi._core.tensor import Tensor
from torchffi._core.tensor_numpy import NumpyTensor
from torchffi.errors import InvalidArgumentError, ShapeError
from torchffi.nn._arguments import operator

_uniform_: Final = operator("uniform_")
_normal_: Final = operator("normal_")
_Function = TypeVar("_Function", bound=Callable[..., Any])


# Whether new parameters stay uninitialized; a context variable, so that other threads draw theirs.
skipped: Final = ContextVar("skipped", default=False)


def overwrites(function: _Function) -> _Function:
    """Checks the tensor of a function, and calls it without recording."""

    @wraps(function)
    def overwrite(tensor: Tensor, *given: Any, **named: Any) -> Tensor:
        arguments.tensor(function.__name__, tensor)
        if skipped.get():
            return tensor
        if tensor._backend is NUMPY:  # which records nothing
            function(tensor, *given, **named)
            return tensor
        recorded = set_mode(False)
        try:
            function(tensor, *given, **named)
        finally:
            set_mode(recorded)
        return tensor

    return overwrite  # type: ignore[return-value]


def fill(name: str, tensor: Tensor, value: float) -> Tensor:
    """Overwrites all elements with a value, as a function does that :func:`overwrites` decorates."""
    if isinstance(tensor, NumpyTensor):
        if not skipped.get():
            tensor[...] = value
        return tensor
    arguments.tensor(name, tensor)
    if skipped.get():
        return tensor
    recorded = set_mode(False)
    try:
        tensor[...] = value
    finally:
        set_mode(recorded)
    return tensor


@overwrites
def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: int | None = None,
) -> Tensor:
    """Random numbers of a normal distribution, limited to [a, b] by drawing others again.

    Args:
        tensor: A tensor of a floating-point dtype.
        mean: The mean of the distribution without limits.
        std: Its standard deviation.
        a: The lower limit.
        b: The upper limit.
        generator: Must be None, because several draws follow each other.

    Source: aten::normal_, aten::uniform_, aten::where.
    """
    if generator is not None:
        raise InvalidArgumentError("trunc_normal_: generator must be None; use manual_seed()")
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            f"trunc_normal_: mean {mean} is more than 2 std from [{a}, {b}], "
            "which changes the distribution",
            stacklevel=3,
        )
    below, above = (math.erf((limit - mean) / std / math.sqrt(2.0)) / 2 for limit in (a, b))
    if above - below > 0.3:  # most draws are within the limits
        low, high = (creation.full((), limit, dtype=tensor.dtype).item() for limit in (a, b))
        drawn = _normal_(tensor, mean, std)
        while bool(utility.any(outside := (drawn < low) | (drawn > high))):
            again = _normal_(creation.empty_like(drawn), mean, std)
            drawn = searching.where(outside, again, drawn)
    else:
        drawn = _accepted(tensor, mean, std, a, b)
    tensor[...] = drawn
    return tensor


def _accepted(tensor: Tensor, mean: float, std: float, a: float, b: float) -> Tensor:
    """Uniform draws, accepted with the density relative to its peak as the probability."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2

    def density(drawn: Tensor) -> Tensor:
        scaled = (drawn - mean) / std
        return scaled * scaled * -0.5 - peak

    def refused(drawn: Tensor) -> Tensor:
        return elementwise.log(_uniform_(creation.empty_like(drawn))) > density(drawn)

    drawn = _uniform_(tensor, a, b)
    pending = refused(drawn)
    while bool(utility.any(pending)):
        again = _uniform_(creation.empty_like(drawn), a, b)
        drawn = searching.where(pending, again, drawn)
        pending = pending & refused(again)
    return drawn


@overwrites
def orthogonal_(tensor: Tensor, gain: float = 1, generator: int | None = None) -> Tensor:
    """A random matrix with orthogonal rows or columns, of norm gain.

    Args:
        tensor: A tensor of shape (rows, ...); the other axes are the columns.
        gain: The factor.
        generator: See the module.

    Raises:
        ValueError: If the tensor has fewer than 2 axes.

    Source: aten::normal_, aten::linalg_qr.
    """
    if tensor.ndim < 2:
        raise ShapeError(f"orthogonal_: tensor has shape {tensor.shape}, expected at least 2 axes")
    if not tensor.size:
        return tensor
    from torchffi import linalg  # few programs need it

    rows = tensor.shape[0]
    drawn = creation.empty_like(reshape(tensor, (rows, tensor.size // rows)))
    _normal_(drawn, 0, 1, generator=generator)
    wide = drawn.shape[0] < drawn.shape[1]
    q, r = linalg.qr(drawn.T if wide else drawn)
    q = q * elementwise.sign(linalg.diagonal(r))  # makes the distribution uniform
    tensor[...] = reshape(q.T if wide else q, tensor.shape)
    tensor *= gain
    return tensor


@overwrites
def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: int | None = None
) -> Tensor:
    """Normal numbers, of which a share of each column is 0.

    Args:
        tensor: A matrix.
        sparsity: The share, from 0 to 1.
        std: The standard deviation.
        generator: See the module.

    Raises:
        ValueError: If the tensor does not have 2 axes.

    Source: aten::normal_, aten::randperm.
    """
    if tensor.ndim != 2:
        raise ShapeError(f"sparse_: tensor has shape {tensor.shape}, expected 2 axes")
    rows, columns = tensor.shape
    _normal_(tensor, 0, std, generator=generator)
    for column in range(columns):
        tensor[_permutation(rows, tensor)[: math.ceil(sparsity * rows)], column] = 0
    return tensor


def _permutation(length: int, like: Tensor) -> Tensor:
    if like._backend is FFI and default_backend() is FFI:
        from torchffi import ops

        order: Tensor = ops.aten.randperm(length)
        return order
    return sorting.argsort(_uniform_(creation.empty_like(like[:, 0])))
