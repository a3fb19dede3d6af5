"""Layers of neural networks, and their functions."""

from torchffi.nn import functional as functional
from torchffi.nn import init as init
from torchffi.nn import modules, utils
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
from torchffi.nn.modules import *  # noqa: F403  (the names are listed there)

__all__ = [
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
__all__ += modules.__all__
