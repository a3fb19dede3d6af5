"""Single steps of recurrent layers."""

from __future__ import annotations

from torchffi._array.creation import empty, zeros
from torchffi._array.manipulation import squeeze
from torchffi._core.tensor import Tensor
from torchffi.dtypes import DType
from torchffi.errors import InvalidArgumentError, ShapeError
from torchffi.nn import _recurrent, init
from torchffi.nn._base.module import Module
from torchffi.nn._base.parameter import Parameter


class _Cell(Module):
    """Parameters and states of a cell."""

    _gates: int
    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None
    bias_hh: Tensor | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = self._gates * hidden_size
        for name, columns in (("weight_ih", input_size), ("weight_hh", hidden_size)):
            value = Parameter(empty((rows, columns), dtype=dtype, device=device))
            self.register_parameter(name, value)
        for name in ("bias_ih", "bias_hh"):
            vector = Parameter(empty(rows, dtype=dtype, device=device)) if bias else None
            self.register_parameter(name, vector)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new values."""
        limit = max(self.hidden_size, 1) ** -0.5
        for parameter in self.parameters():
            init.uniform_(parameter, -limit, limit)

    def _first(self, input: Tensor, given: Tensor | None, name: str) -> Tensor:
        """A state with an axis of samples: the given one, or zeros."""
        if input.ndim not in (1, 2) or input.shape[-1] != self.input_size:
            raise ShapeError(
                f"{self._get_name()}: input has shape {input.shape}, expected 1 or 2 axes, the last "
                f"one of length {self.input_size}"
            )
        shape = *input.shape[:-1], self.hidden_size
        if given is None:
            given = zeros(shape, dtype=input.dtype, device=input.device)
        elif given.shape != shape:
            raise ShapeError(
                f"{self._get_name()}: {name} has shape {given.shape}, expected {shape}"
            )
        return given[None] if input.ndim == 1 else given

    def _weights(self) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def _step(self, name: str, input: Tensor, hx: Tensor | None) -> Tensor:
        state, single = self._first(input, hx, "hx"), input.ndim == 1
        batch = input[None] if single else input
        output = _recurrent.cell(name, batch, state, *self._weights())
        return squeeze(output, 0) if single else output

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the usual ones."""
        text = f"{self.input_size}, {self.hidden_size}"
        return text if self.bias else f"{text}, bias={self.bias}"


class RNNCell(_Cell):
    """One step of an :class:`RNN`: h' = tanh(weight_ih @ x + bias_ih + weight_hh @ h + bias_hh).

    Args:
        input_size: Length of the last axis of the input.
        hidden_size: Length of the hidden state.
        bias: Whether there are biases.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        device: The device of the parameters, ``"cpu"`` if None.
        dtype: Their dtype, float32 if None.

    Attributes:
        weight_ih: A parameter of shape (hidden_size, input_size).
        weight_hh: A parameter of shape (hidden_size, hidden_size).
        bias_ih, bias_hh: Parameters of shape (hidden_size,); or None.

    All are uniform in +-1 / sqrt(hidden_size).

    Source: torch.nn.RNNCell.
    """

    _gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: str | None = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        if nonlinearity not in ("tanh", "relu"):
            raise InvalidArgumentError(
                f"RNNCell: nonlinearity is {nonlinearity!r}, expected 'tanh' or 'relu'"
            )
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next hidden state, of shape (n, hidden_size) or (hidden_size,).

        Args:
            input: A tensor of shape (n, input_size) or (input_size,).
            hx: The hidden state; zeros if None.
        """
        return self._step(f"rnn_{self.nonlinearity}_cell", input, hx)

    def extra_repr(self) -> str:
        """The sizes, and the options that are not the usual ones."""
        text = super().extra_repr()
        if self.nonlinearity == "tanh":
            return text
        return f"{text}, nonlinearity={self.nonlinearity}"


class GRUCell(_Cell):
    """One step of a :class:`GRU`. Arguments and attributes: as for :class:`RNNCell`.

    The first axis of weights and biases has length 3 * hidden_size.

    Source: torch.nn.GRUCell.
    """

    _gates = 3

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next hidden state. Arguments: as for :meth:`RNNCell.forward`."""
        return self._step("gru_cell", input, hx)


class LSTMCell(_Cell):
    """One step of an :class:`LSTM`. Arguments and attributes: as for :class:`RNNCell`.

    The first axis of weights and biases has length 4 * hidden_size.

    Source: torch.nn.LSTMCell.
    """

    _gates = 4

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """The next hidden state and cell state.

        Args:
            input: A tensor of shape (n, input_size) or (input_size,).
            hx: The hidden state and the cell state; zeros if None.
        """
        hidden, cell = (None, None) if hx is None else hx
        states = self._first(input, hidden, "hx[0]"), self._first(input, cell, "hx[1]")
        if input.ndim == 1:
            hidden, cell = _recurrent.lstm_cell(input[None], states, *self._weights())
            return squeeze(hidden, 0), squeeze(cell, 0)
        return _recurrent.lstm_cell(input, states, *self._weights())
