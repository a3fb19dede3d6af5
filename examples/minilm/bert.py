"""BERT as a tree of modules, whose state has the names and shapes of Hugging Face's BertModel.

It computes what that model computes in evaluation mode: there is no dropout, and no pooling layer.
Source: Devlin et al., "BERT" (2018).
"""

from __future__ import annotations

from typing import Any

from torchffi import Tensor, nn
from torchffi.nn import functional

Config = dict[str, Any]


class Embeddings(nn.Module):
    """The vectors of the tokens: of the word, of its position, and of the one type that is used."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden = config["hidden_size"]
        self.word_embeddings = nn.Embedding(config["vocab_size"], hidden)
        self.position_embeddings = nn.Embedding(config["max_position_embeddings"], hidden)
        self.token_type_embeddings = nn.Embedding(config["type_vocab_size"], hidden)
        self.LayerNorm = nn.LayerNorm(hidden, config["layer_norm_eps"])

    def forward(self, ids: Tensor) -> Tensor:
        positions = self.position_embeddings.weight[: ids.shape[1]]
        return self.LayerNorm(
            self.word_embeddings(ids) + self.token_type_embeddings.weight[0] + positions
        )


class SelfAttention(nn.Module):
    """Attention of the tokens to each other, in several heads."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        hidden = config["hidden_size"]
        self.heads = config["num_attention_heads"]
        self.query, self.key, self.value = (nn.Linear(hidden, hidden) for _ in range(3))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, tokens, hidden = x.shape

        def by_head(projected: Tensor) -> Tensor:
            return projected.reshape(batch, tokens, self.heads, -1).permute(0, 2, 1, 3)

        attended = functional.scaled_dot_product_attention(
            by_head(self.query(x)), by_head(self.key(x)), by_head(self.value(x)), mask
        )
        return attended.permute(0, 2, 1, 3).reshape(batch, tokens, hidden)


class Output(nn.Module):
    """A fully connected layer, a residual connection, and a norm."""

    def __init__(self, inputs: int, config: Config) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, config["hidden_size"])
        self.LayerNorm = nn.LayerNorm(config["hidden_size"], config["layer_norm_eps"])

    def forward(self, x: Tensor, residual: Tensor) -> Tensor:
        return self.LayerNorm(residual + self.dense(x))


class Attention(nn.Module):
    """Attention, and what follows it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.self = SelfAttention(config)
        self.output = Output(config["hidden_size"], config)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.output(self.self(x, mask), x)


class Intermediate(nn.Module):
    """The wide part of a layer."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.dense = nn.Linear(config["hidden_size"], config["intermediate_size"])

    def forward(self, x: Tensor) -> Tensor:
        return functional.gelu(self.dense(x))


class Layer(nn.Module):
    """Attention and a feed-forward part."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.intermediate = Intermediate(config)
        self.output = Output(config["intermediate_size"], config)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """The layer's output, (batch, tokens, hidden), for x of that shape."""
        x = self.attention(x, mask)
        return self.output(self.intermediate(x), x)


class Layers(nn.Module):
    """All layers, one after the other."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(config) for _ in range(config["num_hidden_layers"]))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        for layer in self.layer:
            x = layer(x, mask)
        return x


class Bert(nn.Module):
    """Tokens to vectors.

    Args:
        config: The values of ``config.json``.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.embeddings = Embeddings(config)
        self.encoder = Layers(config)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """A vector for each token.

        Args:
            ids: int64 tokens of shape (batch, tokens).
            mask: bool of shape (batch, 1, 1, tokens), true for the tokens to attend to.

        Returns:
            A tensor of shape (batch, tokens, hidden).
        """
        return self.encoder(self.embeddings(ids), mask)
