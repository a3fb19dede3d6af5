"""Recurrent layers over whole sequences.

Source: the ATen operators named at each function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from torchffi._array.manipulation import expand_dims, squeeze
from torchffi._core.tensor import Tensor
from torchffi.nn._arguments import operator, operators

_lstm: Final = operators("lstm", "lstm.input")
_gru: Final = operators("gru", "gru.input")
_rnn_tanh: Final = operators("rnn_tanh", "rnn_tanh.input")
_rnn_relu: Final = operators("rnn_relu", "rnn_relu.input")
_CELLS: Final = {name: operator(name) for name in ("gru_cell", "rnn_tanh_cell", "rnn_relu_cell")}
_lstm_cell: Final = operators("lstm_cell")


def lstm(
    input: Tensor,
    hx: Sequence[Tensor],
    weights: Sequence[Tensor],
    bias: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """A stack of layers of long short-term memory.

    Args:
        input: A tensor of shape (steps, n, in), or (n, steps, in) with ``batch_first``, or
            (steps, in).
        hx: The first hidden state, of shape (layers * directions, n, out) or without n, and the first
            cell state.
        weights: For each layer, and in it for each direction: the weights of the input, of shape
            (4 * hidden, in), those of the state, of shape (4 * hidden, out), and their biases. Gates
            are in the order input, forget, cell, output.
        bias: Whether there are biases.
        num_layers: Number of layers.
        dropout: Probability of a dropout between the layers, in training.
        train: Whether it is training.
        bidirectional: Whether there is a second direction, from the end to the beginning.
        batch_first: Whether the axis of samples is the first one of input and output.

    Returns:
        The outputs of the last layer, the last hidden state, and the last cell state.

    Raises:
        ValueError: If the shapes do not fit.

    Source: aten::lstm.input.
    """
    single, axis = input.ndim == 2, 0 if batch_first else 1
    if single:
        input, hx = expand_dims(input, axis), [one[:, None] for one in hx]
    output, hidden, cell = _lstm(
        input, list(hx), list(weights), bool(bias), num_layers, float(dropout), bool(train),
        bool(bidirectional), bool(batch_first),
    )  # fmt: skip
    if single:
        return squeeze(output, axis), hidden[:, 0], cell[:, 0]
    return output, hidden, cell


def _run(
    layers: Callable[..., tuple[Tensor, ...]],
    input: Tensor,
    hx: Tensor,
    weights: Sequence[Tensor],
    bias: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """Calls layers with one state."""
    single, axis = input.ndim == 2, 0 if batch_first else 1
    if single:
        input, hx = expand_dims(input, axis), hx[:, None]
    output, hidden = layers(
        input, hx, list(weights), bool(bias), num_layers, float(dropout), bool(train),
        bool(bidirectional), bool(batch_first),
    )  # fmt: skip
    return (squeeze(output, axis), hidden[:, 0]) if single else (output, hidden)


def gru(
    input: Tensor,
    hx: Tensor,
    weights: Sequence[Tensor],
    bias: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """A stack of layers of gated recurrent units. Arguments: as for :func:`lstm`.

    Args:
        input, bias, num_layers, dropout, train, bidirectional, batch_first: As for :func:`lstm`.
        hx: The first hidden state, of shape (layers * directions, n, out) or without n.
        weights: As for :func:`lstm`; the gates are reset, update, new.

    Returns:
        The outputs of the last layer, and the last hidden state.

    Source: aten::gru.input.
    """
    return _run(
        _gru, input, hx, weights, bias, num_layers, dropout, train, bidirectional, batch_first
    )


def rnn_tanh(
    input: Tensor,
    hx: Tensor,
    weights: Sequence[Tensor],
    bias: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """A stack of recurrent layers with tanh. Arguments and results: as for :func:`gru`, of one gate.

    Source: aten::rnn_tanh.input.
    """
    return _run(
        _rnn_tanh, input, hx, weights, bias, num_layers, dropout, train, bidirectional, batch_first
    )


def rnn_relu(
    input: Tensor,
    hx: Tensor,
    weights: Sequence[Tensor],
    bias: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """A stack of recurrent layers with relu. Arguments and results: as for :func:`gru`, of one gate.

    Source: aten::rnn_relu.input.
    """
    return _run(
        _rnn_relu, input, hx, weights, bias, num_layers, dropout, train, bidirectional, batch_first
    )


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One step of :func:`lstm`: the next hidden state, and the next cell state.

    Args:
        input: A tensor of shape (n, in).
        hx: The hidden state and the cell state, of shape (n, hidden).
        w_ih, w_hh, b_ih, b_hh: The weights and biases, as for :func:`lstm`.

    Source: aten::lstm_cell.
    """
    hidden, cell = _lstm_cell(input, list(hx), w_ih, w_hh, b_ih, b_hh)
    return hidden, cell


def cell(
    name: str,
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """One step of a recurrent layer: the next hidden state.

    Args:
        name: ``"gru_cell"``, ``"rnn_tanh_cell"`` or ``"rnn_relu_cell"``.
        input, w_ih, w_hh, b_ih, b_hh: As for :func:`lstm_cell`.
        hx: The hidden state, of shape (n, hidden).

    Source: aten::gru_cell, aten::rnn_tanh_cell, aten::rnn_relu_cell.
    """
    return _CELLS[name](input, hx, w_ih, w_hh, b_ih, b_hh)
