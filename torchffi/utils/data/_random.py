"""Random orders: the same as PyTorch's from the same seed."""

from __future__ import annotations

import functools
import operator
from typing import Any

from torchffi import dtypes
from torchffi._array.conversion import asarray
from torchffi._array.creation import empty
from torchffi._array.random import rand
from torchffi._core.backends import FFI, default_backend
from torchffi._core.by_name.overloads import Overload
from torchffi._lazy_numpy import np
from torchffi.errors import ArgumentError

_overload = functools.cache(Overload)


class Generator:
    """A stream of random numbers from a seed, as ``torch.Generator().manual_seed(seed)`` on the CPU.

    Both are the Mersenne Twister, seeded with the lowest 32 bits.

    Args:
        seed: An integer.
    """

    def __init__(self, seed: int) -> None:
        bits = np.random.MT19937()
        bits._legacy_seeding(seed % 2**32)
        self._raw = bits.random_raw

    def draw_seed(self) -> None:
        """Draws the 64-bit number that PyTorch's loader draws at the start of each iteration."""
        self._raw(2)

    def permutation(self, n: int) -> list[int]:
        """The numbers from 0 to ``n - 1`` in random order, as of ``torch.randperm(n)``."""
        order = list(range(n))
        if n < 2:
            return order
        others = self._raw(n - 1) % np.arange(n, 1, -1, dtype=np.uint64)
        for i, step in enumerate(others.tolist()):
            order[i], order[i + step] = order[i + step], order[i]
        return order

    def integers(self, n: int, count: int) -> list[int]:
        """Random numbers from 0 to ``n - 1``, as of ``torch.randint(n, (count,))``."""
        return (self._raw(count) % np.uint64(n)).tolist() if count else []

    def uniform(self, count: int) -> np.ndarray[Any, Any]:
        """Random numbers from 0 to 1, which is excluded, as of ``torch.rand(count, dtype=float64)``."""
        high, low = self._raw(2 * count).reshape(count, 2).T
        bits = (high << np.uint64(32) | low) & np.uint64(2**53 - 1)
        return np.asarray(bits * 2.0**-53)


def generator_of(name: str, given: Any) -> Generator | None:
    """The stream of a seed; None for None; a stream itself."""
    if given is None or isinstance(given, Generator):
        return given
    try:
        return Generator(operator.index(given))
    except TypeError:
        raise ArgumentError(
            f"{name}: generator is {type(given).__name__}, expected an integer, its seed, or None"
        ) from None


def new_seed() -> int:
    """A seed from the numbers that :func:`torchffi.manual_seed` seeds."""
    if default_backend() is not FFI:
        return int(rand((), dtype=dtypes.float64).item() * 2**53)
    drawn = _overload("aten::random_")(empty((), dtype=dtypes.int64))
    return int(drawn.item())


def default_permutation(n: int) -> list[int]:
    """A random order by the numbers that :func:`torchffi.manual_seed` seeds."""
    if default_backend() is not FFI:
        return Generator(new_seed()).permutation(n)
    return _overload("aten::randperm")(n).tolist()  # type: ignore[no-any-return]


def weighted(
    weights: np.ndarray[Any, Any], count: int, replacement: bool, generator: Generator | None
) -> list[int]:
    """Random keys, each as often as its weight says; as of ``torch.multinomial()`` without a generator.

    With a generator and replacement they are PyTorch's, too.
    """
    if generator is None and default_backend() is FFI:
        found = _overload("aten::multinomial")(asarray(weights), count, replacement)
        return found.tolist()  # type: ignore[no-any-return]
    stream = Generator(new_seed()) if generator is None else generator
    if replacement:
        sums = np.cumsum(weights)
        return np.searchsorted(sums / sums[-1], stream.uniform(count)).tolist()  # type: ignore[no-any-return]
    # The order of exponential variables of these rates is that of drawing one after the other.
    with np.errstate(divide="ignore"):
        waiting = -np.log1p(-stream.uniform(len(weights))) / weights
    return np.argsort(waiting, kind="stable")[:count].tolist()  # type: ignore[no-any-return]
