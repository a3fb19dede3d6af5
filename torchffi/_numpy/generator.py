"""The generator of random numbers. It is created on first use: importing numpy.random takes long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torchffi._lazy_numpy import np

if TYPE_CHECKING:
    from numpy.random import Generator

current: Generator | None = None  # in the state after the numbers drawn so far
_seed: int | None = None  # None: the system's entropy


def seed(number: int) -> None:
    """Begins a new sequence of numbers."""
    global current, _seed
    current, _seed = None, number % 2**64


def new() -> Generator:
    """The generator at the beginning of a sequence."""
    global current
    current = made = np.random.default_rng(_seed)
    return made
