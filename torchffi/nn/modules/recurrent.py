"""Recurrent layers over whole sequences."""

from __future__ import annotations

from typing import Any

from torchffi._array.creation import empty, zeros
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import ArgumentError, InvalidArgumentError, ShapeError
from torchffi.nn import _recurrent, init
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter


class _Layers(Module):
    """A stack of recurrent layers: its sizes, parameters and states."""

    _gates: int
    _mode: str

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        proj_size: int,
        device: str | None,
        dtype: DType | None,
    ) -> None:
        super().__init__()
        name, self.mode = self._get_name(), self._mode
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
        for argument, size in sizes.items():
            if not isinstance(size, int):
                raise ArgumentError(f"{name}: {argument} is {size!r}, expected an integer")
            if size < 1:
                raise InvalidArgumentError(f"{name}: {argument} is {size}, expected at least 1")
        if not 0 <= dropout <= 1:
            raise InvalidArgumentError(
                f"{name}: dropout is {dropout}, expected a probability from 0 to 1"
            )
        if not 0 <= proj_size < hidden_size:
            raise InvalidArgumentError(
                f"{name}: proj_size is {proj_size}, expected 0 or less than the hidden size, "
                f"{hidden_size}"
            )
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._names: list[str] = []
        ways, gates = 1 + bool(bidirectional), self._gates * hidden_size
        output = proj_size or hidden_size
        for layer in range(num_layers):
            shapes: dict[str, tuple[int, ...]] = {
                "weight_ih": (gates, output * ways if layer else input_size),
                "weight_hh": (gates, output),
            }
            if bias:
                shapes.update(bias_ih=(gates,), bias_hh=(gates,))
            if proj_size:
                shapes["weight_hr"] = proj_size, hidden_size
            for suffix in ("", "_reverse")[:ways]:
                for kind, shape in shapes.items():
                    self._names.append(f"{kind}_l{layer}{suffix}")
                    value = Parameter(empty(shape, dtype=dtype, device=device))
                    self.register_parameter(self._names[-1], value)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new values."""
        limit = self.hidden_size**-0.5
        for parameter in self.parameters():
            init.uniform_(parameter, -limit, limit)

    def flatten_parameters(self) -> None:
        """Does nothing. In PyTorch it puts the parameters next to each other in device memory."""

    def _weights(self) -> list[Tensor]:
        return [getattr(self, name) for name in self._names]

    def _options(self) -> tuple[Any, ...]:
        return (
            self.bias, self.num_layers, self.dropout, self.training, self.bidirectional,
            self.batch_first,
        )  # fmt: skip

    def _first(self, input: Tensor, given: Tensor | None, name: str, length: int) -> Tensor:
        """A first state: the given one, or zeros."""
        batch = (input.shape[0 if self.batch_first else 1],) if input.ndim == 3 else ()
        shape = self.num_layers * (1 + bool(self.bidirectional)), *batch, length
        if given is None:
            return zeros(shape, dtype=input.dtype, device=input.device)
        if given.shape != shape:
            raise ShapeError(
                f"{self._get_name()}: {name} has shape {given.shape}, expected {shape}"
            )
        return given

    def _check(self, input: Tensor) -> None:
        if input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            raise ShapeError(
                f"{self._get_name()}: input has shape {input.shape}, expected 2 or 3 axes, the last "
                f"one of length {self.input_size}"
            )

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the usual ones."""
        usual = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0,
            "bidirectional": False,
        }
        changed = [f"{n}={getattr(self, n)}" for n, x in usual.items() if getattr(self, n) != x]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *changed])


class RNN(_Layers):
    """A stack of layers with h' = tanh(weight_ih @ x + bias_ih + weight_hh @ h + bias_hh).

    Args:
        input_size: Length of the last axis of the input.
        hidden_size: Length of a hidden state.
        num_layers: Number of layers.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        bias: Whether there are biases.
        batch_first: Whether the axis of samples is the first one of input and output.
        dropout: Probability of a dropout between the layers, in training.
        bidirectional: Whether there is a second direction, from the end to the beginning.
        device: The device of the parameters, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.

    Attributes:
        weight_ih_l0: The weights of the input, in layer 0; with ``_reverse`` at the end, of the second
            direction; and so on for each layer.
        weight_hh_l0: The weights of the hidden state.
        bias_ih_l0, bias_hh_l0: Their biases.

    All are uniform in +-1 / sqrt(hidden_size).

    Source: torch.nn.RNN.
    """

    _gates, _mode = 1, "RNN_TANH"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise InvalidArgumentError(
                f"RNN: nonlinearity is {nonlinearity!r}, expected 'tanh' or 'relu'"
            )
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0,
            device, dtype,
        )  # fmt: skip
        self.nonlinearity, self.mode = nonlinearity, f"RNN_{nonlinearity.upper()}"

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Runs over a sequence.

        Args:
            input: A tensor of shape (steps, n, input_size), or (n, steps, input_size) with
                ``batch_first``, or (steps, input_size).
            hx: The first hidden state, of shape (layers * directions, n, hidden_size) or without n;
                zeros if None.

        Returns:
            The outputs of the last layer, and the last hidden state.
        """
        self._check(input)
        function = _recurrent.rnn_relu if self.nonlinearity == "relu" else _recurrent.rnn_tanh
        hx = self._first(input, hx, "hx", self.hidden_size)
        return function(input, hx, self._weights(), *self._options())


class GRU(_Layers):
    """A stack of layers of gated recurrent units. Arguments and attributes: as for :class:`RNN`.

    The first axis of weights and biases has length 3 * hidden_size: reset, update and new gate.

    Source: torch.nn.GRU.
    """

    _gates, _mode = 3, "GRU"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0,
            device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Runs over a sequence. Arguments and results: as for :meth:`RNN.forward`."""
        self._check(input)
        hx = self._first(input, hx, "hx", self.hidden_size)
        return _recurrent.gru(input, hx, self._weights(), *self._options())


class LSTM(_Layers):
    """A stack of layers of long short-term memory. Arguments and attributes: as for :class:`RNN`.

    The first axis of weights and biases has length 4 * hidden_size: input, forget, cell and output gate.

    Args:
        proj_size: Length of a hidden state after a projection; 0 for none. The layers then have the
            parameter ``weight_hr_l0``, of shape (proj_size, hidden_size), and so on.

    Source: torch.nn.LSTM.
    """

    _gates, _mode = 4, "LSTM"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype,
        )  # fmt: skip

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Runs over a sequence.

        Args:
            input: As for :meth:`RNN.forward`.
            hx: The first hidden state and the first cell state, of shape (layers * directions, n,
                length) or without n; zeros if None.

        Returns:
            The outputs of the last layer, and the last states.
        """
        self._check(input)
        hidden, cell = (None, None) if hx is None else hx
        states = [
            self._first(input, hidden, "hx[0]", self.proj_size or self.hidden_size),
            self._first(input, cell, "hx[1]", self.hidden_size),
        ]
        output, hidden, cell = _recurrent.lstm(input, states, self._weights(), *self._options())
        return output, (hidden, cell)
