"""The loader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from torchffi.errors import InvalidArgumentError, NotSupportedError
from torchffi.utils.data._random import generator_of, new_seed
from torchffi.utils.data.collate import default_collate, default_convert
from torchffi.utils.data.dataset import IterableDataset
from torchffi.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler

__all__ = ["DataLoader"]


class DataLoader:
    """Reads a dataset in batches, in this process. Each iteration begins anew, in another order.

    Args:
        dataset: Anything with ``__getitem__`` and ``__len__``, or an :class:`IterableDataset`.
        batch_size: The number of items in a batch; None to read items without making batches.
        shuffle: Whether to read in random order.
        sampler: The keys in their order, instead of ``shuffle``.
        batch_sampler: Lists of keys, instead of ``batch_size``, ``shuffle``, ``sampler``, ``drop_last``.
        num_workers: Must be 0: the data is read in this process.
        collate_fn: Makes one batch of a list of items; None for :func:`default_collate`.
        pin_memory: Must be False.
        drop_last: Whether to leave out a last batch that is smaller.
        generator: A seed of the order; None for the numbers that :func:`torchffi.manual_seed` seeds.
            From one seed the order is PyTorch's.
        timeout, worker_init_fn, multiprocessing_context, prefetch_factor, persistent_workers,
            pin_memory_device, in_order: Taken for PyTorch's sake; they are of other processes.

    Raises:
        NotImplementedError: ``num_workers`` or ``pin_memory`` is set.
        TypeError, ValueError: Arguments exclude each other, or are of another type.

    Source: torch.utils.data.DataLoader.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _refuse_processes(num_workers, pin_memory, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = 0
        self.pin_memory = False
        self.timeout = timeout
        self.generator = generator_of("DataLoader", generator)
        self._in_order_of_dataset = isinstance(dataset, IterableDataset)
        if self._in_order_of_dataset:
            given = {"shuffle": shuffle, "sampler": sampler, "batch_sampler": batch_sampler}
            for name, value in given.items():
                if value not in (None, False):
                    raise InvalidArgumentError(
                        f"DataLoader: {name} is {value!r:.60}, but an IterableDataset has its own order"
                    )
        if sampler is not None and shuffle:
            raise InvalidArgumentError("DataLoader: expected shuffle or sampler, got both")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise InvalidArgumentError(
                    "DataLoader: batch_sampler excludes batch_size, shuffle, sampler and drop_last"
                )
            batch_size, drop_last = None, False
        elif batch_size is None and drop_last:
            raise InvalidArgumentError("DataLoader: drop_last needs a batch_size, got None")
        if sampler is None:
            if self._in_order_of_dataset:
                sampler = _Endless()
            elif shuffle:
                sampler = RandomSampler(dataset, generator=self.generator)
            else:
                sampler = SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        batches = batch_sampler is not None
        self.collate_fn = collate_fn or (default_collate if batches else default_convert)

    def __iter__(self) -> Iterator[Any]:
        keys = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        # PyTorch draws a seed for its worker processes here, so that the order depends on it.
        if self.generator is None:
            new_seed()
        else:
            self.generator.draw_seed()
        return self._stream(keys) if self._in_order_of_dataset else self._by_keys(keys)

    def _by_keys(self, keys: Iterator[Any]) -> Iterator[Any]:
        many = getattr(self.dataset, "__getitems__", None)
        for key in keys:
            if self.batch_sampler is None:
                yield self.collate_fn(self.dataset[key])
            elif callable(many):
                yield self.collate_fn(many(key))
            else:
                yield self.collate_fn([self.dataset[one] for one in key])

    def _stream(self, keys: Iterator[Any]) -> Iterator[Any]:
        items = iter(self.dataset)
        if self.batch_sampler is None:
            yield from map(self.collate_fn, items)
            return
        for key in keys:
            batch = [item for _, item in zip(key, items, strict=False)]
            if not batch or (self.drop_last and len(batch) < len(key)):
                return
            yield self.collate_fn(batch)

    def __len__(self) -> int:
        """The number of batches. TypeError if the dataset has no length."""
        if self._in_order_of_dataset:
            items = len(self.dataset)
            if self.batch_size is None:
                return items
            return items // self.batch_size if self.drop_last else -(-items // self.batch_size)
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]


class _Endless:
    """The keys of an IterableDataset, which are not looked at."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


def _refuse_processes(
    num_workers: int, pin_memory: bool, prefetch_factor: int | None, persistent_workers: bool
) -> None:
    if num_workers != 0:
        raise NotSupportedError(
            f"DataLoader: num_workers is {num_workers!r}, expected 0: data is read in this process, "
            "because tensors cannot be sent between processes without a copy"
        )
    if pin_memory:
        raise NotSupportedError("DataLoader: pin_memory is True, expected False")
    if prefetch_factor is not None or persistent_workers:
        raise InvalidArgumentError(
            "DataLoader: prefetch_factor and persistent_workers are of worker processes; leave them out"
        )
