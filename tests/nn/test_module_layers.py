"""Layers have the signatures, initial values, names, outputs and gradients of PyTorch's layers."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import torchffi as t
from tests.nn.layer_cases import (
    CASES,
    CONSTRUCTORS,
    NAMES,
    ROUNDED,
    arrays,
    assert_close,
    gradients,
    pair,
    seeded,
    total,
    values,
)
from torchffi import nn
from torchffi.errors import InvalidArgumentError, ShapeError


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
    limit = ROUNDED.get(constructor.partition("(")[0], 0.0)
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


def test_dropout_between_recurrent_layers(torch: Any, ffi_backend: None) -> None:
    theirs, ours = pair(torch, "LSTM(4, 6, 2, dropout=0.5)")
    [x] = arrays(((5, 3, 4),))
    assert_close(seeded(t, ours, t.asarray(x)), seeded(torch, theirs, torch.from_numpy(x)))


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
    ],
)
def test_wrong_shapes_are_refused(
    backend: str, constructor: str, shapes: Any, message: str
) -> None:
    layer = eval(f"nn.{constructor}", {"nn": nn})
    with pytest.raises(ShapeError, match=message):
        layer(*map(t.asarray, arrays(shapes)))
