"""The encoder of a transformer."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, Final

from torchffi._array import creation, linear_algebra, utility
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError
from torchffi.nn import functional
from torchffi.nn._base.module import Module
from torchffi.nn._masks import as_floats
from torchffi.nn.modules.attention import MultiheadAttention
from torchffi.nn.modules.containers import ModuleList
from torchffi.nn.modules.dropout import Dropout
from torchffi.nn.modules.linear import Linear
from torchffi.nn.modules.normalization import LayerNorm

_ACTIVATIONS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
}


class TransformerEncoderLayer(Module):
    """Attention of a sequence to itself, and two fully connected layers.

    Args:
        d_model: Length of the last axis of input and output.
        nhead: Number of heads, a divisor of it.
        dim_feedforward: Length of the vectors between the fully connected layers.
        dropout: Probability of the dropouts.
        activation: ``"relu"``, ``"gelu"``, or a function of a tensor.
        layer_norm_eps: Added to the variance by the normalizations.
        batch_first: Whether the axis of samples is the first one.
        norm_first: Whether the normalizations come before attention and connected layers, not after.
        bias: Whether the layers have biases.
        device: The device of the parameters, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.

    Raises:
        ValueError: If the heads do not divide d_model, or for another name of an activation.

    Source: torch.nn.TransformerEncoderLayer.
    """

    activation: Callable[[Tensor], Tensor]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = functional.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        common: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout=dropout, batch_first=batch_first, **common
        )
        self.linear1 = Linear(d_model, dim_feedforward, **common)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **common)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **common)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **common)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = activation_of("TransformerEncoderLayer", activation)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The output, of the shape of the input.

        Args:
            src: A tensor of shape (l, n, d_model), or (n, l, d_model) with ``batch_first``, or
                (l, d_model).
            src_mask: The mask of the attention, see :meth:`MultiheadAttention.forward`.
            src_key_padding_mask: The mask of the elements to ignore, likewise.
            is_causal: Says that src_mask, which must be given, is the causal one.
        """
        masks = src_mask, src_key_padding_mask, is_causal
        if self.norm_first:
            x = self.norm1(src)
            src = src + attended(self.self_attn, self.dropout1, x, x, *masks)
            return src + self._connect(self.norm2(src))
        src = self.norm1(src + attended(self.self_attn, self.dropout1, src, src, *masks))
        output: Tensor = self.norm2(src + self._connect(src))
        return output

    def _connect(self, x: Tensor) -> Tensor:
        hidden = self.dropout(self.activation(self.linear1(x)))
        output: Tensor = self.dropout2(self.linear2(hidden))
        return output


class TransformerEncoder(Module):
    """A stack of encoder layers.

    Args:
        encoder_layer: A layer, which is copied with its values.
        num_layers: Number of copies.
        norm: A module for the output of the last layer, or None.
        enable_nested_tensor, mask_check: Without effect. In PyTorch they choose an implementation.

    Source: torch.nn.TransformerEncoder.
    """

    def __init__(
        self,
        encoder_layer: TransformerEncoderLayer,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.add_module("layers", layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """The output, of the shape of the input.

        Args:
            src, mask, src_key_padding_mask: As for :meth:`TransformerEncoderLayer.forward`.
            is_causal: Says whether the mask is the causal one; if None, its values are compared.
        """
        mask = as_floats("mask", mask, src.dtype)
        if is_causal is None:
            is_causal = mask is not None and is_causal_mask(mask)
        for layer in self.layers:
            src = layer(
                src,
                src_mask=mask,
                src_key_padding_mask=src_key_padding_mask,
                is_causal=is_causal,
            )
        return src if self.norm is None else self.norm(src)


def attended(
    attention: MultiheadAttention,
    dropout: Dropout,
    x: Tensor,
    memory: Tensor,
    mask: Tensor | None,
    ignored: Tensor | None,
    is_causal: bool,
) -> Tensor:
    """The attention of x to a memory, which may be x itself, after the dropout."""
    output, _ = attention(
        x, memory, memory, key_padding_mask=ignored, need_weights=False, attn_mask=mask,
        is_causal=is_causal,
    )  # fmt: skip
    dropped: Tensor = dropout(output)
    return dropped


def is_causal_mask(mask: Tensor) -> bool:
    """Whether a mask is -inf above the diagonal and 0 elsewhere."""
    if mask.ndim != 2 or mask.shape[0] != mask.shape[1]:
        return False
    return bool(utility.all(mask == causal_mask(mask.shape[0], mask.device, mask.dtype)))


def causal_mask(length: int, device: str | None, dtype: DType | None) -> Tensor:
    """The mask that lets an element see those before it, and itself."""
    least = creation.full((length, length), -math.inf, dtype=dtype, device=device)
    return linear_algebra.triu(least, k=1)


def activation_of(
    layer: str, activation: str | Callable[[Tensor], Tensor]
) -> Callable[[Tensor], Tensor]:
    """The function of an activation's name, or the function that was given.

    Raises:
        ValueError: For another name.
    """
    if not isinstance(activation, str):
        return activation
    if activation not in _ACTIVATIONS:
        raise InvalidArgumentError(
            f"{layer}: activation is {activation!r}, expected 'relu', 'gelu' or a function"
        )
    return _ACTIVATIONS[activation]
