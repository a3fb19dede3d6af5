"""A recurrent network: the cell of an LSTM over a sequence."""

from typing import Any

import numpy as np

STEPS, BATCH, INPUTS, HIDDEN = 60, 8, 16, 32
_draw = np.random.default_rng(1)
SEQUENCE = _draw.normal(size=(STEPS, BATCH, INPUTS)).astype(np.float32)
INWARD = (_draw.normal(size=(INPUTS, 4 * HIDDEN)) * 0.2).astype(np.float32)
INNER = (_draw.normal(size=(HIDDEN, 4 * HIDDEN)) * 0.2).astype(np.float32)
BIAS = _draw.normal(size=4 * HIDDEN).astype(np.float32)


def run(lib: Any) -> Any:
    """The hidden state after the last step."""
    sequence, inward, inner, bias = map(lib.from_numpy, (SEQUENCE, INWARD, INNER, BIAS))
    hidden = lib.zeros((BATCH, HIDDEN))
    cell = lib.zeros((BATCH, HIDDEN))
    for step in sequence:
        gates = step @ inward + hidden @ inner + bias
        into, forget, new, out = gates.chunk(4, 1)
        cell = forget.sigmoid() * cell + into.sigmoid() * new.tanh()
        hidden = out.sigmoid() * cell.tanh()
    return hidden
