"""Recurrent layers compute what PyTorch's layers compute, with the same gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import torchffi as t
from torchffi.nn import _recurrent

# Arguments of PyTorch's layer, and the shape of the input.
CASES: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    (kind, options, shape)
    for kind in ("LSTM", "GRU", "RNN")
    for options, shape in [
        ({}, (5, 3, 4)),
        ({"num_layers": 2, "bidirectional": True}, (5, 3, 4)),
        ({"batch_first": True, "bias": False}, (3, 5, 4)),
        ({"num_layers": 3, "batch_first": True}, (5, 4)),
        ({"bidirectional": True}, (5, 4)),
        ({}, (1, 1, 4)),
    ]
]
CASES += [
    ("RNN", {"nonlinearity": "relu", "num_layers": 2}, (5, 3, 4)),
    ("LSTM", {"proj_size": 2, "num_layers": 2}, (5, 3, 4)),
    ("LSTM", {"proj_size": 2, "bidirectional": True, "batch_first": True}, (3, 5, 4)),
]


def layer_and_operands(torch: Any, kind: str, options: Any, shape: Any) -> tuple[Any, list[Any]]:
    """PyTorch's layer in float64, its input, and its first states."""
    torch.manual_seed(3)
    layer = getattr(torch.nn, kind)(4, 6, dtype=torch.float64, **options)
    ways = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    batch = shape[0 if options.get("batch_first") else 1] if len(shape) == 3 else None
    states = [(ways, batch, options.get("proj_size", 6)), (ways, batch, 6)][: 1 + (kind == "LSTM")]
    draw = np.random.default_rng(2)
    arrays = [draw.normal(size=[n for n in one if n is not None]) for one in (shape, *states)]
    return layer, arrays


def ours(layer: Any, kind: str, operands: list[Any], weights: list[Any], train: bool) -> list[Any]:
    name = f"rnn_{layer.nonlinearity}" if kind == "RNN" else kind.lower()
    state = operands[1:] if kind == "LSTM" else operands[1]
    return list(
        getattr(_recurrent, name)(
            operands[0], state, weights, layer.bias, layer.num_layers, layer.dropout, train,
            layer.bidirectional, layer.batch_first,
        )
    )  # fmt: skip


def theirs(layer: Any, kind: str, operands: list[Any]) -> list[Any]:
    output, states = layer(operands[0], tuple(operands[1:]) if kind == "LSTM" else operands[1])
    return [output, *states] if kind == "LSTM" else [output, states]


@pytest.mark.parametrize(("kind", "options", "shape"), CASES)
def test_layers_compute_what_pytorch_computes(
    kind: str, options: Any, shape: Any, backend: str, torch: Any
) -> None:
    layer, arrays = layer_and_operands(torch, kind, options, shape)
    expected = theirs(layer, kind, [torch.from_numpy(one) for one in arrays])
    weights = [t.from_numpy(one.detach().numpy()) for one in layer.parameters()]
    found = ours(layer, kind, [t.from_numpy(one) for one in arrays], weights, False)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.backend == backend
        np.testing.assert_allclose(
            a.numpy(), b.detach().numpy(), rtol=0 if backend == "ffi" else 1e-12, atol=1e-15
        )


@pytest.mark.parametrize(("kind", "options", "shape"), CASES)
def test_gradients_are_those_of_pytorch(
    kind: str, options: Any, shape: Any, ffi_backend: None, torch: Any
) -> None:
    layer, arrays = layer_and_operands(torch, kind, options, shape)
    leaves = [torch.from_numpy(one).requires_grad_() for one in arrays]
    output = theirs(layer, kind, leaves)
    sum((one * one).sum() for one in output).backward()
    expected = [one.grad.numpy() for one in (*leaves, *layer.parameters())]
    own = [t.from_numpy(one.copy()).requires_grad_() for one in arrays]
    weights = [
        t.from_numpy(one.detach().numpy().copy()).requires_grad_() for one in layer.parameters()
    ]
    total: Any = sum((one * one).sum() for one in ours(layer, kind, own, weights, True))
    total.backward()
    for a, b in zip([*own, *weights], expected, strict=True):
        assert a.grad is not None
        np.testing.assert_allclose(a.grad.numpy(), b, rtol=1e-9, atol=1e-12)


def test_dropout_between_layers_is_that_of_pytorch(ffi_backend: None, torch: Any) -> None:
    layer, arrays = layer_and_operands(torch, "GRU", {"num_layers": 3, "dropout": 0.4}, (5, 3, 4))
    weights = [t.from_numpy(one.detach().numpy()) for one in layer.parameters()]
    torch.manual_seed(8)
    expected = theirs(layer, "GRU", [torch.from_numpy(one) for one in arrays])
    t.manual_seed(8)
    found = ours(layer, "GRU", [t.from_numpy(one) for one in arrays], weights, True)
    np.testing.assert_allclose(found[0].numpy(), expected[0].detach().numpy(), rtol=1e-12)


def test_dropout_between_layers_on_numpy(numpy_backend: None, torch: Any) -> None:
    layer, arrays = layer_and_operands(torch, "GRU", {"num_layers": 2, "dropout": 0.5}, (5, 3, 4))
    weights = [t.from_numpy(one.detach().numpy()) for one in layer.parameters()]
    operands = [t.from_numpy(one) for one in arrays]
    plain = ours(layer, "GRU", operands, weights, False)[0].numpy()
    t.manual_seed(1)
    first = ours(layer, "GRU", operands, weights, True)[0].numpy()
    t.manual_seed(1)
    np.testing.assert_array_equal(first, ours(layer, "GRU", operands, weights, True)[0].numpy())
    assert np.abs(first - plain).max() > 1e-3


@pytest.mark.parametrize("kind", ["lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell"])
@pytest.mark.parametrize("biased", [True, False])
def test_cells_compute_what_pytorch_computes(
    kind: str, biased: bool, backend: str, torch: Any
) -> None:
    draw = np.random.default_rng(1)
    gates = {"lstm_cell": 4, "gru_cell": 3}.get(kind, 1)
    shapes = [(gates * 5, 4), (gates * 5, 5)] + [(gates * 5,)] * 2 * biased
    x, *states = (draw.normal(size=(3, n)) for n in (4, 5, 5))
    weights = [draw.normal(size=one) for one in shapes]
    give = torch.from_numpy
    state = [give(one) for one in states] if kind == "lstm_cell" else give(states[0])
    expected = getattr(torch, kind)(give(x), state, *map(give, weights))
    mine = [t.from_numpy(one) for one in states]
    rest = [t.from_numpy(one) for one in weights]
    if kind == "lstm_cell":
        found = _recurrent.lstm_cell(t.from_numpy(x), mine, *rest)
        pairs = list(zip(found, expected, strict=True))
    else:
        pairs = [(_recurrent.cell(kind, t.from_numpy(x), mine[0], *rest), expected)]
    for a, b in pairs:
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ["gru", "rnn_tanh"])
def test_shapes_that_do_not_fit_are_value_errors(name: str, backend: str) -> None:
    gates = {"gru": 3}.get(name, 1)
    weights = [t.ones((gates * 5, 4)), t.ones((gates * 5, 5))]
    run = getattr(_recurrent, name)
    for x, state in (((6, 2, 4), (2, 2, 5)), ((6, 2, 4), (1, 3, 5)), ((6, 2, 3), (1, 2, 5))):
        with pytest.raises(ValueError, match=f"^{name}: "):
            run(t.ones(x), t.ones(state), weights, False, 1, 0.0, False, False, False)
