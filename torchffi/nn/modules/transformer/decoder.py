"""The decoder of a transformer."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.nn import functional
from torchffi.nn._base.module import Module
from torchffi.nn._masks import as_floats
from torchffi.nn.modules.attention import MultiheadAttention
from torchffi.nn.modules.containers import ModuleList
from torchffi.nn.modules.dropout import Dropout
from torchffi.nn.modules.linear import Linear
from torchffi.nn.modules.normalization import LayerNorm
from torchffi.nn.modules.transformer.encoder import activation_of, attended, is_causal_mask


class TransformerDecoderLayer(Module):
    """Attention of a sequence to itself, then to another one, and two fully connected layers.

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

    Source: torch.nn.TransformerDecoderLayer.
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
        attention: dict[str, Any] = {"dropout": dropout, "batch_first": batch_first, **common}
        self.self_attn = MultiheadAttention(d_model, nhead, **attention)
        self.multihead_attn = MultiheadAttention(d_model, nhead, **attention)
        self.linear1 = Linear(d_model, dim_feedforward, **common)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **common)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, **common)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, **common)
        self.norm3 = LayerNorm(d_model, eps=layer_norm_eps, **common)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = activation_of("TransformerDecoderLayer", activation)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The output, of the shape of tgt.

        Args:
            tgt: The sequence, of shape (l, n, d_model), or (n, l, d_model) with ``batch_first``, or
                (l, d_model).
            memory: The other sequence, likewise; its length may differ.
            tgt_mask, memory_mask: The masks of the attention to each of them, see
                :meth:`MultiheadAttention.forward`.
            tgt_key_padding_mask, memory_key_padding_mask: The masks of their elements to ignore.
            tgt_is_causal, memory_is_causal: Say that a mask, which must be given, is the causal one.
        """
        own = tgt_mask, tgt_key_padding_mask, tgt_is_causal
        other = memory_mask, memory_key_padding_mask, memory_is_causal
        x = tgt
        if self.norm_first:
            x = x + self._attend_itself(self.norm1(x), *own)
            x = x + self._attend_memory(self.norm2(x), memory, *other)
            return x + self._connect(self.norm3(x))
        x = self.norm1(x + self._attend_itself(x, *own))
        x = self.norm2(x + self._attend_memory(x, memory, *other))
        output: Tensor = self.norm3(x + self._connect(x))
        return output

    def _attend_itself(self, x: Tensor, *masks: Any) -> Tensor:
        return attended(self.self_attn, self.dropout1, x, x, *masks)

    def _attend_memory(self, x: Tensor, memory: Tensor, *masks: Any) -> Tensor:
        return attended(self.multihead_attn, self.dropout2, x, memory, *masks)

    def _connect(self, x: Tensor) -> Tensor:
        hidden = self.dropout(self.activation(self.linear1(x)))
        output: Tensor = self.dropout3(self.linear2(hidden))
        return output


class TransformerDecoder(Module):
    """A stack of decoder layers.

    Args:
        decoder_layer: A layer, which is copied with its values.
        num_layers: Number of copies.
        norm: A module for the output of the last layer, or None.

    Source: torch.nn.TransformerDecoder.
    """

    def __init__(
        self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Module | None = None
    ) -> None:
        super().__init__()
        layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.add_module("layers", layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The output, of the shape of tgt.

        Args:
            tgt, memory: As for :meth:`TransformerDecoderLayer.forward`, and the masks as well.
            tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask: The masks.
            tgt_is_causal: Says whether tgt_mask is the causal one; if None, its values are compared.
            memory_is_causal: Says whether memory_mask is the causal one.
        """
        tgt_mask = as_floats("tgt_mask", tgt_mask, tgt.dtype)
        if tgt_is_causal is None:
            tgt_is_causal = tgt_mask is not None and is_causal_mask(tgt_mask)
        for layer in self.layers:
            tgt = layer(
                tgt,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=tgt_is_causal,
                memory_is_causal=memory_is_causal,
            )
        return tgt if self.norm is None else self.norm(tgt)
