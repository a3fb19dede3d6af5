"""Modules without initial values: nothing is drawn for them."""

from __future__ import annotations

from typing import Any

import pytest

import torchffi
from torchffi import nn
from torchffi.nn.utils import skip_init


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.layer = nn.Embedding(5, 4, padding_idx=0), nn.Linear(4, 3)
        self.norm, self.way = nn.LayerNorm(4), nn.Conv1d(2, 3, 3)


def test_nothing_is_drawn(backend: str) -> None:
    torchffi.manual_seed(3)
    expected = torchffi.randn(4).numpy()
    torchffi.manual_seed(3)
    module = skip_init(Pair)
    assert (torchffi.randn(4).numpy() == expected).all()
    torchffi.manual_seed(3)
    drawn = Pair()
    assert (torchffi.randn(4).numpy() != expected).any()
    assert [(n, x.shape) for n, x in module.state_dict().items()] == [
        (n, x.shape) for n, x in drawn.state_dict().items()
    ]
    module.load_state_dict(drawn.state_dict())
    ids = torchffi.asarray([[1, 4]])
    assert torchffi.all(module.layer(module.table(ids)) == drawn.layer(drawn.table(ids)))


def test_names_and_shapes_are_those_of_pytorch(ffi_backend: None, torch: Any) -> None:
    for name, sizes in (("Linear", (3, 4)), ("LayerNorm", (5,)), ("Embedding", (7, 2))):
        ours = skip_init(getattr(nn, name), *sizes)
        theirs = torch.nn.utils.skip_init(getattr(torch.nn, name), *sizes)
        assert [(n, tuple(p.shape), p.requires_grad) for n, p in ours.named_parameters()] == [
            (n, tuple(p.shape), p.requires_grad) for n, p in theirs.named_parameters()
        ]


def test_later_modules_have_values_also_after_an_error(backend: str) -> None:
    with pytest.raises(TypeError):
        skip_init(nn.Linear, 3)
    assert torchffi.all(nn.LayerNorm(100).weight == 1)
    torchffi.manual_seed(1)
    before = torchffi.randn(3).numpy()
    torchffi.manual_seed(1)
    nn.Linear(30, 30)
    assert (torchffi.randn(3).numpy() != before).any()
