"""Layers to compare with PyTorch's, their inputs, and the comparison."""

from __future__ import annotations

from typing import Any

import numpy as np

import torchffi as t

# The constructor of a layer, and the shapes of its inputs.
CASES: list[tuple[str, tuple[tuple[int, ...], ...]]] = [
    ("Conv1d(4, 6, 3)", ((2, 4, 9),)),
    ("Conv1d(4, 6, 3, stride=2, padding=1, bias=False)", ((4, 9),)),
    ("Conv1d(4, 6, 4, padding='same', padding_mode='circular')", ((2, 4, 9),)),
    ("Conv2d(4, 6, (3, 2), padding=(1, 0), dilation=2, groups=2)", ((2, 4, 9, 8),)),
    ("Conv2d(4, 6, 3, padding='same')", ((2, 4, 9, 8),)),
    ("Conv2d(4, 6, 3, padding='valid')", ((2, 4, 9, 8),)),
    ("Conv2d(4, 6, 3, padding=(1, 2), padding_mode='reflect')", ((2, 4, 9, 8),)),
    ("Conv2d(4, 6, (4, 3), padding='same', padding_mode='replicate')", ((2, 4, 9, 8),)),
    ("Conv3d(4, 6, 2, stride=(1, 2, 1))", ((2, 4, 3, 4, 5),)),
    ("ConvTranspose1d(4, 6, 3, 2, 1, 1)", ((2, 4, 9),)),
    ("ConvTranspose2d(4, 6, 3, stride=2, groups=2, bias=False, dilation=2)", ((2, 4, 5, 6),)),
    ("MaxPool1d(3)", ((2, 4, 9),)),
    ("MaxPool1d(3, 2, 1, return_indices=True)", ((2, 4, 9),)),
    ("MaxPool2d(2, padding=1, ceil_mode=True)", ((2, 4, 9, 8),)),
    ("MaxPool2d((3, 2), dilation=2)", ((2, 4, 9, 8),)),
    ("AvgPool1d(3, padding=1, count_include_pad=False)", ((2, 4, 9),)),
    ("AvgPool1d(2, 3)", ((2, 4, 9),)),
    ("AvgPool2d((3, 2), ceil_mode=True)", ((2, 4, 9, 8),)),
    ("AvgPool2d(2, 1, divisor_override=3)", ((2, 4, 9, 8),)),
    ("AvgPool2d(3, 2, padding=1, count_include_pad=False)", ((2, 4, 9, 8),)),
    ("AdaptiveAvgPool1d(4)", ((2, 4, 9),)),
    ("AdaptiveAvgPool2d((None, 3))", ((2, 4, 9, 8),)),
    ("AdaptiveMaxPool1d(4, return_indices=True)", ((2, 4, 9),)),
    ("AdaptiveMaxPool2d(3)", ((2, 4, 9, 8),)),
    ("BatchNorm1d(4)", ((5, 4),)),
    ("BatchNorm1d(4, momentum=None)", ((5, 4, 3),)),
    ("BatchNorm1d(4, track_running_stats=False)", ((5, 4),)),
    ("BatchNorm2d(4, affine=False, momentum=0.3)", ((2, 4, 3, 5),)),
    ("BatchNorm2d(4, bias=False)", ((2, 4, 3, 5),)),
    ("BatchNorm3d(4, eps=1e-3)", ((2, 4, 3, 5, 2),)),
    ("InstanceNorm1d(4)", ((2, 4, 5),)),
    ("InstanceNorm1d(4, affine=True, track_running_stats=True)", ((2, 4, 5),)),
    ("InstanceNorm2d(4, affine=True)", ((4, 5, 3),)),
    ("LayerNorm(6)", ((2, 3, 6),)),
    ("LayerNorm((3, 6), bias=False)", ((2, 3, 6),)),
    ("LayerNorm([6], elementwise_affine=False, eps=1e-3)", ((2, 3, 6),)),
    ("GroupNorm(2, 4)", ((2, 4, 5),)),
    ("GroupNorm(4, 4, affine=False)", ((2, 4, 5),)),
    ("RMSNorm(6)", ((2, 3, 6),)),
    ("RMSNorm((3, 6), eps=1e-3, elementwise_affine=False)", ((2, 3, 6),)),
    ("LocalResponseNorm(3)", ((2, 4, 5),)),
    ("RNN(4, 6)", ((5, 3, 4),)),
    ("RNN(4, 6, 2, 'relu', bidirectional=True)", ((5, 3, 4), (4, 3, 6))),
    ("GRU(4, 6, num_layers=2, batch_first=True)", ((3, 5, 4),)),
    ("GRU(4, 6, bias=False, bidirectional=True)", ((5, 4), (2, 6))),
    ("LSTM(4, 6, 2, bidirectional=True)", ((5, 3, 4),)),
    ("LSTM(4, 6, proj_size=3, num_layers=2, dropout=0.0)", ((5, 3, 4),)),
    ("LSTM(4, 6, bias=False, batch_first=True)", ((5, 4),)),
    ("RNNCell(4, 6, nonlinearity='relu')", ((3, 4), (3, 6))),
    ("RNNCell(4, 6, bias=False)", ((4,),)),
    ("GRUCell(4, 6)", ((3, 4),)),
    ("LSTMCell(4, 6)", ((3, 4),)),
    ("LSTMCell(4, 6, bias=False)", ((4,),)),
    ("MultiheadAttention(8, 2)", ((5, 3, 8), (4, 3, 8), (4, 3, 8))),
    ("MultiheadAttention(8, 2, bias=False, kdim=6, vdim=5)", ((5, 3, 8), (4, 3, 6), (4, 3, 5))),
    ("MultiheadAttention(8, 4, batch_first=True, kdim=6)", ((3, 5, 8), (3, 4, 6), (3, 4, 8))),
    ("MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True)", ((5, 8),) * 3),
    ("TransformerEncoderLayer(8, 2, 12, dropout=0.0)", ((5, 3, 8),)),
    ("TransformerEncoderLayer(8, 2, 12, 0.0, 'gelu', norm_first=True)", ((5, 8),)),
    ("TransformerEncoderLayer(8, 4, 12, 0.0, batch_first=True, bias=False)", ((3, 5, 8),)),
    ("TransformerDecoderLayer(8, 2, 12, dropout=0.0)", ((5, 3, 8), (4, 3, 8))),
    ("TransformerDecoderLayer(8, 2, 12, 0.0, 'gelu', norm_first=True)", ((5, 8), (4, 8))),
    (
        "TransformerDecoderLayer(8, 4, 12, 0.0, batch_first=True, bias=False)",
        ((3, 5, 8), (3, 4, 8)),
    ),
]
CONSTRUCTORS = [constructor for constructor, _ in CASES]
NAMES = sorted({constructor.split("(")[0] for constructor in CONSTRUCTORS})
NAMES += ["TransformerEncoder", "TransformerDecoder", "Transformer"]

# These multiply, and then add the mask, where PyTorch calls baddbmm, which rounds once; and their
# gradients are added up in another order. All other layers call the same operators: equal in each bit.
TOLERANCE = 1e-6
ROUNDED = {
    "MultiheadAttention": TOLERANCE,
    "TransformerEncoderLayer": TOLERANCE,
    # Its gradients are small differences: test_transformer() compares them in float64.
    "TransformerDecoderLayer": 2e-5,
}


def pair(torch: Any, constructor: str) -> tuple[Any, Any]:
    """The layer of PyTorch, and ours, made with the same seed; both may share a generator."""
    layers = []
    for library in (torch, t):
        library.manual_seed(7)
        layers.append(eval(f"nn.{constructor}", {"nn": library.nn}))
    return layers[0], layers[1]


def seeded(library: Any, layer: Any, *inputs: Any) -> list[Any]:
    """The output, with draws from the start of a seed."""
    library.manual_seed(8)
    return values(layer(*inputs))


def arrays(shapes: Any) -> list[Any]:
    draw = np.random.default_rng(3)
    return [draw.normal(size=shape).astype(np.float32) for shape in shapes]


def flat(result: Any) -> list[Any]:
    """The tensors of a result."""
    if isinstance(result, tuple):
        return [tensor for one in result for tensor in flat(one)]
    return [] if result is None else [result]


def values(result: Any) -> list[Any]:
    return [np.asarray(one.detach().numpy()) for one in flat(result)]


def assert_close(got: Any, expected: Any, limit: float = TOLERANCE) -> None:
    """Compares results; the limit is relative to the largest element of each."""
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        x, y = np.asarray(one), np.asarray(other)
        scale = max(1.0, float(abs(y).max()))
        np.testing.assert_allclose(x, y, rtol=limit, atol=limit * scale)


def total(result: Any) -> Any:
    """A number that depends on all outputs in different ways."""
    floats = [one for one in flat(result) if "float" in str(one.dtype)]
    return sum(((one * one).sum() + one.sum() for one in floats[1:]), (floats[0] * floats[0]).sum())


def gradients(layer: Any) -> list[Any]:
    return [parameter.grad.numpy() for parameter in layer.parameters()]
