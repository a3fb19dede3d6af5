"""Modules: layers with their parameters, and what contains them."""

from torchffi.nn.modules.linear import Identity, Linear
from torchffi.nn.modules.module import Module
from torchffi.nn.modules.parameter import Parameter

__all__ = ["Identity", "Linear", "Module", "Parameter"]
