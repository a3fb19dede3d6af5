"""ATen operators on NumPy: recurrent layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from torchffi._aten.numpy_calls import Function, of_arrays
from torchffi._numpy.checks import Raw
from torchffi._numpy.creation import rand
from torchffi._numpy.special import sigmoid
from torchffi.dtypes import float64
from torchffi.errors import ShapeError

# A step takes the product of the input, the states, the weights of the hidden state and their bias. It
# returns the next states, of which the first is the output.
_Step = Callable[[Raw, Sequence[Raw], Raw, Any], tuple[Raw, ...]]


def _biased(product: Raw, bias: Any) -> Raw:
    return product if bias is None else product + bias


def _lstm_step(inputs: Raw, states: Sequence[Raw], weight: Raw, bias: Any) -> tuple[Raw, ...]:
    gates = inputs + _biased(states[0] @ weight.T, bias)
    enter, forget, new, leave = np.split(gates, 4, -1)
    cell = sigmoid(forget) * states[1] + sigmoid(enter) * np.tanh(new)
    return sigmoid(leave) * np.tanh(cell), cell


def _gru_step(inputs: Raw, states: Sequence[Raw], weight: Raw, bias: Any) -> tuple[Raw, ...]:
    (hidden,) = states
    own = np.split(_biased(hidden @ weight.T, bias), 3, -1)
    reset, update, new = np.split(inputs, 3, -1)
    candidate = np.tanh(new + sigmoid(reset + own[0]) * own[2])
    stays = sigmoid(update + own[1])
    return ((hidden - candidate) * stays + candidate,)


def _plain_step(activation: Callable[[Raw], Raw]) -> _Step:
    def step(inputs: Raw, states: Sequence[Raw], weight: Raw, bias: Any) -> tuple[Raw, ...]:
        return (activation(inputs + _biased(states[0] @ weight.T, bias)),)

    return step


def _relu(x: Raw) -> Raw:
    return np.maximum(x, 0)


def _direction(
    step: _Step, x: Raw, states: Sequence[Raw], weights: Sequence[Any], backwards: bool
) -> tuple[Raw, Sequence[Raw]]:
    """The outputs of a layer in one direction, of shape (steps, n, out), and the last states."""
    w_ih, w_hh, b_ih, b_hh, *projection = weights
    if x.shape[-1] != w_ih.shape[1]:
        raise ShapeError(f"weights of shape {w_ih.shape} for an input of shape {x.shape}")
    inputs = _biased(x @ w_ih.T, b_ih)
    outputs: list[Any] = [None] * len(x)
    for i in reversed(range(len(x))) if backwards else range(len(x)):
        states = step(inputs[i], states, w_hh, b_hh)
        if projection:
            states = (states[0] @ projection[0].T, *states[1:])
        outputs[i] = states[0]
    return np.stack(outputs), states


def _layers(step: _Step) -> Callable[..., tuple[Raw, ...]]:
    def run(
        x: Raw,
        hx: Any,
        params: Sequence[Raw],
        biases: bool,
        layers: int,
        dropout: float,
        train: bool,
        both: bool,
        batch_first: bool,
    ) -> tuple[Raw, ...]:
        given = list(hx) if isinstance(hx, list) else [hx]
        if batch_first and x.ndim == 3:
            x = x.swapaxes(0, 1)
        ways = 2 if both else 1
        if x.ndim != 3 or any(one.shape[:2] != (layers * ways, x.shape[1]) for one in given):
            raise ShapeError(
                f"hx has shape {given[0].shape} for an input of shape {x.shape}, {layers} layers and "
                f"{ways} directions"
            )
        if not len(x):
            raise ShapeError(f"input has shape {x.shape}, expected at least one step")
        each = len(params) // (layers * ways)
        finals: list[Sequence[Raw]] = []
        for layer in range(layers):
            outputs = []
            for way in range(ways):
                at = layer * ways + way
                own: list[Any] = list(params[at * each : (at + 1) * each])
                own[2:2] = [] if biases else [None, None]
                output, last = _direction(step, x, [one[at] for one in given], own, way == 1)
                outputs.append(output)
                finals.append(last)
            x = np.concatenate(outputs, -1)
            if train and dropout and layer < layers - 1:
                stays = rand(x.shape, x.ndim, float64.code, -1) >= dropout
                x = x * (stays / (1 - dropout) if dropout < 1 else stays * 0).astype(x.dtype)
        ends = [np.stack(one) for one in zip(*finals, strict=True)]
        return (np.ascontiguousarray(x.swapaxes(0, 1)) if batch_first else x, *ends)

    return run


def _cell(step: _Step) -> Callable[..., Any]:
    def run(
        x: Raw, hx: Any, w_ih: Raw, w_hh: Raw, b_ih: Raw | None = None, b_hh: Raw | None = None
    ) -> Any:
        states = step(_biased(x @ w_ih.T, b_ih), hx if isinstance(hx, list) else [hx], w_hh, b_hh)
        return states if len(states) > 1 else states[0]

    return run


_STEPS: Final[dict[str, _Step]] = {
    "lstm": _lstm_step,
    "gru": _gru_step,
    "rnn_tanh": _plain_step(np.tanh),
    "rnn_relu": _plain_step(_relu),
}
TABLE: Final[dict[str, Function]] = {
    **{f"{name}.input": of_arrays(_layers(step)) for name, step in _STEPS.items()},
    **{f"{name}_cell": of_arrays(_cell(step)) for name, step in _STEPS.items()},
}
