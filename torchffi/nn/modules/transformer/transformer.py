"""The transformer: an encoder, and a decoder that reads what it returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import ShapeError
from torchffi.nn import functional, init
from torchffi.nn._base.module import Module
from torchffi.nn.modules.normalization import LayerNorm
from torchffi.nn.modules.transformer.decoder import TransformerDecoder, TransformerDecoderLayer
from torchffi.nn.modules.transformer.encoder import (
    TransformerEncoder,
    TransformerEncoderLayer,
    causal_mask,
)


class Transformer(Module):
    """An encoder of a sequence, and a decoder of another one that attends to its output.

    Args:
        d_model: Length of the last axis of input and output.
        nhead: Number of heads, a divisor of it.
        num_encoder_layers, num_decoder_layers: Numbers of layers.
        dim_feedforward, dropout, activation: As for :class:`TransformerEncoderLayer`.
        custom_encoder, custom_decoder: Modules to use instead of those of d_model and so on.
        layer_norm_eps, batch_first, norm_first, bias, device, dtype: Likewise.

    Raises:
        ValueError: As for :class:`TransformerEncoderLayer`.

    Source: torch.nn.Transformer.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = functional.relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        common: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        layer = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first,
        )  # fmt: skip
        if custom_encoder is not None:
            self.encoder = custom_encoder
        else:
            self.encoder = TransformerEncoder(
                TransformerEncoderLayer(*layer, **common),
                num_encoder_layers,
                LayerNorm(d_model, eps=layer_norm_eps, **common),
            )
        if custom_decoder is not None:
            self.decoder = custom_decoder
        else:
            self.decoder = TransformerDecoder(
                TransformerDecoderLayer(*layer, **common),
                num_decoder_layers,
                LayerNorm(d_model, eps=layer_norm_eps, **common),
            )
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The output, of the shape of tgt.

        Args:
            src: The sequence for the encoder, of shape (l, n, d_model), or (n, l, d_model) with
                ``batch_first``, or (l, d_model).
            tgt: That for the decoder, likewise; its length may differ.
            src_mask, src_key_padding_mask, src_is_causal: See :meth:`TransformerEncoder.forward`.
            tgt_mask, tgt_key_padding_mask, tgt_is_causal: See :meth:`TransformerDecoder.forward`.
            memory_mask, memory_key_padding_mask, memory_is_causal: Likewise.

        Raises:
            ValueError: If src and tgt differ in the number of samples, or have not d_model features.
        """
        samples = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[samples] != tgt.shape[samples]:
            raise ShapeError(
                f"Transformer: src has shape {src.shape} and tgt {tgt.shape}, expected as many samples "
                f"along axis {samples}"
            )
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ShapeError(
                f"Transformer: src has shape {src.shape} and tgt {tgt.shape}, expected {self.d_model} "
                "features along the last axis"
            )
        memory = self.encoder(
            src,
            mask=src_mask,
            src_key_padding_mask=src_key_padding_mask,
            is_causal=src_is_causal,
        )
        output: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return output

    @staticmethod
    def generate_square_subsequent_mask(
        sz: int, device: str | None = None, dtype: DType | None = None
    ) -> Tensor:
        """The causal mask: -inf above the diagonal and 0 elsewhere.

        Args:
            sz: The length of the sequence.
            device: The device, ``"cpu"`` if None.
            dtype: The dtype, float32 if None.
        """
        return causal_mask(sz, device, dtype)
