"""Clipping gradients, parameters as a vector, and modules without initial values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

from torchffi._array.creation import zeros
from torchffi._array.joining import concat
from torchffi._autograd.modes import no_grad
from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError, InvalidArgumentError, ShapeError
from torchffi.nn._base.module import Module
from torchffi.nn._draws import skipped

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "skip_init",
    "vector_to_parameters",
]

Tensors = Tensor | Iterable[Tensor]
_Module = TypeVar("_Module", bound=Module)


@cache
def _overload(name: str) -> Any:
    from torchffi._core.by_name.overloads import (
        Overload,  # on first use: a start should not pay for it
    )

    return Overload(name)


def _listed(name: str, tensors: Tensors) -> list[Tensor]:
    found = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    for one in found:
        if not isinstance(one, Tensor):
            raise ArgumentError(f"{name}: expected tensors, got {type(one).__name__}")
    return found


def _gradients(name: str, parameters: Tensors) -> list[Tensor]:
    found = [one.grad for one in _listed(name, parameters) if one.requires_grad]
    return [one for one in found if one is not None]


def _groups(tensors: list[Tensor]) -> list[list[Tensor]]:
    """Tensors of one dtype and device each, in the order of their first ones."""
    found: dict[Any, list[Tensor]] = {}
    for one in tensors:
        key = type(one), one.device  # the class says the dtype
        if key in found:
            found[key].append(one)
        else:
            found[key] = [one]
    return list(found.values())


def _moved(tensor: Tensor, device: str) -> Tensor:
    return tensor if tensor.device == device else tensor.to_device(device)


@no_grad()
def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all elements of all tensors.

    Args:
        tensors: Tensors, such as gradients.
        norm_type: The order of the norm, ``inf`` for the largest absolute value.
        error_if_nonfinite: Whether to raise ValueError if the norm is infinite or NaN.
        foreach: Taken for PyTorch's sake: operators on lists are always used.

    Returns:
        A tensor of shape (), 0 if there are no tensors.

    Source: aten::_foreach_norm.
    """
    return _total(
        "get_total_norm", _groups(_listed("get_total_norm", tensors)), norm_type, error_if_nonfinite
    )


def _total(
    name: str, groups: list[list[Tensor]], norm_type: float, error_if_nonfinite: bool
) -> Tensor:
    order = float(norm_type)
    if not groups:
        return zeros(())
    norms: list[Tensor] = []
    for group in groups:
        norms += _overload("aten::_foreach_norm.Scalar")(group, order)
    if len(groups) > 1:  # of several dtypes or devices
        widest = max((one.dtype for one in norms), key=lambda dtype: dtype.itemsize)
        norms = [_moved(one, groups[0][0].device).astype(widest, copy=False) for one in norms]
    stacked = _overload("aten::stack")(norms)
    total: Tensor = _overload("aten::linalg_vector_norm")(stacked, order)
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise InvalidArgumentError(
            f"{name}: the norm of order {order:g} is {total.item()}, so the gradients cannot be "
            "clipped; use error_if_nonfinite=False to scale them by it"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scales gradients in place by ``max_norm / (total_norm + 1e-6)``, if that is less than 1.

    Args:
        parameters: Tensors whose gradients are scaled.
        max_norm: The largest norm.
        total_norm: The norm that the gradients have: see :func:`get_total_norm`.
        foreach: Taken for PyTorch's sake: operators on lists are always used.

    Source: aten::_foreach_mul_.
    """
    _scale(_groups(_gradients("clip_grads_with_norm_", parameters)), max_norm, total_norm)


def _scale(groups: list[list[Tensor]], max_norm: float, total_norm: Tensor) -> None:
    if groups:
        # By name, because then numbers are not rounded to the dtype of the norm first.
        inverse = _overload("aten::reciprocal")(_overload("aten::add.Tensor")(total_norm, 1e-6))
        share = _overload("aten::mul.Tensor")(inverse, float(max_norm))
        factor: Tensor = _overload("aten::clamp")(share, None, 1.0)
        for group in groups:
            _overload("aten::_foreach_mul_.Tensor")(group, _moved(factor, group[0].device))


@no_grad()
def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales the gradients of all parameters in place, so that their norm is at most ``max_norm``.

    Args:
        parameters: Tensors; those without a gradient are skipped.
        max_norm: The largest norm of all gradients together.
        norm_type: The order of the norm, ``inf`` for the largest absolute value.
        error_if_nonfinite: Whether to raise ValueError if the norm is infinite or NaN.
        foreach: Taken for PyTorch's sake: operators on lists are always used.

    Returns:
        The norm before, a tensor of shape ().

    Source: aten::_foreach_norm, aten::_foreach_mul_.
    """
    groups = _groups(_gradients("clip_grad_norm_", parameters))
    total = _total("clip_grad_norm_", groups, norm_type, error_if_nonfinite)
    _scale(groups, max_norm, total)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Clips each element of the gradients in place to ``[-clip_value, clip_value]``.

    Args:
        parameters: Tensors; those without a gradient are skipped.
        clip_value: The largest absolute value.
        foreach: Taken for PyTorch's sake: operators on lists are always used.

    Source: aten::_foreach_clamp_min_, aten::_foreach_clamp_max_.
    """
    limit = float(clip_value)
    for group in _groups(_gradients("clip_grad_value_", parameters)):
        _overload("aten::_foreach_clamp_min_.Scalar")(group, -limit)
        _overload("aten::_foreach_clamp_max_.Scalar")(group, limit)


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of the parameters, one parameter after the other, as one recorded vector.

    Source: torch.nn.utils.parameters_to_vector.
    """
    return concat([one.reshape(-1) for one in _listed("parameters_to_vector", parameters)])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Replaces the data of the parameters by parts of a vector, as :func:`parameters_to_vector` makes.

    The parameters then are views of it, as in PyTorch.

    Args:
        vec: The vector.
        parameters: Tensors with as many elements together.

    Raises:
        ValueError: It has more or fewer elements. No parameter is changed then.

    Source: torch.nn.utils.vector_to_parameters.
    """
    if not isinstance(vec, Tensor):
        raise ArgumentError(f"vector_to_parameters: vec is {type(vec).__name__}, expected a Tensor")
    found = _listed("vector_to_parameters", parameters)
    sizes = [one.numel() for one in found]
    if vec.ndim != 1 or vec.numel() != sum(sizes):
        raise ShapeError(
            f"vector_to_parameters: vec has shape {vec.shape}, expected ({sum(sizes)},)"
        )
    start = 0
    for one, size in zip(found, sizes, strict=True):
        one.data = vec[start : start + size].reshape(one.shape).detach()
        start += size


def skip_init(module_cls: Callable[..., _Module], *args: Any, **kwargs: Any) -> _Module:
    """A module whose parameters have no values yet: for one whose state is loaded next.

    Args:
        module_cls: The class of the module; unlike PyTorch's it need not take a device.
        args: The arguments of the class.
        kwargs: Its named arguments.

    Returns:
        The module. Memory of its parameters is allocated, and not written by functions of ``nn.init``.

    Source: torch.nn.utils.skip_init.
    """
    token = skipped.set(True)
    try:
        return module_cls(*args, **kwargs)
    finally:
        skipped.reset(token)
