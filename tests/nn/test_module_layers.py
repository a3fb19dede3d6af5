"""Layers have the signatures, initial values, names, outputs and gradients of PyTorch's layers."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest

import torchffi as t
from torchffi import nn
from torchffi.errors import InvalidArgumentError, ShapeError

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
]
CONSTRUCTORS = [constructor for constructor, _ in CASES]
NAMES = sorted({constructor.split("(")[0] for constructor in CONSTRUCTORS})
NAMES += ["TransformerEncoder"]

# These multiply, and then add the mask, where PyTorch calls baddbmm, which rounds once; and their
# gradients are added up in another order. All other layers call the same operators: equal in each bit.
ROUNDED = ("MultiheadAttention", "TransformerEncoderLayer")
TOLERANCE = 1e-6


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


@pytest.mark.parametrize("constructor", CONSTRUCTORS)
def test_parameters_names_and_representation(
    torch: Any, ffi_backend: None, constructor: str
) -> None:
    theirs, ours = pair(torch, constructor)
    assert repr(ours) == repr(theirs)
    expected, state = theirs.state_dict(), ours.state_dict()
    assert list(state) == list(expected)
    assert state._metadata[""] == {"version": theirs._version}
    for name, tensor in expected.items():
        assert str(state[name].dtype) == str(tensor.dtype).removeprefix("torch."), name
        assert state[name].shape == tuple(tensor.shape), name
        np.testing.assert_array_equal(state[name].numpy(), tensor.numpy(), err_msg=name)
    for name, value in vars(theirs).items():
        if name == "activation_relu_or_gelu":
            continue  # says whether PyTorch has a fast path for the layer
        if isinstance(value, (bool, int, float, str, tuple)) and not name.startswith("_"):
            assert getattr(ours, name) == value, name


@pytest.mark.parametrize(("constructor", "shapes"), CASES, ids=CONSTRUCTORS)
def test_outputs_gradients_and_buffers(
    torch: Any, ffi_backend: None, constructor: str, shapes: Any
) -> None:
    theirs, ours = pair(torch, constructor)
    perturbed = {
        name: value + 0.25 if value.is_floating_point() else value
        for name, value in theirs.state_dict().items()
    }
    theirs.load_state_dict(perturbed)
    ours.load_state_dict(perturbed)
    inputs = arrays(shapes)
    limit = TOLERANCE if constructor.startswith(ROUNDED) else 0.0
    for mode in (True, True, False):
        theirs.train(mode)
        ours.train(mode)
        expected = theirs(*map(torch.from_numpy, inputs))
        output = ours(*map(t.asarray, inputs))
        assert_close(values(output), values(expected), limit)
        assert_close(ours.state_dict().values(), theirs.state_dict().values(), limit)
        if any(True for _ in theirs.parameters()):
            theirs.zero_grad()
            ours.zero_grad()
            total(expected).backward()
            total(output).backward()
            assert_close(gradients(ours), gradients(theirs), limit)


@pytest.mark.parametrize(("constructor", "shapes"), CASES, ids=CONSTRUCTORS)
def test_inference_on_numpy(torch: Any, numpy_backend: None, constructor: str, shapes: Any) -> None:
    theirs, ours = pair(torch, constructor)
    ours.load_state_dict(theirs.state_dict())
    inputs = arrays(shapes)
    output = ours.eval()(*map(t.asarray, inputs))
    expected = theirs.eval()(*map(torch.from_numpy, inputs))
    assert_close(values(output), values(expected), 3e-6)


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
    if options and not need and MASKS[masks].get("is_causal") and masks == "causal":
        pytest.skip("PyTorch's kernel takes is_causal for other lengths of the added keys")
    theirs, ours = pair(torch, f"MultiheadAttention(8, 2{options})")
    [x, y] = arrays(((5, 2, 8), (5, 2, 8)))
    flags = {"need_weights": need, "average_attn_weights": average}
    a, b, c, d = *map(torch.from_numpy, (x, y)), t.asarray(x), t.asarray(y)
    expected = theirs(a, b, b, **flags, **converted(MASKS[masks], torch.from_numpy))
    output = ours(c, d, d, **flags, **converted(MASKS[masks], t.asarray))
    assert (output[1] is None) == (expected[1] is None)
    assert_close(values(output), values(expected))


def test_dropout_of_attention_draws_the_same_numbers(torch: Any, ffi_backend: None) -> None:
    theirs, ours = pair(torch, "TransformerEncoderLayer(8, 2, 12, dropout=0.5)")
    [x] = arrays(((5, 3, 8),))
    assert_close(seeded(t, ours, t.asarray(x)), seeded(torch, theirs, torch.from_numpy(x)))


def test_dropout_between_recurrent_layers(torch: Any, ffi_backend: None) -> None:
    theirs, ours = pair(torch, "LSTM(4, 6, 2, dropout=0.5)")
    [x] = arrays(((5, 3, 4),))
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


def test_states_of_lstm(torch: Any, ffi_backend: None) -> None:
    theirs, ours = pair(torch, "LSTM(4, 6, proj_size=3)")
    x, *states = arrays(((5, 2, 4), (1, 2, 3), (1, 2, 6)))
    expected = theirs(torch.from_numpy(x), tuple(map(torch.from_numpy, states)))
    assert_close(values(ours(t.asarray(x), tuple(map(t.asarray, states)))), values(expected))


def test_output_size_of_transposed_convolution(torch: Any, ffi_backend: None) -> None:
    theirs, ours = pair(torch, "ConvTranspose2d(4, 6, 3, stride=2, padding=1)")
    [x] = arrays(((2, 4, 5, 6),))
    for size in ((9, 12), (2, 6, 10, 11)):
        expected = theirs(torch.from_numpy(x), output_size=list(size))
        assert_close(values(ours(t.asarray(x), output_size=size)), values(expected))
    with pytest.raises(ShapeError, match=r"ConvTranspose2d: output_size is \[11, 12\]"):
        ours(t.asarray(x), output_size=(11, 12))


# PyTorch's class takes any arguments and finds out what they mean; these are its overloads.
STATED = {
    "GRU": "num_layers bias batch_first dropout bidirectional device dtype",
    "LSTM": "num_layers bias batch_first dropout bidirectional proj_size device dtype",
    "RNN": "num_layers nonlinearity bias batch_first dropout bidirectional device dtype",
}


@pytest.mark.parametrize("name", NAMES)
def test_signature(torch: Any, name: str) -> None:
    ours = inspect.signature(getattr(nn, name)).parameters
    if name in STATED:
        assert list(ours) == ["input_size", "hidden_size", *STATED[name].split()]
        return
    theirs = inspect.signature(getattr(torch.nn, name)).parameters
    assert list(ours) == list(theirs)
    for one, other in zip(ours.values(), theirs.values(), strict=True):
        assert one.kind == other.kind
        if callable(other.default) and other.default is not inspect.Parameter.empty:
            assert one.default is getattr(nn.functional, other.default.__name__)
        else:
            assert one.default == other.default


@pytest.mark.parametrize(
    ("constructor", "message"),
    [
        ("Conv1d(4, 6, 3, groups=3)", "Conv1d: groups is 3 for 4 and 6 channels"),
        ("Conv2d(4, 6, 3, padding='full')", "Conv2d: padding is 'full'"),
        ("Conv2d(4, 6, 3, 2, padding='same')", "Conv2d: padding is 'same' with stride"),
        ("Conv2d(4, 6, 3, padding_mode='zero')", "Conv2d: padding_mode is 'zero'"),
        ("Conv2d(4, 6, (3, 3, 3))", "Conv2d: kernel_size is"),
        ("ConvTranspose1d(4, 6, 3, padding_mode='reflect')", "ConvTranspose1d: padding_mode is"),
        ("GroupNorm(3, 4)", "GroupNorm: num_groups is 3 for 4 channels"),
        ("LSTM(4, 0)", "LSTM: hidden_size is 0"),
        ("LSTM(4, 6, proj_size=6)", "LSTM: proj_size is 6"),
        ("GRU(4, 6, dropout=2)", "GRU: dropout is 2"),
        ("RNN(4, 6, nonlinearity='elu')", "RNN: nonlinearity is 'elu'"),
        ("RNNCell(4, 6, nonlinearity='elu')", "RNNCell: nonlinearity is 'elu'"),
        ("MultiheadAttention(8, 3)", "MultiheadAttention: num_heads is 3"),
        (
            "TransformerEncoderLayer(8, 2, activation='elu')",
            "TransformerEncoderLayer: activation is",
        ),
    ],
)
def test_wrong_options_are_refused(constructor: str, message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        eval(f"nn.{constructor}", {"nn": nn})


@pytest.mark.parametrize(
    ("constructor", "shapes", "message"),
    [
        ("BatchNorm2d(4)", ((2, 4, 3),), r"BatchNorm2d: input has shape \(2, 4, 3\), expected 4"),
        ("InstanceNorm1d(4, affine=True)", ((2, 5, 3),), "InstanceNorm1d: input has shape"),
        ("LSTM(4, 6)", ((5, 3, 5),), "LSTM: input has shape"),
        (
            "GRU(4, 6)",
            ((5, 3, 4), (1, 2, 6)),
            r"GRU: hx has shape \(1, 2, 6\), expected \(1, 3, 6\)",
        ),
        ("GRUCell(4, 6)", ((3, 4), (2, 6)), r"GRUCell: hx has shape \(2, 6\), expected \(3, 6\)"),
        ("MultiheadAttention(8, 2)", ((5, 8), (5, 8), (5, 7)), "MultiheadAttention: value has"),
    ],
)
def test_wrong_shapes_are_refused(
    backend: str, constructor: str, shapes: Any, message: str
) -> None:
    layer = eval(f"nn.{constructor}", {"nn": nn})
    with pytest.raises(ShapeError, match=message):
        layer(*map(t.asarray, arrays(shapes)))
