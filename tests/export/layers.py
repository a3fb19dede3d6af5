"""Models of common architectures, made of PyTorch's own layers, for the tests of exported programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.export import Dim
from torch.nn import functional as f

Tensor = torch.Tensor


class Residual(nn.Module):
    """Blocks of a ResNet, the second with a stride and a projection."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width))
        self.same = self._branch(width, width, 1)
        self.down = self._branch(width, 2 * width, 2)
        self.project = nn.Conv2d(width, 2 * width, 1, 2, bias=False)
        self.head = nn.Linear(2 * width, 5)

    @staticmethod
    def _branch(inputs: int, outputs: int, stride: int) -> nn.Sequential:
        return nn.Sequential(
            *(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)),
            *(nn.ReLU(inplace=True), nn.Conv2d(outputs, outputs, 3, 1, 1), nn.BatchNorm2d(outputs)),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = f.max_pool2d(f.relu(self.stem(x)), 3, 2, 1)
        x = f.relu(x + self.same(x))
        x = f.relu(self.project(x) + self.down(x))
        return self.head(x.mean((2, 3)))


class UNet(nn.Module):
    """Down, up by a transposed convolution and by interpolation, with skip connections."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.SiLU())
        self.down = nn.Conv2d(8, 16, 3, 2, 1, padding_mode="reflect")
        self.deep = nn.Sequential(nn.InstanceNorm2d(16, affine=True), nn.LeakyReLU(0.2))
        self.up = nn.ConvTranspose2d(16, 8, 3, 2, 1, output_padding=1)
        self.leave = nn.Conv2d(24, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        high = self.enter(x)
        low = f.dropout(self.deep(self.down(high)), 0.1, self.training)
        wide = f.interpolate(low, scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.leave(
            torch.cat([high, self.up(low) + wide[:, :8]], 1).repeat(1, 2, 1, 1)[:, :24]
        )


class Vision(nn.Module):
    """Patches, a class token, and PyTorch's encoder layers."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 16, 4, 4)
        self.token, self.places = (nn.Parameter(torch.randn(1, n, 16)) for n in (1, 17))
        layer = nn.TransformerEncoderLayer(
            16, 4, 32, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(16), enable_nested_tensor=False)
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        return self.head(self.encoder(x)[:, 0])


class Translator(nn.Module):
    """nn.Transformer with causal and padding masks."""

    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(20, 16, padding_idx=0), nn.Embedding(20, 16)
        self.model = nn.Transformer(16, 2, 1, 1, 32, 0.0, batch_first=True)
        self.head = nn.Linear(16, 20)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        causal = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        empty = source == 0
        x = self.model(
            self.source(source), self.target(target), tgt_mask=causal,
            src_key_padding_mask=empty, memory_key_padding_mask=empty, tgt_is_causal=True,
        )  # fmt: skip
        return f.log_softmax(self.head(x), -1)


class Attention(nn.Module):
    """nn.MultiheadAttention with its weights, and attention of grouped queries."""

    def __init__(self) -> None:
        super().__init__()
        self.many = nn.MultiheadAttention(16, 4, kdim=8, vdim=8, batch_first=True)

    def forward(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        length = query.shape[1]
        mask = torch.triu(torch.ones(length, key.shape[1], dtype=torch.bool), 1)
        mixed, weights = self.many(query, key, key, attn_mask=mask)
        heads = query.view(query.shape[0], length, 4, 4).transpose(1, 2)
        grouped = f.scaled_dot_product_attention(
            heads, heads[:, :2], heads[:, 2:], is_causal=True, scale=0.3, enable_gqa=True
        )
        return mixed, weights, grouped


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 6, 2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(12, 5, bias=False)
        self.plain = nn.RNN(5, 3, nonlinearity="relu")
        self.cell, self.gate = nn.LSTMCell(3, 3), nn.GRUCell(3, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x, (hidden, _) = self.lstm(x)
        x, last = self.gru(x)
        x, _ = self.plain(x)
        h, c = self.cell(x[0])
        return x, hidden, last, self.gate(h, c)


class Audio(nn.Module):
    """Spectra, 1-D convolutions, complex numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv1d(9, 8, 3, dilation=2, groups=1), nn.InstanceNorm1d(8), nn.ELU()),
            *(nn.ConvTranspose1d(8, 4, 4, 2), nn.PReLU(4), nn.AvgPool1d(2), nn.Hardtanh()),
        )
        self.register_buffer("window", torch.hann_window(16), persistent=False)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        waves = torch.stft(x, 16, 8, window=self.window, return_complex=True)
        back = torch.istft(waves, 16, 8, window=self.window)
        turned = torch.fft.irfft(
            torch.fft.rfft(x) * torch.polar(torch.ones(1), x[:, :1]), x.shape[-1]
        )
        return self.layers(waves.abs()), back, turned, torch.view_as_real(waves), waves.angle()


class Bags(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.means, self.sums = (nn.EmbeddingBag(10, 4, mode=mode) for mode in ("mean", "sum"))
        self.largest = nn.EmbeddingBag(10, 4, mode="max")

    def forward(self, ids: Tensor, starts: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
        flat = ids.flatten()
        return (
            self.means(flat, starts),
            self.sums(ids, per_sample_weights=weights),
            self.largest(ids),
            f.one_hot(ids, 10).sum(1),
        )


class Sampling(nn.Module):
    """Interpolation of all kinds, grids, padding, shuffled pixels."""

    def forward(self, x: Tensor, angle: Tensor) -> tuple[Tensor, ...]:
        grid = f.affine_grid(angle, [x.shape[0], 1, 5, 5], align_corners=False)
        return (
            f.interpolate(x, size=(5, 7)),
            f.interpolate(x, scale_factor=1.5, mode="bicubic", align_corners=True),
            f.interpolate(x, size=(3, 3), mode="area"),
            f.interpolate(x, scale_factor=0.5, mode="bilinear", antialias=True),
            f.grid_sample(x, grid, padding_mode="border", align_corners=False),
            f.pixel_unshuffle(f.pixel_shuffle(x, 2), 2),
            f.pad(x, (1, 2, 0, 1), mode="replicate"),
            f.unfold(x, 2, stride=2),
            f.normalize(x, dim=1),
        )


class Indices(nn.Module):
    """What decoders and losses do with indices."""

    def forward(self, x: Tensor, places: Tensor) -> tuple[Tensor, ...]:
        values, order = torch.sort(x, 1, descending=True)
        best = torch.topk(x, 2, 1).indices
        counts = torch.zeros(4, dtype=torch.int64).scatter_add(0, places, torch.ones_like(places))
        written = x.clone()
        written[places, best[:, 0]] = -1.0
        written[:, 1:3] += 2
        put = torch.index_put(x, (places,), torch.ones(()), accumulate=True)
        return (
            values, order, best, counts, written, put,
            torch.where(x > 0, x, x.mean()), x.gather(1, best), x.argmax(1), x.cumsum(0),
            torch.cummax(x, 1)[1], x.index_select(0, places), x.masked_fill(x < 0, 0.0),
            torch.bucketize(x, torch.tensor([-1.0, 0.0, 1.0])), x.flip(0).roll(1, 1),
            torch.einsum("ij,kj->ik", x, x), torch.cdist(x, x), x.median(1).values, x.var(0),
            f.cross_entropy(x, places), torch.arange(x.shape[0]).unsqueeze(0), torch.linspace(0, 1, 5),
        )  # fmt: skip


class Chosen(nn.Module):
    """Sizes that depend on data."""

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        places = torch.nonzero(x > 0)
        positive = x[x > 0]
        return places, positive * 2, positive.sum()


class Training(nn.Module):
    """Batch norm that updates its buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4, momentum=0.3), nn.Tanh())
        self.last = nn.BatchNorm1d(4, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.layers(x).amax((2, 3)))


class Case(NamedTuple):
    """A model and how it is exported.

    Attributes:
        make: Makes the module.
        inputs: Makes arguments, of sizes that depend on a number.
        dynamic: As dynamic_shapes of torch.export.export.
        lacks: An operator that NumPy does not have; empty if the program runs there.
        train: Whether it is in training mode.
    """

    make: Callable[[], nn.Module]
    inputs: Callable[[int], tuple[Any, ...]]
    dynamic: Any = None
    lacks: str = ""
    train: bool = False


_n, _m = Dim("n", min=2, max=50), Dim("m", min=2, max=50)
_FIRST = ({0: Dim.DYNAMIC},)


def _ids(*shape: int) -> Tensor:
    return torch.randint(1, 10, shape)


MODELS: dict[str, Case] = {
    "residual": Case(Residual, lambda n: (torch.randn(n, 3, 32, 32),), _FIRST),
    "unet": Case(UNet, lambda n: (torch.randn(2, 1, 4 * n, 8 * n),), ({2: 4 * _n, 3: 4 * _m},)),
    "vision": Case(Vision, lambda n: (torch.randn(n, 3, 16, 16),), _FIRST),
    "translator": Case(Translator, lambda n: (_ids(2, n + 1), _ids(2, n)), ({1: _m}, {1: _n})),
    "attention": Case(
        Attention, lambda n: (torch.randn(2, n, 16), torch.randn(2, n + 2, 8)), ({1: _n}, {1: _m})
    ),
    "recurrent": Case(Recurrent, lambda n: (torch.randn(3, 5, 4),), None),
    "audio": Case(Audio, lambda n: (torch.randn(n, 160),), _FIRST, "polar"),
    "bags": Case(Bags, lambda n: (_ids(3, 4), torch.tensor([0, 5]), torch.randn(3, 4)), None),
    "sampling": Case(
        Sampling,
        lambda n: (torch.randn(2, 4, 6, 6), torch.randn(2, 2, 3)),
        None,
        "affine_grid_generator",
    ),
    "indices": Case(
        Indices, lambda n: (torch.randn(4, 6), torch.tensor([0, 3, 1, 1])), None, "bucketize"
    ),
    "chosen": Case(Chosen, lambda n: (torch.randn(n, 4),), _FIRST),
    "training": Case(Training, lambda n: (torch.randn(n, 2, 8, 8),), _FIRST, train=True),
}


def export(name: str, path: Path, *, decompose: bool, strict: bool) -> None:
    """Writes a file of torch.export.save.

    Args:
        name: Of the model.
        path: The file.
        decompose: Whether its operators are taken apart into fewer ones, and changes of buffers are
            outputs, as in PyTorch's form for inference.
        strict: Whether Python's code is traced by its bytecode.
    """
    case = MODELS[name]
    torch.manual_seed(0)
    module = case.make().train(case.train)
    program = torch.export.export(
        module, case.inputs(5), dynamic_shapes=case.dynamic, strict=strict
    )
    torch.export.save(program.run_decompositions() if decompose else program, path)
