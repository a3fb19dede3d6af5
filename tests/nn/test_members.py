"""Members of modules are found by the class, and each instance keeps its own, as in PyTorch."""

from __future__ import annotations

from typing import Any

import pytest

import torchffi
from torchffi import nn


def make(library: Any) -> Any:
    """A new class of modules that takes its members as arguments."""

    class Part(library.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, **members: Any) -> None:
            super().__init__()
            for name, value in members.items():
                setattr(self, name, value)

    return Part


@pytest.fixture(params=["torchffi", "torch"])
def library(request: pytest.FixtureRequest, ffi_backend: None, torch: Any) -> Any:
    """torchffi and PyTorch: both behave as these tests say."""
    return torchffi if request.param == "torchffi" else torch


def test_instances_of_a_class_have_their_own_members(library: Any) -> None:
    part, inner = make(library), [library.nn.Linear(2, 2) for _ in range(2)]
    first, second, without = part(x=inner[0]), part(x=inner[1]), part()
    assert first.x is inner[0] and second.x is inner[1]
    assert not hasattr(without, "x") and "x" not in dir(without) and "x" in dir(first)
    with pytest.raises(AttributeError, match="'Part' object has no attribute 'x'"):
        without.x  # noqa: B018


def test_a_name_may_be_of_another_kind_in_another_instance(library: Any) -> None:
    part, parameter = make(library), library.nn.Parameter(library.ones(2))
    module, buffer = library.nn.ReLU(), library.ones(3)
    instances = [part(x=parameter), part(x=module), part(), part(x=5)]
    instances[2].register_buffer("x", buffer)
    assert instances[0].x is parameter and instances[1].x is module
    assert instances[2].x is buffer and instances[3].x == 5


def test_a_deleted_member_is_gone_and_may_become_an_ordinary_attribute(library: Any) -> None:
    layer, other = library.nn.Linear(2, 2), library.nn.Linear(2, 2)
    weight = other.weight
    del layer.weight
    assert not hasattr(layer, "weight") and "weight" not in dir(layer)
    layer.weight = library.ones((2, 2))  # computed, as by a reparametrization
    assert layer.weight.sum() == 4 and list(layer.state_dict()) == ["bias"]
    assert layer(library.zeros((1, 2))).shape == (1, 2) and other.weight is weight


def test_replacing_a_member_in_its_table_is_seen(library: Any) -> None:
    part, new = make(library)(x=library.nn.ReLU()), library.nn.Tanh()
    part._modules["x"] = new
    assert part.x is new


def test_a_property_may_use_a_member(library: Any) -> None:
    class Part(library.nn.Module):  # type: ignore[misc, name-defined]
        @property
        def doubled(self) -> Any:
            return self.scale * 2

    part = Part()
    part.scale = library.nn.Parameter(library.ones(2))
    assert part.doubled.sum() == 4


def test_a_plain_module_leaves_the_base_class_alone() -> None:
    names = set(vars(nn.Module))
    module = nn.Module()
    module.anything = nn.ReLU()
    assert isinstance(module.anything, nn.ReLU) and set(vars(nn.Module)) == names


def test_the_ordinary_search_finds_members(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.Embedding(3, 3))
    found = [one.weight for one in layer]
    part = make(torchffi)(inner=layer)
    monkeypatch.delattr(nn.Module, "__getattr__")
    assert all(one.weight is weight for one, weight in zip(layer, found, strict=True))
    assert part.inner is layer
