"""Models that the tests export with PyTorch, and the files of them."""

from __future__ import annotations

import json
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from torch._higher_order_ops.map import map as map_rows
from torch._higher_order_ops.scan import scan
from torch.export import Dim
from torch.nn import functional
from torch.utils import _pytree as pytree

from examples.minilm.encoder import packaged_model

Tensor = torch.Tensor
Pair = namedtuple("Pair", ["first", "second"])
pytree._register_namedtuple(Pair, serialized_type_name="tests.Pair")


class Nested(nn.Module):
    """Nested inputs and outputs, a keyword argument that is a constant, and a buffer that it changes."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 3)
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.register_buffer("shift", torch.arange(3.0), persistent=False)

    def forward(
        self, x: Tensor, *, scale: float = 2.0, options: dict[str, Any] | None = None
    ) -> Any:
        self.calls.add_(1)
        y = self.b(torch.relu(self.a(x))) * scale + self.shift
        if options is not None:
            y = y + options["bias"][0]
        parts = OrderedDict(total=y.sum(), pair=Pair(y.amax(), [y.mean(0)]))
        return {"y": y, "parts": (parts, None, 3)}


class Shapes(nn.Module):
    """Arithmetic on sizes."""

    def forward(self, x: Tensor, y: Tensor) -> Any:
        n = x.shape[0]
        joined = torch.cat([x, y]).reshape(n + y.shape[0], -1)
        return joined * (n // 2) + x.shape[0] % 3, torch.zeros(n, 2), x.shape[0]


class Branch(nn.Module):
    def forward(self, x: Tensor, flag: Tensor) -> Tensor:
        return torch.cond(flag, lambda a: a.sin(), lambda a: a.cos() + 1, (x,))


class Rows(nn.Module):
    """scan and map."""

    def forward(self, xs: Tensor, init: Tensor) -> Any:
        last, sums = scan(lambda carried, x: (carried + x, carried * x), init, xs)
        return last, sums, map_rows(lambda x, y: x * y + 1, xs, init)


class Loop(nn.Module):
    def forward(self, x: Tensor) -> Any:
        from torch._higher_order_ops.while_loop import while_loop

        return while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * 2), (torch.tensor(0), x))


class Grad(nn.Module):
    """Regions with and without gradients."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            y = x.sin()
        return y + x


class Dtypes(nn.Module):
    """Constants of many kinds."""

    def forward(self, x: Tensor) -> Any:
        filled = x.masked_fill(x > 0, float("-inf")).to(torch.float64)
        split = torch.split(x, [1, 3], dim=1)
        return (
            filled,
            x.to(torch.bfloat16) * torch.arange(4, dtype=torch.bfloat16),
            torch.full((2,), 3, dtype=torch.int16),
            [one.sum() for one in split],
            tuple(torch.topk(x, 2)),
            torch.lgamma(x),
            x.to(memory_format=torch.contiguous_format).new_zeros(2, dtype=torch.complex64),
        )


class Convolutions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.GELU(), nn.AdaptiveAvgPool2d(1)),
            *(nn.Flatten(), nn.Linear(16, 10)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        batch, length, width = x.shape
        parts = self.qkv(self.before(x)).view(batch, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        keys, values = torch.cat([keys, key], 2), torch.cat([values, value], 2)
        mixed = functional.scaled_dot_product_attention(query, keys, values)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.inner(self.after(x)), keys, values


class Generator(nn.Module):
    """A small GPT: one token and the cache of those before it."""

    def __init__(
        self, vocabulary: int = 64, width: int = 48, heads: int = 4, depth: int = 2
    ) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(256, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.last, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, token: Tensor, cache: list[tuple[Tensor, Tensor]]) -> Any:
        past, more = cache[0][0].shape[2], token.shape[1]
        x = self.tokens(token) + self.places(torch.arange(past, past + more))
        kept = []
        for block, (keys, values) in zip(self.blocks, cache, strict=True):
            x, keys, values = block(x, keys, values)
            kept.append((keys, values))
        return self.head(self.last(x)), kept


class SentenceEncoder(nn.Module):
    """all-MiniLM-L6-v2 with the weights of its package."""

    def __init__(self) -> None:
        super().__init__()
        folder = packaged_model()
        config = json.loads((folder / "config.json").read_text())
        width, depth = config["hidden_size"], config["num_hidden_layers"]
        self.weights = nn.ParameterDict(
            {
                name.replace(".", "/"): nn.Parameter(value, requires_grad=False)
                for name, value in load_file(folder / "model.safetensors").items()
                if value.is_floating_point()
            }
        )
        self.width, self.depth, self.heads = width, depth, config["num_attention_heads"]

    def layer(self, name: str) -> tuple[Tensor, Tensor]:
        name = name.replace(".", "/")
        return self.weights[f"{name}/weight"], self.weights[f"{name}/bias"]

    def norm(self, name: str, x: Tensor) -> Tensor:
        return functional.layer_norm(x, (self.width,), *self.layer(name), 1e-12)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        batch, length = ids.shape
        words, places, types = (
            self.weights[f"embeddings/{part}_embeddings/weight"]
            for part in ("word", "position", "token_type")
        )
        x = self.norm("embeddings.LayerNorm", words[ids] + types[0] + places[:length])
        attend = mask.view(batch, 1, 1, length) > 0
        for i in range(self.depth):
            name = f"encoder.layer.{i}"
            query, key, value = (
                functional.linear(x, *self.layer(f"{name}.attention.self.{part}"))
                .view(batch, length, self.heads, -1)
                .transpose(1, 2)
                for part in ("query", "key", "value")
            )
            mixed = functional.scaled_dot_product_attention(query, key, value, attend)
            mixed = mixed.transpose(1, 2).reshape(batch, length, self.width)
            mixed = functional.linear(mixed, *self.layer(f"{name}.attention.output.dense"))
            x = self.norm(f"{name}.attention.output.LayerNorm", x + mixed)
            inner = functional.gelu(functional.linear(x, *self.layer(f"{name}.intermediate.dense")))
            inner = functional.linear(inner, *self.layer(f"{name}.output.dense"))
            x = self.norm(f"{name}.output.LayerNorm", x + inner)
        weights = mask.unsqueeze(-1).to(x.dtype)
        return functional.normalize((x * weights).sum(1) / weights.sum(1).clamp(min=1e-9))


def _cache(past: int) -> list[tuple[Tensor, Tensor]]:
    return [(torch.randn(1, 4, past, 12), torch.randn(1, 4, past, 12)) for _ in range(2)]


def _sentences(batch: int, length: int) -> tuple[Tensor, Tensor]:
    mask = torch.ones((batch, length), dtype=torch.int64)
    mask[-1, length // 2 :] = 0
    return torch.randint(1000, 20_000, (batch, length)), mask


def _rows() -> tuple[Tensor, Tensor]:
    return torch.randn(5, 4), torch.randn(4)


_b, _c, _past = Dim("b", min=3, max=64), Dim("c"), Dim("past", min=1, max=255)
_DYNAMIC = {0: Dim.DYNAMIC}
# Name -> module, its arguments for the export, dynamic shapes, other arguments and keyword arguments.
MODELS: dict[str, tuple[Callable[[], nn.Module], Any, Any, Any, Any]] = {
    "nested": (
        Nested,
        (torch.randn(2, 4),),
        {"x": {0: _c}, "scale": None, "options": {"bias": [None]}},
        lambda: (torch.randn(5, 4),),
        {"scale": 2.0, "options": {"bias": [torch.ones(3)]}},
    ),
    "shapes": (
        Shapes,
        (torch.randn(5, 4), torch.randn(3, 4)),
        ({0: _b}, {0: _c}),
        lambda: (torch.randn(6, 4), torch.randn(9, 4)),
        {},
    ),
    "branch": (
        Branch,
        (torch.randn(2, 4), torch.tensor(True)),
        None,
        lambda: (torch.randn(2, 4), torch.tensor(False)),
        {},
    ),
    "rows": (Rows, _rows(), None, _rows, {}),
    "loop": (Loop, (torch.randn(2, 4),), None, lambda: (torch.randn(2, 4),), {}),
    "grad": (Grad, (torch.randn(2, 4),), None, lambda: (torch.randn(2, 4),), {}),
    "dtypes": (Dtypes, (torch.randn(2, 4),), None, lambda: (torch.randn(2, 4),), {}),
    "convolutions": (
        Convolutions,
        (torch.randn(2, 3, 32, 32),),
        (_DYNAMIC,),
        lambda: (torch.randn(4, 3, 32, 32),),
        {},
    ),
    "generator": (
        Generator,
        (torch.tensor([[3]]), _cache(7)),
        (None, [({2: _past}, {2: _past})] * 2),
        lambda: (torch.tensor([[5]]), _cache(11)),
        {},
    ),
    "minilm": (
        SentenceEncoder,
        _sentences(3, 12),
        ({0: Dim("n", max=256), 1: Dim("t", max=256)},) * 2,
        lambda: _sentences(2, 9),
        {},
    ),
}  # fmt: skip


def export(name: str, folder: Path) -> Path:
    """A file of torch.export.save."""
    make, arguments, dynamic, _, named = MODELS[name]
    torch.manual_seed(0)
    path = folder / f"{name}.pt2"
    with torch.no_grad():
        program = torch.export.export(make().eval(), arguments, named, dynamic_shapes=dynamic)
    torch.export.save(program, path)
    return path
