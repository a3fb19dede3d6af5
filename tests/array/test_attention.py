"""Scaled dot product attention, on both backends, compared with PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.array.layers import assert_close, random_values
from tests.support import (
    FLOATS,
    inf,
)

pytestmark = pytest.mark.filterwarnings("error")

MASKS = ["none", "bool", "float", "row", "broadcast", "causal"]


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_attention_computes_what_torch_computes(
    batch: tuple[int, ...], mask: str, name: str, backend: str, torch: Any
) -> None:
    q, k, v = (random_values((*batch, n, m), name, n) for n, m in ((4, 8), (5, 8), (5, 6)))
    bools = random_values((*batch, 4, 5)) > 0
    bools[..., 0] = True  # an empty row is tested separately
    masks = {
        "bool": bools,
        "float": random_values((*batch, 4, 5), name),
        "row": bools[..., :1, :],
        "broadcast": bools[(0,) * len(batch)],
    }
    ours: dict[str, Any] = {
        "is_causal": mask == "causal",
        "scale": 0.3 if mask == "float" else None,
    }
    theirs = dict(ours)
    if mask in masks:
        ours["attn_mask"] = t.asarray(masks[mask].copy())
        wide = masks[mask] if masks[mask].dtype == bool else masks[mask].astype("float64")
        theirs["attn_mask"] = torch.from_numpy(wide.copy())
    function = torch.nn.functional.scaled_dot_product_attention
    expected = function(*(torch.from_numpy(x.astype("float64")) for x in (q, k, v)), **theirs)
    actual = t.nn.scaled_dot_product_attention(*map(t.asarray, (q, k, v)), **ours)
    assert_close(actual, expected, name)


@pytest.mark.parametrize("kind", ["bool", "float"])
@pytest.mark.parametrize("batch", [(), (2, 3)])
def test_attention_of_a_fully_masked_query_matches_torch(
    batch: tuple[int, ...], kind: str, backend: str, torch: Any
) -> None:
    x = random_values((*batch, 4, 8), "float32")
    mask = np.ones((4, 4), bool)
    mask[1] = False
    if kind == "float":
        mask = np.where(mask, 0, -inf).astype("float32")
    xs = (torch.from_numpy(x),) * 3
    expected = torch.nn.functional.scaled_dot_product_attention(*xs, torch.from_numpy(mask))
    actual = t.nn.scaled_dot_product_attention(*(t.asarray(x),) * 3, t.asarray(mask))
    assert_close(actual, expected, "float32")


@pytest.mark.parametrize("shape", [(0, 8), (4, 0), (2, 0, 8)])
def test_attention_of_nothing_keeps_the_shape(shape: tuple[int, ...], backend: str) -> None:
    x = t.ones(shape)
    assert t.nn.scaled_dot_product_attention(x, x, x).shape == shape


@pytest.mark.parametrize(
    ("shapes", "mask"),
    [
        (((4,), (4,), (4,)), None),
        (((4, 8), (5, 7), (5, 6)), None),
        (((4, 8), (5, 8), (6, 6)), None),
        (((2, 4, 8), (5, 8), (5, 6)), None),
        (((4, 8), (5, 8), (5, 6)), (4, 4)),
        (((4, 8), (5, 8), (5, 6)), (2, 4, 5)),
    ],
)
def test_attention_of_shapes_that_do_not_fit_is_a_value_error_that_shows_them(
    shapes: Any, mask: Any, backend: str
) -> None:
    q, k, v = (t.ones(shape) for shape in shapes)
    shown = shapes[0] if mask is None else mask
    with pytest.raises(ValueError, match="scaled_dot_product_attention: ") as raised:
        t.nn.scaled_dot_product_attention(q, k, v, None if mask is None else t.ones(mask))
    assert str(shown) in str(raised.value)


def test_attention_takes_a_mask_or_is_causal(backend: str) -> None:
    x = t.ones((4, 8))
    with pytest.raises(ValueError, match="attn_mask and is_causal exclude each other"):
        t.nn.scaled_dot_product_attention(x, x, x, t.ones((4, 4)), is_causal=True)
