"""Modules: layers with their parameters, and what contains them."""

from torchffi.nn.modules.attention import MultiheadAttention
from torchffi.nn.modules.batch_normalization import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
)
from torchffi.nn.modules.cells import GRUCell, LSTMCell, RNNCell
from torchffi.nn.modules.containers import ModuleList
from torchffi.nn.modules.convolutions import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
)
from torchffi.nn.modules.dropout import Dropout
from torchffi.nn.modules.linear import Identity, Linear
from torchffi.nn.modules.module import Module
from torchffi.nn.modules.normalization import GroupNorm, LayerNorm, LocalResponseNorm, RMSNorm
from torchffi.nn.modules.parameter import Parameter
from torchffi.nn.modules.pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AvgPool1d,
    AvgPool2d,
    MaxPool1d,
    MaxPool2d,
)
from torchffi.nn.modules.recurrent import GRU, LSTM, RNN
from torchffi.nn.modules.transformer import TransformerEncoder, TransformerEncoderLayer

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Dropout",
    "GRUCell",
    "GroupNorm",
    "Identity",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "LSTMCell",
    "LayerNorm",
    "Linear",
    "LocalResponseNorm",
    "MaxPool1d",
    "MaxPool2d",
    "Module",
    "ModuleList",
    "MultiheadAttention",
    "Parameter",
    "RMSNorm",
    "RNNCell",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]
