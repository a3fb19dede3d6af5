"""Attention and transformers compute what PyTorch's compute, with each kind of mask."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.nn.layer_cases import arrays, assert_close, gradients, pair, seeded, total, values
from torchffi import nn
from torchffi.errors import DTypeError, ShapeError

MASKS = {
    "none": {},
    "ignored": {"key_padding_mask": np.array([[0, 0, 1, 1, 0], [0, 0, 0, 0, 1]], bool)},
    "bool": {"attn_mask": np.triu(np.ones((5, 5), bool), 1)},
    "causal": {"attn_mask": np.triu(np.full((5, 5), -np.inf, np.float32), 1), "is_causal": True},
    "heads": {"attn_mask": np.arange(100, dtype=np.float32).reshape(4, 5, 5) % 7},
}
MASKS["both"] = {**MASKS["ignored"], **MASKS["bool"]}
MASKS["causal and ignored"] = {
    "attn_mask": MASKS["causal"]["attn_mask"],
    "key_padding_mask": np.array([[0, 0, 0, 0, 0], [0, 0, 0, 1, 1]], np.float32) * -9,
    "is_causal": True,
}


def converted(masks: Any, convert: Any) -> dict[str, Any]:
    return {n: convert(x) if isinstance(x, np.ndarray) else x for n, x in masks.items()}


@pytest.mark.parametrize("options", ["", ", add_bias_kv=True, add_zero_attn=True"])
@pytest.mark.parametrize("need", [False, True])
@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("masks", MASKS)
def test_masks_of_attention(
    torch: Any, ffi_backend: None, masks: str, average: bool, need: bool, options: str
) -> None:
    theirs, ours = pair(torch, f"MultiheadAttention(8, 2{options})")
    [x, y] = arrays(((5, 2, 8), (5, 2, 8)))
    flags = {"need_weights": need, "average_attn_weights": average}
    a, b, c, d = *map(torch.from_numpy, (x, y)), t.asarray(x), t.asarray(y)
    expected = theirs(a, b, b, **flags, **converted(MASKS[masks], torch.from_numpy))
    output = ours(c, d, d, **flags, **converted(MASKS[masks], t.asarray))
    assert (output[1] is None) == (expected[1] is None)
    assert_close(values(output), values(expected))


@pytest.mark.parametrize("need", [False, True])
def test_dropout_of_weights_draws_the_same_numbers(
    torch: Any, ffi_backend: None, need: bool
) -> None:
    theirs, ours = pair(torch, "MultiheadAttention(8, 2, dropout=0.5)")
    [x] = arrays(((5, 3, 8),))
    outputs = []
    for library, layer, y in ((t, ours, t.asarray(x)), (torch, theirs, torch.from_numpy(x))):
        library.manual_seed(8)
        outputs.append(values(layer(y, y, y, need_weights=need)))
    assert_close(*outputs)


@pytest.mark.parametrize(("diagonal", "causal"), [(0, False), (1, True), (2, False)])
def test_encoder_finds_out_whether_a_mask_is_causal(
    backend: str, diagonal: int, causal: bool
) -> None:
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 12), 1)
    seen: list[Any] = []
    encoder.layers[0].register_forward_pre_hook(
        lambda module, args, kwargs: seen.append(kwargs["is_causal"]), with_kwargs=True
    )
    mask = t.asarray(np.triu(np.ones((5, 5), bool), diagonal))
    encoder.eval()(t.zeros((5, 3, 8)), mask)
    assert seen == [causal]


def test_dropout_of_attention_draws_the_same_numbers(torch: Any, ffi_backend: None) -> None:
    theirs, ours = pair(torch, "TransformerEncoderLayer(8, 2, 12, dropout=0.5)")
    [x] = arrays(((5, 3, 8),))
    assert_close(seeded(t, ours, t.asarray(x)), seeded(torch, theirs, torch.from_numpy(x)))


@pytest.mark.parametrize("masks", ["none", "bool", "causal", "ignored", "both"])
@pytest.mark.parametrize("norm", [False, True])
def test_encoder(torch: Any, ffi_backend: None, masks: str, norm: bool) -> None:
    layers = []
    for library, of in ((torch, torch.nn), (t, nn)):
        library.manual_seed(7)
        layer = of.TransformerEncoderLayer(8, 2, 12, 0.1, "gelu")
        with warnings.catch_warnings(action="ignore"):  # PyTorch's about nested tensors
            layers.append(of.TransformerEncoder(layer, 3, of.LayerNorm(8) if norm else None))
    theirs, ours = layers
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    [x] = arrays(((5, 2, 8),))
    names = {"attn_mask": "mask", "key_padding_mask": "src_key_padding_mask"}
    given = {names[n]: value for n, value in MASKS[masks].items() if n in names}
    expected = theirs.eval()(torch.from_numpy(x), **converted(given, torch.from_numpy))
    output = ours.eval()(t.asarray(x), **converted(given, t.asarray))
    assert_close(values(output), values(expected))
    total(expected).backward()
    total(output).backward()
    assert_close(gradients(ours), gradients(theirs))


@pytest.mark.parametrize("options", ["", ", batch_first=True, norm_first=True", ", bias=False"])
@pytest.mark.parametrize("masks", ["none", "bool", "causal", "ignored", "both"])
def test_transformer(torch: Any, ffi_backend: None, masks: str, options: str) -> None:
    with warnings.catch_warnings(action="ignore"):  # PyTorch's about nested tensors
        theirs, ours = pair(torch, f"Transformer(8, 2, 2, 3, 12{options})")
    assert repr(ours) == repr(theirs)
    state, expected_state = ours.state_dict(), theirs.state_dict()
    assert list(state) == list(expected_state)
    for name, tensor in expected_state.items():
        np.testing.assert_array_equal(state[name].numpy(), tensor.numpy(), err_msg=name)
    names = {"attn_mask": "tgt_mask", "key_padding_mask": "tgt_key_padding_mask"}
    given = {names[n]: value for n, value in MASKS[masks].items() if n in names}
    if "key_padding_mask" in MASKS[masks]:
        ignored = MASKS[masks]["key_padding_mask"][:, :4]
        given |= {"src_key_padding_mask": ignored, "memory_key_padding_mask": ignored}
    shapes = ((2, 4, 8), (2, 5, 8)) if "batch" in options else ((4, 2, 8), (5, 2, 8))
    inputs = [
        x.astype(np.float64) for x in arrays(shapes)
    ]  # float32 leaves little of the gradients
    theirs, ours = theirs.double(), ours.double()
    with warnings.catch_warnings(action="ignore"):
        expected = theirs.eval()(
            *map(torch.from_numpy, inputs), **converted(given, torch.from_numpy)
        )
    output = ours.eval()(*map(t.asarray, inputs), **converted(given, t.asarray))
    assert_close(values(output), values(expected), 1e-13)
    total(expected).backward()
    total(output).backward()
    assert_close(gradients(ours), gradients(theirs), 1e-13)


def test_transformer_with_other_parts(backend: str) -> None:
    class Sum(nn.Module):
        def forward(self, first: Any, second: Any = None, **_: Any) -> Any:
            return first * 2 if second is None else first + second

    model = nn.Transformer(3, 1, custom_encoder=Sum(), custom_decoder=Sum())
    assert model(t.ones((2, 1, 3)), t.ones((2, 1, 3))).tolist() == [[[3.0] * 3]] * 2


def test_the_causal_mask(backend: str, torch: Any) -> None:
    expected = torch.nn.Transformer.generate_square_subsequent_mask(4)
    mask = nn.Transformer.generate_square_subsequent_mask(4)
    np.testing.assert_array_equal(mask.numpy(), expected.numpy())
    assert nn.Transformer.generate_square_subsequent_mask(2, "cpu", t.float64).dtype is t.float64


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((4, 2, 8), (5, 3, 8)), "expected as many samples along axis 1"),
        (((4, 2, 7), (5, 2, 7)), "expected 8 features along the last axis"),
    ],
)
def test_wrong_sequences_are_refused(backend: str, shapes: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"Transformer: src has shape .*{message}"):
        nn.Transformer(8, 2, 1, 1, 12)(*map(t.asarray, arrays(shapes)))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((5, 8), (5, 8), (5, 7)), "value has shape"),
        (((5, 3, 8), (5, 1, 8), (5, 1, 8)), "key has shape .* expected 3 samples along axis 1"),
        (((5, 3, 8), (4, 3, 8), (5, 3, 8)), "expected as many keys as values"),
    ],
)
def test_wrong_shapes_are_refused(backend: str, shapes: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=f"MultiheadAttention: .*{message}"):
        nn.MultiheadAttention(8, 2)(*map(t.asarray, arrays(shapes)))


def test_wrong_masks_are_refused(backend: str) -> None:
    layer = nn.MultiheadAttention(8, 2)
    [x] = map(t.asarray, arrays(((5, 3, 8),)))
    with pytest.raises(ShapeError, match=r"attn_mask has shape \(4, 5\), expected \(5, 5\) or"):
        layer(x, x, x, attn_mask=t.zeros((4, 5)))
    with pytest.raises(ShapeError, match=r"key_padding_mask has shape \(5, 3\), expected \(3, 5\)"):
        layer(x, x, x, key_padding_mask=t.zeros((5, 3)))
    with pytest.raises(DTypeError, match="attn_mask: expected bool or a floating-point dtype"):
        layer(x, x, x, attn_mask=t.zeros((5, 5), dtype=t.int64))
