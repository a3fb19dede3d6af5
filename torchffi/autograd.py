"""Gradients by LibTorch's autograd, under PyTorch's names.

Operations on tensors that require gradients are recorded. ``backward()`` goes back through the record
and adds up gradients in the leaves; ``grad()`` returns them. On the NumPy backend there are none, and
``requires_grad_()`` says so.
"""

from torchffi._autograd.compute import backward, grad
from torchffi._autograd.function import Function, FunctionCtx
from torchffi._autograd.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from torchffi._autograd.once import once_differentiable

__all__ = [
    "Function",
    "FunctionCtx",
    "backward",
    "enable_grad",
    "grad",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "once_differentiable",
    "set_grad_enabled",
]
