"""Activations and layers of neural networks."""

from torchffi.nn import functional as functional
from torchffi.nn import init as init
from torchffi.nn import utils
from torchffi.nn.functional import (
    embedding,
    gelu,
    layer_norm,
    linear,
    log_softmax,
    relu,
    scaled_dot_product_attention,
    sigmoid,
    silu,
    softmax,
    tanh,
)
from torchffi.nn.modules import Identity, Linear, Module, Parameter

__all__ = [
    "Identity",
    "Linear",
    "Module",
    "Parameter",
    "embedding",
    "gelu",
    "layer_norm",
    "linear",
    "log_softmax",
    "relu",
    "scaled_dot_product_attention",
    "sigmoid",
    "silu",
    "softmax",
    "tanh",
    "utils",
]
