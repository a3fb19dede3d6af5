"""Datasets: what a loader reads."""

from __future__ import annotations

import itertools
import math
import warnings
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from torchffi._core.tensor import Tensor
from torchffi.errors import ArgumentError, AxisError, InvalidArgumentError, ShapeError
from torchffi.utils.data._random import default_permutation, generator_of

__all__ = [
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

_Item = TypeVar("_Item", covariant=True)


class Dataset(Generic[_Item]):
    """A dataset that is read by keys. A subclass defines ``__getitem__``, and mostly ``__len__``.

    One with ``__getitems__(keys)`` is read a batch at a time.

    Source: torch.utils.data.Dataset.
    """

    def __getitem__(self, index: Any) -> _Item:
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__(); define it")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[_Item]):
    """A dataset that is read from the first item to the last. A subclass defines ``__iter__``.

    Source: torch.utils.data.IterableDataset.
    """

    def __iter__(self) -> Iterator[_Item]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__(); define it")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors that are read along their first axis: an item is a tuple with one row of each.

    Args:
        tensors: Tensors of one length.

    Raises:
        TypeError, ValueError: There is no tensor, or something else; or lengths differ.

    Source: torch.utils.data.TensorDataset.
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise InvalidArgumentError("TensorDataset: expected at least one tensor, got none")
        for one in tensors:
            if not isinstance(one, Tensor):
                raise ArgumentError(f"TensorDataset: expected tensors, got {type(one).__name__}")
        if any(not one.shape or one.shape[0] != tensors[0].shape[0] for one in tensors):
            raise ShapeError(
                f"TensorDataset: shapes {', '.join(str(one.shape) for one in tensors)}, expected one "
                "length along the first axis"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(one[index] for one in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].shape[0]


class ConcatDataset(Dataset[Any]):
    """Several datasets one after another.

    Args:
        datasets: Datasets that have a length.

    Raises:
        ValueError: There is none.
        TypeError: One is an :class:`IterableDataset`, which has no keys.

    Source: torch.utils.data.ConcatDataset.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise InvalidArgumentError("ConcatDataset: datasets is empty, expected at least one")
        for one in self.datasets:
            if isinstance(one, IterableDataset):
                raise ArgumentError("ConcatDataset: an IterableDataset cannot be read by keys")
        self.cumulative_sizes = list(itertools.accumulate(len(one) for one in self.datasets))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise AxisError(f"ConcatDataset: index {index} is out of range for length {len(self)}")
        number = bisect_right(self.cumulative_sizes, at)
        before = self.cumulative_sizes[number - 1] if number else 0
        return self.datasets[number][at - before]


class Subset(Dataset[Any]):
    """Some items of a dataset.

    Args:
        dataset: The dataset.
        indices: The keys of the items.

    Source: torch.utils.data.Subset.
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[Any]:
        """The items of several keys."""
        keys = [self.indices[i] for i in indices]
        many = getattr(self.dataset, "__getitems__", None)
        return many(keys) if callable(many) else [self.dataset[key] for key in keys]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[float], generator: int | None = None
) -> list[Subset]:
    """Splits a dataset at random.

    Args:
        dataset: The dataset.
        lengths: The number of items of each part; or shares, whose sum is 1.
        generator: A seed; None for the numbers that :func:`torchffi.manual_seed` seeds.

    Raises:
        ValueError: The sum of the lengths is not that of the dataset.

    Source: torch.utils.data.random_split.
    """
    size = len(dataset)
    parts = list(lengths)
    if math.isclose(sum(parts), 1) and sum(parts) <= 1:
        if any(not 0 <= share <= 1 for share in parts):
            raise InvalidArgumentError(f"random_split: shares {parts}, expected each from 0 to 1")
        parts = [math.floor(size * share) for share in parts]
        for i in range(int(size - sum(parts))):
            parts[i % len(parts)] += 1
        if 0 in parts:
            warnings.warn("random_split: a part has no items", UserWarning, stacklevel=2)
    if sum(parts) != size:
        raise InvalidArgumentError(
            f"random_split: the sum of lengths {parts} is {sum(parts)}, expected {size}"
        )
    stream = generator_of("random_split", generator)
    order = default_permutation(size) if stream is None else stream.permutation(size)
    ends = [int(end) for end in itertools.accumulate(parts)]
    return [Subset(dataset, order[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
