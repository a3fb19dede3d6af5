"""Models that PyTorch compiles for the tests: ``python -m tests.packages.models FOLDER``."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.export import Dim

from tests.export.models import Convolutions, Nested

Tensor = torch.Tensor


class Relations(nn.Module):
    """Sizes that depend on each other, an input that it changes, an unused one, a constant as output."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 16)
        self.register_buffer("k", torch.arange(16.0))
        self.register_buffer("table", torch.randn(300, 16))

    def forward(
        self,
        x: Tensor,
        y: Tensor,
        ids: Tensor,
        z: Tensor,
        unused: Tensor,
        pairs: Tensor,
        one: Tensor,
    ) -> Any:
        x.add_(1)
        rows = self.linear(x) + self.table[ids] + y * 2 + self.table[: y.shape[0]]
        return rows, self.k, z @ z.t(), pairs.reshape(-1, 2, 3).sum(1) + one, x.shape[0]


class Affine(nn.Module):
    """A layer, and a table that is read in a parallel loop."""

    def __init__(self) -> None:
        super().__init__()
        self.linear, self.table = nn.Linear(4, 3), nn.Embedding(1000, 64)

    def forward(self, x: Tensor, ids: Tensor) -> Any:
        return self.linear(x) * 2, self.table.weight[ids] + 1


def _of_cnn() -> Any:
    return Convolutions(), (torch.randn(2, 3, 32, 32),), {}, ({0: Dim("b", min=2, max=64)},)


def _of_nested() -> Any:
    options = {"scale": 2.0, "options": {"bias": [torch.ones(3)]}}
    shapes = {"x": {0: Dim("b")}, "scale": None, "options": {"bias": [None]}}
    return Nested(), (torch.randn(2, 4),), options, shapes


def relations_inputs(b: int, c: int, n: int) -> tuple[Tensor, ...]:
    """Inputs of Relations."""
    return (
        torch.randn(b, 64),
        torch.randn(b, 16),
        torch.arange(b) % 300,
        torch.randn(c, 8).t(),
        torch.randn(b, 2),
        torch.randn(2 * n, 3),
        torch.randn(n, 3),
    )


def _of_relations() -> Any:
    b, c, n = Dim("b", max=300), Dim("c"), Dim("n")
    shapes = ({0: b}, {0: b}, {0: b}, {1: c}, {0: b}, {0: 2 * n}, {0: n})
    return Relations(), relations_inputs(4, 3, 5), {}, shapes


def _of_affine() -> Any:
    inputs = (torch.randn(2, 4), torch.zeros(2, 512, dtype=torch.int64))
    return Affine(), inputs, {}, ({0: Dim("b")}, {0: Dim("c")})


MODELS = {
    "cnn": (_of_cnn, {}),
    "nested": (_of_nested, {}),
    "relations": (_of_relations, {}),
    "affine": (_of_affine, {"aot_inductor.package_constants_in_so": False}),
}


def compile_all(folder: Path, names: list[str]) -> None:
    """Compiles models, and saves their weights next to them."""
    for name in names:
        torch.manual_seed(11)
        made, options = MODELS[name]
        module, arguments, named, shapes = made()
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.export(module.eval(), arguments, named, dynamic_shapes=shapes)
            torch._inductor.aoti_compile_and_package(
                program, package_path=str(folder / f"{name}.pt2"), inductor_configs=options
            )
        torch.save(module.state_dict(), folder / f"{name}.pt")


if __name__ == "__main__":
    compile_all(Path(sys.argv[1]), sys.argv[2:] or [*MODELS])
