"""Samplers: the order in which a loader reads a dataset."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import Any, Generic, TypeVar

from torchffi._array.conversion import asarray
from torchffi._core.tensor import Tensor
from torchffi._lazy_numpy import np
from torchffi.errors import ArgumentError, InvalidArgumentError
from torchffi.utils.data._random import (
    Generator,
    default_permutation,
    generator_of,
    new_seed,
    weighted,
)

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]

_Key = TypeVar("_Key", covariant=True)


class Sampler(Generic[_Key]):
    """The keys of a dataset in some order. A subclass defines ``__iter__``, and mostly ``__len__``.

    Source: torch.utils.data.Sampler.
    """

    def __init__(self, data_source: Any = None) -> None:
        pass

    def __iter__(self) -> Iterator[_Key]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__(); define it")


class SequentialSampler(Sampler[int]):
    """The keys from 0 on.

    Source: torch.utils.data.SequentialSampler.
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """The keys in random order, another one each time.

    Args:
        data_source: The dataset.
        replacement: Whether to draw each key from all, so that some come twice and others not.
        num_samples: How many keys; None for the length of the dataset.
        generator: A seed; None for the numbers that :func:`torchffi.manual_seed` seeds.

    Raises:
        TypeError, ValueError: An argument is of another type, or ``num_samples`` not positive.

    Source: torch.utils.data.RandomSampler.
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ) -> None:
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator_of("RandomSampler", generator)
        if not isinstance(replacement, bool):
            raise ArgumentError(f"RandomSampler: replacement is {replacement!r}, expected a bool")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise InvalidArgumentError(
                f"RandomSampler: num_samples is {self.num_samples!r}, expected a positive integer"
            )

    @property
    def num_samples(self) -> int:
        """How many keys."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        n = len(self.data_source)
        stream = Generator(new_seed()) if self.generator is None else self.generator
        left = self.num_samples
        if self.replacement:
            yield from stream.integers(n, left)
            return
        while left >= n:
            yield from stream.permutation(n)
            left -= n
        yield from stream.permutation(n)[:left]

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Some keys in random order.

    Args:
        indices: The keys.
        generator: A seed; None for the numbers that :func:`torchffi.manual_seed` seeds.

    Source: torch.utils.data.SubsetRandomSampler.
    """

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator_of("SubsetRandomSampler", generator)

    def __iter__(self) -> Iterator[int]:
        n = len(self.indices)
        order = default_permutation(n) if self.generator is None else self.generator.permutation(n)
        return (self.indices[i] for i in order)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Random keys, each as often as its weight says.

    Args:
        weights: A number >= 0 for each key, such as 1 over the size of its class.
        num_samples: How many keys.
        replacement: Whether a key can come again.
        generator: A seed; None for the numbers that :func:`torchffi.manual_seed` seeds.

    Raises:
        TypeError, ValueError: An argument is of another type; ``num_samples`` is not positive, or more
            than there are keys and none can come again; the weights have not one axis, or are negative
            or all 0.

    Source: torch.utils.data.WeightedRandomSampler.
    """

    def __init__(
        self,
        weights: Any,
        num_samples: int,
        replacement: bool = True,
        generator: Any = None,
    ) -> None:
        name = "WeightedRandomSampler"
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise InvalidArgumentError(
                f"{name}: num_samples is {num_samples!r}, expected a positive integer"
            )
        if not isinstance(replacement, bool):
            raise InvalidArgumentError(f"{name}: replacement is {replacement!r}, expected a bool")
        raw = np.asarray(weights.tolist() if isinstance(weights, Tensor) else weights, np.float64)
        if raw.ndim != 1:
            raise InvalidArgumentError(
                f"{name}: the weights have shape {raw.shape}, expected one axis"
            )
        if not (raw >= 0).all() or not 0 < raw.sum() < float("inf"):
            raise InvalidArgumentError(f"{name}: expected weights >= 0, and one above 0")
        if not replacement and num_samples > np.count_nonzero(raw):
            raise InvalidArgumentError(
                f"{name}: num_samples is {num_samples}, but {np.count_nonzero(raw)} keys have a weight"
            )
        self._raw = raw
        self.weights = asarray(raw)
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator_of(name, generator)

    def __iter__(self) -> Iterator[int]:
        return iter(weighted(self._raw, self.num_samples, self.replacement, self.generator))

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of ``batch_size`` keys of another sampler.

    Args:
        sampler: The sampler, or any iterable.
        batch_size: The number of keys in a list.
        drop_last: Whether to leave out a last list that is shorter.

    Raises:
        ValueError: ``batch_size`` is not a positive integer, or ``drop_last`` no bool.

    Source: torch.utils.data.BatchSampler.
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise InvalidArgumentError(
                f"BatchSampler: batch_size is {batch_size!r}, expected a positive integer"
            )
        if not isinstance(drop_last, bool):
            raise InvalidArgumentError(f"BatchSampler: drop_last is {drop_last!r}, expected a bool")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        keys = iter(self.sampler)
        while batch := list(itertools.islice(keys, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield batch

    def __len__(self) -> int:
        keys = len(self.sampler)  # type: ignore[arg-type]
        return keys // self.batch_size if self.drop_last else -(-keys // self.batch_size)
